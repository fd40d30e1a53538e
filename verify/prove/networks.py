"""Networks of the engine's own, of small sizes: output and gradients are those of the closed form.

Which parameter is which weight is not told: weights may come before the bias of a neuron or after
it.  The activation is that with which the output agrees, on every path; that it agrees is proven.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.engines.wire import WatchedNetwork
from verify.expression.graph import Apply, Graph, Leaf
from verify.prove.operations import NETWORKS, ONE_SEED
from verify.prove.paths import explore
from verify.prove.regions import forms_where, is_empty, of_reals
from verify.prove.theorem import Equality, Path, Premise, Theorem
from verify.prove.truth import jets, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Protocol

    from verify.engines import EngineInfo
    from verify.expression.graph import Node
    from verify.expression.reading import Question, Watched
    from verify.prove.paths import Watching
    from verify.prove.truth import Piece

    class WatchingNetworks(Watching, Protocol):
        """An engine whose networks can be watched too, and what else is known of it."""

        @property
        def info(self) -> EngineInfo:
            """What it said of itself when it was loaded."""

        def sources(self) -> tuple[tuple[str, str], ...]:
            """Each file that ran, and the hash of its text."""

SIZES: Final = ((2,), (1, 1), (2, 1), (2, 2, 1))
"""Of layers, the inputs first; one number alone is a neuron with so many inputs."""
ABSENT: Final = "there is no "
"""How a worker begins to say that there is no such class."""
ACTIVATIONS: Final = ("tanh", "relu", "sigmoid", "")
_MOST_PATHS: Final = 80
STATEMENT: Final = "output and every parameter's gradient are those of the closed form"
UNSEEN: Final = "not looked at, since some operation is not proven"
"""Why nothing is known of networks, or of all graphs."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a network may be.

    Attributes:
        sizes: of its layers, the inputs first.
        hidden: the activation of all layers but the last.
        last: that of the last.
        bias_first: whether a neuron lists its bias before its weights.
    """

    sizes: tuple[int, ...]
    hidden: str
    last: str
    bias_first: bool

    @property
    def words(self) -> str:
        """The shape in words."""
        return f"{self.hidden or 'no activation'}, at the end {self.last or 'none'}"

    def graph(self) -> Graph:
        """The closed form, as a graph of parameters ``p0``, ``p1``, … and inputs ``x0``, …."""
        weights = sum((n + 1) * m for n, m in itertools.pairwise(self.sizes))
        nodes: list[Node] = [Leaf(f"p{i}") for i in range(weights)]
        nodes += [Leaf(f"x{i}") for i in range(self.sizes[0])]
        values = list(range(weights, len(nodes)))
        next_parameter = itertools.count()
        for layer, width in enumerate(self.sizes[1:]):
            kind = self.last if layer == len(self.sizes) - 2 else self.hidden
            values = [self.neuron(nodes, values, next_parameter, kind) for _ in range(width)]
        return Graph(tuple(nodes))

    def neuron(
        self, nodes: list[Node], inputs: list[int], next_parameter: Iterator[int], kind: str
    ) -> int:
        """Add one neuron's operations, and return where its output is."""
        own = [next(next_parameter) for _ in range(len(inputs) + 1)]
        bias, weights = (own[0], own[1:]) if self.bias_first else (own[-1], own[:-1])
        at = bias
        for weight, x in zip(weights, inputs, strict=True):
            nodes.append(Apply("mul", (weight, x)))
            nodes.append(Apply("add", (at, len(nodes) - 1)))
            at = len(nodes) - 1
        if kind:
            nodes.append(Apply(kind, (at,)))
            at = len(nodes) - 1
        return at


def networks(engine: Watching, *, look: bool = True) -> Iterator[Theorem]:
    """A theorem for each size, where the engine has networks.

    Args:
        engine: loaded to be watched.
        look: whether they are looked at; else each is open, since some operation is not proven.
    """
    uncovered: set[str] = set()
    for sizes in SIZES:
        most = _MOST_PATHS if look else 1
        explored = explore(engine, WatchedNetwork(sizes), (ONE_SEED,), most)  # type: ignore[arg-type]
        raised = [watched.raised for watched in explored.taken if watched.raised is not None]
        notes = [note for watched in explored.taken for note in watched.notes]
        uncovered = {note.what for note in notes if note.kind == NETWORKS}
        if any(each.refused and each.message.startswith(ABSENT) for each in raised):
            continue
        found = network(sizes, explored.taken if look else (), explored.left)
        yield found if look else replace(found, note=UNSEEN)
    for name in sorted(uncovered):
        yield Theorem(
            "network", f"class {name}", "", "open", STATEMENT,
            note="no theorem here covers networks of this class",
        )  # fmt: skip


