"""One theorem for each way of writing an operation: right for all numbers, on every path.

Each form is run as the output itself, as ``g * form + h * a``, and as ``g * (form * a * b * h)``:
with the upstream gradient exactly 1, and any other; alone, and before and after other uses of its
operands.  Leaves are made of any float, and of any int too.  Numbers beside nodes are any float,
any whole number, and both truth values; so are leaves, if the engine asks of which kind they are.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.engines.wire import WatchedGraph
from verify.expression.graph import Apply, Const, Graph, Leaf
from verify.expression.ops import FORMS, OPS
from verify.expression.reading import Question, formula_text, tidied
from verify.prove.paths import explore
from verify.prove.regions import forms_where, is_empty, of_reals
from verify.prove.theorem import Equality, Path, Premise, Theorem
from verify.prove.truth import holds, jets, pieces
from verify.prove.witness import is_usual

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.expression.graph import Node, Number, Operand
    from verify.expression.ops import Form
    from verify.expression.reading import Seen, Tree, Watched
    from verify.prove.paths import Watching
    from verify.prove.theorem import Outcome, Standing
    from verify.prove.truth import Jet, Piece

NUMBER: Final = "c"
NUMBERS: Final[tuple[tuple[Number, str], ...]] = (
    (1.25, "c is a float"), (2, "c is an int"), (True, "c is True"), (False, "c is False"),
)  # fmt: skip
OF_KINDS: Final = {repr(number): words for number, words in NUMBERS}
"""Of which kind ``c`` is, by the number that stands for it."""
SETS, EDGES, NETWORKS, LAZY, TAPE = "sets", "edges", "networks", "lazy", "tape"
REACH, KINDS, HALF = "reach", "kinds", "half"
BLAMELESS: Final = frozenset({SETS, EDGES, NETWORKS, LAZY, TAPE, REACH, KINDS, HALF})
"""Kinds of notes that blame nothing: sets that are run through, what is read of nodes, networks,
numbers that are computed when they are read, operations that are put on a tape, lines of other
files that could change anything, questions of which kind a number is, and numpy's 16 bits."""
OF_HALVES: Final = (
    "a leaf is no truth value where numpy computes with it, or 16 bits are enough: numpy computes "
    "in so many with True and False, by the formula that is proven"
)
OF_TAPES: Final = "on the tape that operations are put on there is nothing of another graph"
ONE_SEED: Final = holds("seed", "==", 1.0)
"""The gradient of the output by itself."""
_COULD_NOT: Final = frozenset({"differs", "raises", "lost"})


@dataclass(frozen=True, slots=True)
class Posed:
    """One graph of a form: the form is its node ``at``; ``number`` is what stands for ``c``.

    ``ints`` are names of leaves that are made of an int, ``truths`` of this truth value.
    """

    graph: Graph
    at: int
    number: Number | None
    ints: tuple[str, ...] = ()
    truths: tuple[tuple[str, bool], ...] = ()

    @property
    def request(self) -> WatchedGraph:
        """The graph to be run."""
        names = {}
        if self.number is not None:
            args = self.graph.nodes[self.at].args  # type: ignore[union-attr]  # an Apply
            names = {(self.at, i): NUMBER for i, a in enumerate(args) if isinstance(a, Const)}
        truths = tuple([name for name, _ in self.truths])
        return WatchedGraph(self.graph, names, whole=self.ints, truths=truths)

    def path(
        self,
        asked: tuple[Question, ...],
        piece: tuple[Question, ...],
        outcome: Outcome,
        note: str = "",
    ) -> Path:
        """A path of this graph."""
        return Path(
            self.graph, asked, piece, outcome, (), note, self.number, self.ints, self.truths
        )

    @property
    def given(self) -> tuple[Question, ...]:
        """What is known of the numbers: the seed is 1, and of which kind ``c`` is."""
        found = [ONE_SEED, *[Question("whole", name, 0.0, answer=True) for name in self.ints]]
        found += [holds(name, "==", float(value)) for name, value in self.truths]
        if isinstance(self.number, bool):
            found.append(holds(NUMBER, "==", float(self.number)))
        elif isinstance(self.number, int):
            found.append(Question("whole", NUMBER, 0.0, answer=True))
        return tuple(found)


