"""The worked refactor: the suite lets every right step pass and shows the mistake."""

from dataclasses import replace
from pathlib import Path

import pytest

from verify.compare.difference import Comparison, allowance
from verify.compare.search import Search, compare
from verify.corpus.format import read
from verify.corpus.replay import replay
from verify.engines import load
from verify.verdict.outcome import Finished

ROOT = Path(__file__).parents[2]
STEPS = ROOT / "examples/refactor"
START = STEPS / "step_0_closures.py"


def compared(step: str) -> Comparison:
    """The step beside where it started from."""
    with load(START) as old, load(STEPS / step) as new:
        return compare(old, new, Search(examples=100))


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(STEPS.glob("step_*.py")), ids=lambda p: p.stem)
def test_every_step_gives_the_answers_of_the_corpus(path: Path) -> None:
    """One backward pass is right at every step, also at the mistaken one."""
    with load(path) as engine:
        events = list(replay(engine, *read(ROOT / "tests/reference/corpus.jsonl")))
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome.verdict == "correct"


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("step", ["step_1_local_derivatives.py", "step_2_tape.py"])
def test_right_steps_are_the_same(step: str) -> None:
    """Nothing differs but what rounding explains."""
    found = compared(step)
    assert [str(d) for d in found.refused] == []
    assert found.numbers > 10_000


@pytest.mark.slow
def test_the_mistake_is_shown() -> None:
    """A tape that is cleared makes a second pass do nothing: shown on one addition.

    ``--allow state`` accepts that change; to allow something else does not.
    """
    found = compared("step_2_tape_mistaken.py")
    (shown,) = found.refused
    assert (shown.kind, shown.where) == ("state", "gradient of a")
    assert (shown.old, shown.new) == ("4.0", "2.0")
    assert shown.case is not None
    assert shown.case.graph.operations == ("add",)
    assert found.exit_code == 1
    assert replace(found, allowed=allowance(["state"])).exit_code == 0
    assert replace(found, allowed=allowance(["depth"])).exit_code == 1
