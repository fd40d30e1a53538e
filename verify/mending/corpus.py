"""Recorded cases that tell edited copies apart, and the truth about each.

A change that is right for ``a ** 2`` alone, for an upstream gradient of 1 alone, or far from every
edge alone is no mend.  So each form is asked at ordinary points and far out, with other numbers
beside it, with negative and fractional gradients coming from above, at the edges of its domain, and
with operands that are used again; then graphs, scenarios, and what takes exponential time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.engines.workshop import Graphs
from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import FORMS
from verify.generators import special
from verify.generators.random import inside
from verify.generators.scenarios import PLAIN, PROGRAMS, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from verify.expression.graph import Node, Number
    from verify.expression.ops import Form
    from verify.generators.scenarios import Scenario

NUMBERS: Final = (3, -1, 0.5, -2.5, 1, 5, 1.5, 0)
"""Numbers beside a node: whole, negative, fractional, 1 and 0; for a power, exponents but 2."""
UPSTREAM: Final = (-3.0, 0.25)
"""Gradients that come from above: ``g - 1`` for ``-g`` is right where it is 1 alone."""
_POINTS: Final = ((1.7, -2.3), (-0.6, 0.45), (0.9, 0.9))
_GRAPHS: Final = 60
_DOUBLINGS: Final = 22
LEVELS: Final = ("alone", "shared", "graphs", "state", "cost")
"""Which are mended first: what fails by itself before what is built on it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A case that is asked of each copy.

    Attributes:
        group: the form, or what the graph is for.
        level: one of :data:`LEVELS`.
        kind: what the case is for within its group.
        asked: what is sent.
        about: the case whose truth the reading must show.
    """

    group: str
    level: str
    kind: str
    asked: Graphs
    about: Case


def tasks(forms: Collection[str], *, backward: bool, seed: int | None = None) -> list[Task]:
    """All tasks that use these forms only, the plainest first.

    Args:
        forms: keys of :data:`verify.expression.ops.FORMS`.
        backward: whether the engine has a backward pass.
        seed: of other points, numbers and graphs than the recorded ones.
    """
    found = [task for text in forms for task in of_form(text, forms)]
    if seed is not None:
        chance = random.Random(seed)  # noqa: S311 - not a secret
        found = [task for text in forms for task in _elsewhere(text, chance)]
    found += [task for text in forms for task in _shared(text, forms)]
    found += [
        _task("graphs", "graphs", name, case)
        for name, case in special.cases(forms)
        if name in special.SHAPES
    ]
    drawn = _drawn(forms, 7 if seed is None else seed)
    found += [_task("graphs", "graphs", "random", case) for case in drawn]
    if backward:
        found += _stateful(forms)
        found += _costly(forms)
        return found
    return [replace(t, asked=replace(t.asked, steps=(("read",),))) for t in found]


def of_form(text: str, forms: Collection[str]) -> Iterator[Task]:
    """A form alone, with a factor after it, and at its edges."""
    form = FORMS[text]
    for case in special.single(form):
        yield _task(text, "alone", "alone", case)
    for case in _with_numbers(form):
        yield _task(text, "alone", "alone", case)
    for factor in UPSTREAM if "a * 2" in forms else ():
        for case in special.single(form)[:2]:
            yield _task(text, "alone", "upstream", _scaled(case, factor))
    for case in special.edges((text,)):
        yield _task(text, "alone", "edge", case)


def _with_numbers(form: Form) -> Iterator[Case]:
    """The form at other points, with other numbers beside its node."""
    (plain, *_) = special.single(form)
    node = plain.graph.nodes[-1]
    leaves = plain.graph.nodes[:-1]
    for number in (2,) if all(form.nodes) else NUMBERS:
        graph = Graph((*leaves, _beside(node, number)))
        for point in _POINTS:
            case = Case(graph, point[: len(leaves)])
            if inside(graph, case.point):
                yield case


def _beside(node: Node, number: Number) -> Node:
    """The operation with another number beside its node."""
    if not isinstance(node, Apply):
        return node
    args = tuple([Const(number) if isinstance(a, Const) else a for a in node.args])
    return Apply(node.op, args, node.inplace)


def _scaled(case: Case, factor: float) -> Case:
    last = len(case.graph.nodes) - 1
    scaled = Apply("mul", (last, Const(factor)))
    return Case(Graph((*case.graph.nodes, scaled)), case.point)


def _shared(text: str, forms: Collection[str]) -> Iterator[Task]:
    """A form whose operand, or whose result, is used again."""
    if not {"a + b", "a * b"} <= set(forms):
        return
    (plain, *more) = special.single(FORMS[text])
    node, leaves = plain.graph.nodes[-1], plain.graph.nodes[:-1]
    made, first = len(leaves), 0
    later = (
        (Apply("mul", (made, first)),),
        (Apply("mul", (made, made)),),
        (Apply("mul", (first, first)), Apply("add", (made, made + 1))),
        (Apply("add", (made, first)), Apply("mul", (made + 1, made))),
    )
    for after in later:
        for case in (plain, *more[:1]):
            graph = Graph((*leaves, node, *after))
            yield _task(text, "shared", "shared", Case(graph, case.point))
    for name, case in special.cases((text,)):
        if name.endswith(("same operand", "nested")):
            yield _task(text, "shared", "shared", case)


def _elsewhere(text: str, chance: random.Random) -> Iterator[Task]:
    """A form at points that are drawn, with numbers beside nodes that are drawn too."""
    form = FORMS[text]
    plain = special.single(form)[0].graph
    leaves, node = plain.nodes[:-1], plain.nodes[-1]
    for _ in range(24):
        number = round(chance.uniform(-4, 4), 3) if chance.random() < 0.6 else chance.randint(-4, 6)
        graph = Graph((*leaves, _beside(node, number)))
        point = tuple([round(chance.uniform(-3, 4), 3) for _ in leaves])
        if inside(graph, point):
            yield _task(text, "alone", "alone", Case(graph, point))


def _drawn(forms: Collection[str], seed: int) -> list[Case]:
    """Random graphs, in which nodes are used again; the same ones for a seed."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    names = sorted(f for f in forms if not FORMS[f].inplace and FORMS[f].op != "sum")
    found: list[Case] = []
    for _ in range(20 * _GRAPHS):
        if len(found) == _GRAPHS or not names:
            break
        nodes: list[Leaf | Apply] = [Leaf("a"), Leaf("b")]
        for _ in range(chance.randint(3, 9)):
            form = FORMS[chance.choice(names)]
            operands = [
                max(0, len(nodes) - 1 - int(chance.expovariate(0.6))) if node
                else Const(chance.choice((2, 3, 0.5, -1.5)))
                for node in form.nodes
            ]
            nodes.append(Apply(form.op, tuple(operands)))
        point = tuple([round(chance.uniform(-2, 2), 2) for _ in range(2)])
        graph = Graph(tuple(nodes))
        if inside(graph, point):
            found.append(Case(graph, point))
    return found


