"""Growth and depth: an exponential engine is found by its growth, a deep graph by a long chain.

Both are reported by name, never as a hang: growth is measured from small graphs on and stops at the
first one that takes long, while the next would take twice as long.  It is measured in processor
time, and what is said of it holds no seconds: the same engine gets the same report on any machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from verify.depth import LENGTHS, chain, ends, silently_wrong, works
from verify.graph import Apply, Case, Graph, Leaf
from verify.judge import Judged, Verdict, judge
from verify.oracles import interval
from verify.outcome import Diagnosis, Finding, Triage
from verify.reading import Enclosure

if TYPE_CHECKING:
    from verify.engines import Engine
    from verify.graph import Node
    from verify.judge import Judgement

DOUBLINGS: Final = range(6, 42, 2)
"""How often ``x = x + x`` is repeated: paths double with each, nodes grow by one."""
LIMIT: Final = 0.2
"""Seconds from which on growth is looked at; most right engines never take a hundredth of it."""
PATIENCE: Final = 2.0
"""Seconds for one graph after which a slow engine is left alone."""
STEEP: Final = 2.5
"""Two doublings more make an exponential engine four times as slow, a quadratic one 1.3 times."""
SHALLOW: Final = 100
"""What is wrong on so few additions is not wrong because of depth."""


def doubled(times: int) -> Case:
    """``x = x + x``, so many times, from one leaf at 1."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, i)) for i in range(times)]
    return Case(Graph(tuple(nodes)), (1.0,))


def growth(engine: Engine) -> Finding | None:
    """A finding if time doubles with each doubling; ``None`` for an engine that does not."""
    before = math.inf
    for times in DOUBLINGS:
        seconds = _seconds(engine, times)
        if seconds > LIMIT:  # a cache may have been cold: the best of two counts
            seconds = min(seconds, _seconds(engine, times))
            before = min(before, _seconds(engine, times - 2))
        if seconds > LIMIT and seconds > STEEP * before:
            return _exponential(engine)
        if seconds > PATIENCE:
            return None
        before = seconds
    return None


def _seconds(engine: Engine, times: int) -> float:
    case = doubled(times)
    return engine.clock(case.graph, case.point)


def _exponential(engine: Engine) -> Finding:
    small = doubled(3)
    reading = engine.run(small.graph, small.point)[-1]
    most = DOUBLINGS[-1]
    explanation = (
        "x = x + x repeated: each addition more doubles the time. The graph has one node more each "
        f"time, but twice as many paths, {2**most:,} with {most} additions, and something walks "
        "all of them: look for a traversal without a visited set, or for a __hash__, __eq__ or "
        "__repr__ that follows the operands."
    )
    return Finding(
        check="growth",
        case=small,
        original=doubled(most),
        wrong=Judged(3, "gradient", Verdict.WRONG, "exponential time"),
        readings={},
        triage=Triage(None, None, None, "The numbers may be right; the time is exponential."),
        diagnosis=Diagnosis("exponential", "exponential time in a shared graph", explanation),
        reading=reading,
        place="time for x = x + x repeated",
    )


def depth(engine: Engine) -> tuple[str, Finding | None]:
    """What happens on long chains of additions, in words, and a finding if it is wrong.

    An engine that raises says so honestly; that is a convention.
    """
    right = 0
    for length in LENGTHS:
        judgement = _judged(engine, length)
        if judgement.raised is not None:
            return ends(judgement.raised, length), None
        if judgement.wrong:
            first = _first_wrong(engine, right, length)
            if first < SHALLOW:
                return "", None  # no matter of depth: the graphs that follow show it smaller
            return f"wrong from {first:,} additions on", _too_deep(engine, first)
        right = length
    return works(right), None


def _first_wrong(engine: Engine, right: int, wrong: int) -> int:
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if _judged(engine, middle).wrong:
            wrong = middle
        else:
            right = middle
    return wrong


def _judged(engine: Engine, length: int) -> Judgement:
    case = chain(length)
    reading = engine.run(case.graph, case.point)[-1]
    truth = interval.truth(case.graph, case.point)
    relax = interval.relax
    return judge(
        reading,
        truth,
        lambda t, free: relax(case.graph, case.point, t, free),
        gradients=engine.info.has_backward,
    )


def _too_deep(engine: Engine, length: int) -> Finding:
    case = chain(length)
    reading = engine.run(case.graph, case.point)[-1]
    got, due = reading.gradients[0] if reading.gradients else None, Enclosure(float(length + 1))
    number = Judged(0, "gradient", Verdict.WRONG, "differs", got, due)
    return silently_wrong(case, number, length - 1, reading, interval.SOURCE)
