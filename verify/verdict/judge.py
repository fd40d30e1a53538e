"""Readings to verdicts: the only place with tolerances, and those are derived (``docs/bound.md``).

For one number, with truth ``t``, bound ``b``, freedom ``f`` and an engine that says ``g``:

========================  =========================================================================
``|g - t| <= b``          ``correct``, if the bound could have told a mistake: it is below
                          ``tells`` of ``|t|``, or ``g`` is as ``near`` anyway, or ``g`` is the 0
                          of a gradient that vanishes in rounding; otherwise ``undecided``
``b < |g - t| <= f``      ``imprecise``, if the freedom could have told a mistake: digits are lost
                          that the textbook formula keeps; otherwise ``undecided``
``f < |g - t|``           ``wrong``
on a kink                 the distance to the subdifferential takes the place of ``|g - t|``; and
                          all gradients below it must fit one slope (``shares``)
no gradient of its own    a node that is another's object, or that the output was made without, or
                          an inner one where only leaves' gradients are kept: ``undecided``
undecided gradients       are compared once more, with the chain rule at the engine's own values
no finite ``g``           ``undecided`` where the domain or the range of floats ends, or may end in
                          rounding; ``wrong`` elsewhere
no finite ``t``           a finite ``g`` is ``wrong`` where no float computation can give one;
                          nothing is expected of what is computed from there
========================  =========================================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from verify.expression.formats import DOUBLE, SINGLE
from verify.expression.reading import LOST, NO_NUMBER, Column
from verify.verdict import shares
from verify.verdict.judgement import SAME, UNKEPT, Judged, Judgement, Looked, Verdict, Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.expression.reading import Enclosure, Quantity, Raised, Reading, Truth
    from verify.verdict.reference import Reference

@dataclass(frozen=True, slots=True)
class Power:
    """What a comparison can tell, in one arithmetic.

    Attributes:
        tells: a bound this much below the number itself tells a mistake from rounding.
        near: agreement to this many digits is no accident, however little the bound can tell.
        vanishes: a gradient whose bound is this small against what is subtracted to make it may
            round to 0.
        underflows: bounds this small are underflow's alone.
    """

    tells: float
    near: float
    vanishes: float
    underflows: float


POWERS: Final = {
    DOUBLE: Power(2.0**-30, 2.0**-36, 2.0**-40, 2.0**-1040),
    SINGLE: Power(2.0**-10, 2.0**-14, 2.0**-11, 2.0**-138),
}
"""In 64 bits every mistake beyond single precision is told, in 32 bits every one beyond 0.1 %."""
POWER: Final = POWERS[DOUBLE].tells
"""A bound this much below the number itself tells every mistake beyond single precision."""
TIGHT: Final = 2.0**-10
"""An enclosure this much narrower than its bound is as good as the truth itself."""
EDGES: Final = NO_NUMBER | {"edge", "beyond"}

_CUT: Final = "a plain number"
"""Nor has an operation that gives a plain number; the leaves tell whether that is right."""


def judge(
    reading: Reading,
    reference: Reference,
    *,
    gradients: bool = True,
    unkept: Collection[int] = (),
) -> Judgement:
    """Judge every value and every gradient of a reading.

    Args:
        reading: what the engine said.
        reference: what is known of the case; it is loosened at most twice, and only where a bound
            is not enough.
        gradients: whether the engine is expected to have gradients at all.
        unkept: nodes of which the engine is known to keep no gradient; nothing, or 0, is no mistake
            there, and any other number is judged.

    Returns:
        A :class:`Judgement`; an exception is one ``wrong`` or ``undecided`` number without a node's
        value.
    """
    truth = reference.truth
    if reading.raised is not None:
        judged = _judge_exception(reading.raised, truth)
        if judged.verdict is Verdict.WRONG:
            # Digits that other formulas lose may be all that keeps an operand inside the domain.
            truth = reference.loosened()
            judged = _judge_exception(reading.raised, truth, relaxed=True)
        return Judgement((judged,), reading.raised, truth)
    if (judged_so := _at_a_glance(reading, reference, unkept, gradients=gradients)) is not None:
        return judged_so
    values = _judge_all("value", reading, truth)
    if _open(values):
        truth = reference.loosened()
        values = _judge_all("value", reading, truth, relaxed=True)
    if not gradients:
        return Judgement(tuple(values), None, truth)
    slopes = _judge_all("gradient", reading, truth, unkept)
    if relaxed := _open(slopes) or _misfit(slopes, reading, truth) is not None:
        truth = reference.loosened([v.node for v in values if v.verdict is not Verdict.CORRECT])
        slopes = _judge_all("gradient", reading, truth, unkept, relaxed=True)
    if relaxed and (misfit := _misfit(slopes, reading, truth, relaxed=True)) is not None:
        node, share = misfit
        slopes = [
            replace(j, verdict=Verdict.WRONG, reason=shares.REASON, truth=share)
            if j.node == node else j for j in slopes
        ]
    if any(_conditional(j) for j in slopes):
        slopes = _at_own_values(slopes, reading, reference, POWERS[truth.format])
    return Judgement((*values, *slopes), None, truth)


def _at_a_glance(
    reading: Reading, reference: Reference, unkept: Collection[int], *, gradients: bool
) -> Judgement | None:
    """The judgement where no number is special and none is wrong; else ``None``.

    Whole columns are compared, and what their bounds leave open is looked at one by one: the
    verdicts are those that are found by judging every number.
    """
    known = reference.truth
    if reading.faults or (gradients and reading.cut):
        return None
    places = _unsure(reading.values, known.values, POWERS[known.format])
    if places is None:
        return None
    looked: dict[tuple[Quantity, int], tuple[Verdict, str]] = {}
    if places:
        looked = _looked_at("value", reading, reference, places, None)
        known = reference.loosened()
    if not gradients:
        return _unless_wrong(Verdicts(reading, (known,), (), looked), known)
    silent = [node for node in unkept if not reading.gradients[node]] if unkept else []
    places = _unsure_but(silent, reading.gradients, reference.truth)
    if places is None:
        return None
    slopes, own = known, list[Judged]()
    if places:
        others = [node for (_, node), told in looked.items() if told[0] is not Verdict.CORRECT]
        again = _looked_at("gradient", reading, reference, places, others)
        own = _of_their_own(again, reading, reference)
        looked |= {key: told for key, told in again.items() if key[1] not in {j.node for j in own}}
        slopes = reference.loosened(others)
    return _unless_wrong(Verdicts(reading, (known, slopes), silent, looked, own), slopes)


def _unless_wrong(verdicts: Verdicts, truth: Truth) -> Judgement | None:
    wrong = any(verdict is Verdict.WRONG for _, verdict in verdicts.closely)
    return None if wrong else Judgement(verdicts, None, truth)


def _looked_at(
    quantity: Quantity,
    reading: Reading,
    reference: Reference,
    places: Sequence[int],
    others: Sequence[int] | None,
) -> dict[tuple[Quantity, int], tuple[Verdict, str]]:
    """The verdicts on plain numbers with their freedom, where that makes a difference.

    It makes none within the bound, unless a gradient vanishes: how large it is asks its scale.
    """
    column, known, power = reading.column(quantity), reference.truth, POWERS[reference.truth.format]
    found: dict[tuple[Quantity, int], tuple[Verdict, str]] = {}
    for node in places:
        got, e = column[node], known.column(quantity)[node]
        if got is None or e is None:
            continue
        if not (abs(got - e.middle) - e.radius <= e.bound and (quantity == "value" or got)):
            e = reference.loosened(others).column(quantity)[node]
        if e is not None:
            found[quantity, node] = _decide(got, e, "", power, relaxed=True)
    return found


def _of_their_own(looked: Looked, reading: Reading, reference: Reference) -> list[Judged]:
    """The gradients that the engine's own values decide."""
    columns = reading.gradients, reference.truth.gradients
    judged = [
        Judged(node, quantity, *told, columns[0][node], columns[1][node])
        for (quantity, node), told in looked.items()
    ]
    if not any(map(_conditional, judged)):
        return []
    again = _at_own_values(judged, reading, reference, POWERS[reference.truth.format])
    return [after for before, after in zip(judged, again, strict=True) if after is not before]


