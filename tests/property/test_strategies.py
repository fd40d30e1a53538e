"""What is drawn: valid, defined, shared, reproducible, within what was asked for."""

import math
import runpy
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import BIG, FORMS, OPS, SMALL
from verify.generators.random import NUMBERS, cases, decode, inside, sample

SAMPLES = 300
EXTREMES = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["EXTREMES"]
EVERY_FORM = tuple(FORMS.values())


def operands(case: Case) -> list[int]:
    """Every use of a node, in order."""
    return [p for node in case.graph.nodes if isinstance(node, Apply) for p in node.parents]


@given(cases())
def test_cases_are_defined(case: Case) -> None:
    """Every operation of a drawn case is inside its domain, every value within range."""
    assert inside(case.graph, case.point)


@given(cases(population="wide"))
def test_wide_cases_are_defined(case: Case) -> None:
    """The wide population, too; its leaves have magnitudes from 1e-8 to 1e8."""
    assert inside(case.graph, case.point)
    assert all(1e-8 <= abs(x) <= 1e8 for x in case.point)


@given(cases())
def test_tame_leaves(case: Case) -> None:
    """Tame leaves lie in [-3, 3], or are whole numbers up to 4, and never 0."""
    assert all(0 < abs(x) <= (4 if isinstance(x, int) else 3) for x in case.point)


@given(cases(min_operations=5, max_operations=5))
def test_the_last_node_needs_the_others(case: Case) -> None:
    """Nothing is drawn that the output does not need, but for the cases that keep it on purpose."""
    uses = Counter(operands(case))
    last = len(case.graph.nodes) - 1
    unused = [i for i in range(last) if not uses[i]]
    assert not unused or len(case.graph.operations) == 5  # then nothing was trimmed


@given(st.data())
def test_only_the_forms_that_were_asked_for(data: st.DataObject) -> None:
    """``forms`` is a promise about every operation of the graph."""
    asked = data.draw(st.lists(st.sampled_from(sorted(FORMS)), min_size=1, unique=True))
    case = data.draw(cases(forms=asked, max_operations=8))
    assert {n.form for n in case.graph.nodes if isinstance(n, Apply)} <= set(asked)


@given(st.integers(1, 40), st.data())
def test_no_more_operations_than_asked(most: int, data: st.DataObject) -> None:
    """``max_operations`` bounds the operations of a graph."""
    graph = data.draw(cases(max_operations=most)).graph
    assert len(graph.operations) <= most


@given(st.binary(min_size=2 + 36, max_size=2 + 36 + 40), st.sampled_from(["tame", "wide"]))
def test_every_block_of_bytes_is_a_case(block: bytes, population: str) -> None:
    """Decoding is total: any bytes give a case inside its domain; nothing is filtered."""
    block = block[: len(block) - (len(block) - 38) % 4]
    case = decode(block, EVERY_FORM, population)  # type: ignore[arg-type]
    assert inside(case.graph, case.point)


def test_zero_bytes_are_the_simplest_case() -> None:
    """Bytes of 0, towards which Hypothesis shrinks, are ``a + a``."""
    assert decode(bytes(2 + 36 + 4), EVERY_FORM).graph.expression() == "a + a"


