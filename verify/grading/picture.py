"""The smallest expression of a mistake as a picture with the engine's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verify.expression.graph import Graph, GraphError
from verify.report import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.grading.evidence import Told


def svg(told: Told) -> str:
    """The smallest expression of a mistake with the engine's numbers; ``""`` if it is too large.

    All text in it is escaped.
    """
    if not told.graph:
        return ""
    try:
        graph = Graph.from_json(told.graph)
    except (GraphError, ValueError, TypeError, KeyError, IndexError):
        return ""
    drawn = picture.Drawn(
        told.values,
        right=_right(told, graph.names),
        title=f"The expression {told.expression} as a graph; the engine's numbers in it",
    )
    return picture.svg(graph, drawn)


def _right(told: Told, names: Sequence[str]) -> dict[tuple[int, int], str]:
    """The right number beside the wrong one, by node and by 0 for a value, 1 for a gradient."""
    quantity, _, word = told.where.partition(",")[0].rpartition(" ")
    if word not in names:
        return {}
    which = 0 if quantity.startswith("value") else 1
    return {(names.index(word), which): picture.short(told.want)}