def _stateful(forms: Collection[str]) -> Iterator[Task]:
    for scenario in SCENARIOS:
        for text, point in PROGRAMS:
            case = Case(Graph.parse(text), point)
            if special.uses_only(case.graph, forms) and (task := _after(scenario, case)):
                yield task


def _after(scenario: Scenario, case: Case) -> Task | None:
    built = scenario.built(case)
    about = scenario.about(built)
    if about is None:
        return None
    asked = Graphs(built.graph, built.point, scenario.steps(built))
    return Task(scenario.name, "state", scenario.name, asked, about)


def _costly(forms: Collection[str]) -> Iterator[Task]:
    """What takes for ever along every path, and what is deep or used often."""
    if "a + b" not in forms:
        return
    doubled = Graph((Leaf("a"), *[Apply("add", (i, i)) for i in range(_DOUBLINGS)]))
    yield _task("cost", "cost", "doubled", Case(doubled, (1.0,)))
    chain = Graph((Leaf("a"), *[Apply("add", (i, 0)) for i in range(60)]))
    yield _task("graphs", "graphs", "chain", Case(chain, (0.5,)))
    if "a * b" in forms:
        rows = [Apply("mul", (0, 1)), *[Apply("add", (i + 2, 2)) for i in range(40)]]
        wide = Graph((Leaf("a"), Leaf("b"), *rows))
        yield _task("graphs", "graphs", "wide", Case(wide, (0.5, 1.5)))


def _task(group: str, level: str, kind: str, case: Case) -> Task:
    asked = Graphs(case.graph, case.point, PLAIN.steps(case))
    return Task(group, level, kind, asked, case)
