"""Whether gradients are the derivatives of what an engine itself computes, in float64.

A witness for what no oracle knows: it shares the engine's forward pass, so it accuses only of what
is grossly different.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP: Final = 2.0**-10
"""Of the differences.  What a step cuts off is of the order ``STEP**2`` of an ordinary function,
and what single precision rounds ``2**-24 / STEP``: both are below ``2**-13``."""
_GROSS: Final = 2.0**-5
"""A gradient this far away, as a part of itself, is neither cut off nor rounded."""
_UNSURE: Final = 16.0
"""Times what half the step changes: more than a second-order error can be."""
_FEW_DIGITS: Final = 1e-4
"""Of a difference whose step is the cube root of the unit roundoff: far more than it is unsure."""
SHIFTS: Final = (-STEP, STEP, -STEP / 2, STEP / 2, 0.0)
"""Where the function is asked, from the point."""


def difference(ends: Sequence[float | None]) -> tuple[float, float] | None:
    """The derivative from the function at each of :data:`SHIFTS`, and how unsure it is.

    Returns:
        the difference with half the step; what half the step changed, many times, or what the
        slopes on either side differ by, as at a kink.  ``None`` where the function has no number.
    """
    numbers = [y for y in ends if y is not None and math.isfinite(y)]
    if len(numbers) < len(SHIFTS):
        return None
    low, high, lower, higher, middle = numbers
    whole, half = (high - low) / (2 * STEP), (higher - lower) / STEP
    return half, _UNSURE * abs(whole - half) + abs(high + low - 2 * middle) / STEP


def follows(gradient: float, difference: float) -> bool:
    """Whether a gradient is a central difference with a far smaller step, to its few digits."""
    return abs(difference - gradient) <= _FEW_DIGITS * max(1.0, abs(difference))


def contradicts(gradient: float | None, slope: float, unsure: float) -> bool:
    """Whether a gradient cannot be this slope; nothing there is how some write 0."""
    got = 0.0 if gradient is None else gradient
    if not math.isfinite(got):
        return True
    return abs(got - slope) > _GROSS * max(abs(got), abs(slope), STEP) + unsure
