"""Formats of floating-point numbers that an engine may compute in (IEEE 754), as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format.

    Attributes:
        name: how reports call it.
        bits: of the whole number.
        unit: unit roundoff u, half an ulp of 1.
        spacing: the smallest positive number.
        largest: the largest finite number.
        span: its range against that of float64, as a power: ``2**1024 ** span`` overflows.
        rises: products of more than this power of 2 may overflow in some order of their factors.
        falls: those below this one may underflow.
    """

    name: str
    bits: int
    unit: float
    spacing: float
    largest: float
    span: float
    rises: float
    falls: float

    def holds(self, x: float) -> bool:
        """Whether a number is 0 or lies within the range of normal numbers."""
        return x == 0 or self.spacing / (2 * self.unit) <= abs(x) <= self.largest


DOUBLE: Final = Format(
    "double", 64, 2.0**-53, 2.0**-1074, (2 - 2.0**-52) * 2.0**1023, 1.0, 1000.0, -960.0
)
"""binary64, a float of Python."""
SINGLE: Final = Format(
    "single", 32, 2.0**-24, 2.0**-149, (2 - 2.0**-23) * 2.0**127, 0.125, 125.0, -96.0
)
"""binary32, ``numpy.float32``."""
FORMATS: Final = {f.bits: f for f in (DOUBLE, SINGLE)}
"""By their bits."""
