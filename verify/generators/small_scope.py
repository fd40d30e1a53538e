"""Every small graph, once: small-scope exhaustion.

Most mistakes of traversal and accumulation show on some graph of three operations; which one,
nobody knows beforehand (D. Jackson's small scope hypothesis, *Software Abstractions*, 2006).  So
all of them are judged: every way to wire a few operations over a few leaves, up to the names of the
leaves and the order in which independent operations are made.
"""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.expression.ops import OPS
from verify.generators.random import LEAF_NAMES, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.expression.graph import Number

OPERATIONS: Final = ("add", "mul", "tanh")
"""One that passes the gradient on as it is, one that scales it by the other operand, one unary."""

_POINT: Final[tuple[Number, ...]] = (0.75, -1.25, 0.5, 1.5)
"""No sums or products of these coincide in small graphs."""

_Row: TypeAlias = tuple[str, tuple[int, ...]]
"""An operation and its operands: -1, -2, … are leaves, 0, 1, … earlier operations."""


def shapes(
    size: int, operations: Sequence[str] = OPERATIONS, leaves: int = 2
) -> Iterator[Graph]:
    """Every graph of exactly ``size`` operations, all of which reach the output, each graph once.

    Args:
        size: how many operations.
        operations: names in :data:`verify.expression.ops.OPS`, of one or two operands each.
        leaves: how many leaves at most.
    """
    seen: set[tuple[_Row, ...]] = set()
    for rows in _wired((), size, operations, leaves):
        if _reached(rows) and rows not in seen:
            seen.update(_same(rows))
            yield _graph(rows)


def cases(size: int, operations: Sequence[str] = OPERATIONS, leaves: int = 2) -> Iterator[Case]:
    """:func:`shapes` up to ``size`` operations, smallest first, each at one point."""
    for count in range(1, size + 1):
        for graph in shapes(count, operations, leaves):
            case = Case(graph, _POINT[: len(graph.leaves)])
            if inside(graph, case.point):
                yield case


def _wired(
    rows: tuple[_Row, ...], size: int, operations: Sequence[str], leaves: int
) -> Iterator[tuple[_Row, ...]]:
    if len(rows) == size:
        yield rows
        return
    named = -min((a for _, args in rows for a in args), default=0)
    for op in operations:
        for args in product(range(-leaves, len(rows)), repeat=OPS[op].arity or 1):
            if _in_turn(args, named):
                yield from _wired((*rows, (op, args)), size, operations, leaves)


def _in_turn(args: tuple[int, ...], named: int) -> bool:
    """Whether leaves appear in their order: the first is -1, the next new one -2, and so on."""
    for arg in args:
        if -arg > named + 1:
            return False
        named = max(named, -arg)
    return True


def _reached(rows: tuple[_Row, ...]) -> bool:
    used = {a for _, args in rows for a in args}
    return used.issuperset(range(len(rows) - 1))


def _same(rows: tuple[_Row, ...]) -> Iterator[tuple[_Row, ...]]:
    """The same graph with its operations made in every other possible order."""
    last = len(rows) - 1
    for order in permutations(range(last)):
        place = {old: new for new, old in enumerate((*order, last))}
        if all(a < 0 or place[a] < place[i] for i, (_, args) in enumerate(rows) for a in args):
            moved = [(rows[i][0], tuple([place[a] if a >= 0 else a for a in rows[i][1]]))
                     for i in (*order, last)]  # fmt: skip
            yield _renamed(moved)


def _renamed(rows: list[_Row]) -> tuple[_Row, ...]:
    names: dict[int, int] = {}
    return tuple([
        (op, tuple([a if a >= 0 else names.setdefault(a, -1 - len(names)) for a in args]))
        for op, args in rows
    ])


def _graph(rows: tuple[_Row, ...]) -> Graph:
    leaves = -min(a for _, args in rows for a in args)
    nodes = [Leaf(LEAF_NAMES[i]) for i in range(leaves)]
    made = [Apply(op, tuple([a + leaves if a >= 0 else -1 - a for a in args])) for op, args in rows]
    return Graph((*nodes, *made))
