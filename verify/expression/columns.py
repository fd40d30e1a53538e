"""Balls as columns of floats: what the oracles that know their own error say of many numbers.

No rule of any operation is here: that is what each oracle has for itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from verify.expression.reading import UNKNOWN, Column, Enclosure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import arb

    from verify.expression.reading import Measured


def column(balls: Sequence[arb | None]) -> Column:
    """The middle and the radius of each ball, rounded up; ``None`` where an oracle does not look.

    Two oracles that have the same middles do not contradict each other, so that the radii are
    measured only where somebody asks for them.
    """
    middles = [math.nan if ball is None else float(ball) for ball in balls]
    return Column(middles, lambda: _measured(middles, balls))


def _measured(middles: Sequence[float], balls: Sequence[arb | None]) -> Measured:
    radii: list[float] = []
    others: dict[int, Enclosure | None] = {}
    for place, (middle, ball) in enumerate(zip(middles, balls, strict=True)):
        radius = math.inf
        if ball is None:
            others[place] = None
        elif math.isnan(middle) or not ball.is_finite():
            others[place] = UNKNOWN
        elif math.isinf(middle):
            others[place] = Enclosure(middle, math.inf)
        else:
            away = float((ball - middle).abs_upper())
            radius = math.nextafter(away, math.inf) if away else 0.0
        radii.append(radius)
    return radii, others


def of_enclosures(enclosures: Sequence[Enclosure | None]) -> Column:
    """The same of what was enclosed one by one."""
    middles: list[float] = []
    radii: list[float] = []
    others: dict[int, Enclosure | None] = {}
    for place, e in enumerate(enclosures):
        if e is None or e.note or not e.known:
            middles.append(math.nan)
            radii.append(math.inf)
            others[place] = e
        else:
            middles.append(e.middle)
            radii.append(e.radius)
    return Column(middles, (radii, others))


def plain_column(known: Sequence[Enclosure | None]) -> Sequence[Enclosure | None]:
    """The same in a column with bounds, which is judged at a glance, where no number is special."""
    plain = [e for e in known if e is not None and not _is_special(e)]
    if len(plain) < len(known):
        return tuple(known)
    radii = [e.radius for e in plain]
    return Column([e.middle for e in plain], (radii, {}), [e.bound for e in plain])


def _is_special(e: Enclosure) -> bool:
    """Whether there is more to it than a number, a radius and a bound."""
    return bool(e.note or not e.known or e.ends or e.scale or e.freedom < math.inf)
