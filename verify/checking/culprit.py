"""Which operations a failing case cannot do without, and whether a coincidence makes it fail."""

from __future__ import annotations

import contextlib
import itertools
import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, GraphError, Leaf, renumbered
from verify.expression.ops import FORMS, OPS
from verify.generators.random import inside
from verify.generators.shrink import own_leaves, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.expression.graph import Node, Number, Operand

_OTHERS: Final = 3
"""Right operations that are tried in the place of one before it is said to be needed."""
_FAR: Final = 1e9
_STOPS: Final = {"max": ({"max"}, {"a.max(2)"}), "relu": ({"relu", "sub"}, {"a.relu()", "a - 2"})}
"""What passes no gradient on to what is far below: the operations and forms that it takes."""
_PRIMITIVE: Final = ("add", "mul", "max")
"""Operations of two operands that engines do not make of one another."""


def essential(
    case: Case, fails: Callable[[Case], bool], usable: Collection[str]
) -> frozenset[str]:
    """The operations in whose place no other will do: with every other one the case is right.

    Args:
        case: a small case that fails.
        fails: asks the engine.
        usable: forms that the engine has, right by themselves.
    """
    operations = case.graph.kinds
    needed = [op for op in operations if not any(map(fails, _exchanged(case, op, usable)))]
    if len(needed) == 1:
        return frozenset(needed)
    # One that only turns, enlarges or stops what goes up is needed for that, and not to blame.
    blamed = [op for op in needed if not any(map(fails, _turned(case, op, usable)))]
    return frozenset(blamed or needed)


def depends(
    case: Case,
    op: str,
    asked: Callable[[Case], bool | None],
    usable: Collection[str],
) -> bool:
    """Whether a case is right with other operations in the place of one, as far as that was asked.

    Args:
        case: that fails; it may be large.
        op: an operation of it.
        asked: whether the engine is wrong; ``None`` where that cannot be told.
        usable: forms that the engine has, right by themselves.
    """
    told = [asked(other) for other in _exchanged(case, op, usable)]
    return False in told and True not in told


def _turned(case: Case, op: str, usable: Collection[str]) -> Iterator[Case]:
    """The case with others in the place of one, whose slopes are negative, large or 0."""
    others = set(case.graph.operations)
    stops = [s for s, (uses, forms) in _STOPS.items() if not uses & others and forms <= {*usable}]
    for stop, place in itertools.product(stops[:1], range(OPS[op].arity or 2)):
        yield from replaced(case, op, partial(_stopped, stop, place))
    if op == "neg" and "mul" not in others and "a * 2" in usable:
        yield from replaced(case, op, _negative_multiple)
    if OPS[op].arity == 2 and "add" not in others and "a + b" in usable:
        yield from replaced(case, op, _sum_of_threes)
        if "neg" not in others and "-a" in usable:
            yield from replaced(case, op, _negated_sum)


def replaced(
    case: Case, op: str, made: Callable[[Sequence[Operand], int], Sequence[Node]]
) -> Iterator[Case]:
    """The case with what is made of its operands in the place of each node of an operation."""
    nodes: list[Node] = []
    place: dict[int, int] = {}
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Leaf) or node.op != op:
            nodes.append(renumbered(node, place))
        else:
            nodes += made(_args(node, place), len(nodes))
        place[index] = len(nodes) - 1
    with contextlib.suppress(GraphError):  # a method of a number, say
        yield tidy(nodes, case.point)


def _exchanged(case: Case, op: str, usable: Collection[str]) -> Iterator[Case]:
    """The case with other operations in the place of one; of as many operands, where it has two."""
    arity = OPS[op].arity or 2
    others = [f.op for f in map(FORMS.__getitem__, usable) if all(f.nodes) and not f.inplace]
    ready = [o for o in dict.fromkeys(others) if o != op and OPS[o].arity == arity]
    fitting = [o for o in ready if arity == 1 or o in _PRIMITIVE]
    for other in [o for o in fitting if o not in case.graph.operations][:_OTHERS]:
        yield from replaced(case, op, partial(_applied if arity == 1 else _folded, other))


def _applied(op: str, args: Sequence[Operand], _: int) -> list[Node]:
    return [Apply(op, tuple(args))]


def _folded(op: str, args: Sequence[Operand], start: int) -> list[Node]:
    """An operation of two operands over a row of them; the first result is node ``start``."""
    total, *rest = args if len(args) > 1 else (*args, Const(2))
    nodes: list[Node] = []
    for step, arg in enumerate(rest):
        nodes.append(Apply(op, (total, arg)))
        total = start + step
    return nodes


def _negative_multiple(args: Sequence[Operand], _: int) -> list[Node]:
    return [Apply("mul", (*args, Const(-1)))]


