"""Whether an engine clips its gradients, and at which size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verify.checking.assess import read
from verify.expression.graph import Case
from verify.generators.compose import parsed

if TYPE_CHECKING:
    from verify.engines import Engine

_FAR = (-2345.5, 1234.5)
"""Both gradients of their product are beyond any limit that is looked for."""


def limit(engine: Engine) -> float | None:
    """The size at which gradients of a product end; ``None`` if they do not, or lower than 0.

    Both of a product's gradients have to stop at it, each with its own sign, for other numbers as
    well, and to be right below it.
    """
    most = max(map(abs, gradients)) if (gradients := _of(engine, *_FAR)) else 0.0
    below, above = most / 4, 3 * most
    asked = (_FAR, (above, -above), (below, -above), (-below, below))
    expected = [[max(-most, min(most, x)) for x in (b, a)] for a, b in asked]
    found = most and most < min(map(abs, _FAR))
    return most if found and [_of(engine, *point) for point in asked] == expected else None


def _of(engine: Engine, a: float, b: float) -> list[float]:
    """The gradients of a product; none where one is missing."""
    told = read(engine, Case(parsed("a * b"), (a, b))).gradients[:2]
    numbers = [x for x in told if x is not None]
    return numbers if len(numbers) == 2 else []
