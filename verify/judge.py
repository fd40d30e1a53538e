"""Readings to verdicts: the only place with tolerances, and those are derived (see the interval oracle).

For one number, with truth ``t``, bound ``b``, freedom ``f`` and an engine that says ``g``:

========================  =========================================================================
``|g - t| <= b``          ``correct``, if the bound could have told a mistake: it is below
                          ``POWER`` of ``|t|``, or ``g`` is that near anyway, or ``g`` is the 0 of a
                          gradient that vanishes in rounding; otherwise ``undecided``
``b < |g - t| <= f``      ``imprecise``: digits are lost that the textbook formula keeps
``f < |g - t|``           ``wrong``
no finite ``g``           fine (``undecided``, edge) where the float range or the domain ends;
                          ``wrong`` elsewhere
no finite ``t``           a finite ``g`` is ``wrong`` where it first arises, nothing is due beyond it
========================  =========================================================================
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from verify.reading import Enclosure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from verify.reading import Raised, Reading, Truth

POWER: Final = 2.0**-10
"""A bound this much below the number itself tells every mistake of 0.1 % and more."""
VANISHES: Final = 2.0**-40
"""A gradient whose bound is this small against the terms it was made of may round to 0."""
_EDGES: Final = frozenset({"edge", "domain", "overflow", "pole", "beyond"})
_NO_NUMBER: Final = frozenset({"domain", "overflow", "pole"})

Quantity = Literal["value", "gradient"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("value", "gradient")
Relax: TypeAlias = "Callable[[Truth, Sequence[int]], Truth]"
"""Gives the same truth with ``freedom`` and ``scale``; the nodes listed may use other formulas."""


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts on one reading."""

    numbers: tuple[Judged, ...]
    raised: Raised | None = None
    truth: Truth | None = field(default=None, repr=False)

    @property
    def wrong(self) -> tuple[Judged, ...]:
        """The numbers that are wrong."""
        return tuple([n for n in self.numbers if n.verdict is Verdict.WRONG])

    @property
    def counts(self) -> Counter[Verdict]:
        """How many numbers have which verdict."""
        return Counter(n.verdict for n in self.numbers)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict that says something; ``undecided`` if none does."""
        counts = self.counts
        order = (Verdict.WRONG, Verdict.IMPRECISE, Verdict.CORRECT)
        return next((v for v in order if counts[v]), Verdict.UNDECIDED)


def judge(
    reading: Reading,
    truth: Truth,
    relax: Relax,
    *,
    gradients: bool = True,
) -> Judgement:
    """Judge every value and every gradient of a reading.

    Args:
        reading: what the engine said.
        truth: the interval oracle's enclosures, with bounds.
        relax: gives ``freedom`` and ``scale`` for the same graph and point, granted to the values
            of the listed nodes; called at most twice, and only where a bound is not enough.
        gradients: whether the engine is expected to have gradients at all.

    Returns:
        A :class:`Judgement`; an exception is one ``wrong`` or ``undecided`` number without a node's
        value.
    """
    if reading.raised is not None:
        return Judgement((_judge_exception(reading.raised, truth),), reading.raised, truth)
    values = _judge_all("value", reading, truth)
    if any(v.verdict is not Verdict.CORRECT and not v.reason for v in values):
        truth = relax(truth, range(len(truth.values)))
        values = _judge_all("value", reading, truth)
    if not gradients:
        return Judgement(tuple(values), None, truth)
    judged = _judge_all("gradient", reading, truth)
    if any(not j.reason and j.verdict is not Verdict.CORRECT for j in judged):
        used = [v.node for v in values if v.verdict is not Verdict.CORRECT]
        truth = relax(truth, used)
        judged = _judge_all("gradient", reading, truth)
    return Judgement((*values, *judged), None, truth)


def _judge_all(quantity: Quantity, reading: Reading, truth: Truth) -> list[Judged]:
    said, due = (
        (reading.values, truth.values) if quantity == "value" else (reading.gradients, truth.gradients)
    )
    return [
        _judge_number(quantity, node, got, enclosure, reading.faults.get((quantity, node), ""))
        for node, (got, enclosure) in enumerate(zip(said, due, strict=True))
        if enclosure is not None
    ]


def _judge_number(
    quantity: Quantity, node: int, got: float | None, e: Enclosure, fault: str
) -> Judged:
    verdict, reason = _decide(got, e, fault)
    return Judged(node, quantity, verdict, reason, got, e)


def _decide(got: float | None, e: Enclosure, fault: str) -> tuple[Verdict, str]:
    if fault:
        return (Verdict.UNDECIDED, e.note) if e.note in _EDGES else (Verdict.WRONG, f"not a float but {fault}")
    if got is None:
        # Nothing there is how some engines write the 0 of a node that the output does not reach.
        unreached = e.middle == 0.0 and e.radius == 0.0
        return (Verdict.CORRECT, "") if unreached else (Verdict.WRONG, "missing")
    if not math.isfinite(got):
        return (Verdict.UNDECIDED, e.note) if e.note in _EDGES else (Verdict.WRONG, "not finite")
    if not e.known:
        if e.note in _NO_NUMBER:
            return Verdict.WRONG, f"finite where there is no number ({e.note})"
        return Verdict.UNDECIDED, e.note or "conditioning"
    return _compare(got, e)


def _compare(got: float, e: Enclosure) -> tuple[Verdict, str]:
    away, size = max(abs(got - e.middle) - e.radius, 0.0), abs(e.middle)
    if e.note == "beyond":
        return (Verdict.CORRECT, "") if away <= e.bound <= POWER * size else (Verdict.UNDECIDED, "beyond")
    if away <= e.bound:
        if e.bound <= POWER * size or e.note == "kink" or e.bound <= _SUBNORMAL:
            return Verdict.CORRECT, ""
        if away <= POWER * size and e.radius <= POWER * size:
            return Verdict.CORRECT, ""
        if e.scale and e.bound <= VANISHES * e.scale and got == 0.0:
            return Verdict.CORRECT, ""
        if e.scale == 0.0 and e.freedom < math.inf and got == 0.0:
            return Verdict.CORRECT, ""
        return Verdict.UNDECIDED, _loose(e)
    if away > e.freedom:
        return Verdict.WRONG, "differs"
    if e.freedom <= POWER * max(size, VANISHES * e.scale):
        return Verdict.IMPRECISE, "loses digits"
    return Verdict.UNDECIDED, _loose(e)


_SUBNORMAL: Final = 2.0**-1040
"""Bounds this small are underflow's alone."""


