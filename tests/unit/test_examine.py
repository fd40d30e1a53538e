"""One engine on one case: which of several wrong numbers a finding tells."""

from typing import Any

import pytest

import verify
from micrograd.engine import Value
from verify.checking.assess import examine, finding, perform
from verify.checking.evidence import OWN
from verify.engines import DEFAULT
from verify.expression.reading import Reading
from verify.generators.scenarios import SCENARIOS
from verify.oracles.registry import ORACLES, alone, present

OURS = verify.load(Value)
CASE = verify.Case.parse("c = a * a; c * b", a=3.0, b=2.0)  # nodes: a, c, b and the output


class Off:
    """Our engine with 1 added to some of its numbers."""

    def __init__(self, values: set[int], gradients: set[int]) -> None:
        """Which nodes' values and gradients."""
        self.info, self.off = OURS.info, (values, gradients)

    def run(self, graph: Any, point: Any, steps: Any = DEFAULT) -> tuple[Reading, ...]:
        """Our engine's reading, off by 1 here and there."""
        return tuple(self._spoil(reading) for reading in OURS.run(graph, point, steps))

    def __getattr__(self, name: str) -> Any:
        return getattr(OURS, name)  # whatever else an engine can be asked, unchanged

    def _spoil(self, reading: Reading) -> Reading:
        values, gradients = (
            tuple(x if x is None else x + (i in nodes) for i, x in enumerate(numbers))
            for numbers, nodes in zip((reading.values, reading.gradients), self.off, strict=True)
        )
        return Reading(reading.source, values, gradients)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "gradients", "told"),
    [
        (set(), {0}, "gradient of a"),
        (set(), {1, 2}, "gradient of b"),  # a leaf before an inner node
        (set(), {1, 3}, "gradient of c"),
        ({1, 3}, {0, 1}, "value of c"),  # a value before a gradient, the first one first
        ({3}, {0}, "value of d"),
    ],
)
def test_the_most_telling_number(values: set[int], gradients: set[int], told: str) -> None:
    """The first wrong value; else the first wrong gradient of a leaf; else that of a node."""
    engine: Any = Off(values, gradients)
    found = finding(engine, examine(engine, CASE), "test", CASE)
    assert found.where == told


def test_every_oracle_has_a_reading() -> None:
    """A finding has what every oracle says of its number, and what a missing one cannot."""
    engine: Any = Off(set(), {0})
    found = finding(engine, examine(engine, CASE), "test", CASE)
    assert (found.wrong.got, found.readings["interval"]) == (13.0, 12.0)
    assert list(found.readings) == [*ORACLES, OWN]
    for oracle in ORACLES:
        assert found.readings[oracle] == (12.0 if oracle in present() else "not installed")
    assert found.readings[OWN] == pytest.approx(12.0, rel=1e-6)


def test_an_oracle_that_was_not_asked_is_not_said_to_be_missing() -> None:
    """On large graphs one oracle alone is asked: the others are installed all the same."""
    told = alone(CASE).readings("gradient", 0)
    assert told["symbolic"] == told["difference"] == "not asked"
    assert told["torch"] == ("not asked" if "torch" in present() else "not installed")


def test_right_is_right() -> None:
    """Our engine, unspoilt: nothing wrong, nothing disputed, every number judged."""
    examined = examine(OURS, CASE)
    assert (examined.judgement.wrong, examined.disputes) == ((), ())
    assert len(examined.judgement.numbers) == 2 * len(CASE.graph.nodes)


LOSES_DIGITS = verify.Case.parse("b = a.exp(); b / b", a=-0.9994783580280913)
"""Its slope is 0, as a difference of numbers that are not: only at the engine's own is it told."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_a_scenario_decides_what_a_single_pass_decides(scenario: Any) -> None:
    """Gradients too ill-conditioned for a bound are judged at the engine's own values there too."""
    seen = perform(OURS, LOSES_DIGITS, scenario)
    if seen is not None:
        assert {n.verdict.value for n in seen.judgement.numbers} == {"correct"}
