"""Exponential time is found by its growth in processor time, and told without a second in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from verify.checking.costly import PATHS, known, swells
from verify.checking.scaling import DOUBLINGS, IN_BACKWARD, IN_FORWARD, growth
from verify.engines import Engine, load
from verify.expression.graph import Graph
from verify.faults import CATALOGUE, SOURCE, module
from verify.faults.lecture import in_style
from verify.report.program import program


@dataclass
class Timed:
    """The right engine, with processor times of our own choice, by the number of additions."""

    seconds: Callable[[int], float]
    asked: list[int] = field(default_factory=list)

    def clock(self, graph: Graph, _point: Any, steps: Any = None) -> float:
        """What a run is said to take; to build the graph takes no time."""
        if steps == (("read",),):
            return 0.0
        self.asked.append(len(graph.operations))
        return self.seconds(self.asked[-1])

    def __getattr__(self, name: str) -> Any:
        return getattr(load(module(SOURCE, "base")), name)


def test_time_that_doubles_is_found() -> None:
    """A microsecond a path: each addition doubles it, and it is found before it takes long."""
    engine = Timed(lambda n: 1e-6 * 2.0**n)
    assert growth(engine) is not None  # type: ignore[arg-type]
    assert max(times for times in engine.asked if times in DOUBLINGS) <= 18 + 2


class Slow(Timed):
    """One that takes its time before any backward pass."""

    def clock(self, graph: Graph, _point: Any, _steps: Any = None) -> float:
        """What a run is said to take, with a backward pass or without."""
        return super().clock(graph, _point)


@pytest.mark.parametrize(("kind", "where"), [(Timed, IN_BACKWARD), (Slow, IN_FORWARD)])
def test_where_the_time_goes_is_told(kind: type[Timed], where: str) -> None:
    """Into the pass, where the graph alone is made in no time; else into the graph."""
    found = growth(kind(lambda n: 1e-6 * 2.0**n))  # type: ignore[arg-type]  # stands in for an engine
    assert found is not None
    assert where in found.diagnosis.explanation


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


RECURSION = """
def backward(self, upstream=1.0):
    self.grad += upstream
    for child, local in zip(self._prev, self.local):
        child.backward(upstream * local)


def made(build, slopes):
    def method(self, other):
        out = build(self, other)
        out.local = slopes(self, out._prev[1])
        return out
    return method


Value.local = ()
Value.__add__ = made(Value.__add__, lambda a, b: (1.0, 1.0))
Value.__mul__ = made(Value.__mul__, lambda a, b: (b.data, a.data))
Value.backward = backward
"""
ANCESTORS = """
def made(build):
    def method(self, other):
        out = build(self, other)
        out.below = [*getattr(self, "below", [self]), *getattr(out._prev[1], "below", [other])]
        return out
    return method


Value.__add__ = made(Value.__add__)
"""


@pytest.mark.parametrize("name", [f.id for f in CATALOGUE.values() if f.family == "cost"])
def test_what_costs_so_much_has_its_name(name: str) -> None:
    """By what it is that doubles, and by the gradients of a second pass."""
    assert known(load(module(CATALOGUE[name].source, name))) is CATALOGUE[name]


@pytest.mark.parametrize("more", [RECURSION, ANCESTORS], ids=["recursion", "ancestors"])
def test_what_costs_as_much_and_is_no_known_mistake_has_no_name(more: str) -> None:
    """A pass along every path that is right in any number of passes; lists that are no texts."""
    engine = load(module(SOURCE + more, "student").Value)
    assert known(engine) is None
    assert swells(engine) is (more is ANCESTORS)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((120_000, 480_000, 1_900_000), True),
        ((2_400, 8_900, 9_900), False),
        ((155_000, 163_000, 620_000), False),
        ((10, 40, 160), False),
        ((0, 0, 0), False),
    ],
    ids=["a text for each path", "compiled once", "compiled late", "next to nothing", "unknown"],
)
def test_what_is_kept_of_one_graph_is_no_growth(
    weights: tuple[int, ...], expected: bool
) -> None:
    """Memory doubles where it does so each time, and where it is more than a byte for each path."""
    told = iter(weights)
    engine = SimpleNamespace(measure=lambda *_: SimpleNamespace(bytes=next(told)))
    assert swells(cast("Engine", engine)) is expected


@pytest.mark.slow
def test_memory_that_doubles_is_found_before_it_ends(tmp_path: Path) -> None:
    """Where a graph takes all memory before it takes long."""
    path = tmp_path / "engine.py"
    path.write_text(CATALOGUE["labels-double"].source, encoding="utf-8")
    with load(str(path)) as engine:
        found = growth(engine)
    assert found is not None
    assert found.diagnosis.fault == "labels-double"


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["every-path-visited", "recursive-hash"])
def test_the_same_is_said_each_time(name: str) -> None:
    """How long it took stands nowhere in the finding."""
    engine = load(module(CATALOGUE[name].source, name))
    first, second = growth(engine), growth(engine)
    assert first is not None
    assert first == second


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", PATHS)
def test_operands_in_a_set_hide_no_growth(name: str) -> None:
    """A set holds ``x`` and ``x`` once: there the paths double where operands differ."""
    engine = load(module(in_style(CATALOGUE[name]), name))
    found = growth(engine)
    assert found is not None
    assert (found.diagnosis.fault, found.place) == (name, "time for x = x + (x + a) repeated")
    told = program(found, engine.info)
    assert told.splitlines()[-1] == "x.backward()  # does not come back"
    names = dict(vars(module(CATALOGUE[name].source, name)))
    exec(told.replace("range(40)", "range(5)"), names)  # noqa: S102 - that it runs is the promise
    assert names["x"].data == 2.0**6 - 1
    assert names["x"].grad == 1.0


def test_a_right_engine_with_sets_does_not_grow() -> None:
    """However its operands are kept."""
    assert growth(load(module(in_style(CATALOGUE["neg-sign"]), "right"))) is None
