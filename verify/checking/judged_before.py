"""What was judged before, for an engine that says the same to the bit: of most, most are right."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from verify.expression.reading import Reading
    from verify.oracles.registry import Testimony
    from verify.verdict.judgement import Judgement

_KEY: Final = "judged before"


@dataclass(frozen=True, slots=True)
class _Before:
    """What the last engine said of a case, what was expected of it, and how it was judged."""

    reading: Reading
    gradients: bool
    unkept: Collection[int]
    judgement: Judgement


def recall(
    testimony: Testimony, reading: Reading, unkept: Collection[int], *, gradients: bool
) -> Judgement | None:
    """The judgement on the same numbers of which the same is known; ``None`` where there is none.

    Args:
        testimony: of the case.
        reading: what an engine says now.
        unkept: nodes of which it keeps no gradient.
        gradients: whether it is expected to have gradients at all.
    """
    before: _Before | None = testimony.made.get(_KEY)
    if before is None or (before.gradients, before.unkept) != (gradients, unkept):
        return None
    return before.judgement if _plain(reading) and _same(before.reading, reading) else None


def keep(
    testimony: Testimony,
    reading: Reading,
    unkept: Collection[int],
    judgement: Judgement,
    *,
    gradients: bool,
) -> None:
    """Keep a judgement on numbers alone that accuses nobody; who is accused is looked at anew."""
    if _plain(reading) and not judgement.wrong:
        testimony.made[_KEY] = _Before(reading, gradients, unkept, judgement)


def _plain(reading: Reading) -> bool:
    """Whether there is nothing but numbers in it."""
    return reading.raised is None and not (reading.faults or reading.same or reading.cut)


def _same(a: Reading, b: Reading) -> bool:
    """Whether two readings are the same to the bit; where 0.0 is equal to -0.0 it is looked."""
    if a.values != b.values or a.gradients != b.gradients:
        return False
    numbers = (*a.values, *a.gradients)
    return 0.0 not in numbers or _bits(numbers) == _bits((*b.values, *b.gradients))


def _bits(numbers: Collection[float | None]) -> bytes:
    return array("d", [x for x in numbers if x is not None]).tobytes()