def _sum_of_threes(args: Sequence[Operand], start: int) -> list[Node]:
    nodes = [arg for arg in args if isinstance(arg, int)]
    return _folded("add", [arg for arg in nodes for _ in range(3)], start)


def _stopped(stop: str, place: int, args: Sequence[Operand], start: int) -> list[Node]:
    arg = args[min(place, len(args) - 1)]
    if stop == "max":
        return [Apply("max", (arg, Const(_FAR)))]
    return [Apply("sub", (arg, Const(_FAR))), Apply("relu", (start,))]


def _negated_sum(args: Sequence[Operand], start: int) -> list[Node]:
    total = _folded("add", args, start)
    return [*total, Apply("neg", (start + len(total) - 1,))]


def _args(node: Apply, place: dict[int, int]) -> tuple[Operand, ...]:
    return tuple([arg if isinstance(arg, Const) else place[arg] for arg in node.args])


def without(case: Case, ops: Collection[str], values: Sequence[float | None]) -> Case | None:
    """The case with a leaf of its own value in the place of each node of some operations.

    Returns:
        ``None`` where the output itself is of one of them, or a value is not known.
    """
    graph = case.graph
    gone = [i for i, n in enumerate(graph.nodes) if isinstance(n, Apply) and n.op in ops]
    numbers = [values[i] for i in gone]
    if len(graph.nodes) - 1 in gone or None in numbers:
        return None
    known = dict(zip(gone, numbers, strict=True))
    inputs = iter(case.point)
    nodes: list[Node] = []
    point: list[Number] = []
    for index, node in enumerate(graph.nodes):
        own = known.get(index)
        nodes.append(node if own is None else Leaf(f"own{index}"))
        if own is not None:
            point.append(own)
        elif isinstance(node, Leaf):
            point.append(next(inputs))
    return tidy(nodes, tuple(point))


def untied(case: Case, values: Sequence[float | None]) -> Case | None:
    """The case with a leaf of the same value for every further use of a node.

    Returns:
        ``None`` where nothing is used twice, or a value is not known.
    """
    nodes: list[Node] = []
    point: list[Number] = []
    place: dict[int, int] = {}
    used: set[int] = set()
    inputs = iter(case.point)
    tied = False
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Leaf):
            nodes.append(node)
            point.append(next(inputs))
        else:
            args: list[Operand] = []
            for arg in node.args:
                if isinstance(arg, Const) or arg not in used:
                    args.append(arg if isinstance(arg, Const) else place[arg])
                    used.update({arg} if isinstance(arg, int) else ())
                    continue
                own = values[arg] if arg < len(values) else None
                if own is None:
                    return None
                tied = True
                nodes.append(Leaf(f"own{len(nodes)}"))
                point.append(own)
                args.append(len(nodes) - 1)
            nodes.append(Apply(node.op, tuple(args), node.inplace))
        place[index] = len(nodes) - 1
    return tidy(nodes, tuple(point)) if tied else None


_PAIRS: Final = ((2.0, -2.0), (-1.0, 1.0), (2.0, 0.5), (2.0, 2.0), (0.0, 2.0), (2.0, 0.0))
_FRESH: Final = 3
_NEAR: Final = (0.01, 0.02)
_AWAY: Final = (8.0, 40.0)
_MOST: Final = 2
"""Points that are drawn for each one inside the domain."""
_ROUNDS: Final = 40
_CLOSE: Final = 1e-4
"""So far apart are numbers that a table with three or four places takes for one."""
_NEVER: Final = itertools.count()
"""Seeds that were never used in this process."""
_ARITHMETIC: Final = ("add", "sub", "mul")
_MOST_CHANGED: Final = 4
"""Operations that are exchanged at a time."""
_GENERIC: Final = 12
"""Ordinary points at which a case has to be right, for a coincidence to be what is wrong."""


def split(case: Case, fails: Callable[[Case], bool]) -> Case:
    """An operation on one leaf twice as one on two leaves, if that fails for some pair of numbers.

    What fails on ``a + a`` at 0 only fails, perhaps, on ``a + b`` where they cancel.
    """
    graph = case.graph
    (last,) = graph.nodes[-1:]
    if len(graph.nodes) != 2 or not isinstance(last, Apply) or last.args != (0, 0):
        return case
    two = Graph((Leaf("a"), Leaf("b"), Apply(last.op, (0, 1), last.inplace)))
    cases = [Case(two, pair) for pair in _PAIRS if inside(two, pair)]
    return next(filter(fails, cases), case)