def _loose(e: Enclosure) -> str:
    # Empty until the freedom is known: the caller then asks for it.
    if e.freedom == math.inf and e.scale == 0.0:
        return ""
    return "overflow" if e.bound == math.inf else e.note or "conditioning"


def _judge_exception(raised: Raised, truth: Truth) -> Judged:
    reached = truth.values if raised.node is None else truth.values[: raised.node + 1]
    enclosures: Iterable[Enclosure | None] = (
        reached if raised.during == "forward" else (*truth.values, *truth.gradients)
    )
    node = len(truth.values) - 1 if raised.node is None else raised.node
    quantity: Quantity = "value" if raised.during == "forward" else "gradient"
    if raised.refused:
        return Judged(node, quantity, Verdict.UNDECIDED, "not implemented")
    own = raised.type in {"timeout", "died", "memory", "output", "protocol"}
    if not own and any(e is not None and e.note in _EDGES for e in enclosures):
        return Judged(node, quantity, Verdict.UNDECIDED, "edge")
    return Judged(node, quantity, Verdict.WRONG, f"raises {raised.type}")


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


def disputes(
    truth: Truth, witnesses: Sequence[Truth], floats: Sequence[Reading], relax: Relax
) -> tuple[Dispute, ...]:
    """Where the oracles contradict each other beyond their own error bars.

    Args:
        truth: the interval oracle's enclosures, with bounds.
        witnesses: the other oracles that know their error.
        floats: oracles that answer with float64 (torch); they are granted an engine's error.
        relax: as for :func:`judge`; called only where a bound is not enough.
    """
    found = _disputes(truth, witnesses, floats)
    if found and floats:
        found = _disputes(relax(truth, range(len(truth.values))), witnesses, floats)
    return found


def _disputes(truth: Truth, witnesses: Sequence[Truth], floats: Sequence[Reading]) -> tuple[Dispute, ...]:
    found = []
    for quantity in QUANTITIES:
        for node in range(len(truth.values)):
            said = _said(quantity, node, (truth, *witnesses), floats)
            against = {a: sum(_apart(said[a], said[b]) for b in said) for a in said}
            if most := max(against.values(), default=0):
                odd = " or ".join(name for name, count in against.items() if count == most)
                shown = {name: e.middle for name, e in said.items()}
                found.append(Dispute(odd, node, quantity, shown))
    return tuple(found)


def _said(
    quantity: Quantity, node: int, oracles: Sequence[Truth], floats: Sequence[Reading]
) -> dict[str, Enclosure]:
    said: dict[str, Enclosure] = {}
    for oracle in oracles:
        e = (oracle.values if quantity == "value" else oracle.gradients)[node]
        if e is not None and e.known and e.note not in _EDGES:
            said[oracle.source] = e
    due = said.get(oracles[0].source)
    for reading in floats:
        got = (reading.values if quantity == "value" else reading.gradients)[node]
        if due is not None and got is not None and math.isfinite(got):
            error = due.bound if due.freedom == math.inf else due.freedom
            said[reading.source] = Enclosure(got, error)
    return said


def _apart(a: Enclosure, b: Enclosure) -> bool:
    gap = abs(a.middle - b.middle)
    return gap > a.radius + b.radius + 4 * math.ulp(max(abs(a.middle), abs(b.middle)))
