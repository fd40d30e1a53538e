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
        said: what each oracle said there, by name.
    """

    oracle: str
    node: int
    quantity: Quantity
    said: dict[str, float]

    def __str__(self) -> str:
        readings = ", ".join(f"{name} {value!r}" for name, value in self.said.items())
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
            said = _said(quantity, node, (truth, *witnesses))
            heard = {**said, **_heard(quantity, node, said.get(truth.source), floats)}
            if odd := _odd(heard, said):
                shown = {name: e.middle for name, e in heard.items()}
                found.append(Dispute(odd, node, quantity, shown))
    return tuple(found)


def _apart(
    quantity: Quantity, truth: Truth, witnesses: Sequence[Truth], floats: Sequence[Reading]
) -> Sequence[int]:
    """The nodes of which not all say the same: whole columns are compared.

    Middles that are the same float contradict nothing, whatever the radii are; nor does a float
    that is within the bound of the truth.
    """
    due = truth.column(quantity)
    if not isinstance(due, Column) or due.others or due.bounds is None:
        return range(len(due))
    apart: set[int] = set()
    for oracle in witnesses:
        said = oracle.column(quantity)
        if not isinstance(said, Column):
            return range(len(due))
        if said.middles != due.middles:
            apart.update(_unlike(said, due))
    for reading in floats:
        heard = reading.column(quantity)
        if None in heard:
            return range(len(due))
        rows = zip(cast("Sequence[float]", heard), due.middles, due.bounds, strict=True)
        apart.update([i for i, (got, at, bound) in enumerate(rows) if not abs(got - at) <= bound])
    return sorted(apart)


def _unlike(said: Column, due: Column) -> list[int]:
    """Where a witness says something, and not the same float as is due."""
    unlike = [i for i, (a, b) in enumerate(zip(said.middles, due.middles, strict=True)) if a != b]
    known = {i for i in unlike if not math.isnan(said.middles[i])}
    if len(known) == len(unlike):
        return unlike
    return [i for i in unlike if i in known or ((e := said.others.get(i)) is not None and e.note)]


def _odd(heard: Mapping[str, Enclosure], exact: Mapping[str, Enclosure]) -> str:
    """Who contradicts most of the others, and is confirmed by the fewest; empty without dispute."""
    against = [pair for pair in combinations(heard, 2) if _contradict(*pair, heard, exact)]
    if not against:
        return ""
    counts = Counter(chain.from_iterable(against))
    most = max(counts.values())
    suspects = [name for name in heard if counts[name] == most]
    support = {a: sum(_same(heard[a], exact[b]) for b in exact if b != a) for a in suspects}
    return " or ".join(name for name in suspects if support[name] == min(support.values()))


def _said(quantity: Quantity, node: int, oracles: Sequence[Truth]) -> dict[str, Enclosure]:
    """The oracles that know their error."""
    said: dict[str, Enclosure] = {}
    for oracle in oracles:
        e = oracle.column(quantity)[node]
        if e is not None and e.known and e.note != "beyond":
            said[oracle.source] = e
    return said


def _heard(
    quantity: Quantity, node: int, due: Enclosure | None, floats: Sequence[Reading]
) -> dict[str, Enclosure]:
    """The oracles that answer in float64: they are granted an engine's error, and its edges."""
    heard: dict[str, Enclosure] = {}
    for reading in floats:
        got = reading.column(quantity)[node]
        if due is not None and due.note not in EDGES and got is not None and math.isfinite(got):
            error = due.bound if due.freedom == math.inf else due.freedom
            heard[reading.source] = Enclosure(got, error)
    return heard


def _contradict(
    a: str, b: str, heard: Mapping[str, Enclosure], exact: Mapping[str, Enclosure]
) -> bool:
    one, other = heard[a], heard[b]
    if a in exact and b in exact and (one.note or other.note):
        return _misses(one, other) or _misses(other, one)
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
