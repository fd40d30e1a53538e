"""Points divided so that the rounded parts add up to the rounded whole: by largest remainders.

M. Balinski, H. P. Young, *Fair Representation* (1982), chapter 2: Hamilton's method.
"""

from __future__ import annotations

import math
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def divided(
    whole: float, parts: Sequence[float], most: Sequence[int] | None = None
) -> list[int]:
    """Hundredths of a point for each part, which together are those of the whole.

    Args:
        whole: points, rounded to hundredths here.
        parts: what each is worth, on a scale of its own; some of it is above 0 where the whole is.
        most: hundredths that each may have; together no fewer than those of the whole.

    Returns:
        As many numbers as there are parts.
    """
    cents, sum_ = round(100 * whole), math.fsum(parts)
    if not cents or not parts:
        return [0] * len(parts)
    exact = [cents * part / sum_ for part in parts]
    caps = [cents] * len(parts) if most is None else list(most)
    found = [min(math.floor(x), cap) for x, cap in zip(exact, caps, strict=True)]
    left = cents - sum(found)
    for place in cycle(sorted(range(len(parts)), key=lambda i: (found[i] - exact[i], i))):
        if not left:
            return found
        if found[place] < caps[place]:
            found[place] += 1
            left -= 1
    raise AssertionError("a cycle has no end")
