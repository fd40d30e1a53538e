"""The rest of the training loop: gradients set to zero, and parameters moved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.expression.reading import Reading
from verify.networks.mistake import Mistake
from verify.networks.task import alike
from verify.verdict.judge import judge
from verify.verdict.reference import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.reading import NetworkReading, NetworkState
    from verify.generators.architectures import Architecture
    from verify.networks.task import Exercise
    from verify.verdict.reference import Reference

_IN_PLACE: Final = (
    "Parameters and gradients are after it what they were before. `p = p - rate * p.grad` gives "
    "another object the name p, and leaves the parameter alone: its data has to be set."
)

_USED_UP: Final = "the optimizer keeps a generator of the parameters, which is used up by one pass"
_AS_A_LIST: Final = (
    ": whoever goes through it again, zero_grad or the next step, finds no parameter there, and "
    "nothing is done. It has to keep list(parameters)."
)


def zeroed(a: Architecture, sizes: Sequence[int], reading: NetworkReading) -> Mistake | None:
    """Whether zeroing sets every gradient to 0 and nothing else.

    Args:
        a: how the network lists its parameters.
        sizes: inputs and each layer's outputs.
        reading: what it said; zeroing lies between its third and fourth state.
    """
    before, after = reading.states[2:4]
    name = f"zero_grad ({reading.words['zero']})"
    if reading.words.get("replaced", "").startswith("zero: "):
        reason = "the network lists other parameters afterwards"
        fault = "zero-grad-makes-new-weights"
        return Mistake(name, reason, fault, data=before.data, architecture=a)
    if after.data != before.data:
        fault = "" if any(after.data) else "zero-grad-wipes-weights"
        title = "zero_grad changes the parameters themselves"
        return Mistake(name, "parameters change", fault, title, data=before.data, architecture=a)
    left = [i for i, g in enumerate(after.gradients) if g]
    if not left:
        return None
    layers = a.neurons(sizes)
    biases = {b for layer in layers for _, b in layer}
    earlier = {i for layer in layers[:-1] for w, b in layer for i in (*w, b)} - {None}
    kept = [i for i in left if after.gradients[i] == before.gradients[i]]
    what = f"leaves {len(left)} of {len(after.gradients)} gradients that are not 0"
    if kept == left:
        what = f"leaves {len(left)} of {len(after.gradients)} gradients as they were"
    fault = "zero-grad-misses-biases" if kept and set(left) <= biases else ""
    if kept and set(left) == earlier:
        fault = "zero-grad-last-layer-only"
    if after.gradients == before.gradients:
        fault = "zero-grad-does-nothing"
    told = f"After zero_grad every gradient is to be 0; this one {what}."
    got = after.gradients[left[0]]
    return Mistake(
        name, what, fault, f"zero_grad {what}", told, got=got, want=0.0, data=before.data,
        architecture=a,
    )  # fmt: skip


def moved(
    exercise: Exercise, answer: Reference | None, before: NetworkState, after: NetworkState
) -> Mistake | None:
    """Whether each parameter moved against its gradient by rate times its size.

    Args:
        exercise: with the rate.
        answer: what is known of where the parameters should be; ``None`` if nobody does.
        before: the update.
        after: it.
    """
    if answer is None:
        return None
    there = [i for i, new in enumerate(after.data) if new is not None]
    reading = Reading("engine", after.data)
    wrong = judge(reading, Part(answer, there, ()), gradients=False).wrong
    if not wrong:
        return None
    at, rate = wrong[0].node, exercise.rate
    p, g, now = before.data[at], before.gradients[at], after.data[at]
    fault, want = "", None
    if p is not None and g is not None and now is not None:
        fault, want = _update_fault(p, g, now, rate), p - rate * g
    if [n.node for n in wrong] == list(range(1, len(after.data))) and _stand_still(
        before.data[1:], after.data[1:]
    ):
        fault = "update-of-first-only"
    name, title, why = "parameter after an update", "", ""
    still = [n.node for n in wrong if _stands_still(n.node, before, after)]
    if not fault and len(still) == len(wrong) < len(after.data):
        title = f"the update leaves out {len(still)} of {len(after.data)} parameters"
        why = f"{title}: they stay what they were, and the others move as they should."
    if (before.data, before.gradients) == (after.data, after.gradients):
        fault, title, why = "", "the update changes nothing", _IN_PLACE
    return Mistake(name, "differs", fault, title, why, got=now, want=want, data=before.data)


def kept(mistake: Mistake, generator: str, *, first: bool) -> Mistake:
    """What is told of an update that changes nothing for what the optimizer keeps.

    Args:
        mistake: as it was seen.
        generator: the optimizer's attribute that is a generator, ``""`` for none.
        first: whether it is the first update; in a later one, the one before was right.
    """
    if mistake.explanation != _IN_PLACE:
        return mistake
    if generator:
        return replace(mistake, title=_USED_UP, explanation=f"{_USED_UP}{_AS_A_LIST}")
    if first:
        return mistake
    title = "the second update changes nothing"
    why = f"{title}, and the first one moved every parameter as it should."
    return replace(mistake, title=title, explanation=why)


def emptied(before: NetworkState, after: NetworkState) -> bool:
    """Whether gradients that were numbers are nothing at all now."""
    return None not in before.gradients and not any(g is not None for g in after.gradients)


def _stand_still(before: Sequence[float | None], after: Sequence[float | None]) -> bool:
    return bool(before) and tuple(before) == tuple(after)


def _stands_still(place: int, before: NetworkState, after: NetworkState) -> bool:
    return bool(before.gradients[place]) and before.data[place] == after.data[place]


def _update_fault(p: float, g: float, moved: float, rate: float) -> str:
    """Which of the known mistakes moves a parameter there."""
    for fault, place in (
        ("update-uphill", p + rate * g),
        ("update-replaces", -rate * g),
        ("update-moves-gradient", p),
        ("update-ignores-rate", p - g),
        ("update-by-sign", p - math.copysign(rate, g)),
    ):
        if alike([place], [moved], size=abs(rate * g)):
            return fault
    return ""
