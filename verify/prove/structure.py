"""One theorem about all graphs: rules that are right one by one are put together rightly.

Its premises are watched, and counted.  The rules are local: no operation and no rule looks at
anything but its operands' numbers, its own node and its own gradient.  The pass asks about nodes
and edges alone, and about no number of its own.  Its order was right, a node after all that use
it, on every small graph, for all numbers, and on some large ones.  On these premises rests what is
claimed of larger graphs: a pass that tells graphs apart by their edges alone goes on as it did.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from verify.engines.wire import SEED, WatchedGraph
from verify.expression.graph import Apply, Graph, Leaf
from verify.expression.ops import FORMS
from verify.expression.reading import RELATIONS
from verify.prove.balls import is_refuted
from verify.prove.operations import (
    BLAMELESS,
    EDGES,
    LAZY,
    NUMBER,
    ONE_SEED,
    SETS,
    described,
    equalities_due,
)
from verify.prove.regions import forms_where
from verify.prove.residues import PRIME, due_residues
from verify.prove.theorem import Path, Premise, Theorem
from verify.prove.truth import jets
from verify.prove.wirings import (
    LARGE,
    LARGEST,
    LARGEST_TREE,
    chains,
    fans,
    known,
    large,
    names,
    small,
    stacked,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from verify.expression.reading import Question, Seen, Tree, Watched
    from verify.prove.paths import Watching
    from verify.prove.theorem import Outcome, Standing
    from verify.prove.truth import Jet, Piece

POINTS: Final = (
    {"a": 0.75, "b": 1.25, "g": 0.5, "h": 1.5, NUMBER: 3.0, SEED: 1.0},
    {"a": -0.75, "b": 1.25, "g": 0.5, "h": 1.5, NUMBER: 3.0, SEED: 1.0},
)
"""Where a path is chosen; the gradients are compared for all numbers on it."""
WHOLE: Final = {"a": 1048583.0, "b": 777787.0, SEED: 1.0}
"""Where large graphs are compared, modulo a prime."""
_AT_ONCE: Final = 64
_MOST_WRONG: Final = 5
LINEAR: Final = frozenset({"add", "sub", "mul", "neg", "sum"})
INDUCTION: Final = (
    "beyond the graphs that were run: a pass that was seen to ask about nodes and edges alone, and "
    "whose order was right on all of them, is in order on larger ones; it has no special case for "
    "a shape of edges of more operations than were exhausted, and does not count in secret: by "
    "truth values, by loops inside of loops, or along objects that are linked to each other"
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
        read: what the pass read of nodes beside numbers and gradients.
        sets: whether sets of nodes are run through, whose order is no one's choice.
        lazy: whether numbers are computed when they are read.
    """

    right: int
    outside: int
    wrong: list[Path]
    seen: dict[Seen, None]
    read: set[str] = field(default_factory=set)
    sets: bool = False
    lazy: bool = False


