"""Cases made from cases: what an operation's result is used for, written as text.

``then(case, "y * -0.5")`` goes on with the case's output as ``y``; other names are the case's own
leaves or, with a number given, new ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case, Graph, Leaf, renumbered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verify.expression.graph import Apply, Node, Number

_MADE: Final = {"sub": 2, "div": 2}
parsed = lru_cache(maxsize=1024)(Graph.parse)
"""The graph of a text; the texts of the probes are few."""


def grown(nodes: list[Node], tail: Graph, places: Mapping[str, int]) -> int:
    """Append a graph to nodes, in place; the index of its output.

    Args:
        nodes: what there is already.
        tail: what is appended.
        places: the nodes that its leaves stand for, by name.

    Raises:
        KeyError: for a leaf without a place.
    """
    place: dict[int, int] = {}
    for index, node in enumerate(tail.nodes):
        if isinstance(node, Leaf):
            place[index] = places[node.name]
            continue
        place[index] = len(nodes)
        nodes.append(renumbered(node, place))
    return place[len(tail.nodes) - 1]


def then(case: Case, tail: str, **numbers: Number) -> Case:
    """The case, and what is done with its output ``y``.

    Raises:
        KeyError: for a name that is no leaf of the case and has no number.
    """
    graph, nodes, point = parsed(tail), list(case.graph.nodes), list(case.point)
    places = _named(nodes) | {"y": len(nodes) - 1}
    for leaf in graph.nodes:
        if isinstance(leaf, Leaf) and leaf.name not in places:
            places[leaf.name] = len(nodes)
            nodes.append(leaf)
            point.append(numbers[leaf.name])
    grown(nodes, graph, places)
    return Case(Graph(tuple(nodes)), tuple(point))


def _named(nodes: Sequence[Node]) -> dict[str, int]:
    return {node.name: i for i, node in enumerate(nodes) if isinstance(node, Leaf)}


def repeated(step: str, times: int, start: Mapping[str, Number]) -> Case:
    """``x = step(x)`` so many times, from leaves at ``start``; ``x`` comes first.

    Steps are taken in turn where there are several, parted by ``|``.
    """
    steps = [parsed(text.strip()) for text in step.split("|")]
    nodes: list[Node] = [Leaf(name) for name in start]
    places = _named(nodes)
    for index in range(times):
        places["x"] = grown(nodes, steps[index % len(steps)], places)
    return Case(Graph(tuple(nodes)), tuple(start.values()))


def added(nodes: list[Node], terms: Sequence[int]) -> int:
    """Append the sum of some nodes, in pairs, so that no path is long; the index of the sum."""
    tail, row = parsed("a + b"), list(terms)
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        made = [grown(nodes, tail, {"a": a, "b": b}) for a, b in pairs]
        row = made + row[2 * len(made) :]
    return row[0]


def depth(graph: Graph) -> int:
    """Operations on the longest path."""
    return _longest(graph, lambda _: 1)


def depth_made(graph: Graph) -> int:
    """Nodes on the longest path, as many as most engines make.

    Python adds up a ``sum`` number by number; ``a - b`` is often ``a + -b``, and ``a / b``
    ``a * b ** -1``.
    """
    return _longest(graph, lambda n: len(n.args) if n.op == "sum" else _MADE.get(n.op, 1))


def _longest(graph: Graph, steps: Callable[[Apply], int]) -> int:
    found: list[int] = []
    for node in graph.nodes:
        if isinstance(node, Leaf):
            found.append(0)
        else:
            found.append(steps(node) + max(found[p] for p in node.parents))
    return found[-1]


def fan_out(graph: Graph) -> int:
    """How often the most used node is used."""
    return max(graph.uses.values(), default=0)
