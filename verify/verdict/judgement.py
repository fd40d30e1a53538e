"""Verdicts as plain data: on one number, on a reading, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias, overload

from verify.expression.reading import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from verify.expression.reading import Enclosure, Quantity, Raised, Reading, Truth

SAME: Final = "same object"
"""A node that is the object of another, or that the output was made without, has no gradient of its
own to read."""
UNKEPT: Final = "inner gradients are not kept"
"""An engine that keeps gradients of leaves only, as PyTorch does."""


class Verdict(StrEnum):
    """What is said of one number."""

    CORRECT = "correct"
    IMPRECISE = "imprecise"
    WRONG = "wrong"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one number: the value or the gradient of a node, with the reason for it."""

    node: int
    quantity: Quantity
    verdict: Verdict
    reason: str = ""
    got: float | None = None
    truth: Enclosure | None = None

    @property
    def convention(self) -> float | None:
        """Where on a kink the engine stands; ``None`` elsewhere.

        0 is the lower end of the subdifferential, 1 the upper.
        """
        e = self.truth
        if e is None or e.note != "kink" or not e.radius or self.got is None:
            return None
        return min(max((self.got - e.middle) / (2 * e.radius) + 0.5, 0.0), 1.0)


Looked: TypeAlias = "Mapping[tuple[Quantity, int], tuple[Verdict, str]]"
_PLAINLY: Final = Verdict.CORRECT, ""


class Verdicts(Sequence[Judged]):
    """The verdicts where none is wrong and nearly all are correct: made when they are asked for.

    Attributes:
        reading: what the engine said.
        known: what is right, of values and of gradients; of values alone where those are judged.
        unkept: nodes of which no gradient is kept, and nothing was read: nothing is said of them.
        looked: the verdicts on numbers that took a closer look, with the reason, by what they are.
        own: those that took the engine's own values.
    """

    __slots__ = ("_made", "_plainly", "_size", "known", "looked", "own", "reading", "unkept")

    def __init__(  # noqa: D107 - the docstring of the class tells the arguments
        self,
        reading: Reading,
        known: Sequence[Truth],
        unkept: Collection[int],
        looked: Looked,
        own: Collection[Judged] = (),
    ) -> None:
        self.reading, self.known, self.unkept = reading, known, unkept
        self.looked, self.own = looked, own
        self._made: tuple[Judged, ...] | None = None
        self._plainly: bool | None = None
        self._size: int | None = None

    @property
    def plainly(self) -> bool:
        """Whether all are correct and none is left out."""
        if self._plainly is None:  # asked several times of each that was judged, by each engine
            closely = all(verdict is Verdict.CORRECT for _, verdict in self.closely)
            self._plainly = closely and not self.unkept
        return self._plainly

    @property
    def counts(self) -> Counter[Verdict]:
        """How many numbers have which verdict, without making them."""
        closely = [verdict for _, verdict in self.closely]
        plainly = len(self) - len(self.unkept) - len(closely)
        counts = Counter({Verdict.CORRECT: plainly})
        if self.unkept:
            counts[Verdict.UNDECIDED] = len(self.unkept)
        counts.update(closely)
        return counts

    @property
    def closely(self) -> Sequence[tuple[Quantity, Verdict]]:
        """The verdicts that took a closer look."""
        if not (self.looked or self.own):
            return ()
        looked = [(quantity, verdict) for (quantity, _), (verdict, _) in self.looked.items()]
        return [*looked, *((judged.quantity, judged.verdict) for judged in self.own)]

    @overload
    def __getitem__(self, index: int) -> Judged: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Judged, ...]: ...

    def __getitem__(self, index: int | slice) -> Judged | tuple[Judged, ...]:
        return self.made()[index]

    def __len__(self) -> int:
        if self._size is None:
            self._size = sum(len(truth.values) for truth in self.known)
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdicts | tuple) and self.made() == tuple(other)

    def __hash__(self) -> int:
        return hash(self.made())

    def made(self) -> tuple[Judged, ...]:
        """All of them."""
        if self._made is None:
            own = {(judged.quantity, judged.node): judged for judged in self.own}
            self._made = tuple(
                [
                    own.get((quantity, node)) or self._judged(quantity, node, e)
                    for quantity, truth in zip(QUANTITIES, self.known, strict=False)
                    for node, e in enumerate(truth.column(quantity))
                ]
            )
        return self._made

    def _judged(self, quantity: Quantity, node: int, e: Enclosure | None) -> Judged:
        got = self.reading.column(quantity)[node]
        if quantity == "gradient" and node in self.unkept:
            return Judged(node, quantity, Verdict.UNDECIDED, UNKEPT, got, e)
        return Judged(node, quantity, *self.looked.get((quantity, node), _PLAINLY), got, e)


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts on one reading."""

    numbers: Sequence[Judged]
    raised: Raised | None = None
    truth: Truth | None = field(default=None, repr=False)

    @property
    def correct(self) -> bool:
        """Whether every number that the engine keeps is correct."""
        if isinstance(self.numbers, Verdicts):
            return all(verdict is Verdict.CORRECT for _, verdict in self.numbers.closely)
        return all(n.verdict is Verdict.CORRECT for n in self.numbers)

    @property
    def plainly_correct(self) -> int:
        """How many numbers there are, if at a glance all are correct and none is left out; or 0."""
        numbers = self.numbers
        return len(numbers) if isinstance(numbers, Verdicts) and numbers.plainly else 0

    @property
    def wrong(self) -> tuple[Judged, ...]:
        """The numbers that are wrong."""
        if isinstance(self.numbers, Verdicts):
            return ()
        return tuple([n for n in self.numbers if n.verdict is Verdict.WRONG])

    @property
    def counts(self) -> Counter[Verdict]:
        """How many numbers have which verdict."""
        if isinstance(self.numbers, Verdicts):
            return self.numbers.counts
        return Counter(n.verdict for n in self.numbers)

    @property
    def gradients(self) -> int:
        """How many gradients have a verdict other than ``undecided``."""
        numbers = self.numbers
        if not isinstance(numbers, Verdicts):
            judged = [n for n in numbers if n.quantity == "gradient"]
            return sum(n.verdict is not Verdict.UNDECIDED for n in judged)
        if len(numbers.known) == 1:
            return 0
        undecided = numbers.closely.count(("gradient", Verdict.UNDECIDED))
        return len(numbers) // 2 - len(numbers.unkept) - undecided

    @property
    def verdict(self) -> Verdict:
        """The worst verdict that says something; ``undecided`` if none does."""
        if self.plainly_correct:  # as nearly always
            return Verdict.CORRECT
        counts = self.counts
        order = (Verdict.WRONG, Verdict.IMPRECISE, Verdict.CORRECT)
        return next((v for v in order if counts[v]), Verdict.UNDECIDED)
