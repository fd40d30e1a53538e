"""A run accounts for itself: reproducible, complete, never right by having looked too little."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from micrograd.engine import Value
from verify.checking import findings, run
from verify.checking.judging import Judging
from verify.checking.run import Plan
from verify.engines import DEFAULT, EngineInfo, load
from verify.expression.graph import Apply, Case, Graph
from verify.expression.ops import FORMS, OPS
from verify.expression.reading import Enclosure, Raised, Reading, Truth
from verify.generators.shrink import reduce
from verify.oracles import difference, interval, registry, symbolic
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import (
    CaseDone,
    Control,
    Event,
    Exit,
    Finished,
    Found,
    Outcome,
    StageStarted,
    Started,
)

pytestmark = pytest.mark.xdist_group("run")

SMALL = Plan(examples=16)
BRIEF = Plan(examples=4, exhaust=1, networks=())
"""For what is asked of all oracles anew."""
OURS = load(Value)


class Altered:
    """Our engine with its answers changed on the way back: a mistake of any kind."""

    def __init__(self, alter: Any, *, has_backward: bool = True) -> None:
        """``alter`` takes a graph and a reading, and returns a reading."""
        self.alter = alter
        self.info = EngineInfo("altered", "", "Value", "3", has_backward=has_backward)

    def run(self, graph: Graph, point: Any, steps: Any = DEFAULT) -> tuple[Reading, ...]:
        """Our engine's readings, changed."""
        return tuple(self.alter(graph, reading) for reading in OURS.run(graph, point, steps))

    def run_many(self, cases: Any, steps: Any = DEFAULT) -> Any:
        """For each case."""
        return (self.run(case.graph, case.point, steps) for case in cases)

    def __getattr__(self, name: str) -> Any:
        return getattr(OURS, name)  # whatever else an engine can be asked, unchanged


def operations(graph: Graph) -> set[str]:
    """Which operations a graph has."""
    return {node.op for node in graph.nodes if isinstance(node, Apply)}


def scaled(op: str, factor: float) -> Any:
    """Gradients of every graph with ``op`` are off by a factor."""

    def alter(graph: Graph, reading: Reading) -> Reading:
        if op not in operations(graph) or reading.raised:
            return reading
        head = tuple(None if g is None else g * factor for g in reading.gradients[:-1])
        return Reading(reading.source, reading.values, (*head, *reading.gradients[-1:]))

    return alter


