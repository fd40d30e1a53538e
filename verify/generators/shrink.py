"""Make a failing case small: a reducer that knows graphs.

Hypothesis shrinks bytes; this one shrinks expressions.  Each step proposes a smaller case, and
keeps it if it still fails: an earlier node as the output, a node replaced by one of its operands or
by a leaf with that node's own value, a cheaper operation, leaves merged, numbers and inputs made
simple.  The culprit is kept: no operation comes in that is known to be wrong by itself, and numbers
that differ stay different, since ``2 - a`` and ``2 / a`` look alike at 2.  Greedy delta
debugging (A. Zeller, R. Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*, 2002) on
the DAG.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import (
    Apply,
    Case,
    Const,
    Graph,
    Leaf,
    Node,
    Number,
    below,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

_Draft: TypeAlias = "tuple[Sequence[Node], tuple[Number, ...]]"
"""Nodes and inputs of a smaller case before it is tidied."""
_SIMPLE: Final[tuple[Number, ...]] = (2.0, 3.0, 0.5, -2.0, 1.5, -1.5)
_BESIDE: Final = ((1.25, 1.5, 1.75), (0.75, 0.5, 0.25))
"""Shares of a number that give others of its sign and size: above it, and below."""
_CHEAP: Final = {1: ("neg",), 2: ("add", "mul")}
_MOST_TRIES: Final = 2000
_FEW: Final = 3
_MOST_TERMS: Final = 64
_MANY_DIGITS: Final = (1, 1.2345679, 0.87654321)
"""Factors that leave a number as it is, and that give it digits to the end."""
_MOST_COPIES: Final = 64
"""Nodes of the largest tree that a graph is spelled out as."""


def reduce(  # noqa: PLR0913 - what a case is, and what it may become
    case: Case,
    fails: Callable[[Case], bool],
    tries: int = _MOST_TRIES,
    *,
    values: Callable[[Case], Sequence[float | None]] = lambda _: (),
    wrong: Collection[str] = (),
    exchange: bool = True,
) -> Case:
    """The smallest case found that still fails.

    Args:
        case: a case that fails.
        fails: decides; called at most ``tries`` times.
        tries: how many smaller cases may be tried.
        values: the true value of each node, for the leaves that take the place of operations; an
            ordinary number is taken where it is ``None`` or not given.
        wrong: operations known to be wrong by themselves, which take no other's place.
        exchange: whether an operation that fails by itself may become a cheaper one, which may fail
            of another mistake.

    Returns:
        A case on which ``fails`` is true and from which no single step leads to a smaller one,
        unless the tries ran out.
    """
    budget = tries
    seen = {repr(case)}  # equality does not tell 2 from 2.0
    best, improved = case, True
    while improved:
        improved = False
        has = set(best.graph.operations)
        for smaller in _proposals(best, values(best), exchange=exchange):
            if repr(smaller) in seen or not has.issuperset(
                op for op in smaller.graph.operations if op in wrong
            ):
                continue
            seen.add(repr(smaller))
            if budget == 0:
                return best
            budget -= 1
            if fails(smaller):
                best, improved = smaller, True
                break
    return best


def unshared(
    case: Case,
    fails: Callable[[Case], bool],
    *,
    values: Callable[[Case], Sequence[float | None]] = lambda _: (),
    wrong: Collection[str] = (),
) -> Case:
    """The case with a copy of each inner node for every use, made small again, if it still fails.

    ``c = a * b; c * c`` fails where uses of an inner node do not add up, and where the rule of
    ``mul`` is wrong for some gradients from above: ``(a * b) * (a * b)`` tells which.  Where a rule
    is wrong for some numbers only, as one that rounds, the sum of two gradients can be one of them
    and neither of the two: numbers with many digits are tried after the case's own.

    Args:
        case: a small case that fails.
        fails: decides.
        values: as for :func:`reduce`.
        wrong: as for :func:`reduce`.
    """
    tree = _copied(case)
    if tree is None:
        return case
    moved = [Case(tree.graph, tuple([x * f for x in tree.point])) for f in _MANY_DIGITS]
    start = next(filter(fails, moved), None)
    if start is None:
        return case
    return reduce(start, lambda c: not _shares(c.graph) and fails(c), values=values, wrong=wrong)


def _shares(graph: Graph) -> bool:
    """Whether an operation is an operand more than once."""
    return any(n > 1 and isinstance(graph.nodes[i], Apply) for i, n in graph.uses.items())


def _copied(case: Case) -> Case | None:
    """The case as a tree over its leaves; ``None`` where it is one, or would be a large one."""
    if not _shares(case.graph):
        return None
    nodes: list[Node] = [node for node in case.graph.nodes if isinstance(node, Leaf)]
    place = {leaf: at for at, leaf in enumerate(case.graph.leaves)}

    def copy(index: int) -> int:
        node = case.graph.nodes[index]
        if isinstance(node, Leaf) or len(nodes) > _MOST_COPIES:
            return place.get(index, 0)
        args = tuple([copy(a) if isinstance(a, int) else a for a in node.args])
        nodes.append(Apply(node.op, args, node.inplace))
        return len(nodes) - 1

    copy(len(case.graph.nodes) - 1)
    return tidy(nodes, case.point) if len(nodes) <= _MOST_COPIES else None


def apart(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The case with a leaf of its own for every operand, if it still fails.

    ``a * a`` fails where uses do not add up, and where the rule of ``mul`` is wrong: ``a * b``
    tells which.  Where a rule is wrong for some numbers only, ``b`` has to be one of them: numbers
    on either side of the leaf's own are tried after simple ones.
    """

    def beside(near: Sequence[float]) -> Callable[[Number, Sequence[Number]], Number]:
        def another(number: Number, taken: Sequence[Number]) -> Number:
            others = [number * share for share in near] or _SIMPLE
            return next((x for x in (number, *others) if x not in taken), number)

        return another

    for near in ((), *_BESIDE):
        parted = own_leaves(case, beside(near))
        if len(parted.point) > len(case.point) and fails(parted):
            return parted
    return case