def _unsure_but(
    silent: Collection[int], read: Sequence[float | None], truth: Truth
) -> Sequence[int] | None:
    """:func:`_unsure` of gradients, but for nodes that are known to keep none."""
    column, power = truth.gradients, POWERS[truth.format]
    if not silent or not isinstance(column, Column):
        return _unsure(read, column, power)
    pairs = enumerate(zip(read, column.middles, strict=True))
    read = [middle if i in silent else got for i, (got, middle) in pairs]
    places = _unsure(read, column, power)
    return places and [place for place in places if place not in silent]


def _unsure(
    read: Sequence[float | None], known: Sequence[Enclosure | None], power: Power
) -> Sequence[int] | None:
    """Which of a column of plain numbers the bounds leave open; ``None`` if some are special."""
    if not isinstance(known, Column) or None in read:
        return None
    if len(read) != len(known):
        raise ValueError(f"{len(read)} numbers were read, and {len(known)} are due")
    tells, underflows = power.tells, power.underflows
    numbers, reach = cast("Sequence[float]", read), known.reach
    enclosure: Callable[[int], Enclosure | None] = known.__getitem__
    if reach is not None and reach.share <= tells:
        unsure, enclosure = reach.outside(numbers), reach.measure
    elif known.bounds is None or known.others:
        return None
    else:
        columns = zip(numbers, known.middles, known.radii, known.bounds, strict=True)
        unsure = [
            place for place, (got, middle, radius, bound) in enumerate(columns)
            if not (
                abs(got - middle) - radius <= bound
                and (bound <= tells * abs(middle) or bound <= underflows)
            )
        ]
    rest = [(place, numbers[place], enclosure(place)) for place in unsure]
    return [
        place for place, got, e in rest
        if not e or _decide(got, e, "", power, relaxed=False)[0] is not Verdict.CORRECT
    ]


