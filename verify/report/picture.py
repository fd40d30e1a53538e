"""An expression as a picture: boxes from left to right, an SVG that stands by itself.

A row of boxes that would not fit a page goes on below; what is still too wide is scaled down.  A
wrong number is said to be wrong in words, and framed; colours only repeat it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Const, Graph, Leaf, literal, spell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.expression.graph import Node

_WIDE, _LINE, _ACROSS, _DOWN, _EDGE = 156, 16, 44, 26, 8
_TOP = 10
_COLUMNS: Final = 6
"""Boxes side by side; more go on below."""
_LETTERS: Final = 20
"""Of a line in a box."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What stands in the boxes.

    Attributes:
        values: for each node its value and gradient as text; ``""`` where there is none.
        right: the right number, as text, for each ``(node, 0 or 1)`` that is wrong.
        marked: further nodes that are framed.
        title: what the picture shows, for those who do not see it.
    """

    values: Sequence[tuple[str, str]] = ()
    right: Mapping[tuple[int, int], str] = field(default_factory=dict)
    marked: frozenset[int] = frozenset()
    title: str = "an expression as a graph"


def svg(graph: Graph, drawn: Drawn) -> str:
    """The graph as a picture; all text in it is escaped."""
    boxes = [_lines(graph, index, drawn) for index in range(len(graph.nodes))]
    high = _TOP + _LINE * max(map(len, boxes))
    places = _places(graph)
    columns, rows = (max(p[i] for p in places) + 1 for i in (0, 1))
    width = columns * (_WIDE + _ACROSS) - _ACROSS + 2 * _EDGE
    height = rows * (high + _DOWN) + _EDGE
    head = (
        f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="max-width:100%;height:auto" role="img" aria-label="{escape(drawn.title)}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="monospace" font-size="13">'
    )
    parts = [head]
    for index, node in enumerate(graph.nodes):
        parts += [_edge(places[p], places[index], high) for p in _parents(node)]
    wrong = {node for node, _ in drawn.right} | drawn.marked
    for index, lines in enumerate(boxes):
        parts.append(_box(lines, places[index], high, bad=index in wrong))
    return "".join([*parts, "</svg>"])


def short(number: float | str | None) -> str:
    """A number, or the text of one, with five digits; other text as it is."""
    if number is None:
        return ""
    try:
        return f"{float(number):.5g}"
    except ValueError:
        return str(number)


def _parents(node: Node) -> tuple[int, ...]:
    return node.parents if isinstance(node, Apply) else ()


def _places(graph: Graph) -> list[tuple[int, int]]:
    """Column and row of each node: operands to the left of what is made of them, or above it."""
    column: list[int] = []
    taken: dict[int, int] = {}
    flat = []
    for node in graph.nodes:
        mine = 1 + max((column[p] for p in _parents(node)), default=-1)
        column.append(mine)
        row = taken.get(mine, 0)
        taken[mine] = row + 1
        flat.append((mine, row))
    bands = max(column) // _COLUMNS + 1
    rows = [
        max(count for c, count in taken.items() if c // _COLUMNS == band) for band in range(bands)
    ]
    return [(c % _COLUMNS, row + sum(rows[: c // _COLUMNS])) for c, row in flat]


def _corner(place: tuple[int, int], high: int) -> tuple[int, int]:
    return _EDGE + place[0] * (_WIDE + _ACROSS), _EDGE + place[1] * (high + _DOWN)


def _edge(start: tuple[int, int], end: tuple[int, int], high: int) -> str:
    """From the right of one box to the left of the next; to one further on, below those between."""
    (x1, y1), (x2, y2) = _corner(start, high), _corner(end, high)
    if start[1] == end[1] and end[0] - start[0] > 1:
        x1, x2, y = x1 + _WIDE // 2, x2 + _WIDE // 2, y1 + high
        path = f"M{x1} {y}C{x1} {y + _DOWN} {x2} {y + _DOWN} {x2} {y}"
    else:
        x1, y1, y2 = x1 + _WIDE, y1 + high // 2, y2 + high // 2
        bend = _ACROSS // 2
        path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f'<path class="edge" fill="none" stroke="gray" d="{path}"/>'


def _box(lines: Sequence[tuple[str, bool]], place: tuple[int, int], high: int, *, bad: bool) -> str:
    x, y = _corner(place, high)
    shown = "".join([
        f'<text class="{"wrong" if wrong else "said"}" x="{x + 8}" y="{y + 17 + _LINE * i}" '
        f'fill="{"#a40e26" if wrong else "#1b1f24"}">{escape(_cut(line))}</text>'
        for i, (line, wrong) in enumerate(lines)
    ])  # fmt: skip
    frame = 'class="node bad" fill="#ffebe9" stroke="#a40e26" stroke-width="2"'
    plain = 'class="node" fill="#f6f8fa" stroke="#57606a"'
    return (
        f'<rect {frame if bad else plain} x="{x}" y="{y}" width="{_WIDE}" height="{high}" '
        f'rx="6"/>{shown}'
    )


def _cut(line: str) -> str:
    return line if len(line) <= _LETTERS else f"{line[: _LETTERS - 2]}.."


def _lines(graph: Graph, index: int, drawn: Drawn) -> list[tuple[str, bool]]:
    """What a box says, line by line, and whether that is wrong."""
    numbers = drawn.values[index] if index < len(drawn.values) else ("", "")
    lines = [(_label(graph, index), False)]
    for which, (name, number) in enumerate(zip(("value", "grad"), numbers, strict=True)):
        right = drawn.right.get((index, which))
        if right is not None:
            lines += [(f"{name} {number or 'none'}", True), (f"  right: {right}", True)]
        elif number:
            lines.append((f"{name} {number}", False))
    return lines


def _label(graph: Graph, index: int) -> str:
    node, names = graph.nodes[index], graph.names
    if isinstance(node, Leaf):
        return names[index]
    operands = [literal(a.value) if isinstance(a, Const) else names[a] for a in node.args]
    return f"{names[index]} = {spell(node.op, operands)}"