def own_leaves(case: Case, chosen: Callable[[Number, Sequence[Number]], Number]) -> Case:
    """The case with a leaf of its own for every use of a leaf.

    Args:
        case: as it is.
        chosen: a new leaf's number, for that of the leaf and those of the new ones before it.
    """
    nodes: list[Node] = []
    place: dict[int, int] = {}
    numbers: list[Number] = []
    given = dict(zip(case.graph.leaves, case.point, strict=True))

    def own(operand: int | Const) -> int | Const:
        if not isinstance(operand, int) or operand not in given:
            return operand if isinstance(operand, Const) else place[operand]
        numbers.append(chosen(given[operand], numbers))
        nodes.append(Leaf(f"x{len(numbers)}"))
        return len(nodes) - 1

    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Apply):
            args = tuple(map(own, node.args))
            place[index] = len(nodes)
            nodes.append(Apply(node.op, args, node.inplace))
    return _renamed(Case(Graph(tuple(nodes)), tuple(numbers))) if nodes else case


def _proposals(case: Case, values: Sequence[float | None], *, exchange: bool) -> Iterator[Case]:
    """Smaller cases, the most daring first: each without, then with what the output does not need.

    An operation that nothing uses can be what fails: an engine may count how often a node is used.
    """
    unused = _unused(case.graph.nodes)
    for nodes, point in _steps(case, values, exchange=exchange):
        yield tidy(nodes, point)
        if unused:
            yield tidy(nodes, point, [i for i in unused if i < len(nodes)])
    for index in unused:
        others = [i for i in unused if i != index]
        operands = [i for i in _parents(case, index) if isinstance(case.graph.nodes[i], Apply)]
        yield tidy(case.graph.nodes, case.point, [*others, *operands])


def _parents(case: Case, index: int) -> tuple[int, ...]:
    node = case.graph.nodes[index]
    return node.parents if isinstance(node, Apply) else ()


def _unused(nodes: Sequence[Node]) -> list[int]:
    """Operations, the output apart, that are nobody's operand."""
    used = {parent for node in nodes if isinstance(node, Apply) for parent in node.parents}
    last = len(nodes) - 1
    return [i for i in range(last) if isinstance(nodes[i], Apply) and i not in used]


def _steps(case: Case, values: Sequence[float | None], *, exchange: bool) -> Iterator[_Draft]:
    yield from _earlier_outputs(case)
    yield from _removed(case)
    yield from _summed(case)
    yield from _leaves_for_nodes(case, values)
    yield from _merged(case)
    yield from _plainer(case, exchange=exchange)
    yield from _simpler_points(case)


def _earlier_outputs(case: Case) -> Iterator[_Draft]:
    for index in range(len(case.graph.nodes) - 1):
        if isinstance(case.graph.nodes[index], Apply):
            yield case.graph.nodes[: index + 1], case.point


def _removed(case: Case) -> Iterator[_Draft]:
    """Each operation replaced by one of its operands."""
    nodes = case.graph.nodes
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if isinstance(node, Apply):
            for parent in dict.fromkeys(node.parents):
                yield _redirected(case, index, parent)


def _summed(case: Case) -> Iterator[_Draft]:
    """A long chain of additions as one sum of leaves: what needs many uses needs no more."""
    nodes = case.graph.nodes
    if len(case.graph.operations) <= _FEW or set(case.graph.operations) - {"add", "sum"}:
        return
    terms: list[tuple[int | Const, ...]] = []
    for index, node in enumerate(nodes):
        if isinstance(node, Leaf):
            terms.append((index,))
            continue
        made = [t for a in node.args for t in ((a,) if isinstance(a, Const) else terms[a])]
        if len(made) > _MOST_TERMS:
            return
        terms.append(tuple(made))
    leaves = [node for node in nodes if isinstance(node, Leaf)]
    place = {index: i for i, index in enumerate(case.graph.leaves)}
    row = tuple([t if isinstance(t, Const) else place[t] for t in terms[-1]])
    yield [*leaves, Apply("sum", row)], case.point


