"""Gradients of large graphs of sums and products, modulo a prime.

Their formulas are too large to be compared.  A path from the output to a leaf that is left out, or
counted twice, changes the number here, but for a chance of one in a thousand millions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.expression.graph import Graph

PRIME: Final = 2**31 - 1
"""The worker has it too."""


def due_residues(graph: Graph, point: Mapping[str, float]) -> list[float]:
    """The gradient by every leaf at a point of whole numbers, forward, modulo the prime."""
    leaves = graph.leaves
    values: list[int] = []
    slopes: list[list[int]] = []
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            values.append(int(point[node.name]) % PRIME)
            slopes.append([int(leaf == index) for leaf in leaves])
            continue
        first, second = node.parents
        by_first, by_second = (values[second], values[first]) if node.op == "mul" else (1, 1)
        values.append((
            values[first] * values[second] if node.op == "mul" else values[first] + values[second]
        ) % PRIME)  # fmt: skip
        slopes.append([
            (by_first * x + by_second * y) % PRIME
            for x, y in zip(slopes[first], slopes[second], strict=True)
        ])
    return [float(slope) for slope in slopes[-1]]