def operations(engine: Watching, only: Collection[str] = OPS) -> Iterator[Theorem]:
    """A theorem for every form, alone and with the same operand twice; of these operations only."""
    for form in FORMS.values():
        if form.op not in only:
            continue
        for aliased in (False, True) if sum(form.nodes) > 1 else (False,):
            yield operation(engine, form, aliased=aliased)


def operation(engine: Watching, form: Form, *, aliased: bool) -> Theorem:
    """What can be shown of one form."""
    name = f"{form.text}, same operand twice" if aliased else name_of(form)
    statement, domain = worded(form, name)
    paths: list[Path] = []
    seen: dict[Seen, None] = {}
    assumed: set[float] = set()
    taped = halved = False
    reaching: dict[str, None] = {}
    uncovered: list[str] = []
    kinds: list[Seen] = []
    for posed in pose(form, kinds, aliased=aliased):
        explored = explore(engine, posed.request, posed.given)
        if explored.left:
            uncovered.append(f"{explored.left} paths or more were not explored")
            break
        paths += [posed.path(empty, (), "empty") for empty in explored.empty]
        for watched in explored.taken:
            seen.update(dict.fromkeys(note for note in watched.notes if note.kind not in BLAMELESS))
            reaching.update({f"nobody calls what changes the engine by {note}": None
                             for note in watched.notes if note.kind == REACH})  # fmt: skip
            kinds += [note for note in watched.notes if note.kind == KINDS]
            taped = taped or any(note.kind == TAPE for note in watched.notes)
            halved = halved or any(note.kind == HALF for note in watched.notes)
            paths += judged(posed, watched, assumed)
    theorem = Theorem(
        "operation", name, form.op, "proven", statement, tuple(uncovered), tuple(paths),
        tuple(seen),
        (*[f"the float {x!r} stands for a real number" for x in sorted(assumed)],
         *[OF_TAPES] * taped, *[OF_HALVES] * halved, *reaching),
        domain=domain,
    )  # fmt: skip
    found = concluded(theorem)
    return replace(found, premises=premises(found))


def worded(form: Form, name: str) -> tuple[str, str]:
    """What a theorem states, and of which numbers."""
    domain = OPS[form.op].domain
    return f"value and gradient of {name} are right for all numbers; domain: {domain}", domain


def premises(theorem: Theorem) -> tuple[Premise, ...]:
    """What a theorem about an operation rests on, and how each was checked."""
    counts = Counter(path.outcome for path in theorem.paths)
    asked = sum(len(p.asked) for p in theorem.paths if not (p.outcome == "empty" and not p.piece))
    equal = sum(len(p.equalities) for p in theorem.paths if p.outcome == "equal")
    graphs = len({(p.graph, type(p.number), p.number, p.ints, p.truths) for p in theorem.paths})
    answered = "not answered both ways" if theorem.complement else "each answered both ways"
    local = f"{len(theorem.seen)} notes" if theorem.seen else "nothing was noted"
    return (
        Premise(
            "no number was looked at in secret",
            f"{graphs} graphs, in one source rewritten, on numbers that are no floats; what is "
            f"not followed ends a run: {counts['lost']} runs",
        ),
        Premise(
            "the paths cover the domain",
            f"{asked} questions about numbers, {answered}; {counts['empty']} paths are certified "
            f"empty by signs",
        ),
        Premise(
            "value and gradients are right on every path",
            f"{equal} equalities by canonical forms in exact arithmetic",
        ),
        Premise(
            "the operation is local",
            f"reads and writes were watched while it was made and while its rule ran: {local}",
        ),
    )


