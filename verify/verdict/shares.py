"""Gradients at a kink, judged together: whatever slope an engine takes there, it takes once.

Where a graph stands on exactly one kink, every gradient below it is linear in that kink's slope, so
each number that an engine says tells a range of slopes.  Where two ranges do not meet, the engine
took two: at a tie of ``max`` both operands got all, or neither got anything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from verify.expression.reading import Enclosure

if TYPE_CHECKING:
    from collections.abc import Iterable

REASON: Final = "does not fit the other gradients at this kink"
_UNITS: Final = 8
"""Roundings of the ends, which are floats."""


class Told(Protocol):
    """A gradient that was judged."""

    @property
    def node(self) -> int:
        """Which node it is of."""

    @property
    def got(self) -> float | None:
        """What the engine says."""

    @property
    def truth(self) -> Enclosure | None:
        """What is right."""


class _Range(NamedTuple):
    """Shares of the kink's upper slope, from 0 to 1, that a number may be computed with."""

    low: float
    high: float
    number: Told


def misfit(
    numbers: Iterable[Told], unit: float, *, relaxed: bool
) -> tuple[int, Enclosure] | None:
    """A node whose gradient contradicts that of an earlier one, and what fits to that.

    Args:
        numbers: judged gradients of one reading that the engine keeps.
        unit: the unit roundoff that the engine computes with.
        relaxed: whether the freedom is known; without it the bound counts.
    """
    ranges: list[_Range] = []
    for number in numbers:
        mine = _range(number, unit, relaxed=relaxed)
        if mine is None:
            continue
        for other in ranges:
            share = other.low if mine.low > other.high else other.high
            if mine.low > other.high or mine.high < other.low:
                return number.node, _fitting(number, min(max(share, 0.0), 1.0))
        ranges.append(mine)
    return None


def _range(number: Told, unit: float, *, relaxed: bool) -> _Range | None:
    e, got = number.truth, number.got
    if e is None or e.ends is None or got is None or not math.isfinite(got):
        return None
    first, second = e.ends
    width, size = second - first, max(map(abs, e.ends))
    off = (e.freedom if relaxed else e.bound) + _UNITS * unit * size
    if not off < abs(width) / 4:
        return None
    low, high = sorted(((got - off - first) / width, (got + off - first) / width))
    return _Range(low, high, number)


def _fitting(number: Told, share: float) -> Enclosure:
    e = number.truth
    if e is None or e.ends is None:
        raise ValueError(f"node {number.node} is below no kink")
    first, second = e.ends
    return Enclosure(first + share * (second - first), 0.0, e.bound, e.freedom)
