"""Whether two engines give the same numbers, as far as rounding explains, right or wrong.

Both compute in floats, each with formulas of its own, so each may be away from its own exact number
by the freedom that the judge grants (``docs/bound.md``).  The numbers compared are wrong ones: the
freedom is taken in proportion to their size where that is larger than the true number's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from verify.expression.reading import NO_NUMBER
from verify.verdict.judge import POWER

if TYPE_CHECKING:
    from collections.abc import Collection

    from verify.expression.reading import Enclosure, Reading, Truth

_ULP: Final = 2.0**-52
_LAST_BITS: Final = 2
"""Two floats that are at most so many units in the last place apart differ in bits only."""
_ROUNDED: Final = 2.0**-44
"""256 units of rounding: what a wrong number of a small graph may lose, relative to itself."""
_PASSES: Final = 2.0**20
"""A second pass adds up more terms than the first: so many times its freedom is surely not due to
rounding, and so little that no convention hides in it."""
_TELLS: Final = 2.0**-20
"""A number of which rounding may explain a larger share tells nothing of a mistake."""
_COARSE: Final = 2.0**14
"""In an arithmetic of few bits that is so many units of roundoff, if it is more."""


def agree(a: Reading, b: Reading, truth: Truth, leaves: Collection[int]) -> bool:
    """Whether two readings without errors are the same but for rounding.

    Args:
        a: what one engine said.
        b: what another one said.
        truth: of the same case, with ``freedom``.
        leaves: indices of the leaves; an engine need not keep the gradients of other nodes.

    Returns:
        Whether every number that can be compared agrees; not where there is none.
    """
    if (len(a.values), len(a.gradients)) != (len(b.values), len(b.gradients)):
        return False
    tells = max(_TELLS, _COARSE * truth.format.unit)
    columns = zip(a.values, b.values, truth.values, strict=False)
    told = [_alike(x, y, e, tells) for x, y, e in columns]
    rows = zip(a.gradients, b.gradients, truth.gradients, strict=False)
    for node, (x, y, e) in enumerate(rows):
        if node in leaves or (x is not None and y is not None):
            told.append(_alike(x, y, e, tells))
    return all(t is not False for t in told) and any(told)


def astray(reading: Reading, truth: Truth) -> bool:
    """Whether a number is further from the truth than any honest formula may be."""
    rows = (
        *zip(reading.values, truth.values, strict=False),
        *zip(reading.gradients, truth.gradients, strict=False),
    )
    known = [(x, e) for x, e in rows if x is not None and e is not None]
    return any(_away(x, e) for x, e in known)


def _away(x: float, e: Enclosure) -> bool:
    if not e.known:
        return e.note in NO_NUMBER and math.isfinite(x)
    return not abs(x - e.middle) - e.radius <= e.freedom


def _alike(x: float | None, y: float | None, e: Enclosure | None, tells: float) -> bool | None:
    """Whether two numbers are one but for rounding; ``None`` where that cannot be told."""
    if x is None or y is None:
        return x is y
    if not (math.isfinite(x) and math.isfinite(y)):
        return x == y or (math.isnan(x) and math.isnan(y))
    if x == y:
        return True
    if e is None or not e.known:  # where there is no number, rounding does not part two so far
        apart = abs(x - y) > tells * max(abs(x), abs(y))
        return False if e is not None and e.note in NO_NUMBER and apart else None
    if e.note == "kink":  # two conventions may differ, a convention and a mistake may not
        return False if _away(x, e) or _away(y, e) else None
    freedom = e.freedom if math.isfinite(e.freedom) else e.bound
    share = freedom / abs(e.middle) if e.middle else 8 * _ULP
    if not share <= tells:
        return None
    size = max(abs(x), abs(y))
    return abs(x - y) <= 2 * max(freedom, share * size, _ULP * size)


def in_last_bits(x: float, y: float) -> bool:
    """Whether two numbers differ in their last bits only."""
    return abs(x - y) <= _LAST_BITS * math.ulp(max(abs(x), abs(y)))


def rounded_alike(x: float, y: float, e: Enclosure) -> bool:
    """Whether two wrong numbers, both finite, are one that was rounded in another order.

    The bound is that of the true number; where the wrong one is larger, so is its rounding, but
    where the true one is what cancellation left, its relative bound says little.
    """
    size = max(abs(x), abs(y))
    relative = min(e.bound / abs(e.middle), _ROUNDED) if e.middle else _ROUNDED
    return in_last_bits(x, y) or abs(x - y) <= 2 * max(e.bound, relative * size)


def far_apart(x: float, y: float, freedom: float) -> bool:
    """Whether two sums over several passes differ by more than any rounding on the way."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return math.isfinite(x) != math.isfinite(y)
    return abs(x - y) > max(POWER * max(abs(x), abs(y)), _PASSES * freedom)


def alike(x: float, y: float) -> bool:
    """Whether numbers of an ordinary size are the same but for what rounding does to them."""
    return x == y or abs(x - y) <= POWER * max(1.0, abs(x), abs(y))
