"""An expression as a picture: boxes from left to right, an SVG that stands by itself."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from verify.expression.graph import Apply, Const, Graph, GraphError, Leaf, literal, spell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.grading.evidence import Told

_WIDE, _HIGH, _ACROSS, _DOWN, _EDGE = 128, 58, 44, 16, 8


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
    places = _places(graph)
    columns, rows = (max(p[i] for p in places) + 1 for i in (0, 1))
    width = columns * (_WIDE + _ACROSS) - _ACROSS + 2 * _EDGE
    height = rows * (_HIGH + _DOWN) - _DOWN + 2 * _EDGE
    wrong = _wrong(told, graph.names)
    title = escape(f"The expression {told.expression} as a graph; the engine's numbers in it")
    parts = [
        (
            f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="{title}" '
            'xmlns="http://www.w3.org/2000/svg">'
        )
    ]
    for index, node in enumerate(graph.nodes):
        parts += [_line(places[p], places[index]) for p in _parents(node)]
    for index in range(len(graph.nodes)):
        parts.append(_box(graph, index, places[index], told.values, index == wrong))
    return "".join([*parts, "</svg>"])


def _parents(node: object) -> tuple[int, ...]:
    return node.parents if isinstance(node, Apply) else ()


def _places(graph: Graph) -> list[tuple[int, int]]:
    """Column and row of each node: operands to the left of what is made of them."""
    column: list[int] = []
    taken: dict[int, int] = {}
    places = []
    for node in graph.nodes:
        mine = 1 + max((column[p] for p in _parents(node)), default=-1)
        column.append(mine)
        row = taken.get(mine, 0)
        taken[mine] = row + 1
        places.append((mine, row))
    return places


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return _EDGE + place[0] * (_WIDE + _ACROSS), _EDGE + place[1] * (_HIGH + _DOWN)


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x1, y1), (x2, y2) = _corner(start), _corner(end)
    x1, y1, y2 = x1 + _WIDE, y1 + _HIGH // 2, y2 + _HIGH // 2
    middle = (x1 + x2) // 2
    return f'<path class="edge" d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"/>'


def _box(
    graph: Graph, index: int, place: tuple[int, int], values: Sequence[tuple[str, str]], bad: bool
) -> str:
    x, y = _corner(place)
    value, gradient = values[index] if index < len(values) else ("", "")
    numbers = {"value": value, "grad": gradient}
    lines = [_label(graph, index), *[f"{name} {x}" if x else "" for name, x in numbers.items()]]
    text = "".join([
        f'<text x="{x + 8}" y="{y + 17 + 16 * i}">{escape(line[:18])}</text>'
        for i, line in enumerate(lines) if line
    ])  # fmt: skip
    kind = "node bad" if bad else "node"
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6"/>{text}'


def _label(graph: Graph, index: int) -> str:
    node, names = graph.nodes[index], graph.names
    if isinstance(node, Leaf):
        return names[index]
    operands = [literal(a.value) if isinstance(a, Const) else names[a] for a in node.args]
    return f"{names[index]} = {spell(node.op, operands)}"


def _wrong(told: Told, names: Sequence[str]) -> int | None:
    word = told.where.partition(",")[0].rpartition(" ")[2]
    return names.index(word) if word in names else None
