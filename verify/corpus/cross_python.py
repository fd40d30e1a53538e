"""One engine under several interpreters: the same bits, or where they differ and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.corpus.answers import judged
from verify.expression.reading import QUANTITIES, same_bits
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.corpus.entry import Entry
    from verify.expression.reading import Quantity, Reading
    from verify.verdict.judgement import Judged, Judgement
    from verify.verdict.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Apart:
    """A number that is not the same under two interpreters.

    Attributes:
        entry: the case.
        node: where in it.
        quantity: value or gradient.
        one: what the first said.
        other: what the second said; ``None`` where one of them raised.
        covered: whether both lie within what correct arithmetic may make of it.
        bounds: how far they are apart, in units of the bound; ``inf`` where it is 0 or unknown.
    """

    entry: Entry
    node: int
    quantity: Quantity
    one: float | None
    other: float | None
    covered: bool
    bounds: float

    def __str__(self) -> str:
        name = self.entry.case.graph.names[self.node]
        return f"{self.quantity} of {name} in {self.entry.case}: {self.one!r} and {self.other!r}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two series of readings of the same cases agree.

    Attributes:
        cases: how many were compared.
        numbers: how many numbers they hold.
        apart: the numbers that differ.
    """

    cases: int
    numbers: int
    apart: tuple[Apart, ...]

    @property
    def same(self) -> bool:
        """Whether all bits are the same."""
        return not self.apart

    @property
    def covered(self) -> bool:
        """Whether the bound covers every difference."""
        return all(each.covered for each in self.apart)

    @property
    def furthest(self) -> Apart | None:
        """The largest difference, counted in bounds."""
        return max(self.apart, key=lambda each: (not each.covered, each.bounds), default=None)


@dataclass(frozen=True, slots=True)
class Run:
    """One engine under one interpreter.

    Attributes:
        python: what the user named, ``""`` for the interpreter of the harness.
        outcome: of the replay.
        answers: entries with what the engine said; none where it cannot be used.
    """

    python: str
    outcome: Outcome
    answers: Sequence[tuple[Entry, Reading]] = ()

    @property
    def name(self) -> str:
        """The version, or what was named where there is none."""
        return self.outcome.engine.python or self.python


def agreements(runs: Sequence[Run]) -> list[Agreement | None]:
    """How each run agrees with the first that has answers; ``None`` where it has none."""
    base = next((run for run in runs if run.answers), None)
    return [agreement(base, run) if base and run.answers else None for run in runs]


def agreement(base: Run, other: Run) -> Agreement:
    """Compare two runs over the same corpus, number by number, as far as both went."""
    backward = base.outcome.engine.has_backward
    apart: list[Apart] = []
    cases = numbers = 0
    for (entry, a), (_, b) in zip(base.answers, other.answers, strict=False):
        cases += 1
        numbers += len(b.values) + len(b.gradients)
        apart += _apart(entry, a, b, backward=backward)
    return Agreement(cases, numbers, tuple(apart))


def _apart(entry: Entry, a: Reading, b: Reading, *, backward: bool) -> Iterator[Apart]:
    if a.raised is not None or b.raised is not None:
        endings = [r.raised and (r.raised.type, r.raised.node) for r in (a, b)]
        if endings[0] != endings[1]:
            verdicts = {judged(entry, r, backward=backward).verdict for r in (a, b)}
            last = len(entry.case.graph.nodes) - 1
            yield Apart(entry, last, "value", None, None, Verdict.WRONG not in verdicts, 0.0)
        return
    if _same(a, b):
        return
    verdicts_a, verdicts_b = (_by_number(judged(entry, r, backward=backward)) for r in (a, b))
    for quantity in QUANTITIES:
        rows = zip(a.column(quantity), b.column(quantity), strict=True)
        for node, (x, y) in enumerate(rows):
            if same_bits(x, y):
                continue
            one, two = verdicts_a.get((quantity, node)), verdicts_b.get((quantity, node))
            covered = not {v.verdict for v in (one, two) if v is not None} & {Verdict.WRONG}
            yield Apart(entry, node, quantity, x, y, covered, _bounds(x, y, one))


def _same(a: Reading, b: Reading) -> bool:
    return all(map(same_bits, a.values, b.values)) and all(map(same_bits, a.gradients, b.gradients))


def _by_number(judgement: Judgement) -> dict[tuple[Quantity, int], Judged]:
    return {(number.quantity, number.node): number for number in judgement.numbers}


def _bounds(x: float | None, y: float | None, number: Judged | None) -> float:
    e = number.truth if number is not None else None
    if x is None or y is None or e is None or not e.bound:
        return float("inf")
    return abs(x - y) / e.bound