def lacks(*missing: str) -> Any:
    """Graphs with any of these operations raise as an engine does that has no such method."""

    def alter(graph: Graph, reading: Reading) -> Reading:
        if operations(graph) & set(missing):
            return Reading(reading.source, raised=Raised("AttributeError", refused=True))
        return reading

    return alter


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The events of a run on our own engine."""
    return list(run.check(OURS, SMALL))


@pytest.fixture(scope="module")
def outcome(events: list[Event]) -> Outcome:
    """Its outcome."""
    assert isinstance(events[-1], Finished)
    return events[-1].outcome


def without_time(outcome: Outcome) -> dict[str, Any]:
    """Everything of an outcome but the seconds."""
    return {name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"}


@pytest.mark.slow
def test_events_come_in_order(events: list[Event]) -> None:
    """``Started`` first, ``Finished`` last, each once; cases belong to the stage that began."""
    kinds = [type(event) for event in events]
    assert (kinds[0], kinds[-1]) == (Started, Finished)
    assert (kinds.count(Started), kinds.count(Finished)) == (1, 1)
    stage = ""
    for event in events:
        if isinstance(event, StageStarted):
            stage = event.stage
        if isinstance(event, CaseDone):
            assert event.stage == stage


@pytest.mark.slow
def test_every_case_is_accounted_for(events: list[Event], outcome: Outcome) -> None:
    """As many cases in the accounts as events said, stage by stage."""
    done = Counter(event.stage for event in events if isinstance(event, CaseDone))
    assert dict(done) == dict(outcome.accounts.cases)


def test_every_number_is_accounted_for(outcome: Outcome) -> None:
    """Judged and undecided are all; every undecided number has a reason."""
    accounts = outcome.accounts
    assert accounts.judged + accounts.verdicts["undecided"] == sum(accounts.verdicts.values())
    assert sum(accounts.undecided.values()) == accounts.verdicts["undecided"]
    assert "" not in accounts.undecided
    assert 0 < accounts.gradients < accounts.judged
    assert set(accounts.operations) == set(OPS)


@pytest.mark.slow
def test_the_same_seed_the_same_outcome(outcome: Outcome) -> None:
    """Twice the same seed: the same outcome in every number."""
    assert without_time(run.outcome(OURS, SMALL)) == without_time(outcome)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_another_seed_other_cases() -> None:
    """Another seed judges other numbers, and comes to the same verdict."""
    one, other = (run.outcome(OURS, Plan(examples=16, seed=seed)) for seed in (0, 1))
    assert other.verdict == one.verdict == "correct"
    assert other.accounts != one.accounts


def test_examples_are_as_many_as_asked(outcome: Outcome) -> None:
    """``examples`` random cases are judged, a quarter of them wide."""
    cases = outcome.accounts.cases
    assert (cases["random"], cases["wide"]) == (12, 4)


def test_a_right_engine_is_correct(outcome: Outcome) -> None:
    """Ours: correct, every operation and every form of it, no finding, no dispute."""
    assert (outcome.verdict, outcome.exit_code) == ("correct", Exit.CORRECT)
    assert (outcome.findings, outcome.disputes) == ((), ())
    assert outcome.operations == dict.fromkeys(OPS, "correct")
    assert outcome.forms == dict.fromkeys(FORMS, "correct")


def test_the_control_is_caught(outcome: Outcome) -> None:
    """Mistakes are planted in every run, in every form, and all of them caught."""
    assert outcome.control.passed
    assert outcome.control.planted >= 4 * len(FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_a_control_that_is_missed_voids_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a planted mistake is not called wrong, the harness failed: code 4, never correct."""
    monkeypatch.setattr(run, "control", lambda _: Control(10, 9))
    result = run.outcome(OURS, SMALL)
    assert (result.verdict, result.exit_code) == ("inconclusive", Exit.HARNESS)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_nothing_planted_is_not_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    """A control that plants nothing proves nothing."""
    monkeypatch.setattr(run, "control", lambda _: Control(0, 0))
    result = run.outcome(OURS, SMALL)
    assert (result.verdict, result.exit_code) == ("inconclusive", Exit.INCONCLUSIVE)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_too_little_is_inconclusive() -> None:
    """Below the minimum of judged gradients the verdict is ``inconclusive``, with the numbers."""
    result = run.outcome(OURS, Plan(examples=0, minimum=10**6))
    assert (result.verdict, result.exit_code) == ("inconclusive", Exit.INCONCLUSIVE)
    assert result.reason.endswith("gradients judged, 1000000 are the minimum")


