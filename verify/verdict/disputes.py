"""Whether the oracles agree: before an engine is judged, each by the error that it knows of."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING, cast

from verify.expression.reading import QUANTITIES, Column, Enclosure
from verify.verdict.judge import EDGES, TIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.expression.reading import Quantity, Reading, Truth
    from verify.verdict.reference import Witnessed


@dataclass(frozen=True, slots=True)
class Dispute:
    """Oracles that contradict each other: a fault of the harness, never of an engine.

    Attributes:
        oracle: who stands alone, or several names where nobody does.
        node: where.
        quantity: value or gradient.
        answers: what each oracle said there, by name.
    """

    oracle: str
    node: int
    quantity: Quantity
    answers: dict[str, float]

    def __str__(self) -> str:
        readings = ", ".join(f"{name} {value!r}" for name, value in self.answers.items())
        return f"{self.oracle}: {self.quantity} of node {self.node}: {readings}"


def disputes(case: Witnessed) -> tuple[Dispute, ...]:
    """Where the oracles contradict each other beyond their own error bars.

    The truth is loosened only where floats contradict it by more than its bound.
    """
    found = _disputes(case.truth, case.witnesses, case.floats)
    if found and case.floats:
        found = _disputes(case.loosened(), case.witnesses, case.floats)
    return found


def _disputes(
    truth: Truth, witnesses: Sequence[Truth], floats: Sequence[Reading]
) -> tuple[Dispute, ...]:
    found = []
    for quantity in QUANTITIES:
        for node in _apart(quantity, truth, witnesses, floats):
            exact = _exact(quantity, node, (truth, *witnesses))
            answers = {**exact, **_rounded(quantity, node, exact.get(truth.source), floats)}
            if odd := _odd(answers, exact):
                shown = {name: e.middle for name, e in answers.items()}
                found.append(Dispute(odd, node, quantity, shown))
    return tuple(found)


def _apart(
    quantity: Quantity, truth: Truth, witnesses: Sequence[Truth], floats: Sequence[Reading]
) -> Sequence[int]:
    """The nodes of which not all say the same: whole columns are compared.

    Middles that are the same float contradict nothing, whatever the radii are; nor does a float
    that is within the bound of the truth.
    """
    judge = truth.column(quantity)
    if not isinstance(judge, Column):
        return range(len(judge))
    reach = judge.reach
    if reach is None and (judge.others or judge.bounds is None):
        return range(len(judge))
    apart: set[int] = set()
    for oracle in witnesses:
        answer = oracle.column(quantity)
        if not isinstance(answer, Column):
            return range(len(judge))
        if answer.middles != judge.middles:
            apart.update(_unlike(answer, judge))
    for reading in floats:
        if None in reading.column(quantity):
            return range(len(judge))
        numbers = cast("Sequence[float]", reading.column(quantity))
        if reach is not None:
            unsure = [(i, reach.measure(i)) for i in reach.outside(numbers)]
            apart.update([i for i, e in unsure if not abs(numbers[i] - e.middle) <= e.bound])
            continue
        rows = zip(numbers, judge.middles, judge.bounds or (), strict=True)
        apart.update([i for i, (got, at, bound) in enumerate(rows) if not abs(got - at) <= bound])
    return sorted(apart)


def _unlike(answer: Column, judge: Column) -> list[int]:
    """Where a witness says something, and not the same float as the judge."""
    notes, isnan = answer.notes, math.isnan
    pairs = enumerate(zip(answer.middles, judge.middles, strict=True))
    return [i for i, (a, b) in pairs if a != b and (not isnan(a) or i in notes)]


def _odd(answers: Mapping[str, Enclosure], exact: Mapping[str, Enclosure]) -> str:
    """Who contradicts most of the others, and is confirmed by the fewest; empty without dispute."""
    against = [pair for pair in combinations(answers, 2) if _contradict(*pair, answers, exact)]
    if not against:
        return ""
    counts = Counter(chain.from_iterable(against))
    most = max(counts.values())
    suspects = [name for name in answers if counts[name] == most]
    support = {a: sum(_same(answers[a], exact[b]) for b in exact if b != a) for a in suspects}
    return " or ".join(name for name in suspects if support[name] == min(support.values()))


def _exact(quantity: Quantity, node: int, oracles: Sequence[Truth]) -> dict[str, Enclosure]:
    """The oracles that know their error."""
    answers: dict[str, Enclosure] = {}
    for oracle in oracles:
        e = oracle.column(quantity)[node]
        if e is not None and e.known and e.note != "beyond":
            answers[oracle.source] = e
    return answers


def _rounded(
    quantity: Quantity, node: int, judge: Enclosure | None, floats: Sequence[Reading]
) -> dict[str, Enclosure]:
    """The oracles that answer in float64: they are granted an engine's error, and its edges."""
    answers: dict[str, Enclosure] = {}
    for reading in floats:
        got = reading.column(quantity)[node]
        if judge is not None and judge.note not in EDGES and got is not None and math.isfinite(got):
            error = judge.bound if judge.freedom == math.inf else judge.freedom
            answers[reading.source] = Enclosure(got, error)
    return answers


def _contradict(
    a: str, b: str, answers: Mapping[str, Enclosure], exact: Mapping[str, Enclosure]
) -> bool:
    one, other = answers[a], answers[b]
    both = a in exact and b in exact
    if both and (one.note or other.note):
        return _misses(one, other) or _misses(other, one)
    known = one if a in exact else other
    if not both and known.note != "kink" and any(e.note == "kink" for e in exact.values()):
        return False  # a float takes some slope of a kink: who sees no kink cannot refute it
    return _gap(one, other) > 0


def _misses(a: Enclosure, b: Enclosure) -> bool:
    """Whether what ``a`` says cannot be where ``b`` says what it says."""
    if a.note == "slopes" and b.note != "slopes":  # both ends must be in b, not just one point
        return abs(a.middle - b.middle) + a.radius > b.radius + _slop(a, b)
    if a.note == "kink" and b.note == "":  # who knows of no kink is as wide as it, or mistaken
        return b.radius < TIGHT * a.radius - _slop(a, b) or _gap(a, b) > 0
    return _gap(a, b) > 0


def _gap(a: Enclosure, b: Enclosure) -> float:
    return abs(a.middle - b.middle) - a.radius - b.radius - _slop(a, b)


def _slop(a: Enclosure, b: Enclosure) -> float:
    return 4 * math.ulp(max(abs(a.middle) + a.radius, abs(b.middle) + b.radius))


def _same(a: Enclosure, b: Enclosure) -> bool:
    near = TIGHT * max(a.radius, b.radius) + _slop(a, b)
    return abs(a.middle - b.middle) <= near and abs(a.radius - b.radius) <= near
