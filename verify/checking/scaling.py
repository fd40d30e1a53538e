"""An exponential engine is found by its growth.

It is reported by name, never as a hang: growth is measured from small graphs on and stops at the
first one that takes long, while the next would take twice as long.  It is measured in processor
time, and what is said of it holds no seconds: the same engine gets the same report on any machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.checking.costly import known, swells
from verify.generators.chains import doubled, doubled_apart
from verify.verdict.judgement import Judged, Verdict
from verify.verdict.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.faults import Fault

DOUBLINGS: Final = range(6, 42, 2)
"""How often a step is repeated: paths double with each, nodes grow by one or two."""
LIMIT: Final = 0.2
"""Seconds from which on growth is looked at; most right engines never take a hundredth of it."""
PATIENCE: Final = 2.0
"""Seconds for one graph after which a slow engine is left alone."""
IN_BACKWARD: Final = (
    "it is the backward pass that follows each path. Look for a traversal without a visited set, "
    "such as a backward that calls that of its operands, and for a __hash__ or __eq__ that follows "
    "the operands."
)
IN_FORWARD: Final = (
    "that is so while the graph is built, before any backward pass. Look for a label or a list "
    "that every node makes of those of both its operands, and for a __hash__, __eq__ or __repr__ "
    "that follows the operands."
)
ANYWHERE: Final = (
    "look for a traversal without a visited set, for a __hash__, __eq__ or __repr__ that follows "
    "the operands, or for a label or a list that every node makes of those of both its operands."
)
_SMALL_PART: Final = 0.25
STEEP: Final = 2.5
"""Two doublings more make an exponential engine four times as slow, a quadratic one 1.3 times."""


@dataclass(frozen=True, slots=True)
class Doubling:
    """A step that doubles the paths of a graph.

    Attributes:
        step: as Python.
        more: what each step adds to the graph, in words.
        build: the graph with so many steps.
    """

    step: str
    more: str
    build: Callable[[int], Case]


SAME: Final = Doubling("x = x + x", "each addition more doubles the time. The graph has one node "
                       "more each time", doubled)  # fmt: skip
APART: Final = Doubling("x = x + (x + a)", "each step more doubles the time. The graph has two "
                        "nodes more each time", doubled_apart)  # fmt: skip


def growth(engine: Engine) -> Finding | None:
    """A finding if time or memory doubles with each doubling; ``None`` if neither does."""
    return next((found for way in (SAME, APART) if (found := _growth(engine, way))), None)


def _growth(engine: Engine, way: Doubling) -> Finding | None:
    before = math.inf
    for times in DOUBLINGS:
        seconds = _seconds(engine, way, times)
        if seconds > LIMIT:  # a cache may have been cold: the best of two counts
            seconds = min(seconds, _seconds(engine, way, times))
            before = min(before, _seconds(engine, way, times - 2))
        if seconds > LIMIT and seconds > STEEP * before:
            where = _spent(engine, way, times, seconds)
            return _named(exponential(engine, where, way), known(engine))
        if seconds > PATIENCE:
            return None
        before = seconds
    if way is SAME and swells(engine):  # memory may end before time does
        return _named(exponential(engine), known(engine))
    return None


def _seconds(engine: Engine, way: Doubling, times: int) -> float:
    case = way.build(times)
    return engine.clock(case.graph, case.point)


def _spent(engine: Engine, way: Doubling, times: int, seconds: float) -> str:
    """Where the time goes: into the pass, or into the graph that it goes through."""
    case = way.build(times)
    built = min([engine.clock(case.graph, case.point, (("read",),)) for _ in range(2)])
    if built < _SMALL_PART * seconds:
        return IN_BACKWARD
    return IN_FORWARD if built > (1 - _SMALL_PART) * seconds else ANYWHERE


def _named(found: Finding, fault: Fault | None) -> Finding:
    """The finding, by the name of the known mistake behind it; no operation is to blame for it."""
    if fault is None:
        return found
    told = found.diagnosis
    text = f"{told.explanation} {fault.explanation}"
    named = replace(told, fault=fault.id, title=fault.title, explanation=text)
    return replace(found, diagnosis=named, blames=frozenset())


def exponential(engine: Engine, where: str = ANYWHERE, way: Doubling = SAME) -> Finding:
    """The finding for an engine whose time is known to double, and where to look for the reason."""
    small = way.build(3)
    reading = engine.run(small.graph, small.point)[-1]
    most = DOUBLINGS[-1]
    explanation = (
        f"{way.step} repeated: {way.more}, but twice as many paths, {2**most:,} after {most} of "
        f"them, and something is done for each of them: {where}"
    )
    return Finding(
        check="growth",
        case=small,
        original=way.build(most),
        wrong=Judged(len(small.graph.nodes) - 1, "gradient", Verdict.WRONG, "exponential time"),
        readings={},
        triage=Triage(None, None, None, "The numbers may be right; the time is exponential."),
        diagnosis=Diagnosis("exponential", "exponential time in a shared graph", explanation),
        reading=reading,
        place=f"time for {way.step} repeated",
    )
