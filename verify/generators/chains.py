"""Long chains and doublings: graphs for what only depth or the number of paths brings out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Graph, Leaf

if TYPE_CHECKING:
    from verify.expression.graph import Node

LENGTHS: Final = (250, 500, 1000, 2000)
"""Additions in the chains that probe depth: recursion in Python ends near 1,000."""


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