def concluded(theorem: Theorem) -> Theorem:
    """The theorem with the standing that its paths give it."""
    paths = theorem.paths
    outcomes = Counter(path.outcome for path in paths)
    wrong = [path for path in paths if path.outcome in _COULD_NOT]
    refused = [refusal(path) for path in paths if refuses(path)] if outcomes["equal"] else []
    places = [described(path) for path in (*wrong, *refused)]
    complement = (*theorem.complement, *dict.fromkeys(places))
    standing: Standing = "proven"
    if not outcomes["equal"] or theorem.complement:
        standing = "missing" if outcomes["refused"] and not wrong else "open"
    elif complement:
        standing = "conditional" if all(unconditional(p) for p in wrong) else "open"
    note = next((path.note for path in (*wrong, *refused) if path.note), "")
    return replace(theorem, standing=standing, complement=complement, note=note)


def refuses(path: Path) -> bool:
    """Whether the form itself is refused there, and no operation that is put beside it."""
    alone = sum(isinstance(node, Apply) for node in path.graph.nodes) == 1
    return alone and path.outcome == "refused"


def refusal(path: Path) -> Path:
    """The path in words for people: what stands in for a number is not spoken of."""
    told = "" if "'Symbol'" in path.note else f": {path.note}"
    return replace(path, note=f"it is refused{told}")


def unconditional(path: Path) -> bool:
    """Whether what is not shown is confined to a set that is named."""
    return bool(path.asked or path.piece or path.truths) and path.outcome != "lost"


def described(path: Path) -> str:
    """A path that is not proven, in words: for which numbers, and what happens there."""
    where = [str(q) for q in (*path.piece, *path.asked) if q.what != "overflow" or q.answer]
    kinds = [f"{name} is {value}" for name, value in path.truths]
    kinds += [f"{name} is an int" for name in path.ints]
    if path.outcome == "refused" and path.number is not None:
        kinds.append(OF_KINDS[repr(path.number)])
    place = " and ".join(dict.fromkeys([*kinds, *where])) or "all numbers"
    return f"where {place}: {path.note}"


def name_of(form: Form) -> str:
    """The name of a form in theorems: any number is ``c``."""
    return form.text if all(form.nodes) else form.text.replace("2", NUMBER)


# --- what is run ---------------------------------------------------------------------------------


def pose(form: Form, kinds: Sequence[Seen], *, aliased: bool) -> Iterator[Posed]:
    """The graphs of a form.

    Args:
        form: the form.
        kinds: filled while graphs are run: questions of which kind a leaf's number is.  If there
            were any, there are graphs on truth values too.
        aliased: whether its operands are one.
    """
    yield from _posed(form, aliased=aliased, truths=False)
    if kinds:
        yield from _posed(form, aliased=aliased, truths=True)


def _posed(form: Form, *, aliased: bool, truths: bool) -> Iterator[Posed]:
    """Those with leaves that are made of truth values, or all others."""
    numbers = [None] if all(form.nodes) else [number for number, _ in NUMBERS]
    for number, shape in itertools.product(numbers, (_alone, _beside, _above)):
        operands = "a" if aliased else "ab"[: max(sum(form.nodes), 1)]
        more = () if shape is _alone else ("g", "h")
        leaves: list[Node] = [Leaf(name) for name in (*more, *operands)]
        free = itertools.cycle(range(len(more), len(leaves)))
        args: tuple[Operand, ...] = tuple(
            [next(free) if node else Const(number) for node in form.nodes]  # type: ignore[arg-type]
        )
        made = len(leaves)
        applied = Apply(form.op, args, form.inplace)
        graph = Graph((*leaves, applied, *shape(made)))
        if truths:
            for ints, values in _truths(operands):
                yield Posed(graph, made, number, ints, values)
            continue
        for some in _ints(shape, operands, more, isinstance(number, bool)):
            yield Posed(graph, made, number, some)


