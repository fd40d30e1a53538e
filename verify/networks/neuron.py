"""A neuron read: its weighted sum and its activation, whatever the activation is.

With all parameters 0 but one weight, and 1 for its input, the weight *is* the weighted sum: what
comes out is the activation as a function.  Every other reading compares with that function, so
that nothing needs to be known of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.networks.questions import ask
from verify.networks.task import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.networks.questions import Question, Row

_AT: Final = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Weighted sums at which the activation is shown."""
_TRIED: Final = (0.375, -0.625)
_TIMES: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 0.5, -1.0, 0.0)
"""How often the bias may be added."""


@dataclass(frozen=True, slots=True)
class Neuron:
    """What was read.

    Attributes:
        activation: of the weighted sums -2, -1, 0, 1, 2.
        times: how often the bias is added; ``None`` if there is none or it enters otherwise.
        weighted: whether the output is the activation of the weighted sum, at random points.
    """

    activation: tuple[float, ...]
    times: float | None
    weighted: bool

    @property
    def words(self) -> str:
        """What it computes."""
        shown = ", ".join(f"{x:g} → {y:.4g}" for x, y in zip(_AT, self.activation, strict=True))
        if not self.weighted:
            return f"not a function of the weighted sum; of one weight alone: {shown}"
        bias = "" if self.times in {None, 1.0} else f" with {self.times:g} times the bias"
        return f"a function of the weighted sum{bias}: {shown}"


def neuron(engine: Engine, sizes: Sequence[int], count: int) -> Neuron | None:
    """Read a neuron alone, or a network of one; ``None`` where it raises or is none.

    Args:
        engine: the engine under test.
        sizes: the number of its inputs, and a 1 where it is a network.
        count: of its parameters: as many as inputs, or one more.
    """
    n = sizes[0]
    if count not in {n, n + 1}:
        return None
    for first in (0, 1) if count > n else (0,):  # the bias comes last, or first
        places = range(first, first + n)
        bias = None if count == n else (n if first == 0 else 0)
        found = _read(engine, sizes, count, list(places), bias)
        if found is not None and (found.weighted or found.times is not None):
            return found
    return found


def _read(
    engine: Engine, sizes: Sequence[int], count: int, weights: Sequence[int], bias: int | None
) -> Neuron | None:
    n = sizes[0]
    one = (1.0, *[0.0] * (n - 1))

    def at(total: float) -> Question:
        return _only(count, weights[0], total), one

    shown = [at(x) for x in _AT]
    biased: list[Question] = []
    if bias is not None:
        biased = [(_only(count, bias, t), (0.0,) * n) for t in _TRIED]
        biased += [at(k * t) for k in _TIMES for t in _TRIED]
    numbers = [row[0] if row else None for row in ask(engine, sizes, [*shown, *biased])]
    if len(numbers) < len(shown) + len(biased) or any(y is None for y in numbers):
        return None
    known = [y for y in numbers if y is not None]
    times = _times(known[len(shown) :]) if biased else None
    if bias is not None and times is None:
        return Neuron(tuple(known[: len(shown)]), None, weighted=False)
    chance = random.Random(n)  # noqa: S311 - not a secret
    general: list[Question] = []
    for _ in range(3):
        p = tuple([chance.uniform(-0.7, 0.7) for _ in range(count)])
        x = tuple([chance.uniform(-1, 1) for _ in range(n)])
        total = sum(p[w] * z for w, z in zip(weights, x, strict=True))
        total += 0.0 if bias is None or times is None else times * p[bias]
        general += [(p, x), at(total)]
    rows = [row[0] if row else None for row in ask(engine, sizes, general)]
    pairs = zip(rows[::2], rows[1::2], strict=False)
    weighted = len(rows) == len(general) and all(
        y is not None and alike([y], [z]) for y, z in pairs
    )
    return Neuron(tuple(known[: len(shown)]), times, weighted=weighted)


def _times(numbers: Sequence[float]) -> float | None:
    """How often the bias is added: where the activation of so many times gives the same."""
    expected, rest = numbers[: len(_TRIED)], numbers[len(_TRIED) :]
    for index, k in enumerate(_TIMES):
        row = rest[index * len(_TRIED) : (index + 1) * len(_TRIED)]
        if alike(expected, row):
            return k
    return None


def _only(count: int, place: int, number: float) -> Row:
    return tuple([number if i == place else 0.0 for i in range(count)])