def coincidence(
    case: Case,
    asked: Callable[[Case], bool | None],
    values: Callable[[Case], Sequence[float | None]],
) -> bool:
    """Whether a case is wrong only because two of its nodes, or a node and a number, are equal.

    So it is where nodes are compared by value: ordinary points, at which no two are equal, are
    right.  Nodes that are made alike of the same leaves are equal at every point: then each operand
    has a leaf of its own first.
    """
    if _coincidence(case, asked, values):
        return True
    own = own_leaves(case, lambda number, _: number)
    parted = tidy(own.graph.nodes, own.point)
    alike = len(parted.point) > len(case.point) and asked(parted) is True
    return alike and _coincidence(parted, asked, values)


def _coincidence(
    case: Case,
    asked: Callable[[Case], bool | None],
    values: Callable[[Case], Sequence[float | None]],
) -> bool:
    if not coincide(case, values, nonzero=True) or _at_zero(case, asked, values):
        return False
    chance = random.Random(0)  # noqa: S311 - not a secret
    right = 0
    for _ in range(4 * _GENERIC):
        point = tuple([chance.uniform(0.3, 2.9) * chance.choice((1, -1)) for _ in case.point])
        other = Case(case.graph, point)
        wrong = asked(other) if inside(case.graph, point) else None
        if wrong or (wrong is False and coincide(other, values)):
            return False
        right += wrong is not None
        if right == _GENERIC:
            return True
    return False


def _at_zero(
    case: Case,
    asked: Callable[[Case], bool | None],
    values: Callable[[Case], Sequence[float | None]],
) -> bool:
    """Whether a case may be wrong because a node is 0: equal numbers alone are right.

    Where ``a - b`` is 0, ``a`` and ``b`` are equal. With other arithmetic in its place they are so,
    too, and nothing need be 0.
    """
    if 0 not in values(case):
        return False
    nodes = case.graph.nodes
    rows = [(i, n) for i, n in enumerate(nodes) if isinstance(n, Apply) and n.op in _ARITHMETIC]
    plain = rows[:_MOST_CHANGED]
    for names in itertools.product(_ARITHMETIC, repeat=len(plain)):
        changed = {i: replace(n, op=op) for (i, n), op in zip(plain, names, strict=True)}
        other = Case(Graph(tuple([changed.get(i, n) for i, n in enumerate(nodes)])), case.point)
        known = values(other) if inside(other.graph, other.point) else ()
        if known and 0 not in known and coincide(other, values) and asked(other):
            return False
    return True


def comes_back(case: Case, asked: Callable[[Case], bool | None]) -> bool:
    """Whether a case is right with numbers that were never used, and wrong when asked again.

    So it is where results are kept by the values of their operands.
    """
    told = [asked(once) is False and asked(once) is True for once in unused(case)]
    return len(told) > 1 and all(told)


def unused(
    case: Case, count: int = _FRESH, away: tuple[float, float] = _NEAR
) -> Iterator[Case]:
    """The case with numbers that were never used in this process, so far away from its own."""
    chance = random.Random(next(_NEVER))  # noqa: S311 - other numbers each time, also in process
    for _ in range(_MOST * count):
        point = tuple([x + chance.uniform(*away) for x in case.point])
        if inside(case.graph, point):
            yield Case(case.graph, point)
            count -= 1
        if not count:
            return


def again(case: Case) -> Iterator[Case]:
    """Cases with numbers that were never used, each asked twice, and once more nearly so.

    For :func:`verify.faults.kept.recognise_kept`.  They lie far away, where no table has anything
    that is nearly the same.
    """
    for once in unused(case, _ROUNDS, _AWAY):
        yield from (once, once)
        close = tuple([x + _CLOSE for x in once.point])
        if inside(case.graph, close):
            yield Case(case.graph, close)


def coincide(
    case: Case,
    values: Callable[[Case], Sequence[float | None]],
    *,
    nonzero: bool = False,
) -> bool:
    """Whether two numbers of a case are equal: its nodes, its constants, and what engines add.

    Engines make ``-b``, ``b ** -1`` and sums from 0 on the way, and wrap -1 and 0 for it.  With
    ``nonzero``, zeros do not count: what is wrong at 0 may be so for reasons of its own.
    """
    known = [x for x in values(case) if x is not None]
    numbers = [x for x in (*known, *_hidden(case, values(case))) if x or not nonzero]
    return len(set(numbers)) < len(numbers)


def _hidden(case: Case, known: Sequence[float | None]) -> Iterator[float]:
    for node in case.graph.nodes:
        if not isinstance(node, Apply):
            continue
        constants = [float(arg.value) for arg in node.args if isinstance(arg, Const)]
        operands = [float(a.value) if isinstance(a, Const) else known[a] for a in node.args]
        yield from constants
        last = operands[-1]
        if node.op in {"sub", "neg", "div"}:
            yield -1.0
        if node.op == "sub" and last is not None:
            yield -last
        if node.op == "div" and last:
            yield 1 / last
        if node.op == "sum" and None not in operands:
            yield from itertools.accumulate([0.0, *operands[:-1]])