def _truths(operands: str) -> Iterator[tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]]:
    """Each operand a float, an int, True, or False: those of them with a truth value."""
    for kinds in itertools.product((float, int, True, False), repeat=len(operands)):
        pairs = list(zip(operands, kinds, strict=True))
        values = tuple([(name, kind) for name, kind in pairs if isinstance(kind, bool)])
        if values:
            yield tuple([name for name, kind in pairs if kind is int]), values


def _ints(
    shape: Callable[[int], list[Node]], operands: str, more: tuple[str, ...], truth_value: bool
) -> list[tuple[str, ...]]:
    """Which leaves are made of an int: of the operands, and of what is around the operation."""
    sizes = range(len(operands) + 1)
    some = [names for size in sizes for names in itertools.combinations(operands, size)]
    if shape is _alone:
        return some
    if truth_value:
        return [()]
    around = [tuple(operands), (*more, *operands)]
    return [(), *around] if shape is _above else [*some, more, around[-1]]


def _alone(_made: int) -> list[Node]:
    return []


def _beside(made: int) -> list[Node]:
    """``g * form + h * a``."""
    return [Apply("mul", (0, made)), Apply("mul", (1, 2)), Apply("add", (made + 1, made + 2))]


def _above(made: int) -> list[Node]:
    """``g * (form * a * b * h)``: in any order the operation comes last for its operands."""
    last = made - 1
    uses = [Apply("mul", (made, 2)), Apply("mul", (made + 1, last)), Apply("mul", (made + 2, 1))]
    return [*uses, Apply("mul", (0, made + 3))]


# --- what is due ---------------------------------------------------------------------------------


def judged(posed: Posed, watched: Watched, assumed: set[float]) -> Iterator[Path]:
    """What became of one path, on each piece of the domain that it meets."""
    applied = posed.graph.nodes[posed.at]
    graph = posed.graph
    if is_refusal(watched):
        yield posed.path(watched.asked, (), "refused", str(watched.raised))
        return
    operands: list[Tree] = []
    for place, arg in enumerate(applied.args):  # type: ignore[union-attr]  # an Apply
        if isinstance(arg, int):
            operands.append(graph.nodes[arg].name)  # type: ignore[union-attr]  # a leaf
        else:
            operands.append(posed.request.names.get((posed.at, place), float(arg.value)))
    kinds = [isinstance(arg, int) for arg in applied.args]  # type: ignore[union-attr]
    real = replace(watched, asked=of_reals(watched.asked, posed.given))
    domain = pieces(applied.op, operands, kinds)  # type: ignore[union-attr]
    if (watched.lost or watched.raised is not None) and of_other_kinds(watched.asked):
        yield posed.path(watched.asked, (), "outside")
        return
    if watched.raised is not None and excused(up_to_overflow(watched), posed.given, domain):
        yield posed.path(watched.asked, (), "python", str(watched.raised))
        return
    met = 0
    for piece in domain:
        if is_empty((*posed.given, *real.asked, *piece.where)):
            yield posed.path(watched.asked, piece.where, "empty")
            continue
        met += 1
        yield replace(on_piece(posed, real, piece, assumed), asked=watched.asked)
    if not met:
        yield posed.path(watched.asked, (), "outside")


def is_refusal(watched: Watched) -> bool:
    """Whether the engine does not do this, for whatever numbers: it said so while it built a graph.

    That a leaf fits a float leaves out no real number.  What a pass refuses was built before: the
    engine does have the operation.
    """
    raised = watched.raised
    if raised is None or not raised.refused or raised.during not in {"construct", "forward"}:
        return False
    return all(q.what == "overflow" and not q.answer for q in watched.asked)


def up_to_overflow(watched: Watched) -> tuple[Question, ...]:
    """The questions up to the last number that overflows, if that was caught and raised again."""
    large = [at for at, q in enumerate(watched.asked) if q.what == "overflow" and q.answer]
    if watched.raised is None or watched.raised.type != "OverflowError":
        return watched.asked
    return watched.asked[: large[-1] + 1] if large else watched.asked