@pytest.mark.parametrize("seed", [0, 1, 2**32])
def test_a_sample_is_reproduced_by_its_seed(seed: int) -> None:
    """``sample`` gives the same cases for the same seed."""
    assert sample(cases(), 50, seed) == sample(cases(), 50, seed)


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Cases as a check draws them."""
    found = sample(cases(), SAMPLES, 0)
    assert len(found) == SAMPLES
    return found


def test_different_seeds_draw_different_cases(drawn: list[Case]) -> None:
    """Another seed is another search."""
    other = sample(cases(), SAMPLES, 1)
    assert len({c.graph for c in other} & {c.graph for c in drawn}) < SAMPLES // 10


def test_examples_are_distinct(drawn: list[Case]) -> None:
    """Hardly any structure is tried twice."""
    assert len({case.graph for case in drawn}) > 0.95 * SAMPLES


def test_reuse_is_common(drawn: list[Case]) -> None:
    """At least half of the graphs use a node more than once: trees cannot show accumulation."""
    reusing = sum(max(Counter(operands(case)).values(), default=0) > 1 for case in drawn)
    assert reusing >= SAMPLES // 2


def test_both_operands_are_the_same_node_now_and_then(drawn: list[Case]) -> None:
    """``a + a``, ``a * a``, ``a - a`` and ``a / a`` all occur."""
    twice = Counter(
        node.op
        for case in drawn
        for node in case.graph.nodes
        if isinstance(node, Apply)
        and len(node.args) == 2
        and len(set(node.parents)) == 1
        and len(node.parents) == 2
    )
    assert {"add", "sub", "mul", "div"} <= set(twice)


def test_every_form_is_drawn(drawn: list[Case]) -> None:
    """Every way of writing an operation occurs, in place and reflected ones included."""
    forms = {n.form for case in drawn for n in case.graph.nodes if isinstance(n, Apply)}
    assert forms == set(FORMS)


def test_numbers_of_every_type_stand_on_either_side(drawn: list[Case]) -> None:
    """Whole numbers and floats occur as operands, on the left and on the right, and as leaves."""
    sides = {
        (side, type(arg.value))
        for case in drawn
        for node in case.graph.nodes
        if isinstance(node, Apply) and len(node.args) == 2
        for side, arg in enumerate(node.args)
        if isinstance(arg, Const)
    }
    assert sides == {(side, kind) for side in (0, 1) for kind in (int, float)}
    assert {type(x) for case in drawn for x in case.point} == {int, float}


def test_equal_values_in_different_leaves(drawn: list[Case]) -> None:
    """Some cases have two leaves of the same value: merging nodes by value is a mistake."""
    assert any(len(set(case.point)) < len(case.point) for case in drawn)


def test_sizes_are_spread(drawn: list[Case]) -> None:
    """A fifth of the graphs has ten operations or more; a tenth, fewer than three."""
    sizes = [len(case.graph.operations) for case in drawn]
    assert sum(size >= 10 for size in sizes) >= SAMPLES // 5
    assert sum(size < 3 for size in sizes) >= SAMPLES // 10


@given(st.sampled_from(sorted(OPS)), st.lists(st.floats(), min_size=2, max_size=2))
def test_inside_stays_in_range(op: str, point: list[float]) -> None:
    """``inside`` holds only where the steering value exists, is finite and within range."""
    arity = OPS[op].arity or 2
    leaves = (Leaf("a"), Leaf("b"))[:arity]
    case = Case(Graph((*leaves, Apply(op, tuple(range(arity))))), tuple(point[:arity]))
    if inside(case.graph, case.point):
        value = OPS[op].steer(*map(float, case.point))
        assert math.isfinite(value)
        assert value == 0 or SMALL < abs(value) < BIG


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"forms": ["a @ b"]}, "no such form: a @ b"),
        ({"forms": []}, "no form to draw from"),
        ({"min_operations": 3, "max_operations": 2}, "between 3 and 2 operations"),
        ({"min_operations": -1}, "between -1 and 30 operations"),
    ],
)
def test_what_cannot_be_drawn_says_why(options: dict[str, object], reason: str) -> None:
    """A bad request is refused when the strategy is made, with what was wrong."""
    with pytest.raises(ValueError, match=reason):
        cases(**options)  # type: ignore[arg-type]


def test_numbers_hold_the_special_ones() -> None:
    """0, 1 and whole numbers as float are among the numbers beside nodes; no truth value is."""
    kinds = {(type(x), x) for x in NUMBERS}
    assert {(int, 0), (int, 1), (float, 0.0), (float, 1.0), (int, -2)} <= kinds
    assert {type(x) for x in (*NUMBERS, *EXTREMES)} == {int, float}
    assert all(Const(x).value == x for x in NUMBERS)
