"""Exponential time is found by its growth in processor time, and told without a second in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from verify.checking.scaling import DOUBLINGS, growth
from verify.engines import load
from verify.expression.graph import Graph
from verify.faults import CATALOGUE, SOURCE, module


@dataclass
class Timed:
    """The right engine, with processor times of our own choice, by the number of additions."""

    seconds: Callable[[int], float]
    asked: list[int] = field(default_factory=list)

    def clock(self, graph: Graph, _point: Any) -> float:
        """What a run is said to take."""
        self.asked.append(len(graph.operations))
        return self.seconds(self.asked[-1])

    def __getattr__(self, name: str) -> Any:
        return getattr(load(module(SOURCE, "base")), name)


def test_time_that_doubles_is_found() -> None:
    """A microsecond a path: each addition doubles it, and it is found before it takes long."""
    engine = Timed(lambda n: 1e-6 * 2.0**n)
    assert growth(engine) is not None  # type: ignore[arg-type]
    assert max(engine.asked) <= 18 + 2


@pytest.mark.parametrize(
    "seconds",
    [lambda n: 1e-4 * n, lambda n: 1e-4 * n**2, lambda n: 2e-6 * n**3, lambda _: 0.4],
    ids=["linear", "quadratic", "cubic", "slow"],
)
def test_other_growth_is_not(seconds: Callable[[int], float]) -> None:
    """Slow is not exponential."""
    engine = Timed(seconds)
    assert growth(engine) is None  # type: ignore[arg-type]
    assert engine.asked[0] == DOUBLINGS[0]


def test_one_hiccup_is_not() -> None:
    """A single run that takes long, because something else happened, is asked again."""
    spikes = iter([5.0])
    engine = Timed(lambda n: next(spikes, 1e-5) if n == 20 else 1e-5)
    assert growth(engine) is None  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["every-path-visited", "recursive-hash"])
def test_the_same_is_said_each_time(name: str) -> None:
    """How long it took stands nowhere in the finding."""
    engine = load(module(CATALOGUE[name].source, name))
    first, second = growth(engine), growth(engine)
    assert first is not None
    assert first == second