def of_other_kinds(asked: Sequence[Question]) -> bool:
    """Whether numbers are of a class that no theorem is about."""
    return any(q.what == "kind" and q.answer for q in asked)


def excused(
    asked: Sequence[Question], given: Sequence[Question], domain: Sequence[Piece]
) -> bool:
    """Whether an exception is due to the range or the rounding of floats, at no usual numbers.

    Numbers outside of the domain take no part: the root of 0 has no derivative.

    The last question is then whether a number overflows, or one that only rounding answers so.
    """
    if not asked:
        return False
    last = asked[-1]
    overflows = last.what == "overflow" and last.answer
    if not overflows and len(of_reals(asked, given)) == len(of_reals(asked[:-1], given)) + 1:
        return False
    return not any(is_usual((*asked, *piece.where)) for piece in domain)


def excluded(theorem: Theorem) -> list[str]:
    """Where Python itself raises, in words."""
    paths = [path for path in theorem.paths if path.outcome == "python"]
    asked = [path.asked for path in paths if path.asked and not path.piece]
    large = [[q for q in each if q.what == "overflow" and q.answer] for each in asked]
    last = [(those or each)[-1] for those, each in zip(large, asked, strict=True)]
    where = [str(q) if q.what == "overflow" else f"{q} by rounding alone" for q in last]
    return [*dict.fromkeys(where), *["0 ** 0"] * any(path.piece for path in paths)]


def on_piece(posed: Posed, watched: Watched, piece: Piece, assumed: set[float]) -> Path:
    """What became of a path on a piece of the domain."""
    found = posed.path(watched.asked, piece.where, "lost")
    if watched.lost:
        return replace(found, note=f"a number was lost: {watched.lost[0]}")
    if watched.raised is not None:
        if piece.edge:
            return replace(found, outcome="python", note=str(watched.raised))
        return replace(found, outcome="raises", note=f"raises {watched.raised}")
    forms = forms_where((*posed.given, *watched.asked, *piece.where))
    best: Path | None = None
    for slopes in piece.slopes:
        expected = right(posed, replace(piece, slopes=(slopes,)))
        claims = equalities_due(posed.graph, watched, expected)
        wrong = [claim for claim in claims if not forms.same(claim.computed, claim.expected)]
        if not wrong:
            assumed |= forms.constants
            return replace(found, outcome="equal", equalities=claims)
        if piece.edge and all(claim.computed is None for claim in wrong):
            return replace(found, outcome="python", note="no real number, where others raise")
        first = wrong[0]
        note = f"{first.what} is {_text(first.computed)} and should be {_text(first.expected)}"
        best = best or replace(found, outcome="differs", equalities=tuple(wrong), note=note)
    return best or found


def right(posed: Posed, piece: Piece) -> list[Jet]:
    """Values and derivatives of a graph, with this piece in the place of the form."""
    return jets(
        posed.graph,
        posed.request.names,
        lambda index, found: piece if index == posed.at else found[0],
    )


def equalities_due(graph: Graph, watched: Watched, expected: Sequence[Jet]) -> tuple[Equality, ...]:
    """The output's value, and the gradient by every leaf."""
    value, derivatives = expected[-1]
    claims = [Equality("value", watched.values[-1], value)]
    for leaf in graph.leaves:
        name = graph.names[leaf]
        if name not in derivatives and watched.gradients[leaf] is None:
            continue  # it is no part of the output, and has none
        claims.append(Equality(f"d/d{name}", watched.gradients[leaf], derivatives.get(name, 0.0)))
    return tuple(claims)


def _text(tree: Tree) -> str:
    text = shown(tree)
    return text if len(text) < 200 else f"{text[:200]}…"


@functools.lru_cache(maxsize=4096)
def shown(tree: Tree) -> str:
    """A formula for people, without sums with 0 and products with 1."""
    return formula_text(tidied(tree))
