"""How deep a chain may be, and how often a sum may be doubled before the time runs out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.compare.classify import FORWARD, ONCE, side_of
from verify.compare.difference import Difference
from verify.engines.engine import anew
from verify.generators.chains import chain, doubled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.compare.difference import Kind, Side
    from verify.engines import Engine
    from verify.expression.graph import Case

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
    probes: tuple[tuple[Kind, str, Callable[[int], Case], tuple[int, ...]], ...] = (
        ("depth", "a chain of additions", chain, DEPTHS),
        ("growth", "a sum that is doubled again and again", doubled, DOUBLINGS),
    )
    for kind, words, shape, sizes in probes:
        a, b = (_reached_anew(engine, shape, sizes) for engine in (old, new))
        if (a.size, a.wrong) != (b.size, b.wrong):
            yield Difference(kind, _side(a, b), words, str(a), str(b))


def _reached_anew(engine: Engine, shape: Callable[[int], Case], sizes: tuple[int, ...]) -> Reached:
    """In a new process: an engine that keeps every node would be slow from then on."""
    with ExitStack() as stack:
        return reached(anew(engine, stack), shape, sizes)


def reached(engine: Engine, shape: Callable[[int], Case], sizes: tuple[int, ...]) -> Reached:
    """The largest of the sizes that the engine gets right, and what stops it."""
    best = 0
    for size in sizes:
        failure, wrong = _failure(engine, shape(size), size, shape is doubled)
        if failure:
            return Reached(best, failure, wrong)
        best = size
    return Reached(best)


def _failure(engine: Engine, case: Case, size: int, doubling: bool) -> tuple[str, bool]:
    backward = engine.info.has_backward
    reading = engine.run(case.graph, case.point, ONCE if backward else FORWARD)[-1]
    if reading.raised is not None:
        return reading.raised.type, False
    # Whole numbers of this size are exact in floats, so that equality is due.
    expected = 2.0**size if doubling else 1.0 + size
    if reading.values[-1] != expected:
        return f"a wrong value, {reading.values[-1]}", True
    got = reading.gradients[0] if backward else expected
    return ("", False) if got == expected else (f"a wrong gradient, {got}", True)


def _side(old: Reached, new: Reached) -> Side:
    if old.wrong or new.wrong:
        return side_of(old.wrong, new.wrong)
    return "only-old" if old.size > new.size else "only-new"
