"""What an oracle or an engine says of one graph at one point: frozen data, errors included.

An engine (and torch, which is a float64 engine too) answers with plain floats, a :class:`Reading`.
An oracle that knows its own error answers with intervals, a :class:`Truth`.
Both hold one entry for each node of the graph, in the order of its nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["construct", "forward", "backward", "read", "answer"]


@dataclass(frozen=True, slots=True)
class Raised:
    """An engine that answered with an exception, or did not answer.

    Attributes:
        type: name of the exception, or ``timeout``, ``died``, ``memory``, ``output``, ``protocol``.
        message: its text, as the engine wrote it (never trusted, always escaped when shown).
        during: the phase that it interrupted.
        node: index of the node that was being made, where there is one.
        line: line in the engine's own file, where there is one.
        refused: the engine said itself that it does not support this: the method is not there,
            Python's "unsupported operand", or a ``raise`` or ``assert`` of the engine's own.
    """

    type: str
    message: str = ""
    during: Phase = "forward"
    node: int | None = None
    line: int | None = None
    refused: bool = False

    def __str__(self) -> str:
        text = f"{self.type}: {self.message}" if self.message else self.type
        return text if self.line is None else f"{text} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Reading:
    """Values and gradients as floats; ``None`` where there was nothing to read.

    ``faults`` names entries that were not a float at all: ``{("gradient", 2): "complex"}``.
    """

    source: str
    values: tuple[float | None, ...] = ()
    gradients: tuple[float | None, ...] = ()
    raised: Raised | None = None
    faults: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The truth about one number: it lies in ``[low, high]``.

    Attributes:
        low: lower end, rounded down; ``-inf`` when nothing is known.
        high: upper end, rounded up; ``inf`` when nothing is known.
        bound: the error that correct float64 arithmetic with the textbook formulas may make here.
        freedom: the error that any honest formula may make here, at least ``bound``.
        scale: size of the terms that were added up to make the number: what rounding is relative to.
        note: why it is loose or special: ``""``, ``kink``, ``domain``, ``overflow``, ``conditioning``.
    """

    low: float
    high: float
    bound: float = 0.0
    freedom: float = 0.0
    scale: float = 0.0
    note: str = ""

    @property
    def middle(self) -> float:
        """The number to show; ``nan`` when nothing is known."""
        if self.low == self.high:
            return self.low
        return self.low / 2 + self.high / 2 if math.isfinite(self.low + self.high) else math.nan

    @property
    def known(self) -> bool:
        """Whether there is a real number here at all."""
        return math.isfinite(self.low) and math.isfinite(self.high)


UNKNOWN = Enclosure(-math.inf, math.inf)
"""The enclosure that says nothing."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Enclosures from one oracle; ``None`` where the oracle does not look."""

    source: str
    values: tuple[Enclosure | None, ...]
    gradients: tuple[Enclosure | None, ...]