def _conditional(judged: Judged) -> bool:
    """Whether a gradient is undecided though there are two numbers to compare."""
    if judged.reason in {SAME, UNKEPT, _CUT}:
        return False
    e = judged.truth
    finite = judged.got is not None and math.isfinite(judged.got)
    return judged.verdict is Verdict.UNDECIDED and finite and e is not None and e.note != "beyond"


def _at_own_values(
    judged: Sequence[Judged], reading: Reading, reference: Reference, power: Power
) -> list[Judged]:
    values = [math.nan if v is None else v for v in reading.values]
    finite = all(map(math.isfinite, values))
    enclosures = reference.at_values(values) if finite else None
    if enclosures is None:
        return list(judged)
    again = []
    for j in judged:
        e = enclosures[j.node]
        if _conditional(j) and e.known and j.got is not None:
            verdict, reason = _compare(j.got, e, power, relaxed=True)
            if verdict is Verdict.WRONG and j.node in reading.same:
                verdict, reason = Verdict.UNDECIDED, SAME
            if verdict is not Verdict.UNDECIDED:
                reason = reason and f"{reason} at the engine's own values"
                again.append(Judged(j.node, j.quantity, verdict, reason, j.got, e))
                continue
        again.append(j)
    return again


def _open(judged: Sequence[Judged]) -> bool:
    return any(j.reason == _ASK for j in judged)


def _misfit(
    judged: Sequence[Judged], reading: Reading, truth: Truth, *, relaxed: bool = False
) -> tuple[int, Enclosure] | None:
    fit = {Verdict.CORRECT, Verdict.IMPRECISE}
    kept = [j for j in judged if j.verdict in fit and j.node not in reading.same]
    return shares.misfit(kept, truth.format.unit, relaxed=relaxed)


def _judge_all(
    quantity: Quantity,
    reading: Reading,
    truth: Truth,
    unkept: Collection[int] = (),
    *,
    relaxed: bool = False,
) -> list[Judged]:
    judged, power = [], POWERS[truth.format]
    rows = zip(reading.column(quantity), truth.column(quantity), strict=True)
    for node, (got, e) in enumerate(rows):
        if e is None:
            continue
        fault = reading.faults.get((quantity, node), "") if reading.faults else ""
        if quantity == "gradient" and node in reading.cut:
            verdict, reason = Verdict.UNDECIDED, _CUT
        elif node in unkept and not got and not fault:
            verdict, reason = Verdict.UNDECIDED, UNKEPT
        else:
            verdict, reason = _decide(got, e, fault, power, relaxed=relaxed)
        if verdict is Verdict.WRONG and quantity == "gradient" and node in reading.same:
            verdict, reason = Verdict.UNDECIDED, SAME
        if verdict is Verdict.WRONG and e.note == "overflow" and _wider(got, truth):
            verdict, reason = Verdict.UNDECIDED, e.note
        judged.append(Judged(node, quantity, verdict, reason, got, e))
    return judged


