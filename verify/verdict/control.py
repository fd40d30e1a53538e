"""The negative control: mistakes planted around right answers; every one has to be caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.reading import Reading
from verify.verdict.judge import judge
from verify.verdict.outcome import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from verify.verdict.reference import Reference


def control(readings: Iterable[tuple[Reading, Reference]]) -> Control:
    """Plant mistakes in right readings and judge them; every one has to be called wrong.

    Each gradient that is not 0 is zeroed, sign-flipped, doubled and made 1 % larger, but for those
    that only rounding keeps from being 0.  The planting happens here and not in the worker, so that
    an engine cannot tell which graph is a control.
    """
    planted = caught = 0
    for reading, reference in readings:
        known = zip(reading.gradients, reference.truth.gradients, strict=True)
        for node, (gradient, true) in enumerate(known):
            if not gradient or (true is not None and not true.middle):
                continue
            for mistake in _MISTAKES:
                bad = (*reading.gradients[:node], mistake(gradient), *reading.gradients[node + 1 :])
                lie = Reading(reading.source, reading.values, bad)
                planted += 1
                caught += bool(judge(lie, reference).wrong)
    return Control(planted, caught)


_MISTAKES: Final[tuple[Callable[[float], float], ...]] = (
    lambda _: 0.0,
    lambda g: -g,
    lambda g: 2 * g,
    lambda g: 1.01 * g,
)
