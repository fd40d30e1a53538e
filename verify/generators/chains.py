"""Long chains and doublings: graphs for what only depth or the number of paths brings out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.expression.ops import OPS
from verify.generators.compose import parsed, repeated
from verify.generators.special import uses_only

if TYPE_CHECKING:
    from collections.abc import Collection

    from verify.expression.graph import Node

LENGTHS: Final = (250, 500, 1000, 2000)
"""Additions in the chains of a corpus: recursion in Python ends near 1,000."""

DEPTHS: Final = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""Operations in the chains that probe depth."""

_START: Final = {"x": 0.9, "b": 0.001, "c": 1.001, "d": -1.0}
MIXED: Final = ("add", "mul", "neg", "abs", "sub", "div", "relu", "max", "sum", "sin")
"""Operations that can be taken in turn in one chain."""


def chain(length: int) -> Case:
    """``x = x + a``, so many times, from ``a`` at 1: its gradient is ``length + 1``."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, 0)) for i in range(length)]
    return Case(Graph(tuple(nodes)), (1.0,))


def doubled(times: int) -> Case:
    """``x = x + x``, so many times, from one leaf at 1: paths double, nodes grow by one."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, i)) for i in range(times)]
    return Case(Graph(tuple(nodes)), (1.0,))


def doubled_apart(times: int) -> Case:
    """``x = x + (x + a)``, so many times: the same where a node has each operand once.

    Operands that are kept in a set are no two paths for ``x + x``.
    """
    nodes: list[Node] = [Leaf("a")]
    for _ in range(times):
        last = len(nodes) - 1
        nodes += [Apply("add", (last, 0)), Apply("add", (last, last + 1))]
    return Case(Graph(tuple(nodes)), (1.0,))


def steps(forms: Collection[str]) -> dict[str, str]:
    """The operations of which there are chains in these forms, and the step of each."""
    found = {}
    for op, record in OPS.items():
        fitting = [text for text in record.steps if uses_only(parsed(text), forms)]
        if fitting:
            found[op] = fitting[0]
    return found


@lru_cache(maxsize=1024)
def taken(chosen: tuple[tuple[str, str], ...], operations: int) -> Case:
    """A chain with so many operations at most, with some steps of :func:`steps` in turn."""
    texts = [text for _, text in chosen]
    each = [len(parsed(text).operations) for text in texts]
    times = max(1, operations * len(each) // sum(each))
    start = dict(_START)
    if len(chosen) == 1:
        ((op, _),) = chosen
        start["x"] = OPS[op].start
    needed = {n.name for t in texts for n in parsed(t).nodes if isinstance(n, Leaf)}
    return repeated("|".join(texts), times, {n: v for n, v in start.items() if n in needed})
