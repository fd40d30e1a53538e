"""Exhaustion, reduction, networks and scenarios: laws that hold for all of them."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.engines import load
from verify.expression.graph import Apply, Case, Graph
from verify.faults import SOURCE, module
from verify.generators.architectures import Architecture, readable
from verify.generators.flaws import FLAWS
from verify.generators.random import cases, inside
from verify.generators.scenarios import CONVENTIONS, SCENARIOS, ask
from verify.generators.shrink import reduce
from verify.generators.small_scope import cases as small_cases
from verify.generators.small_scope import shapes
from verify.oracles import interval


def brute(size: int, operations: tuple[tuple[str, int], ...], leaves: int) -> int:
    """How many graphs there are, counted without any cleverness: up to isomorphism."""
    found = set()
    rows = [
        (op, args)
        for op, arity in operations
        for args in itertools.product(range(leaves + size), repeat=arity)
    ]
    for chosen in itertools.product(rows, repeat=size):
        if any(a >= leaves + i for i, (_, args) in enumerate(chosen) for a in args):
            continue
        used = {a for _, args in chosen for a in args}
        if not used.issuperset(range(leaves, leaves + size - 1)):
            continue
        forms = []
        for order in itertools.permutations(range(size - 1)):
            for names in itertools.permutations(range(leaves)):
                place = dict(enumerate(names))
                place |= {leaves + old: leaves + new for new, old in enumerate((*order, size - 1))}
                moved = [chosen[i] for i in (*order, size - 1)]
                forms.append(tuple((op, tuple(place[a] for a in args)) for op, args in moved))
        found.add(min(forms))
    return len(found)


@pytest.mark.parametrize(("size", "leaves"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_exhaustion_is_complete_and_without_repeats(size: int, leaves: int) -> None:
    """As many graphs as a count by brute force, up to names of leaves and order of making."""
    expected = brute(size, (("add", 2), ("tanh", 1)), leaves)
    found = list(shapes(size, ("add", "tanh"), leaves))
    assert len(found) == len(set(found)) == expected


def test_exhaustion_reaches_the_output_from_every_operation() -> None:
    """In every graph of three operations the last one needs all the others."""
    for case in small_cases(3):
        used = {p for n in case.graph.nodes if isinstance(n, Apply) for p in n.parents}
        assert used.issuperset(range(len(case.graph.nodes) - 1))
        assert inside(case.graph, case.point)


@given(cases(max_operations=12))
def test_reduced_case_still_fails_and_is_no_larger(case: Case) -> None:
    """Whatever the failure is, the reduced case shows it, with no more operations."""

    def fails(smaller: Case) -> bool:
        return case.graph.operations[-1] in smaller.graph.operations

    small = reduce(case, fails)
    assert fails(small)
    assert len(small.graph.operations) == 1


SIZES = st.lists(st.integers(1, 3), min_size=2, max_size=4)


@given(SIZES, st.sampled_from(list(readable())), st.data())
def test_network_as_floats_and_as_a_graph_agree(
    sizes: list[int], shape: Architecture, data: st.DataObject
) -> None:
    """An architecture's graph computes what its plain floats do, for every output."""
    number = st.floats(-1, 1)
    count = shape.count(sizes)
    p = data.draw(st.lists(number, min_size=count, max_size=count))
    x = data.draw(st.lists(number, min_size=sizes[0], max_size=sizes[0]))
    for index, due in enumerate(shape.outputs(sizes, p, x)):
        graph, (node,) = shape.graph(sizes, None, index)
        said = interval.truth(graph, (*p, *x)).values[node]
        assert said is not None
        assert math.isclose(said.middle, due, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaw_changes_the_outputs(flaw: str) -> None:
    """Every flaw of a network shows in its outputs for ordinary parameters."""
    sizes, shape = (2, 2, 2), Architecture()
    p = [0.5 - 0.17 * i for i in range(shape.count(sizes))]
    assert FLAWS[flaw].outputs(shape, sizes, p, [0.7, -1.2]) != shape.outputs(sizes, p, [0.7, -1.2])


@given(cases(forms=("a + b", "a * b", "a.tanh()", "a - b"), max_operations=8))
def test_scenarios_leave_a_right_engine_right(case: Case) -> None:
    """After every scenario the numbers of a right engine are those of the case that is due."""
    engine = load(module(SOURCE, "right"))
    for scenario in SCENARIOS:
        said = ask(engine, case, scenario)
        if said is None:
            continue
        due, reading = said
        plain = engine.run(due.graph, due.point)[-1]
        assert reading.raised is None
        assert reading.gradients == pytest.approx(plain.gradients, rel=1e-9)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_convention_is_a_program_that_runs(convention: object) -> None:
    """Every convention can be asked of a right engine, and its numbers differ from one another."""
    graph = Graph.parse(convention.program)  # type: ignore[attr-defined]
    engine = load(module(SOURCE, "right"))
    reading = engine.run(graph, convention.point, convention.steps)[-1]  # type: ignore[attr-defined]
    refused = reading.raised is not None and reading.raised.refused
    raises = reading.raised is not None and reading.raised.type == "ZeroDivisionError"
    assert refused or raises or len(reading.values) == len(graph.nodes)
