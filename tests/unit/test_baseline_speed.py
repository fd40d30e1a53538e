"""A slowdown is told when two measurements show it: the machine is slow for a while, too."""

import pytest

from verify.compare import baseline
from verify.compare.baseline import Baseline, changes
from verify.engines import Engine, load
from verify.faults import SOURCE, module

FAST = {"chain": (0.8, 0.7, 0.9)}
SLOW = {"chain": (1.5, 1.4, 1.6)}


@pytest.fixture
def engine() -> Engine:
    """A right engine; what it takes is given by each test."""
    return load(module(SOURCE).Value)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (SLOW, SLOW, [("speed: chain", True)]),
        (SLOW, FAST, []),
        (FAST, SLOW, []),  # nothing is measured a second time
    ],
)
def test_a_slowdown_is_measured_again(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    first: dict[str, tuple[float, float, float]],
    second: dict[str, tuple[float, float, float]],
    expected: list[tuple[str, bool]],
) -> None:
    """What is slow once and not again was the machine; what is slow twice is told."""
    asked: list[Engine] = []

    def measured(which: Engine) -> dict[str, tuple[float, float, float]]:
        asked.append(which)
        return second

    monkeypatch.setattr(baseline, "_speed", measured)
    saved, seen = (Baseline("spec", "correct", {}, speed=s) for s in (FAST, first))
    assert [(c.what, c.worse) for c in changes(saved, seen, engine)] == expected
    assert len(asked) == (first is SLOW)
