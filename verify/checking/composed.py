"""Whether an operation is wrong because another one is, of which the engine makes it.

Many engines write ``a / b`` as ``a * b ** -1``.  If the engine's own composition of that kind gives
the very numbers that its operation gives, wrong as they are, the operation follows from its parts.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from typing import TYPE_CHECKING, Any, Final

from verify.expression.graph import Apply, Case, Const, Graph, GraphError, Leaf, renumbered
from verify.expression.ops import OPS
from verify.generators.random import inside
from verify.generators.scenarios import ask, cluttered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.engines import Engine
    from verify.expression.graph import Node, Number
    from verify.expression.reading import Reading

COMPOSED: Final[dict[str, tuple[str, ...]]] = {
    "sub": ("a + -b", "a + b * -1", "-b + a", "-(b + -a)", "-1 * b + a"),
    "neg": ("a * -1", "-1 * a"),
    "div": ("a * b ** -1", "b ** -1 * a", "a * b ** -1.0"),
    "pow": ("(b * a.log()).exp()", "(a.log() * b).exp()"),
    "sqrt": ("a ** 0.5",),
    "tanh": (
        "c = (2 * a).exp(); (c - 1) / (c + 1)", "c = (a * 2).exp(); (c - 1) / (c + 1)",
        "c = a.exp(); d = (-a).exp(); (c - d) / (c + d)", "2 * (2 * a).sigmoid() - 1",
        "c = (-2 * a).exp(); (1 - c) / (1 + c)",
    ),
    "sigmoid": (
        "1 / (1 + (-a).exp())", "1 / ((-a).exp() + 1)", "(1 + (-a).exp()) ** -1",
        "((-a).exp() + 1) ** -1", "c = a.exp(); c / (c + 1)",
    ),
    "abs": ("(a * a) ** 0.5", "(a ** 2) ** 0.5", "(a ** 2).sqrt()"),
    "relu": ("a.max(0)", "(a + abs(a)) / 2", "(abs(a) + a) * 0.5"),
    "max": ("(a + b + abs(a - b)) / 2", "(a + b + abs(a - b)) * 0.5"),
    "min": ("(a + b - abs(a - b)) / 2", "(a + b - abs(a - b)) * 0.5", "-(-a).max(-b)"),
    "sum": ("0 + a + b", "a + b"),
    "cos": ("(a + 1.5707963267948966).sin()",),
}  # fmt: skip
"""Ways in which engines make one operation of others, ``a`` and ``b`` its operands.