def _redirected(case: Case, gone: int, to: int) -> _Draft:
    nodes = list(case.graph.nodes)
    if gone == len(nodes) - 1:
        return nodes[: to + 1], case.point
    for i in range(gone + 1, len(nodes)):
        node = nodes[i]
        if isinstance(node, Apply) and gone in node.parents:
            nodes[i] = Apply(
                node.op, tuple([to if _is(a, gone) else a for a in node.args]), node.inplace
            )
    return nodes, case.point


def _is(operand: int | Const, index: int) -> bool:
    return isinstance(operand, int) and operand == index


def _leaves_for_nodes(case: Case, values: Sequence[float | None]) -> Iterator[_Draft]:
    """Each operation replaced by a fresh leaf of its value, and each by a leaf that is there."""
    nodes = case.graph.nodes
    taken = {n.name for n in nodes if isinstance(n, Leaf)}
    name = next(c for c in (*"abcdeghijklmnopqrstuvwxyz", "fresh") if c not in taken)
    for index, node in enumerate(nodes[:-1]):
        if isinstance(node, Leaf):
            continue
        own = values[index] if index < len(values) else None
        for value in _SIMPLE[:2] if own is None else (own,):
            place = sum(isinstance(n, Leaf) for n in nodes[:index])
            point = (*case.point[:place], value, *case.point[place:])
            yield [*nodes[:index], Leaf(name), *nodes[index + 1 :]], point
        for leaf in case.graph.leaves:
            if leaf < index:
                yield _redirected(case, index, leaf)


def _merged(case: Case) -> Iterator[_Draft]:
    leaves = case.graph.leaves
    for keep in leaves:
        for gone in leaves:
            if keep < gone:
                yield _redirected(case, gone, keep)


def _plainer(case: Case, *, exchange: bool) -> Iterator[_Draft]:
    """Cheaper operations, numbers for operands, the plain form for the in-place one."""
    nodes = case.graph.nodes
    alone = not exchange and len(case.graph.operations) == 1
    for index, node in enumerate(nodes):
        if isinstance(node, Leaf):
            continue
        for other in _plainer_nodes(node):
            if alone and other.op != node.op:
                continue  # what is wrong by itself is this operation, and not another one
            fresh = _constants(Graph((*nodes[:index], other))) - _constants(case.graph)
            if fresh & set(case.point):
                continue  # a number that is an input too, and was not before
            yield [*nodes[:index], other, *nodes[index + 1 :]], case.point


def _plainer_nodes(node: Apply) -> Iterator[Apply]:
    if node.inplace:
        yield Apply(node.op, node.args)
    if node.op == "sum":
        for gone in range(len(node.args) if len(node.args) > 1 else 0):
            yield Apply(node.op, node.args[:gone] + node.args[gone + 1 :])
    cheap = _CHEAP.get(len(node.args), ())
    for op in cheap[: cheap.index(node.op)] if node.op in cheap else cheap:
        yield Apply(op, node.args)
    for at, operand in enumerate(node.args):
        if isinstance(operand, Const) and (type(operand.value), operand.value) != (int, 2):
            yield Apply(node.op, (*node.args[:at], Const(2), *node.args[at + 1 :]), node.inplace)


def _simpler_points(case: Case) -> Iterator[_Draft]:
    constants = _constants(case.graph)
    for at, value in enumerate(case.point):
        better = _SIMPLE[: _SIMPLE.index(value)] if _is_simple(value) else _SIMPLE
        taken = {x for i, x in enumerate(case.point) if i != at} | constants
        for simple in better:
            if simple in taken and value not in taken:
                continue  # numbers that coincide hide which of them is used
            yield case.graph.nodes, (*case.point[:at], simple, *case.point[at + 1 :])


def _constants(graph: Graph) -> set[Number]:
    args = [a for node in graph.nodes if isinstance(node, Apply) for a in node.args]
    return {a.value for a in args if isinstance(a, Const)}


def _is_simple(value: Number) -> bool:
    return isinstance(value, float) and value in _SIMPLE


def tidy(nodes: Sequence[Node], point: tuple[Number, ...], keep: Collection[int] = ()) -> Case:
    """The case without what the last node does not need; leaves named in order of appearance.

    Args:
        nodes: operands first, the output last.
        point: a number for each leaf.
        keep: further nodes that stay, with what they need.
    """
    used = below(nodes, [len(nodes) - 1, *keep])
    leaves = [index for index, node in enumerate(nodes) if isinstance(node, Leaf)]
    numbers = tuple([x for leaf, x in zip(leaves, point, strict=False) if leaf in used])
    return _renamed(Case(Graph(tuple(only(nodes, used))), numbers))


def _renamed(case: Case) -> Case:
    names = (*"abcdeghij", *(f"x{i}" for i in range(len(case.point))))
    fresh = iter(names)
    nodes = tuple([Leaf(next(fresh)) if isinstance(n, Leaf) else n for n in case.graph.nodes])
    return Case(Graph(nodes), case.point)
