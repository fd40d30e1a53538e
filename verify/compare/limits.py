"""How deep a chain may be, and how often a sum may be doubled before the time runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.compare.classify import FORWARD, ONCE
from verify.compare.difference import Difference
from verify.graph import Apply, Graph, Leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.compare.difference import Kind, Side
    from verify.engines import Engine

DEPTHS: Final = (100, 500, 900, 2_000, 10_000, 50_000)
"""Additions in a row.  Python's own limit of 1,000 frames lies between two of them."""
DOUBLINGS: Final = (8, 16, 24, 32)
"""Engines that visit every path take 2 to that power steps."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an engine came.

    Attributes:
        size: the largest size that it got right.
        failure: what happened at the next; ``""`` if there was none.
        wrong: whether that was a wrong number rather than an error or the end of the time.
    """

    size: int
    failure: str = ""
    wrong: bool = False

    def __str__(self) -> str:
        return (
            f"{self.size:,} and more" if not self.failure else f"{self.size:,}, then {self.failure}"
        )


def limits(old: Engine, new: Engine) -> Iterator[Difference]:
    """Where one engine comes further than the other."""
    probes: tuple[tuple[Kind, str, Callable[[int], Graph], tuple[int, ...]], ...] = (
        ("depth", "a chain of additions", chain, DEPTHS),
        ("growth", "a sum that is doubled again and again", doubled, DOUBLINGS),
    )
    for kind, words, shape, sizes in probes:
        a, b = (_reached_anew(engine, shape, sizes) for engine in (old, new))
        if (a.size, a.wrong) != (b.size, b.wrong):
            yield Difference(kind, _side(a, b), words, str(a), str(b))


def _reached_anew(engine: Engine, shape: Callable[[int], Graph], sizes: tuple[int, ...]) -> Reached:
    """In a new process: an engine that keeps every node would be slow from then on."""
    if (other := engine.again()) is None:
        return reached(engine, shape, sizes)
    with other:
        return reached(other, shape, sizes)


def reached(engine: Engine, shape: Callable[[int], Graph], sizes: tuple[int, ...]) -> Reached:
    """The largest of the sizes that the engine gets right, and what stops it."""
    best = 0
    for size in sizes:
        graph = shape(size)
        failure, wrong = _failure(engine, graph, size, shape is doubled)
        if failure:
            return Reached(best, failure, wrong)
        best = size
    return Reached(best)


def chain(size: int) -> Graph:
    """``a + b + b + …``: ``size`` additions in a row."""
    links = [Apply("add", (i + 1 if i else 0, 1)) for i in range(size)]
    return Graph((Leaf("a"), Leaf("b"), *links))


def doubled(size: int) -> Graph:
    """``a + a``, that plus itself, and so on: 2 to the ``size`` paths over ``size`` nodes."""
    return Graph((Leaf("a"), *[Apply("add", (i, i)) for i in range(size)]))


def _failure(engine: Engine, graph: Graph, size: int, doubling: bool) -> tuple[str, bool]:
    backward = engine.info.has_backward
    point = (1.0,) if doubling else (1.0, 1.0)
    reading = engine.run(graph, point, ONCE if backward else FORWARD)[-1]
    if reading.raised is not None:
        return reading.raised.type, False
    # Whole numbers of this size are exact in floats, so that equality is due.
    value, slope = (2.0**size, 2.0**size) if doubling else (1.0 + size, float(size))
    if reading.values[-1] != value:
        return f"a wrong value, {reading.values[-1]}", True
    got = reading.gradients[0 if doubling else 1] if backward else slope
    return ("", False) if got == slope else (f"a wrong gradient, {got}", True)


def _side(old: Reached, new: Reached) -> Side:
    if old.wrong or new.wrong:
        return (
            "wrong-both" if old.wrong and new.wrong else "wrong-old" if old.wrong else "wrong-new"
        )
    return "only-old" if old.size > new.size else "only-new"