They go one way only, from what is derived to what is plainer: never in a circle.
"""

_SPELLED: Final = {
    "sub": "a - b", "neg": "-a", "div": "a / b", "pow": "a ** b", "sqrt": "a.sqrt()",
    "tanh": "a.tanh()", "sigmoid": "a.sigmoid()", "abs": "abs(a)",
    "relu": "a.relu()", "max": "a.max(b)", "min": "a.min(b)", "sum": "sum([a, b])",
    "cos": "a.cos()",
}  # fmt: skip
_POINTS: Final[tuple[tuple[Number, ...], ...]] = (
    (2.0, -3.0), (0.7, 1.6), (1.5, 0.6), (-1.25, 2.0), (3.0, -0.4),
)  # fmt: skip
_BEHIND: Final[tuple[tuple[Any, ...], ...]] = (("mul", Const(3)), ("exp",), ("tanh",))
"""Operations below which not 1 comes from above, with their second operand."""
_FACTORS: Final = (1, 1.5, 0.5, -1.5)
_ENOUGH: Final = 2
_NEAR: Final = 1e-9
_PLACES: Final = 5


def parts(operations: Collection[str]) -> frozenset[str]:
    """The operations themselves, and all that engines make them of."""
    found: set[str] = set()
    todo = list(operations)
    while todo:
        op = todo.pop()
        if op not in found:
            found.add(op)
            todo += [o for text in COMPOSED.get(op, ()) for o in Graph.parse(text).operations]
    return frozenset(found)


def follows(engine: Engine, op: str, wrong: Collection[str]) -> frozenset[str]:
    """Those of the wrong operations from which the wrong numbers of another one follow.

    Args:
        engine: the engine under test.
        op: an operation that is wrong by itself.
        wrong: others that are.

    Returns:
        None of them where no composition gives the same numbers.
    """
    for text in COMPOSED.get(op, ()) if wrong else ():
        graph = Graph.parse(text)
        parts = set(graph.operations) & set(wrong)
        if parts and op not in graph.operations and _same(engine, _SPELLED[op], text):
            return frozenset(parts)
    return frozenset()


def alike_beside(engine: Engine, case: Case) -> bool:
    """Whether an operation with a number beside the node gives what it gives of two nodes composed.

    That ``a - b`` follows from its parts says nothing of ``2 - a``, which another method computes.

    Args:
        engine: the engine under test.
        case: of one operation.
    """
    node = case.graph.nodes[-1]
    if not isinstance(node, Apply) or not any(isinstance(arg, Const) for arg in node.args):
        return True
    texts = [Graph.parse(text) for text in COMPOSED.get(node.op, ())]
    made = [graph for graph in texts if len(graph.leaves) == len(node.args)]
    return not made or any(all(_beside(engine, case, node, graph)) for graph in made)


def _beside(engine: Engine, case: Case, node: Apply, made: Graph) -> Iterator[bool]:
    """At each point whether both give the same, bit by bit; one ``False`` if none can be told."""
    told = False
    for factor in _FACTORS:
        point = tuple([factor * x for x in case.point])
        at = dict(zip(case.graph.leaves, point, strict=True))
        other = _at(made, [a.value if isinstance(a, Const) else at[a] for a in node.args])
        if inside(case.graph, point) and inside(made, other.point):
            told = True
            mine = engine.run(case.graph, point)[-1]
            theirs = engine.run(other.graph, other.point)[-1]
            if mine.raised is not None or theirs.raised is not None:
                yield mine.raised is not None and _ends(mine, case) == _ends(theirs, other)
                continue
            slopes = [
                (mine.gradients[arg], theirs.gradients[leaf])
                for arg, leaf in zip(node.args, _leaves(made), strict=True)
                if isinstance(arg, int)
            ]
            yield mine.values[-1] == theirs.values[-1] and all(a == b for a, b in slopes)
    if not told:
        yield False


def explained(engine: Engine, case: Case, wrong: Collection[str]) -> bool:
    """Whether a case is wrong only because an operation in it is made of others that are wrong.

    Args:
        engine: the engine under test.
        case: on which it is wrong.
        wrong: the operations that are known to be.
    """
    for op in dict.fromkeys(case.graph.operations):
        for text in COMPOSED.get(op, ()) if op not in wrong else ():
            if set(Graph.parse(text).operations) & set(wrong):
                try:
                    other = _rewritten(case, op, text)
                except (ArithmeticError, GraphError):
                    continue
                if _alike(engine, case, other):
                    return True
    return False


def one_form(case: Case) -> bool:
    """Whether a case is one operation, once."""
    return len(case.graph.operations) == 1 and isinstance(case.graph.nodes[-1], Apply)


def differs_with_nodes(engine: Engine, case: Case) -> bool:
    """Whether an operation with a number says something else with a node in the number's place.

    Args:
        engine: the engine under test.
        case: one operation, on which it is wrong.
    """
    nodes, point = list(case.graph.nodes), list(case.point)
    (made,) = [node for node in nodes if isinstance(node, Apply)]
    beside = [arg for arg in made.args if isinstance(arg, Const)]
    if not beside or made.inplace:
        return False
    leaves = len(nodes) - 1
    names = [f"n{i}" for i in range(len(beside))]
    places = iter(range(leaves, leaves + len(beside)))
    args = tuple([next(places) if isinstance(arg, Const) else arg for arg in made.args])
    graph = Graph((*nodes[:-1], *map(Leaf, names), Apply(made.op, args)))
    other = Case(graph, (*point, *[arg.value for arg in beside]))
    readings = [engine.run(c.graph, c.point)[-1] for c in (case, other)]
    if any(r.raised is not None for r in readings):
        return False
    one, two = ((r.values[-1], *r.gradients[:leaves]) for r in readings)
    return not all(itertools.starmap(_close, zip(one, two, strict=True)))


def _close(x: float | None, y: float | None) -> bool:
    """Whether two numbers are one but for how they were rounded."""
    return x is y or (x is not None and y is not None and math.isclose(x, y, rel_tol=_NEAR))


def spelled_out(case: Case) -> Iterator[Case]:
    """The case with one operation after another written as engines make it of others."""
    for op in dict.fromkeys(case.graph.operations):
        for text in COMPOSED.get(op, ()):
            with contextlib.suppress(ArithmeticError, GraphError):
                other = _rewritten(case, op, text)
                if other != case:  # a sum of three is none of two
                    yield other


def _alike(engine: Engine, case: Case, other: Case) -> bool:
    """Whether both give the same, also where nodes lie elsewhere in memory, for sets of nodes.

    What depends on that place comes out the same in one of a few places, or both take turns between
    the same answers.
    """
    pairs = []
    for pattern in range(_PLACES):
        ends = []
        for one in (case, other):
            answer = ask(engine, one, cluttered(pattern))
            ends.append(None if answer is None else _ends(answer[1], one))
        if None not in ends and ends[0] == ends[1]:
            return True
        pairs.append(ends)
    ones, others = ({repr(end) for end in side} for side in zip(*pairs, strict=True))
    return len(ones) > 1 and ones == others


def _rewritten(case: Case, op: str, text: str) -> Case:
    """The case with a composition in the place of each node of an operation.

    What is made of numbers alone is a number: ``a / 2`` is ``a * 0.5``.

    Raises:
        ArithmeticError: where that number is none.
        GraphError: where a number is not finite.
    """
    made = Graph.parse(text)
    nodes: list[Node] = []
    place: dict[int, int] = {}
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Leaf):
            nodes.append(node)
        elif node.op != op or len(node.args) != len(made.leaves):
            nodes.append(renumbered(node, place))
        else:
            operands = [arg if isinstance(arg, Const) else place[arg] for arg in node.args]
            inner = dict(zip(_leaves(made), operands, strict=True))
            for at, part in enumerate(made.nodes):
                if isinstance(part, Apply):
                    args = tuple([a if isinstance(a, Const) else inner[a] for a in part.args])
                    if all(isinstance(arg, Const) for arg in args):
                        numbers = [float(a.value) for a in args if isinstance(a, Const)]
                        inner[at] = Const(_number(part.op, numbers))
                        continue
                    nodes.append(Apply(part.op, args))
                    inner[at] = len(nodes) - 1
        place[index] = len(nodes) - 1
    return Case(Graph(tuple(nodes)), case.point)


def _leaves(graph: Graph) -> list[int]:
    """The leaves in the order of their names, which is that of the operands."""
    return sorted(graph.leaves, key=lambda leaf: graph.names[leaf])


def _at(graph: Graph, operands: Sequence[Number]) -> Case:
    """A composition at the operands ``a``, then ``b``, whichever of them it names first."""
    known = dict(zip(_leaves(graph), operands, strict=True))
    return Case(graph, tuple([known[leaf] for leaf in graph.leaves]))


def _number(op: str, numbers: Sequence[float]) -> float:
    try:
        return OPS[op].steer(*numbers)
    except ValueError as error:
        raise ArithmeticError(f"{op} of {numbers} is no number") from error


def _same(engine: Engine, spelled: str, composed: str) -> bool:
    """Whether both give the same output and the same gradients of the operands, bit by bit."""
    told = list(_told(engine, Graph.parse(spelled), Graph.parse(composed)))
    return len(told) >= _ENOUGH and all(told)


def _told(engine: Engine, spelled: Graph, composed: Graph) -> Iterator[bool]:
    for point in _POINTS:
        one, other = (_at(g, point[: len(g.leaves)]) for g in (spelled, composed))
        if inside(one.graph, one.point) and inside(other.graph, other.point):
            readings = [engine.run(c.graph, c.point)[-1] for c in (one, other)]
            if not any(r.raised is not None and r.raised.refused for r in readings):
                ends = _ends(readings[0], one), _ends(readings[1], other)
                if ends == (None, None):
                    ends = _further(engine, one), _further(engine, other)
                if ends != (None, None):
                    yield ends[0] == ends[1]


def _further(engine: Engine, case: Case) -> object:
    """What is said of a case below another operation, where no gradient goes anywhere without it.

    A rule that adds what it should multiply by may come to 0 where 1 comes from above.
    """
    nodes = case.graph.nodes
    for op, *more in _BEHIND:
        graph = Graph((*nodes, Apply(op, (len(nodes) - 1, *more))))
        if inside(graph, case.point):
            reading = engine.run(graph, case.point)[-1]
            if reading.raised is None and any(reading.gradients[: len(nodes) - 1]):
                return _ends(reading, Case(graph, case.point))
    return None


def _ends(reading: Reading, case: Case) -> object:
    """What a reading says of the output and the leaves, by the names of these.

    ``None`` where no gradient goes anywhere: that two graphs are both cut makes them not one.
    """
    if reading.raised is not None:
        return reading.raised.type, reading.raised.line
    if not any(reading.gradients[:-1]):
        return None
    slopes = [reading.gradients[leaf] for leaf in case.graph.leaves]
    named = zip([case.graph.names[leaf] for leaf in case.graph.leaves], slopes, strict=True)
    return reading.values[-1], sorted(named)
