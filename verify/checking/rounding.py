"""Whether an engine rounds all its values, or all its gradients, to a number of decimals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.checking.assess import read
from verify.expression.graph import Case
from verify.generators.compose import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.reading import Quantity

CASE: Final = Case(parsed("c = a * b; c * b + a"), (0.7310585786300049, 1.3132616875182228))
_A, _B = 0.7310585786300049, 1.3132616875182228
_DUE: Final[dict[Quantity, tuple[float, ...]]] = {
    "value": (_A * _B, _A * _B * _B, _A * _B * _B + _A),
    "gradient": (_B * _B + 1, 2 * _A * _B),
}
_PLACES: Final[dict[Quantity, tuple[int, ...]]] = {"value": (2, 3, 4), "gradient": (0, 1)}
_MOST: Final = 12
"""Decimals: with more of them rounding is hard to tell from floats."""
_ASTRAY: Final = 4.0
"""Units of the last decimal: each step on the way to a number may have been rounded."""


@dataclass(frozen=True, slots=True)
class Rounded:
    """What is rounded, and to how many decimals."""

    quantity: Quantity
    decimals: int

    def explains(self, seen: Examined) -> bool:
        """Whether all that is wrong is rounded so; what follows from rounded values is too."""
        if seen.reading.raised is not None:
            return False
        numbers = [n.got for n in seen.judgement.wrong if n.quantity == self.quantity]
        alone = self.quantity == "value" or len(numbers) == len(seen.judgement.wrong)
        return alone and all(x is not None and x == round(x, self.decimals) for x in numbers)


def rounded(engine: Engine) -> Rounded | None:
    """What an engine rounds; ``None`` if nothing, or to more decimals than can be told."""
    reading = read(engine, CASE)
    if reading.raised is not None:
        return None
    for quantity, places in _PLACES.items():
        column = reading.column(quantity)
        numbers = [x for x in (column[i] for i in places) if x is not None]
        decimals = _decimals(numbers, _DUE[quantity])
        if decimals is not None:
            return Rounded(quantity, decimals)
    return None


def _decimals(numbers: Sequence[float], expected: Sequence[float]) -> int | None:
    for k in range(1, _MOST + 1) if len(numbers) == len(expected) else ():
        if all(x == round(x, k) for x in numbers):
            near = zip(numbers, expected, strict=True)
            return k if all(abs(x - y) < _ASTRAY * 10.0**-k for x, y in near) else None
    return None
