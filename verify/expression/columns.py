"""Balls as columns of floats: what the oracles that know their own error say of many numbers.

No rule of any operation is here: that is what each oracle has for itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from verify.expression.reading import UNKNOWN, Column, Enclosure, Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import arb


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
    return Measured(radii, others)


def of_enclosures(known: Mapping[int, Enclosure | None], size: int) -> Column:
    """The same of what was enclosed one by one; ``None`` wherever nothing is."""
    middles, radii = [math.nan] * size, [math.inf] * size
    others: dict[int, Enclosure | None] = dict.fromkeys(range(size))
    for place, e in known.items():
        if e is None or e.note or not e.known:
            others[place] = e
        else:
            middles[place], radii[place] = e.middle, e.radius
            del others[place]
    return Column(middles, Measured(radii, others))


def plain_column(known: Sequence[Enclosure | None]) -> Sequence[Enclosure | None]:
    """The same in a column with bounds, which is judged at a glance, where no number is special."""
    plain = [e for e in known if e is not None and not _is_special(e)]
    if len(plain) < len(known):
        return tuple(known)
    radii, bounds = [e.radius for e in plain], [e.bound for e in plain]
    return Column([e.middle for e in plain], Measured(radii, bounds=bounds))


def _is_special(e: Enclosure) -> bool:
    """Whether there is more to it than a number, a radius and a bound."""
    return bool(e.note or not e.known or e.ends or e.scale or e.freedom < math.inf)
