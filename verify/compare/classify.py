"""Two series of readings of one case: what differs in them, and which engine is right."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.compare.difference import ROUNDING, SIDES
from verify.engines import DEFAULT
from verify.expression.graph import Leaf
from verify.expression.reading import QUANTITIES, same_bits
from verify.oracles.registry import by_interval
from verify.verdict.agreement import far_apart, in_last_bits, rounded_alike
from verify.verdict.judge import judge
from verify.verdict.judgement import Judged, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.compare.difference import Kind, Side
    from verify.engines import Steps
    from verify.expression.graph import Case
    from verify.expression.reading import Enclosure, Quantity, Raised, Reading, Truth
    from verify.oracles.registry import Testimony

ONCE: Final = DEFAULT
"""One backward pass."""
AGAIN: Final[Steps] = (*ONCE, ("backward", -1), ("read",))
"""A second one over the same nodes."""
STEPS: Final[Steps] = (*AGAIN, ("zero", "all"), ("rebuild",), ("backward", -1), ("read",))
"""Besides, one over new nodes from the same leaves, after all gradients were put back."""
WHEN: Final = (
    "",
    "after a second backward pass over the same graph, no gradient set to 0 before it",
    "after the graph was built again from the same leaves, all gradients set to 0 before it",
)
"""When each ``read`` of :data:`STEPS` is; nothing is said of the first."""
FORWARD: Final[Steps] = (("read",),)
"""For engines without a backward pass."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What differs on one case: the gravest, and where.

    Attributes:
        kind: what.
        side: who is right.
        node: index of the node.
        quantity: value or gradient.
        old: what the old engine says, in words.
        new: what the new one says.
        truth: what is right; ``""`` if unknown.
        place: in which of the readings.
    """

    kind: Kind
    side: Side
    node: int
    quantity: Quantity
    old: str
    new: str
    truth: str = ""
    place: int = 0


def seen(  # noqa: PLR0913 - three of them keywords
    case: Case,
    old: Sequence[Reading],
    new: Sequence[Reading],
    *,
    gradients: bool,
    explained: Callable[[Seen], bool] = lambda _: False,
    again: Side = "convention",
) -> Seen | None:
    """The gravest difference between two series of readings; ``None`` if all bits are the same.

    Args:
        case: what was run.
        old: what the old engine said after each ``read`` of :data:`STEPS`.
        new: what the new one said.
        gradients: whether both have a backward pass.
        explained: whether a difference that is no rounding is none between the engines.
        again: the side of what two passes over the same nodes add up to; see
            :mod:`verify.compare.second`.
    """
    if old == new and _plain(old):
        return None
    shown = _seen(case, old, new, gradients=gradients, again=again)
    found = [s for s in shown if not explained(s)]
    return max(found, key=lambda s: SIDES.index(s.side), default=None)


def _plain(readings: Sequence[Reading]) -> bool:
    """Whether equal floats are the same bits: none is 0, which has two, and none is nan."""
    return all(all(x for x in (*r.values, *r.gradients)) for r in readings)


def _seen(
    case: Case, old: Sequence[Reading], new: Sequence[Reading], *, gradients: bool, again: Side
) -> Iterator[Seen]:
    known: Testimony | None = None
    for place, (a, b) in enumerate(zip(old, new, strict=False)):
        if _same_reading(a, b):
            continue
        known = known or by_interval(case)
        asked = gradients and place != 1  # what two passes add up to is not what is true of one
        judgements = [judge(reading, known, gradients=asked) for reading in (a, b)]
        found = list(_exceptions(case, a, b, judgements))
        if place == 1:  # a second backward pass: what both add up to is a convention
            found = found or list(_second(a, b, known.loosened(())))
            found = [replace(f, side=again) if f.side == "convention" else f for f in found]
        else:
            found = found or list(_numbers(case, a, b, judgements))
        telling = [each for each in found if each.side not in ROUNDING]
        if place:
            yield from (replace(each, kind="state", place=place) for each in telling)
        else:
            yield from found
        if telling:
            return
    if len(old) != len(new):
        longer = max(old, new, key=len)[min(len(old), len(new))]
        number = ["goes on" if r is longer else "stops" for r in (old[-1], new[-1])]
        last, place = len(case.graph.nodes) - 1, min(len(old), len(new))
        yield Seen("state", "undecided", last, "gradient", number[0], number[1], place=place)


def answer(readings: Sequence[Reading], found: Seen) -> float | str | None:
    """What an engine said there: a number, nothing, or in words what it raised or that it ended."""
    if found.place >= len(readings):
        return "stops"
    reading = readings[found.place]
    if reading.raised is not None:
        return repr(_who(reading.raised))
    number = reading.column(found.quantity)[found.node]
    return reading.faults.get((found.quantity, found.node)) or number


def overlap(old: Collection[float | str | None], new: Collection[float | str | None]) -> bool:
    """Whether two engines that differ from themselves might say the same, by what they did say."""
    if set(old) & set(new):
        return True
    mine, yours = ([x for x in words if isinstance(x, float)] for words in (old, new))
    return bool(mine and yours) and max(min(mine), min(yours)) <= min(max(mine), max(yours))


def _same_reading(a: Reading, b: Reading) -> bool:
    return (
        _who(a.raised) == _who(b.raised)
        and a.faults == b.faults
        and len(a.values) == len(b.values)
        and len(a.gradients) == len(b.gradients)
        and all(map(same_bits, a.values, b.values))
        and all(map(same_bits, a.gradients, b.gradients))
    )


def _who(raised: Raised | None) -> tuple[str, int | None] | None:
    return None if raised is None else (raised.type, raised.node)


def _exceptions(
    case: Case, a: Reading, b: Reading, judgements: Sequence[Judgement]
) -> Iterator[Seen]:
    if a.raised is None and b.raised is None:
        return
    if _who(a.raised) == _who(b.raised):
        return
    last = len(case.graph.nodes) - 1
    raised = a.raised or b.raised
    node = last if raised is None or raised.node is None else raised.node
    words = [_said_whole(r, node) for r in (a, b)]
    refusals = [r.raised is not None and r.raised.refused for r in (a, b)]
    wrong = [j.verdict is Verdict.WRONG for j in judgements]
    side: Side = "convention"
    if refusals[0] != refusals[1] and not any(wrong):
        edge = any(n.reason not in {"", "not implemented"} for j in judgements for n in j.numbers)
        side = "convention" if edge else "only-new" if refusals[0] else "only-old"
    elif any(wrong):
        side = side_of(*wrong)
    yield Seen("error", side, node, "value", words[0], words[1])


def _said_whole(reading: Reading, node: int) -> str:
    if reading.raised is not None:
        return f"raises {reading.raised}"
    return _said(reading.values[node])


def _said(number: float | None) -> str:
    return "nothing" if number is None else repr(number)


def side_of(old: bool, new: bool) -> Side:
    """Which of two engines is wrong, where at least one is."""
    return "wrong-both" if old and new else "wrong-old" if old else "wrong-new"


def _second(a: Reading, b: Reading, truth: Truth) -> Iterator[Seen]:
    """What was added up over two passes, where it is apart by more than any rounding on the way."""
    for node, (x, y) in enumerate(zip(a.gradients, b.gradients, strict=True)):
        e = truth.gradients[node]
        if far_apart(x or 0.0, y or 0.0, math.inf if e is None else e.freedom):
            yield Seen("state", "convention", node, "gradient", _said(x), _said(y))
            return


def _numbers(case: Case, a: Reading, b: Reading, judgements: Sequence[Judgement]) -> Iterator[Seen]:
    verdicts = [{(n.quantity, n.node): n for n in j.numbers} for j in judgements]
    for quantity in QUANTITIES:
        rows = zip(a.column(quantity), b.column(quantity), strict=True)
        for node, (x, y) in enumerate(rows):
            if same_bits(x, y) and a.faults.get((quantity, node)) == b.faults.get((quantity, node)):
                continue
            one, two = (v.get((quantity, node)) for v in verdicts)
            if one is None or two is None:
                continue
            e = one.truth
            inner = quantity == "gradient" and not isinstance(case.graph.nodes[node], Leaf)
            yield Seen(
                kind="value"
                if quantity == "value"
                else "intermediate gradient"
                if inner
                else "gradient",
                side=_side(one, two),
                node=node,
                quantity=quantity,
                old=a.faults.get((quantity, node)) or _said(x),
                new=b.faults.get((quantity, node)) or _said(y),
                truth="" if e is None else repr(e.middle),
            )


def _side(one: Judged, two: Judged) -> Side:
    wrong = [n.verdict is Verdict.WRONG for n in (one, two)]
    x, y, e = one.got, two.got, one.truth
    if any(wrong):
        return (as_rounded(x, y, e) if all(wrong) else None) or side_of(*wrong)
    if x is None or y is None:  # a node that the output does not reach: nothing there, or 0
        return "bounds"
    if not (math.isfinite(x) and math.isfinite(y)):
        return "convention"
    if e is None or e.note == "beyond":
        return "undecided"
    if e.note == "kink" and abs(x - y) > 2 * e.bound:
        return "convention"
    lossy = [n.verdict is Verdict.IMPRECISE for n in (one, two)]
    if any(lossy):
        return "imprecise-old" if lossy[0] else "imprecise-new"
    # What is undecided for its conditioning lies within what rounding makes of it.
    return _near(x, y)


def _near(x: float, y: float) -> Side:
    return "bits" if in_last_bits(x, y) else "bounds"


def as_rounded(x: float | None, y: float | None, e: Enclosure | None) -> Side | None:
    """The side of two wrong numbers that are one, rounded in another order; ``None`` if not so."""
    if x is None or y is None or e is None or not (math.isfinite(x) and math.isfinite(y)):
        return None
    return _near(x, y) if rounded_alike(x, y, e) else None
