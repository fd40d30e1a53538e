"""Whether two nodes of a graph may be one object of an engine without its being a mistake.

An engine may return an operand (``abs(a)`` where ``a`` is positive, ``a + 0``), undo an operation
(``-(-a)``) or keep one node for the same product.  In each of these the two nodes are the same
*function* of the leaves, here and near here; in anything else one object mixes up two gradients.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Const, Leaf
from verify.expression.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.expression.graph import Graph, Number

_NEIGHBOURS: Final = 8
_STEP: Final = 1e-3
_AGREE: Final = 1e-9
"""Relative; two functions that differ do so by about the step."""


def may_be_one_object(
    graph: Graph,
    points: Sequence[Sequence[Number]],
    values: Sequence[float | None],
    claimed: Collection[int],
) -> frozenset[int]:
    """Those of the claimed nodes that may be the very object of another node.

    Args:
        graph: that the engine was asked about.
        points: at which its nodes were made.
        values: that were read of the nodes: one object has one value.
        claimed: nodes that are said to be another one, too; of a leaf it is not believed.
    """
    rows = [_values(graph, near) for point in points for near in _near(point)]
    alike: dict[float | None, list[int]] = {}
    for index, value in enumerate(values):
        alike.setdefault(value, []).append(index)
    allowed = set()
    for index in claimed:
        others = [other for other in alike[values[index]] if other != index]
        pairs = ((row[index], row[other]) for row in rows for other in others)
        agree = any(math.isclose(x, y, rel_tol=_AGREE) for x, y in pairs)
        if agree and not isinstance(graph.nodes[index], Leaf):
            allowed.add(index)
    return frozenset(allowed)


def _near(point: Sequence[Number]) -> Iterator[list[float]]:
    """The point itself moved a little, on every side: at a kink the functions agree on one."""
    chance = random.Random(0)  # noqa: S311 - not a secret
    for _ in range(_NEIGHBOURS):
        yield [x + chance.uniform(-_STEP, _STEP) * (abs(x) or 1.0) for x in map(float, point)]


def _values(graph: Graph, point: Sequence[float]) -> list[float]:
    """About what the nodes are; ``nan`` where that is no number."""
    values: list[float] = []
    inputs = iter(point)
    for node in graph.nodes:
        if isinstance(node, Leaf):
            values.append(next(inputs))
            continue
        try:
            args = [float(a.value) if isinstance(a, Const) else values[a] for a in node.args]
            values.append(OPS[node.op].steer(*args))
        except (ValueError, ZeroDivisionError, OverflowError):
            values.append(math.nan)
    return values