def test_an_engine_that_can_do_nothing_is_inconclusive() -> None:
    """Every operation missing: nothing judged, and that is not correct."""
    result = run.outcome(Altered(lacks(*OPS)), SMALL)
    assert (result.verdict, result.exit_code) == ("inconclusive", Exit.INCONCLUSIVE)
    assert result.operations == dict.fromkeys(OPS, "missing")
    assert result.accounts.judged == 0
    assert result.accounts.skipped["not implemented"] == len(FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_no_backward_is_inconclusive() -> None:
    """An engine without a backward pass is judged on its values and cannot be correct."""
    result = run.outcome(Altered(lambda _, reading: reading, has_backward=False), SMALL)
    assert (result.verdict, result.accounts.gradients) == ("inconclusive", 0)
    assert result.accounts.verdicts["correct"] > 100


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_missing_operations_are_no_mistake() -> None:
    """What an engine lacks is missing; the rest is judged, and correct."""
    result = run.outcome(Altered(lacks("tanh", "pow")), SMALL)
    assert result.verdict == "correct"
    expected = dict.fromkeys(OPS, "correct") | {"tanh": "missing", "pow": "missing"}
    assert result.operations == expected
    missing = [text for text, form in FORMS.items() if form.op in {"tanh", "pow"}]
    assert result.accounts.skipped["not implemented"] == len(missing)


@pytest.mark.sample(10)
@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize("op", OPS)
def test_a_wrong_operation_is_found_and_blamed(op: str) -> None:
    """Gradients of one operation off by a thousandth: wrong, one operation, that one blamed."""
    result = run.outcome(Altered(scaled(op, 1.001)), Plan(examples=0))
    assert (result.verdict, result.exit_code) == ("wrong", Exit.WRONG)
    assert (op,) in [finding.case.graph.operations for finding in result.findings]
    assert result.operations[op] == "wrong"
    assert [name for name, status in result.operations.items() if status == "wrong"] == [op]


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_found_is_what_the_outcome_has() -> None:
    """Every ``Found`` event is a finding of the outcome, and there are no others."""
    events = list(run.check(Altered(scaled("mul", 2.0)), SMALL))
    (finished,) = (event for event in events if isinstance(event, Finished))
    found = [event.finding for event in events if isinstance(event, Found)]
    assert found
    assert sorted(map(id, found)) == sorted(map(id, finished.outcome.findings))


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_an_engine_that_raises_is_wrong() -> None:
    """An exception where a number is due is a finding, with what was raised."""

    def alter(graph: Graph, reading: Reading) -> Reading:
        if "exp" in operations(graph):
            return Reading(reading.source, raised=Raised("TypeError", "must be real number"))
        return reading

    result = run.outcome(Altered(alter), SMALL)
    assert result.verdict == "wrong"
    assert result.findings[0].case.graph.operations == ("exp",)
    assert result.findings[0].wrong.verdict is Verdict.WRONG


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_one_line_that_raises_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many expressions end there: one finding, made small once; another line, another."""
    reduced: list[tuple[str, ...]] = []

    def noted(case: Case, fails: Any, **options: Any) -> Case:
        reduced.append(case.graph.operations)
        return reduce(case, fails, **options)

    def alter(graph: Graph, reading: Reading) -> Reading:
        for line, op in ((7, "exp"), (9, "tanh")):
            if operations(graph) > {op}:
                return Reading(reading.source, raised=Raised("timeout", line=line))
        return reading

    monkeypatch.setattr(findings, "reduce", noted)
    result = run.outcome(Altered(alter), SMALL)
    assert {finding.reading.raised.line for finding in result.findings} == {7, 9}
    assert len(result.findings) == 2
    assert len(reduced) == 2


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What the oracles said is asked anew, and a lie is not remembered."""
    with registry.afresh():
        yield


def lying(source: str) -> Any:
    """An oracle that says 7 of everything."""

    def truth(graph: Graph, _: Any) -> Truth:
        sevens = (Enclosure(7.0),) * len(graph.nodes)
        return Truth(source, sevens, sevens)

    return truth


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("oracle", [symbolic, difference])
def test_a_lying_witness_is_named_and_the_engine_not_blamed(
    monkeypatch: pytest.MonkeyPatch, oracle: Any
) -> None:
    """A dispute of the oracles is code 4, names who stands alone, and is no finding."""
    monkeypatch.setattr(oracle, "truth", lying(oracle.SOURCE))
    result = run.outcome(OURS, BRIEF)
    assert (result.exit_code, result.findings) == (Exit.HARNESS, ())
    assert result.verdict == "inconclusive"
    assert {dispute.oracle for dispute in result.disputes} == {oracle.SOURCE}
    assert result.accounts.skipped["oracles dispute"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.usefixtures("forgetful")
def test_a_lying_judge_is_seen_by_the_witnesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the interval oracle itself were wrong, the others would say so: code 4."""
    honest = interval.truth

    def truth(graph: Graph, point: Any) -> Truth:
        said = honest(graph, point)
        gradients = tuple(
            None if e is None else Enclosure(e.middle * 1.5 + 1.0) for e in said.gradients
        )
        return Truth(said.source, said.values, gradients)

    monkeypatch.setattr(interval, "truth", truth)
    result = run.outcome(OURS, BRIEF)
    assert (result.exit_code, result.findings) == (Exit.HARNESS, ())


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_the_alteration_is_the_mistake() -> None:
    """The engine of these tests, altered by nothing, is correct."""
    assert run.outcome(Altered(lambda _, reading: reading), Plan(examples=0)).verdict == "correct"


def test_an_engine_that_becomes_slow_is_started_anew() -> None:
    """A tape that grows is no mistake: the next stage begins with an empty one."""
    judging, closed = Judging(OURS), list[bool]()
    times = [2e-5, 0.5, 2e-5, 2e-5, *[0.5] * 3, 2e-5, *[0.2] * 4]
    slow = SimpleNamespace(clock=lambda *_: times.pop(0), close=lambda: closed.append(True))
    judging.engine = slow  # type: ignore[assignment]
    told = []
    for _ in range(5):
        judging.rest()
        told.append(len(closed))
    assert told == [0, 0, 1, 2, 2]  # one slow answer is chance; what is slow by nature stays so
    assert not times