def _wider(got: float | None, truth: Truth) -> bool:
    """Whether a number is beyond the format: part of the engine computes in a wider one."""
    return got is not None and truth.format.largest < abs(got) < math.inf


_ASK: Final = "the freedom decides"
"""A verdict that has to wait for the freedom."""


def _decide(
    got: float | None, e: Enclosure, fault: str, power: Power, *, relaxed: bool
) -> tuple[Verdict, str]:
    missing = got is None and not fault
    if missing and e.middle == 0.0 and e.radius == 0.0:
        return Verdict.CORRECT, ""  # how some engines write what the output does not reach
    if fault or got is None or not math.isfinite(got):
        if _may_fail(e, relaxed=relaxed):
            return Verdict.UNDECIDED, _why(e)
        if not relaxed:
            return Verdict.UNDECIDED, _ASK
        return (
            Verdict.WRONG,
            f"not a float but {fault}" if fault else "missing" if missing else "not finite",
        )
    if not e.known:
        if e.note in NO_NUMBER and not relaxed:
            return Verdict.UNDECIDED, _ASK
        if e.note in NO_NUMBER:
            return Verdict.WRONG, f"finite where there is no number ({e.note})"
        return Verdict.UNDECIDED, _why(e)
    return _compare(got, e, power, relaxed=relaxed)


def _may_fail(e: Enclosure, *, relaxed: bool) -> bool:
    """Whether honest code may have no number here.

    The bound, or the freedom, is infinite where rounding may reach the end of the domain or of the
    range of floats.
    """
    infinite = e.bound == math.inf or (relaxed and e.freedom == math.inf)
    return infinite or e.note in EDGES or not e.known


def _compare(got: float, e: Enclosure, power: Power, *, relaxed: bool) -> tuple[Verdict, str]:
    away, size = max(abs(got - e.middle) - e.radius, 0.0), abs(e.middle)
    if e.note == "kink":
        size += e.radius
    if away <= e.bound:
        if _tells(got, away, size, e, power):
            return Verdict.CORRECT, ""
        if not relaxed:
            return Verdict.UNDECIDED, _ASK
        vanishes = got == 0.0 and e.bound <= power.vanishes * e.scale < math.inf
        return (Verdict.CORRECT, "") if vanishes else (Verdict.UNDECIDED, _why(e))
    if not relaxed:
        return Verdict.UNDECIDED, _ASK
    if away > e.freedom:
        return Verdict.WRONG, "differs"
    if e.freedom <= power.tells * size:
        return Verdict.IMPRECISE, "loses digits"
    return Verdict.UNDECIDED, _why(e)


def _tells(got: float, away: float, size: float, e: Enclosure, power: Power) -> bool:
    """Whether a number within the bound is thereby known to be right."""
    if away == 0.0 and e.note == "kink":
        return True  # an element of the subdifferential
    if got == e.middle and e.radius <= TIGHT * e.bound < math.inf:
        return True  # as good as the truth itself: the 0 of what cancels exactly
    if e.bound <= max(power.tells * size, power.underflows):
        return True
    return away <= power.near * size and e.radius <= power.near * size


def _why(e: Enclosure) -> str:
    return e.note or "conditioning"


def _judge_exception(raised: Raised, truth: Truth, *, relaxed: bool = False) -> Judged:
    node = len(truth.values) - 1 if raised.node is None else raised.node
    if raised.during in {"construct", "forward"}:
        quantity: Quantity = "value"
        touched = truth.values if raised.node is None else (truth.values[node],)
    else:
        # A backward pass that starts has the values that it needs; reading touches them all.
        begun = raised.during == "backward"
        quantity = "gradient"
        touched = truth.gradients if begun else (*truth.values, *truth.gradients)
    if raised.refused:
        return Judged(node, quantity, Verdict.UNDECIDED, "not implemented")
    may_fail = any(e is not None and _may_fail(e, relaxed=relaxed) for e in touched)
    if may_fail and raised.type not in LOST:  # which no edge excuses
        return Judged(node, quantity, Verdict.UNDECIDED, "edge")
    return Judged(node, quantity, Verdict.WRONG, f"raises {raised.type}")