def structure(
    engine: Watching,
    have: Collection[str],
    seen: Iterable[Seen],
    *,
    exhaust: bool,
    largest: int = LARGEST,
) -> Theorem:
    """What can be shown of all graphs.

    Args:
        engine: loaded to be watched.
        have: the forms of operations that it has, as ``a + b``.
        seen: what was noted while its operations were proven.
        exhaust: whether the graphs up to a size are run too, which takes half a minute; else
            only those of two operations.
        largest: the size.
    """
    found = Exhausted(0, 0, [], dict.fromkeys(seen))
    usable = {
        form.op: form for form in FORMS.values()
        if form.text in have and form.nodes[0] and not form.inplace and form.op != "sum"
        and (all(form.nodes) or (form.op == "pow" and "a ** b" not in have))
    }  # fmt: skip
    run(engine, stacked(usable), found)
    if found.sets:
        run(engine, stacked(usable), found, backwards=True)
    if found.lazy:
        unread = Exhausted(0, 0, [], {})
        run(engine, stacked(usable), unread, unread=True)
        found.wrong += unread.wrong
    run_leaf(engine, found)
    if "mul" in usable:
        run(engine, small(usable, 2), found, used=True)
    pairs = found.right
    run(engine, [*chains(usable), *fans(usable)], found, strict=False)
    run_large(engine, [*known(usable), *large(usable)], found)
    others = found.right - pairs
    if exhaust and not found.wrong and not found.seen:
        every_other = itertools.cycle((False, found.sets))
        for graphs in in_batches(small(usable, largest)):
            run(engine, graphs, found, backwards=next(every_other))
    standing: Standing = "proven"
    if found.wrong:
        standing = "open"
    elif found.seen or not exhaust:
        standing = "bounded"
    every = found.right - pairs - others
    complement = tuple([described(path) for path in found.wrong])
    note = "; ".join(str(each) for each in list(found.seen)[:_MOST_WRONG])
    return Theorem(
        "structure", "all graphs", "", standing,
        f"{STATEMENT}. Exhausted up to n = {largest}: {every} graphs, each wiring of operations "
        f"of one operand and of two, with each of {len(usable)} operations at every place; besides "
        f"{pairs} graphs of one operation on another, a leaf alone, and with the output used once "
        f"more, and {others} chains, fans and graphs of up "
        f"to {LARGE} operations, and a tree of {LARGEST_TREE}",
        complement, tuple(found.wrong), tuple(found.seen),
        (INDUCTION, OF_SETS) if found.sets else (INDUCTION,), note,
        f"all graphs: of up to n = {largest} operations by exhaustion, larger ones by induction",
        premises(found, every, largest),
    )  # fmt: skip


STATEMENT: Final = "the gradient of every leaf is right if the operations are"


def premises(found: Exhausted, every: int, largest: int) -> tuple[Premise, ...]:
    """What the theorem rests on, and how each was checked."""
    read = ", ".join(sorted(found.read)) or "nothing"
    noted = f"{len(found.seen)} notes" if found.seen else "nothing else was noted"
    return (
        Premise("every rule is local", f"watched on {found.right} graphs: {noted}"),
        Premise(
            "the pass tells graphs apart by their edges alone",
            f"watched on {found.right} graphs: beside numbers and gradients it read {read} of "
            f"nodes, and compared, calculated with and ran through no number of its own",
        ),
        Premise(
            "its order is right: a node after all that use it, and once",
            f"on {every} graphs of up to {largest} operations value and gradients are the right "
            f"ones for all numbers of a path, by canonical forms; on graphs of up to {LARGE} "
            f"operations, and a tree of {LARGEST_TREE}, modulo {PRIME}",
        ),
    )


def in_batches(graphs: Iterator[Graph]) -> Iterator[list[Graph]]:
    """So many graphs at a time."""
    while batch := list(itertools.islice(graphs, _AT_ONCE)):
        yield batch


def run(
    engine: Watching,
    graphs: Iterable[Graph],
    found: Exhausted,
    *,
    strict: bool = True,
    **options: Any,  # noqa: ANN401 - those of a request
) -> None:
    """Run graphs, each at the first point where it has a value.

    Where not ``strict``, what canonical forms do not decide only counts if ball arithmetic refutes
    it at the point: these graphs are more than was promised.  ``options`` are those of a
    :class:`~verify.engines.wire.WatchedGraph`: ``backwards``, ``unread``, ``used``.
    """
    for asked_of in in_batches(iter(graphs)):
        if len(found.wrong) >= _MOST_WRONG:
            return
        batch = asked_of
        for point in POINTS:
            asked = [
                WatchedGraph(graph, names(graph), (), point, **options) for graph in batch
            ]
            later = []
            for graph, watched in zip(batch, engine.watched(asked), strict=True):
                noted(found, watched)
                path = compared(graph, watched, point)
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


def run_leaf(engine: Watching, found: Exhausted) -> None:
    """A leaf that is the output itself; an engine may say that it has no pass there."""
    graph = Graph((Leaf("a"),))
    (watched,) = engine.watched([WatchedGraph(graph, {}, (), POINTS[0])])
    noted(found, watched)
    if watched.raised is None:
        path = compared(graph, watched, POINTS[0])
        if path is not None and path.outcome != "equal":
            found.wrong.append(path)
        found.right += path is not None and path.outcome == "equal"


