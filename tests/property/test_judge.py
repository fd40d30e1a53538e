"""The judge: never wrong about a right engine, never taken in by a wrong number it can tell."""

from __future__ import annotations

import dataclasses
import math
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from verify.checking.assess import examine
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.expression.ops import FORMS
from verify.expression.reading import Raised, Reading
from verify.generators.random import cases
from verify.oracles import interval, registry
from verify.verdict.agreement import agree
from verify.verdict.judge import judge
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.engines import Engine
    from verify.verdict.judgement import Judged, Judgement

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]
RIGHT = Path(__file__).parent.parent / "right"
NAMES = [*(path.stem for path in sorted(RIGHT.glob("*.py"))), "micrograd"]
ASKED_OFTEN = ("slots", "closures", "formulas")


def loaded(name: str) -> Engine:
    """An engine of tests/right, or micrograd."""
    return load("micrograd.engine:Value" if name == "micrograd" else str(RIGHT / f"{name}.py"))


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine]]:
    """Those of the right engines that several tests ask."""
    held = {name: loaded(name) for name in ASKED_OFTEN}
    yield held
    for engine in held.values():
        engine.close()


@pytest.fixture(scope="module")
def right(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One right engine at a time: a user may have so many processes and no more."""
    with loaded(request.param) as engine:
        yield engine


def judged(case: Case, reading: Reading) -> Judgement:
    """What the judge says of a reading."""
    return judge(reading, registry.by_interval(case))


def run(engine: Engine, case: Case) -> Reading:
    """Values and gradients after one backward pass."""
    return engine.run(case.graph, case.point)[-1]


def gradient(judgement: Judgement, node: int) -> Judged:
    """What is said of one gradient."""
    return next(n for n in judgement.numbers if n.quantity == "gradient" and n.node == node)


def said(case: Case, value: float | None, slope: float | None) -> Judgement:
    """What is judged of an engine that says these of the output, and of the first leaf."""
    truth = interval.truth(case.graph, case.point)
    values = [e.middle if e else None for e in truth.values]
    gradients = [e.middle if e else None for e in truth.gradients]
    values[-1], gradients[0] = value, slope
    return judged(case, Reading("test", tuple(values), tuple(gradients)))


POPULATIONS = st.one_of(
    cases(max_operations=20), cases(population="wide", max_operations=20), edges()
)


@pytest.mark.slow
@pytest.mark.sample(5)
@pytest.mark.parametrize(("right", "name"), [(n, n) for n in NAMES], indirect=["right"])
@given(case=POPULATIONS)
def test_right_engines_are_never_wrong(right: Engine, name: str, case: Case) -> None:
    """No number of a right engine is wrong: tame, wide, and at the edges of the float range."""
    assume(name != "paths" or len(case.graph.nodes) <= 16)  # path by path takes exponential time
    assert examine(right, case, registry.by_interval(case)).judgement.wrong == ()


MISTAKES: dict[str, Callable[[float], float]] = {
    "zeroed": lambda g: 0.0,
    "flipped": lambda g: -g,
    "doubled": lambda g: 2 * g,
    "off by 1 %": lambda g: g * 1.01,
    "off by 1e-6": lambda g: g * (1 + 1e-6),
    "infinite": lambda g: math.inf,
    "not a number": lambda g: math.nan,
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
@given(
    case=st.one_of(cases(max_operations=20), cases(population="wide", max_operations=20)),
    data=st.data(),
)
def test_a_wrong_gradient_is_never_accepted(
    engines: dict[str, Engine], mistake: str, case: Case, data: st.DataObject
) -> None:
    """A gradient that is accepted is not accepted any more when it is changed.

    The engine uses the textbook's formulas: where these round to 0, 0 is right.
    """
    reading = run(engines["slots"], case)
    assume(reading.raised is None)
    leaf = data.draw(st.sampled_from(case.graph.leaves))
    right = reading.gradients[leaf]
    assert right is not None
    assume(gradient(judged(case, reading), leaf).verdict is Verdict.CORRECT)
    changed = MISTAKES[mistake](right)
    assume(changed != right)
    gradients = tuple(changed if i == leaf else g for i, g in enumerate(reading.gradients))
    verdict = gradient(
        judged(case, dataclasses.replace(reading, gradients=gradients)), leaf
    ).verdict
    assert verdict in {Verdict.WRONG, Verdict.UNDECIDED}


@given(case=cases(max_operations=1), data=st.data())
def test_one_operation_tells_a_relative_1e_9(
    engines: dict[str, Engine], case: Case, data: st.DataObject
) -> None:
    """On one operation, whose conditioning always permits it, 1e-9 is told from rounding."""
    reading = run(engines["slots"], case)
    leaf = data.draw(st.sampled_from(case.graph.leaves))
    right = reading.gradients[leaf]
    assume(right is not None and abs(right) > 1e-3)
    gradients = tuple(
        right * (1 + 1e-9) if i == leaf else g for i, g in enumerate(reading.gradients)
    )
    changed = dataclasses.replace(reading, gradients=gradients)
    assert gradient(judged(case, changed), leaf).verdict is Verdict.WRONG


def test_at_a_kink_any_element_of_the_subdifferential_is_right() -> None:
    """relu'(0) may be anything in [0, 1], abs'(0) anything in [-1, 1]; the convention is told."""
    for text, low, high in (
        ("a.relu()", 0.0, 1.0),
        ("abs(a)", -1.0, 1.0),
        ("3 * a.relu()", 0.0, 3.0),
    ):
        case = Case.parse(text, a=0.0)
        for share in (0.0, 0.25, 0.5, 1.0):
            found = gradient(said(case, 0.0, low + share * (high - low)), 0)
            assert (found.verdict, found.convention) == (Verdict.CORRECT, pytest.approx(share))
        for outside in (low - 1e-9, high + 1e-9, low - 1, high + 1):
            assert gradient(said(case, 0.0, outside), 0).verdict is Verdict.WRONG


def test_ties_share_one_gradient() -> None:
    """max(a, a) is a, and where different operands tie each may have any share."""
    same = Case.parse("a.max(a)", a=2.0)
    assert gradient(said(same, 2.0, 1.0), 0).verdict is Verdict.CORRECT
    assert gradient(said(same, 2.0, 2.0), 0).verdict is Verdict.WRONG
    two = Case.parse("a.max(b)", a=2.0, b=2.0)
    assert [gradient(said(two, 2.0, s), 0).verdict for s in (0.0, 0.5, 1.0)] == [
        Verdict.CORRECT
    ] * 3
    assert gradient(said(two, 2.0, 1.5), 0).verdict is Verdict.WRONG


@pytest.mark.parametrize("text", ["a.max(b)", "a.min(b)", "c = a.max(b) * 3; c + a"])
@pytest.mark.parametrize(
    ("shares", "right"),
    [
        ((1.0, 0.0), True),
        ((0.0, 1.0), True),
        ((0.5, 0.5), True),
        ((0.25, 0.75), True),
        ((1.0, 1.0), False),
        ((0.0, 0.0), False),
        ((1.0, 0.5), False),
    ],
)
def test_the_shares_of_a_tie_add_up_to_one(
    text: str, shares: tuple[float, float], right: bool
) -> None:
    """Either operand may get the whole gradient, or each a part; both all, or neither, is wrong."""
    graph = Graph.parse(text)
    a, b = shares
    values, gradients = (2.0, 2.0, 2.0), (a, b, 1.0)
    if "*" in text:
        values, gradients = (2.0, 2.0, 2.0, 6.0, 8.0), (3 * a + 1, 3 * b, 3.0, 1.0, 1.0)
    wrong = judged(Case(graph, (2.0, 2.0)), Reading("engine", values, gradients)).wrong
    assert [n.node for n in wrong] == ([] if right else [1])
    if wrong:
        assert wrong[0].truth is not None
        assert wrong[0].truth.middle == (1 - a) * gradients[-2 if "*" in text else -1] * (
            3 if "*" in text else 1
        )


def test_one_kink_has_one_slope_all_the_way() -> None:
    """What is below a kink got its gradient by the same slope as the kink's operand."""
    case = Case(Graph.parse("c = a - b; c.relu() * 3"), (2.0, 2.0))
    values = (2.0, 2.0, 0.0, 0.0, 0.0)
    for slope in (0.0, 0.5, 1.0):
        said = (3 * slope, -3 * slope, 3 * slope, 3.0, 1.0)
        assert judged(case, Reading("engine", values, said)).wrong == ()
    said = (3.0, 0.0, 3.0, 3.0, 1.0)
    assert [n.node for n in judged(case, Reading("engine", values, said)).wrong] == [1]


@pytest.mark.parametrize("left", [None, 0.0])
def test_what_is_not_kept_is_not_wrong(left: float | None) -> None:
    """Nothing, or 0, is no mistake on a node of which no gradient is kept; other numbers are."""
    case = Case(Graph.parse("c = a * b; c + a"), (2.0, 3.0))
    known = registry.by_interval(case)

    def wrong(inner: float | None, leaf: float, unkept: tuple[int, ...]) -> list[int]:
        reading = Reading("engine", (2.0, 3.0, 6.0, 8.0), (leaf, 2.0, inner, 1.0))
        return [n.node for n in judge(reading, known, unkept=unkept).wrong]

    assert wrong(left, 4.0, (2,)) == []
    assert wrong(left, 4.0, ()) == [2]
    assert wrong(7.0, 4.0, (2,)) == [2]
    assert wrong(left, 0.0, (2,)) == [0]


def test_a_node_without_a_gradient_of_its_own_is_not_wrong() -> None:
    """Another object's gradient, or none, is read there; leaves and the others are judged."""
    case = Case(Graph.parse("c = a * b; d = a * b; c + d"), (2.0, 3.0))
    values = (2.0, 3.0, 6.0, 6.0, 12.0)
    shared = Reading("engine", values, (6.0, 4.0, 2.0, 2.0, 1.0), same=frozenset({2, 3}))
    assert judged(case, shared).wrong == ()
    assert [n.node for n in judged(case, dataclasses.replace(shared, same=frozenset())).wrong] == [
        2, 3,
    ]  # fmt: skip
    leaf = dataclasses.replace(shared, gradients=(6.0, 2.0, 2.0, 2.0, 1.0))
    assert [n.node for n in judged(case, leaf).wrong] == [1]


def test_what_overflows_unused_may_leave_nan() -> None:
    """A tape that is walked as a whole has 0 times infinity there; a number has to be right."""
    case = Case(Graph.parse("b = a / 1e-310; a * 2"), (3.0,))

    def wrong(slope: float) -> list[int]:
        said = Reading("engine", (3.0, math.inf, 6.0), (slope, 0.0, 1.0))
        return [n.node for n in judged(case, said).wrong]

    assert (wrong(math.nan), wrong(2.0), wrong(3.0)) == ([], [], [0])


@pytest.mark.parametrize(("text", "x"), [("a.tanh()", 400.0), ("a.sigmoid()", 800.0)])
def test_what_is_shown_as_true_is_a_number_and_no_edge_of_a_ball(text: str, x: float) -> None:
    """Far out a slope is 0 as a float, and not the precision that it was computed with."""
    slope = interval.truth(Graph.parse(text), (x,)).gradients[0]
    assert slope is not None
    assert (slope.middle, slope.radius < 1e-300) == (0.0, True)


def test_a_slope_composed_of_two_terms_may_lose_one_far_out() -> None:
    """A quotient of exponentials has a slope of 0 or of 1 at 400, and of nothing else at 100."""

    def wrong(x: float, slope: float) -> bool:
        case = Case(Graph.parse("a.tanh()"), (x,))
        return bool(judged(case, Reading("engine", (x, 1.0), (slope, 1.0))).wrong)

    assert not wrong(400.0, 0.0)
    assert not wrong(400.0, 1.0)
    assert wrong(400.0, 3.0)
    assert not wrong(100.0, 0.0)
    assert wrong(100.0, 1.0)


def test_kinks_that_cancel_have_one_slope() -> None:
    """relu(a - a) has slope s - s = 0 whatever s is: the same s stands in both terms."""
    case = Case.parse("c = a - a; c.relu()", a=1.5)
    assert gradient(said(case, 0.0, 0.0), 0).verdict is Verdict.CORRECT
    assert gradient(said(case, 0.0, 0.5), 0).verdict is Verdict.WRONG


NO_NUMBER = {
    "a.log()": (0.0, -0.0, -1.0),
    "a.sqrt()": (-1.0, -5e-324),
    "1 / a": (0.0, -0.0),
    "a ** -1.0": (0.0,),
    "a ** 0.5": (-8.0,),
    "a.exp()": (710.0, 1000.0),
    "a * 10": (1e308,),
    "a + a": (1.7e308,),
}


@pytest.mark.parametrize(
    ("text", "x"), [(text, x) for text, points in NO_NUMBER.items() for x in points]
)
def test_where_there_is_no_number_only_a_finite_one_is_wrong(text: str, x: float) -> None:
    """Raising, inf and nan are all acceptable beyond an edge; a finite number is a finding."""
    case = Case.parse(text, a=x)
    for value in (math.inf, -math.inf, math.nan):
        assert said(case, value, math.nan).wrong == ()
    node = len(case.graph.nodes) - 1
    for during in ("forward", "backward"):
        raised = Reading("test", raised=Raised("ValueError", "math domain error", during, node))
        assert judged(case, raised).wrong == ()
    for value in (0.0, 1.0, -745.0, 1e300):
        assert said(case, value, math.nan).wrong


CLAMPS = {
    "log(max(x, 1e-8))": ("a.log()", lambda x: math.log(max(x, 1e-8)), (0.0, -3.0, 1e-300, 1e-9)),
    "log(x + 1e-8)": ("a.log()", lambda x: math.log(x + 1e-8), (0.0, 1e-12, 1e-3, 1.5)),
    "exp(min(x, 20))": ("a.exp()", lambda x: math.exp(min(x, 20)), (20.5, 300.0, 710.0, 1000.0)),
    "x / (y + 1e-8)": ("1 / a", lambda x: 1 / (x + 1e-8), (0.0, 1e-9, 1e-3)),
    "sqrt(abs(x))": ("a.sqrt()", lambda x: math.sqrt(abs(x)), (-1.0, -4.0)),
}


@pytest.mark.parametrize("clamp", CLAMPS)
def test_silent_clamps_are_findings(clamp: str) -> None:
    """A finite number where there is another one, or none, is wrong at each of these points."""
    text, function, points = CLAMPS[clamp]
    for x in points:
        case = Case.parse(text, a=x)
        assert said(case, function(x), math.nan).wrong, f"{clamp} at {x}"


def test_poles_are_not_finite() -> None:
    """sqrt'(0) is infinite: inf is right, 0 is wrong."""
    case = Case.parse("a.sqrt()", a=0.0)
    assert said(case, 0.0, math.inf).wrong == ()
    assert gradient(said(case, 0.0, 0.0), 0).verdict is Verdict.WRONG


def test_at_ordinary_points_nothing_excuses_a_missing_number() -> None:
    """An exception, inf, nan and None are wrong where every honest formula has a number."""
    case = Case.parse("a * b + a", a=2.0, b=-3.0)
    for nothing in (math.inf, math.nan, None):
        assert said(case, -4.0, nothing).wrong
    for during in ("forward", "backward"):
        assert judged(case, Reading("test", raised=Raised("OverflowError", "", during, 2))).wrong


def test_no_edge_excuses_a_timeout() -> None:
    """An engine that does not answer is wrong, wherever the point is."""
    case = Case.parse("a.log()", a=0.0)
    assert judged(case, Reading("test", raised=Raised("timeout", "", "forward", 1))).wrong


def test_what_an_engine_refuses_is_not_wrong() -> None:
    """A missing operation is undecided: not implemented."""
    case = Case.parse("a.log()", a=1.0)
    refused = Reading("test", raised=Raised("AttributeError", "", "forward", 1, refused=True))
    assert [n.reason for n in judged(case, refused).numbers] == ["not implemented"]


def test_none_is_the_zero_of_what_the_output_does_not_reach() -> None:
    """A gradient of None is right where the true one is exactly 0, and only there."""
    case = Case.parse("b + 1; a * 2", b=1.0, a=2.0)
    unreached = case.graph.names.index("b")
    reading = Reading(
        "test", tuple(e.middle for e in interval.truth(case.graph, case.point).values if e)
    )
    gradients = [None] * len(case.graph.nodes)
    judgement = judged(case, dataclasses.replace(reading, gradients=tuple(gradients)))
    assert gradient(judgement, unreached).verdict is Verdict.CORRECT
    assert gradient(judgement, case.graph.names.index("a")).verdict is Verdict.WRONG


@given(case=POPULATIONS)
def test_every_undecided_number_has_a_reason(engines: dict[str, Engine], case: Case) -> None:
    """Undecided is said with the reason, never silently."""
    judgement = judged(case, run(engines["closures"], case))
    assert all(n.reason for n in judgement.numbers if n.verdict is not Verdict.CORRECT)


@pytest.mark.parametrize("form", [f for f, form in FORMS.items() if form.op == "tanh"])
def test_tanh_from_exponentials_loses_digits_and_is_not_wrong(form: str) -> None:
    """(e**2a - 1) / (e**2a + 1) near 0 keeps few digits: imprecise, and shown as such."""
    assert form == "a.tanh()"
    x = 1e-6
    e = math.exp(2 * x)
    case = Case.parse("a.tanh()", a=x)
    verdict = said(case, (e - 1) / (e + 1), 1.0).numbers[1].verdict
    assert verdict in {Verdict.IMPRECISE, Verdict.UNDECIDED}


class AsRecorded(registry.Testimony):
    """What a corpus knows: nothing of an engine's own values."""

    def at_values(self, _: object) -> None:
        """Nobody is asked."""


def test_a_loose_bound_decides_nothing() -> None:
    """Where rounding alone may be off by 1e-8, agreement to 1e-9 is no proof of anything."""
    case = Case.parse("c = a + 1e8; d = c - 1e8; d * d", a=1.1)
    truth = interval.truth(case.graph, case.point)
    slope = truth.gradients[0].middle * (1 + 1e-9)
    assert truth.gradients[0].bound > abs(slope - truth.gradients[0].middle)
    gradients = (slope, *(e.middle for e in truth.gradients[1:]))
    reading = Reading("test", tuple(e.middle for e in truth.values), gradients)
    judgement = judge(reading, AsRecorded(case, truth))
    assert gradient(judgement, 0).verdict is Verdict.UNDECIDED


def test_an_operand_that_rounds_into_the_domain_is_no_finding(engines: dict[str, Engine]) -> None:
    """The exact operand is -0.5, in floats it is +0.5: its logarithm is finite, and honest."""
    case = Case.parse("c = a + 3; d = c - a; e = d - 3.5; e.log()", a=1e16)
    reading = run(engines["slots"], case)
    assert reading.values[-1] == math.log(0.5)
    assert judged(case, reading).wrong == ()


def test_the_value_that_passes_is_the_value_that_gradients_use(engines: dict[str, Engine]) -> None:
    """The truth lies between two floats, and the engine's value just outside its ball: no alarm."""
    case = Case.parse("a.sqrt().cos()", a=277551.6122212591)
    assert judged(case, run(engines["formulas"], case)).wrong == ()


@pytest.mark.parametrize("b", [1e160, 1e-155, -1e200])
def test_the_quotient_rule_may_leave_the_range(b: float) -> None:
    """(a' b - a b') / (b * b), as forward mode writes it, where the square over- or underflows."""
    case = Case.parse("a / b", a=0.7, b=b)
    slopes = (b / (b * b), -0.7 / (b * b))
    reading = Reading("test", (0.7, b, 0.7 / b), (*slopes, 1.0))
    assert judged(case, reading).wrong == ()


def test_no_gradient_of_a_quotient_is_wrong_at_ordinary_magnitudes() -> None:
    """Where the square is a number, nothing excuses a 0."""
    case = Case.parse("a / b", a=0.7, b=1e100)
    reading = Reading("test", (0.7, 1e100, 0.7 / 1e100), (0.0, -0.7 / 1e200, 1.0))
    assert [n.node for n in judged(case, reading).wrong] == [0]


def test_where_there_is_no_number_two_far_ones_are_two_mistakes() -> None:
    """log(|a|) is not log(max(a, 1e-4)): what is finite beyond a domain is compared as well."""
    case = Case.parse("a.log()", a=-2.0)
    truth = interval.truth(case.graph, case.point)
    mine, other = (Reading("test", (-2.0, x), (None, 1.0)) for x in (math.log(2), math.log(1e-4)))
    assert not agree(mine, other, truth, {0})
    assert agree(mine, mine, truth, {0})
