"""The networks of two engines: what they are made of, what they compute, how they are trained."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from verify.compare.difference import Difference
from verify.networks.task import draw
from verify.verdict.agreement import alike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.compare.difference import Side
    from verify.engines import Engine
    from verify.expression.reading import NetworkReading, NetworkState

SIZES: Final = ((1, 1), (2, 1), (1, 1, 1), (2, 2, 1), (3, 4, 2), (5, 3, 4, 3))
"""Inputs and each layer's outputs, the smallest first."""


def training(old: Engine, new: Engine, seed: int = 0) -> Iterator[Difference]:
    """The first thing in which their networks differ; nothing where neither has any.

    Both get the same parameters and inputs, go backward, are zeroed, and are trained for two steps.
    """
    for sizes in SIZES:
        steps = draw(sizes, random.Random(f"{seed} {sizes}")).steps  # noqa: S311 - not a secret
        a, b = (engine.network(sizes, steps) for engine in (old, new))
        lacks = [r.raised is not None and r.raised.refused for r in (a, b)]
        where = f"a network of {' → '.join(map(str, sizes))}"
        if lacks[0] != lacks[1]:
            side: Side = "only-new" if lacks[0] else "only-old"
            words = ["has not" if lack else "has it" for lack in lacks]
            yield Difference("network", side, where, words[0], words[1])
            return
        if all(lacks):
            return
        if found := _first(a, b):
            place, one, two = found
            note = "verify check says which of them is right"
            yield Difference("network", "undecided", f"{place} of {where}", one, two, note=note)
            return


def _first(a: NetworkReading, b: NetworkReading) -> tuple[str, str, str] | None:
    """Where two readings differ, and what each says there."""
    words = [str(r.raised) if r.raised else "ends well" for r in (a, b)]
    kinds = [r.raised and r.raised.type for r in (a, b)]
    if kinds[0] != kinds[1]:
        return "training", words[0], words[1]
    for name, x, y in (
        ("number of parameters", a.parameters, b.parameters),
        ("parameters listed twice", a.shared, b.shared),
        ("leaves that are not listed", a.hidden, b.hidden),
    ):
        if x != y:
            return name, str(x), str(y)
    for one, two in zip(a.states, b.states, strict=False):
        if found := _state(one, two):
            return found
    return None


def _state(a: NetworkState, b: NetworkState) -> tuple[str, str, str] | None:
    for name, mine, yours in (
        ("output", a.outputs, b.outputs),
        ("loss", (a.loss,), (b.loss,)),
        ("parameter", a.data, b.data),
        ("gradient of parameter", a.gradients, b.gradients),
    ):
        if len(mine) != len(yours):
            return f"number of {name}s", str(len(mine)), str(len(yours))
        for place, (x, y) in enumerate(zip(mine, yours, strict=True)):
            if not alike(x or 0.0, y or 0.0):  # nothing there is how some write 0
                return f"{name} {place}", repr(x), repr(y)
    return None
