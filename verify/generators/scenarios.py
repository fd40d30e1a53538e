"""What is done with a graph besides one backward pass: scenarios with state, as data.

A :class:`Scenario` is a way of using an engine after which the truth is known.  A
:class:`Convention` is a way of using it on which right engines differ: what an engine does there is
reported and never failed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Apply, Case, Const, Graph, Leaf, renumbered
from verify.generators.random import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.expression.graph import Number
    from verify.expression.reading import Quantity, Reading

Steps: TypeAlias = "tuple[tuple[object, ...], ...]"
"""See :data:`verify.engines.Steps`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A use of an engine on a graph, and what is due after it.

    Attributes:
        name: how reports call it.
        says: what is done, as a sentence goes on after "after".
        steps: what is done with the graph; the last step is the one ``read``.
        about: the case whose truth the reading must show, on the first nodes of the graph; ``None``
            where the scenario does not apply.
        built: the graph that is really built, if it is not the case's own.
        reuses: whether a graph is differentiated after a backward pass that came after it was
            built; a tape that is wiped by each pass does not allow that.
        before: other graphs that are run before it, whatever comes of them.
        once: whether one backward pass is all that is done; what was built besides matters.
    """

    name: str
    says: str
    steps: Callable[[Case], Steps]
    about: Callable[[Case], Case | None] = lambda case: case
    built: Callable[[Case], Case] = lambda case: case
    reuses: bool = False
    before: tuple[Case, ...] = ()
    once: bool = False


def ask(engine: Engine, case: Case, scenario: Scenario) -> tuple[Case, Reading] | None:
    """What is due after the scenario, and what the engine says of those nodes.

    Returns:
        ``None`` where the scenario does not apply: to this graph, or because the engine itself says
        that it does not support it.
    """
    built = scenario.built(case)
    about = scenario.about(built)
    if about is None:
        return None
    for other in scenario.before:
        engine.run(other.graph, other.point)
    reading = engine.run(built.graph, built.point, _taken(engine, built, scenario))[-1]
    return _of(about, reading, scenario)


def ask_many(
    engine: Engine, cases: Iterable[Case], scenario: Scenario
) -> Iterator[tuple[Case, tuple[Case, Reading] | None]]:
    """Each case, and :func:`ask` of it, overlapped where nothing is run in between."""
    if scenario.before:
        for case in cases:
            yield case, ask(engine, case, scenario)
        return
    ahead: deque[tuple[Case, Case | None]] = deque()

    def built() -> Iterator[Case]:
        for case in cases:
            made = scenario.built(case)
            ahead.append((case, scenario.about(made)))
            if ahead[-1][1] is not None:
                yield made

    for readings in engine.run_many(built(), lambda made: _taken(engine, made, scenario)):
        while ahead:
            case, about = ahead.popleft()
            yield case, None if about is None else _of(about, readings[-1], scenario)
            if about is not None:
                break
    yield from [(case, None) for case, _ in ahead]


def _taken(engine: Engine, built: Case, scenario: Scenario) -> Steps:
    return scenario.steps(built) if engine.info.has_backward else (_READ,)


def _of(about: Case, reading: Reading, scenario: Scenario) -> tuple[Case, Reading] | None:
    """What was read, on the nodes of the case that is due."""
    size = len(about.graph.nodes)
    if reading.raised is not None:
        if reading.raised.refused and scenario is not PLAIN:
            return None
        node = reading.raised.node
        raised = replace(reading.raised, node=node if node is None else min(node, size - 1))
        return about, replace(reading, raised=raised)
    faults = {(q, node): kind for (q, node), kind in reading.faults.items() if node < size}
    return about, replace(
        reading, values=reading.values[:size], gradients=reading.gradients[:size], faults=faults
    )


_BACK, _ALL, _LEAVES = ("backward", -1), ("zero", "all"), ("zero", "leaves")
_AGAIN, _READ = ("rebuild",), ("read",)


def _plain(*steps: tuple[object, ...]) -> Callable[[Case], Steps]:
    return lambda _: (*steps, _READ)


def _moved(case: Case) -> Case | None:
    """The same graph at another point inside its domain."""
    for scale, shift in ((1.0, 0.5), (1.25, 0.0), (-1.0, 2.0)):
        point = tuple([scale * x + shift for x in case.point])
        if inside(case.graph, point) and point != case.point:
            return Case(case.graph, point)
    return None


def _moving(case: Case) -> Steps:
    moved = _moved(case)
    point = moved.point if moved else case.point
    sets = [("set", leaf, x) for leaf, x in zip(case.graph.leaves, point, strict=True)]
    return (_BACK, _ALL, *sets, _AGAIN, _BACK, _READ)


def _inner(graph: Graph) -> int | None:
    """The last operation before the output."""
    operations = [i for i, n in enumerate(graph.nodes[:-1]) if isinstance(n, Apply)]
    return operations[-1] if operations else None


def prefix(case: Case, root: int) -> Case:
    """The case with ``root`` as its output; later nodes are left out."""
    graph = Graph(case.graph.nodes[: root + 1])
    return Case(graph, case.point[: len(graph.leaves)])


def _bare(case: Case) -> Case | None:
    """The case, if every engine makes just one node for each of its operations.

    A quotient, a tanh or a ``2 + a`` may be made of several; nobody can set the hidden ones'
    gradients back to 0, so that a second pass over the same nodes is a matter of convention.
    """
    single = all(
        node.op in {"add", "mul"} and not isinstance(node.args[0], Const)
        for node in case.graph.nodes
        if isinstance(node, Apply)
    )
    return case if single else None


def _inner_alone(case: Case) -> Case | None:
    root = _inner(case.graph)
    return None if root is None or _bare(case) is None else prefix(case, root)


def beside(case: Case) -> Case:
    """The case and after it a second, separate graph: a product of two leaves of its own."""
    nodes, taken = case.graph.nodes, set(case.graph.names)
    names = ("p", "q", "r", "s", "t", "u", *[f"p{index}" for index in range(len(taken) + 2)])
    first, second = [name for name in names if name not in taken][:2]
    count = len(nodes)
    more = (Leaf(first), Leaf(second), Apply("mul", (count, count + 1)))
    return Case(Graph((*nodes, *more)), (*case.point, 1.75, -0.5))


def twice(case: Case) -> Case:
    """The case and after it the same operations once more, on the same leaves."""
    nodes, count = list(case.graph.nodes), len(case.graph.nodes)
    place = {i: i for i in case.graph.leaves}
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Apply):
            place[index] = len(nodes)
            nodes.append(renumbered(node, place))
    return Case(Graph(tuple(nodes)), case.point) if len(nodes) > count else case


def _end_of_first(case: Case) -> int:
    """Where the output of the first of two equally large graphs on the same leaves is."""
    leaves = len(case.graph.leaves)
    return (len(case.graph.nodes) - leaves) // 2 + leaves - 1


def _last_of_first(case: Case) -> int:
    return len(case.graph.nodes) - 4


PLAIN: Final = Scenario("", "", _plain(_BACK))
"""One backward pass: no scenario at all."""

SCENARIOS: Final = (
    Scenario(
        "backward twice, all zeroed between",
        "a second backward pass over the same graph, all gradients set to 0 before it",
        _plain(_BACK, _ALL, _BACK),
        about=_bare,
        reuses=True,
    ),
    Scenario(
        "rebuilt, all zeroed",
        "building the graph again from the same leaves, all gradients set to 0 before it",
        _plain(_BACK, _ALL, _AGAIN, _BACK),
    ),
    Scenario(
        "rebuilt, leaves zeroed after it",
        "building the graph again from the same leaves, and setting their gradients to 0 after it",
        _plain(_BACK, _AGAIN, _LEAVES, _BACK),
    ),
    Scenario(
        "training loop, leaves zeroed",
        "three turns of: set the leaves' gradients to 0, build the graph again, backward",
        _plain(_BACK, _LEAVES, _AGAIN, _BACK, _LEAVES, _AGAIN, _BACK),
    ),
    Scenario(
        "training loop, leaves moved",
        "setting the leaves to new values, and their gradients to 0, and building the graph again",
        _moving,
        about=_moved,
    ),
    Scenario(
        "more made of the output",
        "making more of the output, through which no backward pass goes",
        lambda case: (("backward", _inner(case.graph) or -1), _READ),
        about=lambda case: None if (at := _inner(case.graph)) is None else prefix(case, at),
        once=True,
    ),
    Scenario(
        "another output first",
        "backward from an inner node, all gradients set to 0, then backward from the output",
        lambda case: (("backward", _inner(case.graph) or -1), _ALL, _BACK, _READ),
        about=lambda case: None if _inner(case.graph) is None else _bare(case),
        reuses=True,
    ),
    Scenario(
        "an inner output second",
        "backward from the output, all gradients set to 0, then backward from an inner node",
        lambda case: (_BACK, _ALL, ("backward", _inner(case.graph) or -1), _READ),
        about=_inner_alone,
        reuses=True,
    ),
    Scenario(
        "a second graph on the same leaves",
        "building a second graph on the same leaves, through which no backward pass goes",
        lambda case: (("backward", _end_of_first(case)), _READ),
        about=lambda case: prefix(case, _end_of_first(case)),
        built=twice,
        once=True,
    ),
    Scenario(
        "two graphs on the same leaves",
        "backward on a second graph on the same leaves, all gradients set to 0 after it",
        lambda case: (_BACK, _ALL, ("backward", _end_of_first(case)), _READ),
        about=lambda case: prefix(case, _end_of_first(case)),
        built=twice,
        reuses=True,
    ),
    Scenario(
        "another graph alive",
        "backward on another graph, with leaves of its own, that was built later",
        lambda case: (_BACK, ("backward", _last_of_first(case)), _READ),
        about=lambda case: prefix(case, _last_of_first(case)),
        built=beside,
        reuses=True,
    ),
)
"""Uses after which the truth is known, the plainest first."""

def _caught(name: str, *cases: tuple[str, tuple[Number, ...]]) -> Scenario:
    return Scenario(
        f"after a {name}",
        f"a {name} that was raised elsewhere and caught",
        _plain(_BACK),
        before=tuple([Case(Graph.parse(text), point) for text, point in cases]),
    )


CAUGHT: Final = (
    _caught("ZeroDivisionError", ("a / b", (1.0, 1e-200)), ("a ** -1", (0.0,)),
            ("a * b + a ** 0.5", (0.0, 2.0)), ("a.sqrt() * 2", (0.0,)), ("2 / a", (0.0,)),
            ("a / b", (1.0, 0.0))),
    _caught("ValueError", ("a.log() + b", (-1.0, 2.0)), ("a.sqrt() + b", (-1.0, 2.0)),
            ("a.log()", (0.0,)), ("(-a).log() * a", (0.0,))),
    _caught("OverflowError", ("a.exp() * a.exp()", (500.0,)), ("a ** 3", (1e200,)),
            ("a ** b", (10.0, 400.0)), ("a.exp() + b", (1000.0, 2.0))),
    _caught("TypeError", ("(a ** 0.5).tanh()", (-8.0,)), ("(a ** 0.5).relu()", (-8.0,)),
            ("a ** b + (a ** 0.5).exp()", (-2.0, 0.5))),
)  # fmt: skip
"""Ordinary graphs after graphs on which most engines raise, each kind of error by itself.