def network(sizes: tuple[int, ...], taken: tuple[Watched, ...], left: int) -> Theorem:
    """What can be shown of networks of one size."""
    name = f"network {'-'.join(map(str, sizes))}" if len(sizes) > 1 else f"neuron {sizes[0]}"
    sizes = sizes if len(sizes) > 1 else (*sizes, 1)
    why = ""
    for hidden, last, bias_first in itertools.product(ACTIVATIONS, ACTIVATIONS, (False, True)):
        shape = Shape(sizes, hidden, last, bias_first)
        if len(sizes) == 2 and hidden:
            continue
        paths: list[Path] = []
        for path in (path for watched in taken for path in on_path(shape, watched)):
            paths.append(path)
            if path.outcome != "equal":
                break
        why = why or next((path.note for path in paths if path.note), "")
        if paths and not left and all(path.outcome == "equal" for path in paths):
            statement = f"{STATEMENT}, for all weights and inputs; activation: {shape.words}"
            return Theorem(
                "network", name, "", "proven", statement, (), tuple(paths),
                domain="all real weights and inputs", premises=premises(paths),
            )  # fmt: skip
    lost = [str(watched.lost[0]) for watched in taken if watched.lost]
    raised = [str(watched.raised) for watched in taken if watched.raised]
    note = next(iter([*lost, *raised]), why or "it is none of the closed forms that are known")
    return Theorem("network", name, "", "open", STATEMENT, note=note)


def premises(paths: Sequence[Path]) -> tuple[Premise, ...]:
    """What a theorem about a network rests on, and how each was checked."""
    asked = sum(len(path.asked) for path in paths)
    equal = sum(len(path.equalities) for path in paths)
    return (
        Premise(
            "no number was looked at in secret",
            "parameters and inputs are numbers that are no floats; what is not followed ends a run",
        ),
        Premise(
            "the paths cover all numbers",
            f"{asked} questions about numbers, each answered both ways",
        ),
        Premise(
            "output and gradients are those of the closed form",
            f"{equal} equalities by canonical forms in exact arithmetic",
        ),
    )


def on_path(shape: Shape, watched: Watched) -> Iterator[Path]:
    """What becomes of one path, on every piece of the activations that it meets."""
    graph = shape.graph()
    watched = replace(watched, asked=of_reals(watched.asked, (ONE_SEED,)))
    if watched.raised is not None and any(q.what == "overflow" and q.answer for q in watched.asked):
        yield Path(graph, watched.asked, (), "equal", note="")
        return
    if watched.lost or watched.raised is not None or len(watched.gradients) != len(graph.leaves):
        yield Path(graph, watched.asked, (), "lost")
        return
    for chosen in choices(graph, watched):
        yield compared(graph, watched, chosen)


def choices(graph: Graph, watched: Watched) -> Iterator[dict[int, Piece]]:
    """Ways to choose a piece for every activation that some numbers of the path allow."""

    def further(index: int, chosen: dict[int, Piece]) -> Iterator[dict[int, Piece]]:
        if index == len(graph.nodes):
            yield chosen
            return
        node = graph.nodes[index]
        if not isinstance(node, Apply) or node.op != "relu":
            yield from further(index + 1, chosen)
            return
        below = Graph(graph.nodes[: index])
        value = jets(below, {}, lambda at, found: chosen.get(at, found[0]))[node.parents[0]][0]
        where: list[Question] = [q for piece in chosen.values() for q in piece.where]
        for piece in pieces("relu", [value], [True]):
            if not is_empty((ONE_SEED, *watched.asked, *where, *piece.where)):
                yield from further(index + 1, {**chosen, index: piece})

    yield from further(0, {})


def compared(graph: Graph, watched: Watched, chosen: dict[int, Piece]) -> Path:
    """Whether output and gradients are right on these pieces."""
    where = tuple(q for piece in chosen.values() for q in piece.where)
    forms = forms_where((ONE_SEED, *watched.asked, *where))
    note = ""
    ways = [[(at, way) for way in ways_of(piece)] for at, piece in chosen.items()]
    for picked in itertools.product(*ways):
        expected = jets(graph, {}, picked_from(dict(picked)))
        claims = [Equality("output", watched.values[-1], expected[-1][0])]
        for leaf, got in zip(graph.leaves, watched.gradients, strict=True):
            name = graph.names[leaf]
            claims.append(Equality(f"d/d{name}", got, expected[-1][1].get(name, 0.0)))
        wrong = [claim for claim in claims if not forms.same(claim.computed, claim.expected)]
        if not wrong:
            return Path(graph, watched.asked, where, "equal", tuple(claims))
        note = f"{wrong[0].what} is not that of the closed form"
    return Path(graph, watched.asked, where, "differs", note=note)


def ways_of(piece: Piece) -> list[Piece]:
    """A piece with one pair of slopes each; at a kink at 0 its value is its operand as well."""
    values = [piece.value, *[q.left for q in piece.where if q.what == "=="]]
    return [
        replace(piece, value=value, slopes=(slopes,)) for value in values for slopes in piece.slopes
    ]


def picked_from(picked: dict[int, Piece]) -> Callable[[int, list[Piece]], Piece]:
    """Chooses these pieces, and the first one of any other operation."""
    return lambda at, found: picked.get(at, found[0])
