"""Growth and depth: an exponential engine is found by its growth, a deep graph by a long chain.

Both are reported by name, never as a hang: growth is measured from small graphs on and stops at the
first one that takes long, while the next would take twice as long.  It is measured in processor
time, and what is said of it holds no seconds: the same engine gets the same report on any machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine
from verify.generators.chains import LENGTHS, chain, doubled
from verify.oracles import interval
from verify.oracles.registry import Testimony
from verify.verdict.deep import ends, silently_wrong, works
from verify.verdict.judge import Judged, Verdict
from verify.verdict.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.engines import Engine

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


@dataclass(frozen=True, slots=True)
class Deep:
    """What happens on long chains of additions.

    Attributes:
        words: in words, ``""`` where depth is not what matters.
        asked: every chain that was judged.
        finding: where depth makes the engine wrong.
        shallow: a chain too short for depth to be the reason on which it is wrong.
    """

    words: str
    asked: tuple[Examined, ...]
    finding: Finding | None = None
    shallow: Examined | None = None


def depth(engine: Engine) -> Deep:
    """Judge long chains of additions.

    An engine that raises says so honestly; that is a convention.
    """
    right = 0
    asked: list[Examined] = []
    for length in LENGTHS:
        seen = _examined(engine, length)
        if seen.judgement.raised is not None:
            return Deep(ends(seen.judgement.raised, length), tuple(asked))
        asked.append(seen)
        if seen.judgement.wrong:
            first, shown = _first_wrong(engine, right, seen)
            if first < SHALLOW:
                return Deep("", tuple(asked), shallow=shown)
            words = f"wrong from {first:,} additions on"
            return Deep(words, tuple(asked), _too_deep(shown))
        right = length
    return Deep(works(right), tuple(asked))


def _first_wrong(engine: Engine, right: int, seen: Examined) -> tuple[int, Examined]:
    """The length of the shortest chain that is wrong, and what was read of it."""
    wrong = len(seen.case.graph.operations)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        shorter = _examined(engine, middle)
        if shorter.judgement.wrong:
            wrong, seen = middle, shorter
        else:
            right = middle
    return wrong, seen


def _examined(engine: Engine, length: int) -> Examined:
    """A chain, judged by the interval oracle alone: the others take long on so many nodes."""
    case = chain(length)
    truth = interval.truth(case.graph, case.point)
    return examine(engine, case, Testimony(case, truth, (), ()))


def _too_deep(seen: Examined) -> Finding:
    length, judgement = len(seen.case.graph.operations), seen.judgement
    number = min(judgement.wrong, key=lambda n: (n.quantity == "value", n.node))
    return silently_wrong(seen.case, number, length - 1, seen.reading, interval.SOURCE)
