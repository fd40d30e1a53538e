"""Graphs on which a backward pass is tried: all small ones, and some large ones.

For a pass that asks nothing but edges, graphs differ by their wiring alone.  So every wiring of a
few operations of one operand and of two is run, each with one operation of the engine's at one
place and products (or ``-x``) elsewhere; from wiring to wiring the place moves on, and so does the
operation, until every operation has been at every place.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Const, Graph, Leaf
from verify.generators.small_scope import shapes
from verify.generators.special import SHAPES, uses_only
from verify.prove.operations import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from verify.expression.graph import Node
    from verify.expression.ops import Form

LARGEST: Final = 5
"""Operations of the largest graphs that are exhausted."""
OF_TWO_LEAVES: Final[tuple[tuple[tuple[str, ...], int], ...]] = (
    (("mul",), LARGEST - 1), (("add", "mul", "tanh"), 3),
)  # fmt: skip
"""Operations, and the largest number of them, over two leaves."""
LONGEST: Final = 3
"""Operations of a chain of one of them: canonical forms of longer ones take too long."""
DEEPEST: Final = 6
"""Pairs of operations in the deepest chain."""
USES: Final = (3, 5, 9)
"""How often one node is used."""
LARGE: Final = 150
"""Operations of the large graphs, where only sums and products are."""
LARGEST_TREE: Final = 2000
"""Operations of one tree: what a pass counts on its way, it would have to count that far."""


def small(operations: Mapping[str, Form], largest: int) -> Iterator[Graph]:
    """Every wiring of up to so many operations over one leaf, and some over two.

    Args:
        operations: those of the engine, by name.
        largest: how many operations.
    """
    turns: Counter[tuple[int, int, int]] = Counter()
    if "mul" not in operations:
        return
    for size in range(1, largest + 1):
        for number, wiring in enumerate(shapes(size, ("mul", "tanh"), 1)):
            yield filled(wiring, number % size, operations, turns)
    for names, most in OF_TWO_LEAVES:
        if set(names) <= set(operations):
            for size in range(1, min(most, largest) + 1):
                yield from shapes(size, names, 2)


def filled(
    wiring: Graph, place: int, operations: Mapping[str, Form], turns: Counter[tuple[int, int, int]]
) -> Graph:
    """The wiring with the next of the operations at one place."""
    nodes: list[Node] = [Leaf("a"), Leaf("b")]
    for index, node in enumerate(wiring.nodes[1:]):
        args = [arg + 1 if arg else 0 for arg in node.parents]  # type: ignore[union-attr]
        others = "mul" if len(args) == 2 else "neg"
        fitting = [form for form in operations.values() if sum(form.nodes) == len(args)]
        if index == place and fitting:
            turn = len(wiring.nodes), place, len(args)
            form = fitting[turns[turn] % len(fitting)]
            turns[turn] += 1
        else:
            form = operations.get(others, operations["mul"])
        nodes.append(applied(form, (args[0], args[-1] if len(args) == 2 else 1)))
    return Graph(tuple(nodes))


def stacked(operations: Mapping[str, Form]) -> Iterator[Graph]:
    """Every operation on every other: as output and inside, its operand used once and twice."""
    for first, second in itertools.product(operations.values(), repeat=2):
        leaves: list[Node] = [Leaf("g"), Leaf("h"), Leaf("a"), Leaf("b")]
        inner = applied(first, (2, 3))
        pairs = ((4, 3), (3, 4), (4, 4), (4, 2)) if sum(second.nodes) == 2 else ((4, 4),)
        for pair in pairs:
            nodes = [*leaves, inner, applied(second, pair)]
            yield Graph(tuple(nodes))
            if {"mul", "add"} <= set(operations):
                rest = [Apply("mul", (0, 5)), Apply("mul", (4, 1)), Apply("add", (6, 7))]
                yield Graph((*nodes, *rest))


def chains(operations: Mapping[str, Form]) -> Iterator[Graph]:
    """Each operation on itself again and again, and sums and products in turn."""
    for form in operations.values():
        yield chain([form] * LONGEST)
    if {"add", "mul"} <= set(operations):
        yield chain([operations["add"], operations["mul"]] * DEEPEST)


def chain(forms: Sequence[Form]) -> Graph:
    """Each form on the one before it."""
    nodes: list[Node] = [Leaf("a"), Leaf("b")]
    at = 0
    for form in forms:
        nodes.append(applied(form, (at, 1)))
        at = len(nodes) - 1
    return Graph(tuple(nodes))


def fans(operations: Mapping[str, Form]) -> Iterator[Graph]:
    """A node of each operation, and a leaf, used up to so many times."""
    if "add" not in operations:
        return
    for form in operations.values():
        for uses in USES:
            nodes: list[Node] = [Leaf("a"), Leaf("b"), applied(form, (0, 1))]
            for use in range(uses):
                last = len(nodes) - 1
                nodes.append(Apply("add", (last, 2 if form.op != "add" or use % 2 else 0)))
            yield Graph(tuple(nodes))


def applied(form: Form, operands: tuple[int, int]) -> Apply:
    """A form on these operands; a number beside a node stands for any."""
    args = [i if node else Const(3) for i, node in zip(operands, form.nodes, strict=False)]
    return Apply(form.op, tuple(args))


def large(operations: Mapping[str, Form]) -> Iterator[Graph]:
    """Chains, diamonds one on another, nodes that are used often, and broad trees."""
    if not {"add", "mul"} <= set(operations):
        return
    add, mul = operations["add"], operations["mul"]
    pair = itertools.cycle((add, mul))
    yield chain([next(pair) for _ in range(LARGE)])
    yield grown(LARGE, lambda at: (at, at), add)
    yield grown(LARGE, lambda at: (at, 2), add)
    yield grown(LARGE, lambda at: (at, max(at - 1, 0)), add)
    yield grown(LARGE, lambda at: (at, at * 7919 % at if at < 4 else at * 7919 % (at - 1)), add)
    yield grown(LARGE, lambda at: (at, 1 if at % 3 else 0), mul)
    yield tree(LARGE // 2, add, mul)
    yield tree(LARGEST_TREE // 2, add, mul)


def known(operations: Mapping[str, Form]) -> Iterator[Graph]:
    """The shapes of every check that are sums and products of two leaves: orders show in them."""
    if not {"add", "mul"} <= set(operations):
        return
    for graph in map(Graph.parse, SHAPES):
        leaves = {node.name for node in graph.nodes if isinstance(node, Leaf)}
        if leaves <= {"a", "b"} and uses_only(graph, ("a + b", "a * b")):
            yield graph


def grown(size: int, operands: Callable[[int], tuple[int, int]], form: Form) -> Graph:
    """One operation after another: each is told its operands by the place of the one before."""
    nodes: list[Node] = [Leaf("a"), Leaf("b"), applied(form, (0, 1))]
    nodes += [applied(form, operands(at)) for at in range(2, size + 1)]
    return Graph(tuple(nodes))


def tree(leaves: int, add: Form, mul: Form) -> Graph:
    """Products of two leaves, added up by pairs."""
    nodes: list[Node] = [Leaf("a"), Leaf("b")]
    layer = []
    for index in range(leaves):
        nodes.append(applied(mul, (index % 2, index // 2 % 2)))
        layer.append(len(nodes) - 1)
    while len(layer) > 1:
        pairs = list(itertools.zip_longest(layer[::2], layer[1::2], fillvalue=0))
        layer = []
        for pair in pairs:
            nodes.append(applied(add, pair))
            layer.append(len(nodes) - 1)
    return Graph(tuple(nodes))


def names(graph: Graph) -> dict[tuple[int, int], str]:
    """Which numbers of a graph stand for any."""
    return {
        (at, place): NUMBER for at, node in enumerate(graph.nodes) if isinstance(node, Apply)
        for place, arg in enumerate(node.args) if isinstance(arg, Const)
    }  # fmt: skip