What engines may come through comes first: it would set right again what an error left behind.
"""

USED_UP: Final = "a backward pass uses up all graphs that were built before it"
"""A convention: the tape is wiped, as PyTorch frees a graph that is not retained."""

PROGRAMS: Final[tuple[tuple[str, tuple[Number, ...]], ...]] = (
    ("a + b", (2.0, -3.0)),
    ("a * b + a", (2.0, -3.0)),
    ("c = a * b; c * c + a", (2.0, -3.0)),
    ("c = a * b; d = c + a; d * c", (1.5, 0.7)),
    ("a - b / a", (2.0, -3.0)),
    ("c = a * a; d = c + b; d * c", (1.5, 0.7)),
)
"""Graphs on which every scenario is tried, besides every operation alone and some random ones."""


@dataclass(frozen=True, slots=True)
class Convention:
    """A use on which right engines differ, and how to say what an engine does.

    Attributes:
        name: how reports call it.
        program: what is built.
        point: at which point.
        steps: what is done; the reading at the end is looked at.
        node: whose number tells.
        meanings: the number that tells, in words; any other is reported as it is.
        quantity: which number of that node tells.
    """

    name: str
    program: str
    point: tuple[Number, ...]
    steps: Steps
    node: int
    meanings: Mapping[float, str]
    quantity: Quantity = "gradient"


_ONCE: Final = (_BACK, _READ)
_TWICE: Final = {1.0: "starts afresh", 2.0: "adds up, as PyTorch does"}


def _scaled(unit: float, meanings: Mapping[float, str]) -> dict[float, str]:
    return {unit * factor: text for factor, text in meanings.items()}


CONVENTIONS: Final = (
    Convention("relu'(0)", "a.relu()", (0.0,), _ONCE, 0, {}),
    Convention("abs'(0)", "abs(a)", (0.0,), _ONCE, 0, {}),
    Convention(
        "max of equal operands", "a.max(b)", (2.0, 2.0), _ONCE, 0,
        {1.0: "the first gets all", 0.0: "the second gets all", 0.5: "half each"},
    ),
    Convention(
        "min of equal operands", "a.min(b)", (2.0, 2.0), _ONCE, 0,
        {1.0: "the first gets all", 0.0: "the second gets all", 0.5: "half each"},
    ),
    Convention(
        "backward twice, nothing zeroed", "a * b * c", (2.0, -3.0, 1.25), (_BACK, _BACK, _READ), 0,
        _scaled(-3.75, _TWICE | {3.0: "adds up, inner ones too"}),
    ),
    Convention(
        "training loop without zeroing", "a * b", (2.0, -3.0),
        (_BACK, _AGAIN, _BACK, _AGAIN, _BACK, _READ), 0,
        _scaled(-3.0, {1.0: "starts afresh", 3.0: "adds up, as PyTorch does"}),
    ),
    Convention(
        "two outputs, nothing zeroed", "c = a * b; d = c * 2; d * c", (2.0, -3.0),
        (("backward", 3), _BACK, _READ), 0,
        # by d: -6; by d * c: 72; where inner gradients are kept from the first pass: 54
        {72.0: "starts afresh", 66.0: "adds up, as PyTorch does", 54.0: "adds up, inner ones too"},
    ),
    Convention(
        "backward from a node that has a gradient", "c = a * b; c * 2", (2.0, -3.0),
        (_BACK, _LEAVES, ("backward", 2), _READ), 0,
        _scaled(-3.0, {1.0: "begins at 1", 2.0: "begins at that gradient",
                       3.0: "begins at 1 more than that"}),
    ),
    Convention(
        "value changed between forward and backward", "a * b", (2.0, -3.0),
        (("set", 1, 5.0), _BACK, _READ), 0,
        {-3.0: "uses the value at forward time", 5.0: "uses the value at backward time"},
    ),
    Convention("a**0 at 0", "a ** 0", (0.0,), _ONCE, 0, {}),
    Convention("tanh(1000)", "a.tanh()", (1000.0,), _ONCE, -1, {}, "value"),
)  # fmt: skip
"""Uses on which right engines differ."""


def used_up(engine: Engine) -> bool:
    """Whether a pass over one graph takes the gradients of another, separate one with it."""
    text, point = PROGRAMS[0]
    answer = ask(engine, Case(Graph.parse(text), point), SCENARIOS[-1])
    return answer is not None and answer[1].raised is None and not any(answer[1].gradients[:-1])


def cluttered(pattern: int, scenario: Scenario = PLAIN) -> Scenario:
    """The scenario with its nodes elsewhere in memory: sets come out in another order."""
    return replace(scenario, steps=lambda case: (("clutter", pattern), *scenario.steps(case)))


def random_share(cases: Sequence[Case], count: int = 12, operations: int = 8) -> list[Case]:
    """Some random cases for scenarios: the first ``count`` that are not large."""
    return [c for c in cases if len(c.graph.operations) <= operations][:count]
