"""One theorem about all graphs: rules that are right one by one are put together rightly.

It has three parts.  Locality, which was watched: no operation and no rule looks at anything but its
operands' numbers, its own node and its own gradient, nothing outlives a pass, and the pass asks
about no number of its own.  Small graphs, which are exhausted: every operation on every other, as
the output and inside, and all graphs up to a size.  And an induction, which is an assumption and
printed as one: a pass that asks about edges alone, and is right on all of these, is right on all.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.engines.wire import SEED, WatchedGraph
from verify.expression.graph import Apply, Const, Graph, Leaf
from verify.expression.ops import FORMS
from verify.generators.small_scope import shapes
from verify.prove.algebra import Forms
from verify.prove.balls import is_refuted
from verify.prove.operations import NUMBER, ONE_SEED, SETS, described, equalities_due
from verify.prove.regions import equalities
from verify.prove.theorem import Path, Theorem
from verify.prove.truth import jets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from verify.expression.graph import Node
    from verify.expression.ops import Form
    from verify.expression.reading import Question, Seen, Tree, Watched
    from verify.prove.paths import Watching
    from verify.prove.theorem import Standing
    from verify.prove.truth import Jet, Piece

LARGEST: Final = 5
"""Operations of the largest graphs that are exhausted."""
WIRINGS: Final[tuple[tuple[tuple[str, ...], int, int], ...]] = (
    (("mul",), LARGEST, 1), (("mul",), LARGEST - 1, 2), (("add", "mul", "tanh"), 3, 2),
)  # fmt: skip
"""Operations, the largest number of them, and of leaves."""
POINTS: Final = (
    {"a": 0.75, "b": 1.25, "g": 0.5, "h": 1.5, NUMBER: 3.0, SEED: 1.0},
    {"a": -0.75, "b": 1.25, "g": 0.5, "h": 1.5, NUMBER: 3.0, SEED: 1.0},
)
"""Where a path is chosen; the gradients are compared for all numbers on it."""
_AT_ONCE: Final = 64
_MOST_WRONG: Final = 5
_RELATIONS: Final = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
RANGE: Final = (
    f"all graphs of up to {LARGEST} products over one leaf, of up to {LARGEST - 1} over two, "
    "and of up to 3 sums, products and tanh over two"
)
INDUCTION: Final = (
    "a backward pass that asks about nodes and edges, and about no number of its own, and is right "
    "on all these graphs, is right on all graphs"
)
OF_SETS: Final = "the order of a set of nodes is that in which they were made, or the reverse"


@dataclass
class Exhausted:
    """What came of many graphs.

    Attributes:
        right: how many were right.
        outside: how many have no value at any point that was tried.
        wrong: those that were not right.
        seen: what was looked at that should not be.
        sets: whether sets of nodes are run through, whose order is no one's choice.
    """

    right: int
    outside: int
    wrong: list[Path]
    seen: dict[Seen, None]
    sets: bool = False


def structure(
    engine: Watching, have: Collection[str], seen: Iterable[Seen], *, exhaust: bool
) -> Theorem:
    """What can be shown of all graphs.

    Args:
        engine: loaded to be watched.
        have: the forms of operations that it has, as ``a + b``.
        seen: what was noted while its operations were proven.
        exhaust: whether the graphs up to a size are run too, which takes half a minute; else
            only those of two operations.
    """
    found = Exhausted(0, 0, [], dict.fromkeys(seen))
    usable = {
        form.op: form for form in FORMS.values()
        if form.text in have and form.nodes[0] and not form.inplace and form.op != "sum"
        and (all(form.nodes) or (form.op == "pow" and "a ** b" not in have))
    }  # fmt: skip
    run(engine, stacked(usable), found, backwards=False)
    if found.sets:
        run(engine, stacked(usable), found, backwards=True)
    pairs = found.right
    run(engine, [*chains(usable), *fans(usable)], found, backwards=False, strict=False)
    long = found.right - pairs
    if exhaust and not found.wrong and not found.seen:
        for operations, most, leaves in WIRINGS:
            if set(operations) <= set(usable):
                for size in range(1, most + 1):
                    graphs = shapes(size, operations, leaves)
                    run(engine, graphs, found, backwards=found.sets and bool(size % 2))
    standing: Standing = "proven"
    if found.wrong:
        standing = "open"
    elif found.seen or not exhaust:
        standing = "bounded"
    rest = RANGE if exhaust else "none"
    statement = (
        f"every gradient of every graph is right if those of its operations are: {found.right} "
        f"graphs, {pairs} of them one operation on another, {long} chains of one operation and "
        f"nodes that are used often; besides {rest}"
    )
    complement = tuple([described(path) for path in found.wrong])
    note = "; ".join(str(each) for each in list(found.seen)[:_MOST_WRONG])
    return Theorem(
        "structure", "all graphs", "", standing, statement, complement, tuple(found.wrong),
        tuple(found.seen), (INDUCTION, OF_SETS) if found.sets else (INDUCTION,), note,
    )  # fmt: skip


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


LONGEST: Final = 3
"""Operations of a chain of one of them: canonical forms of longer ones take too long."""
DEEPEST: Final = 6
"""Pairs of operations in the deepest chain."""
USES: Final = (3, 5, 9)
"""How often one node is used."""


def applied(form: Form, operands: tuple[int, int]) -> Apply:
    """A form on these operands; a number beside a node stands for any."""
    args = [i if node else Const(3) for i, node in zip(operands, form.nodes, strict=False)]
    return Apply(form.op, tuple(args))


def names(graph: Graph) -> dict[tuple[int, int], str]:
    """Which numbers of a graph stand for any."""
    return {
        (at, place): NUMBER for at, node in enumerate(graph.nodes) if isinstance(node, Apply)
        for place, arg in enumerate(node.args) if isinstance(arg, Const)
    }  # fmt: skip


def run(
    engine: Watching,
    graphs: Iterable[Graph],
    found: Exhausted,
    *,
    backwards: bool,
    strict: bool = True,
) -> None:
    """Run graphs, each at the first point where it has a value.

    Where not ``strict``, what canonical forms do not decide only counts if ball arithmetic refutes
    it at the point: these graphs are more than was promised.
    """
    waiting = iter(graphs)
    while batch := list(itertools.islice(waiting, _AT_ONCE)):
        if len(found.wrong) >= _MOST_WRONG:
            return
        for point in POINTS:
            asked = [WatchedGraph(graph, names(graph), (), point, backwards) for graph in batch]
            later = []
            for graph, said in zip(batch, engine.watched(asked), strict=True):
                found.sets = found.sets or any(note.kind == SETS for note in said.notes)
                found.seen.update(dict.fromkeys(n for n in said.notes if n.kind != SETS))
                path = compared(graph, said, point)
                if path is None:
                    later.append(graph)
                elif path.outcome == "equal":
                    found.right += 1
                elif not strict and path.outcome == "differs" and not is_refuted(path, point):
                    found.outside += 1
                else:
                    found.wrong.append(path)
            batch = later
        found.outside += len(batch)


def compared(graph: Graph, said: Watched, point: dict[str, float]) -> Path | None:
    """Whether value and gradients are right on the path of a point; None outside of the domain."""
    try:
        due = jets(graph, names(graph), lambda _, pieces: at_point(pieces, point))
    except LookupError:
        return None
    if said.lost:
        return Path(graph, said.asked, (), "lost", note=f"a number was lost: {said.lost[0]}")
    if said.raised is not None:
        return Path(graph, said.asked, (), "raises", note=f"raises {said.raised}")
    forms = Forms(dict(equalities((ONE_SEED, *said.asked))))
    claims = equalities_due(graph, said, due)
    wrong = [claim for claim in claims if not forms.same(claim.computed, claim.due)]
    if not wrong or any(abstracted(graph, said, due, point)):
        return Path(graph, said.asked, (), "equal")
    note = f"{wrong[0].what} of {graph.expression()} is not shown to be right"
    return Path(graph, said.asked, (), "differs", tuple(wrong), note)


def abstracted(
    graph: Graph, said: Watched, due: Sequence[Jet], point: dict[str, float]
) -> Iterator[bool]:
    """Whether all is right with a new variable in the place of the first operation's number.

    What holds for every number there holds for that one, which must be the same on both sides.
    """
    first = next(at for at, node in enumerate(graph.nodes) if isinstance(node, Apply))
    forms = Forms(dict(equalities((ONE_SEED, *said.asked))))
    inner, value = said.values[first], due[first][0]
    if not (isinstance(inner, tuple) and isinstance(value, tuple) and forms.same(inner, value)):
        return
    computed = replace(
        said,
        values=tuple([replaced(tree, inner) for tree in said.values]),
        gradients=tuple([replaced(tree, inner) for tree in said.gradients]),
    )

    def choose(at: int, found: list[Piece]) -> Piece:
        piece = at_point(found, point)
        return replace(piece, value=NEW) if at == first else piece

    point = {**point, NEW: number_at(value, point)}
    for other in (
        [(replaced(v, value), {k: replaced(d, value) for k, d in ds.items()}) for v, ds in due],
        jets(graph, names(graph), choose),
    ):
        claims = equalities_due(graph, computed, other)
        yield all(forms.same(claim.computed, claim.due) for claim in claims)


NEW: Final = "u"


def replaced(tree: Tree, old: Tree) -> Tree:
    """A formula with a new variable wherever an old part stands."""
    if tree == old:
        return NEW
    return (tree[0], *[replaced(t, old) for t in tree[1:]]) if isinstance(tree, tuple) else tree


def at_point(pieces: Sequence[Piece], point: dict[str, float]) -> Piece:
    """The piece that a point lies on; LookupError where it is on none, or on a kink."""
    for piece in pieces:
        if len(piece.slopes) == 1 and all(answered(q, point) for q in piece.where):
            return piece
    raise LookupError


def answered(question: Question, point: dict[str, float]) -> bool:
    """Whether a question has its answer at a point; the point only chooses what is proven."""
    left = number_at(question.left, point)
    if question.what == "whole":
        return left.is_integer() == question.answer
    right = number_at(question.right, point)
    return bool(_RELATIONS[question.what](left, right)) == question.answer


def number_at(tree: Tree, point: dict[str, float]) -> float:
    """A formula's number at a point; LookupError where it has none."""
    from verify.prove.witness import evaluated

    value = evaluated(tree, point)
    if value is None:
        raise LookupError
    return value