def noted(found: Exhausted, watched: Watched) -> None:
    """Take over what was seen."""
    found.sets = found.sets or any(note.kind == SETS for note in watched.notes)
    found.lazy = found.lazy or any(note.kind == LAZY for note in watched.notes)
    found.read |= {note.what for note in watched.notes if note.kind == EDGES}
    found.seen.update(dict.fromkeys(n for n in watched.notes if n.kind not in BLAMELESS))


def run_large(engine: Watching, graphs: Iterable[Graph], found: Exhausted) -> None:
    """Run large graphs of sums and products, and compare modulo a prime."""
    for graph in graphs:
        request = WatchedGraph(graph, {}, (), WHOLE, residues=True)
        (watched,) = engine.watched([request])
        noted(found, watched)
        expected = due_residues(graph, WHOLE)
        got = [watched.gradients[leaf] for leaf in graph.leaves] if watched.gradients else []
        if got == expected:
            found.right += 1
        else:
            why = "a gradient is not shown to be right"
            why = why if got else str((watched.lost or (watched.raised,))[0])
            done = graph.operations
            words = f"a graph of {len(done)} operations, {done[0]}: {why}"
            # what takes too long is no wrong number
            outcome: Outcome = "differs" if got else "lost"
            found.wrong.append(Path(graph, (), (), outcome, note=words))


def compared(graph: Graph, watched: Watched, point: dict[str, float]) -> Path | None:
    """Whether value and gradients are right on the path of a point; None outside of the domain."""
    try:
        expected = jets(graph, names(graph), lambda _, pieces: at_point(pieces, point))
    except LookupError:
        return None
    if watched.lost:
        return Path(graph, watched.asked, (), "lost", note=f"a number was lost: {watched.lost[0]}")
    if watched.raised is not None:
        return Path(graph, watched.asked, (), "raises", note=f"raises {watched.raised}")
    forms = forms_where((ONE_SEED, *watched.asked))
    claims = equalities_due(graph, watched, expected)
    inner = [at for at, node in enumerate(graph.nodes) if isinstance(node, Apply)]
    first = [at for at in inner if graph.nodes[at].op not in LINEAR][:1]  # type: ignore[union-attr]
    if first and first != inner[-1:] and any(abstracted(graph, watched, expected, point, first[0])):
        return Path(graph, watched.asked, (), "equal")
    wrong = [claim for claim in claims if not forms.same(claim.computed, claim.expected)]
    if not wrong or (inner and any(abstracted(graph, watched, expected, point, inner[0]))):
        return Path(graph, watched.asked, (), "equal")
    note = f"{wrong[0].what} of {graph.expression()} is not shown to be right"
    return Path(graph, watched.asked, (), "differs", tuple(wrong), note)


def abstracted(
    graph: Graph, watched: Watched, expected: Sequence[Jet], point: dict[str, float], first: int
) -> Iterator[bool]:
    """Whether all is right with a new variable in the place of one operation's number.

    What holds for every number there holds for that one, which must be the same on both sides.
    """
    forms = forms_where((ONE_SEED, *watched.asked))
    inner, value = watched.values[first], expected[first][0]
    if not (isinstance(inner, tuple) and isinstance(value, tuple) and forms.same(inner, value)):
        return
    computed = replace(
        watched,
        values=tuple([replaced(tree, inner) for tree in watched.values]),
        gradients=tuple([replaced(tree, inner) for tree in watched.gradients]),
    )

    def choose(at: int, found: list[Piece]) -> Piece:
        piece = at_point(found, point)
        return replace(piece, value=NEW) if at == first else piece

    point = {**point, NEW: number_at(value, point)}
    for other in (
        [
            (replaced(jet, value), {k: replaced(d, value) for k, d in slopes.items()})
            for jet, slopes in expected
        ],
        jets(graph, names(graph), choose),
    ):
        claims = equalities_due(graph, computed, other)
        yield all(forms.same(claim.computed, claim.expected) for claim in claims)


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
    return bool(RELATIONS[question.what](left, right)) == question.answer


def number_at(tree: Tree, point: dict[str, float]) -> float:
    """A formula's number at a point; LookupError where it has none."""
    from verify.prove.witness import evaluated

    value = evaluated(tree, point)
    if value is None:
        raise LookupError
    return value
