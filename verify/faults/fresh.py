"""Fresh cases, on which a name has to prove itself.

The same for the same case, so that a report can be had again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, with_number
from verify.expression.ops import FORMS
from verify.generators.random import drawn, inside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

PREDICTIONS: Final = 20
"""Fresh cases on which a fault has to be wrong exactly as the engine is, to be named."""
_MOST_DRAWN: Final = 100
"""Fresh graphs drawn for the predictions."""
_NUMBERS: Final = (3, -1, 0.5, 4, 1.5)


@dataclass(frozen=True, slots=True)
class Fresh:
    """Cases on which a name has to predict what an engine answers.

    Attributes:
        cases: the evidence is not among them.
        least: on how many of them the fault has to be wrong, as the engine is.
    """

    cases: Iterable[Case]
    least: int = PREDICTIONS


def fresh(case: Case, usable: Collection[str] = tuple(FORMS)) -> Fresh:
    """The same graph at other points, and graphs of its operations and of plain ones.

    Args:
        case: on which an engine is wrong.
        usable: the forms that the engine has and that are right by themselves; graphs are drawn
            from these and from the operations of the case.
    """
    return Fresh(_drawn(case, usable))


def _drawn(case: Case, usable: Collection[str]) -> Iterator[Case]:
    chance = random.Random(repr(case))  # noqa: S311 - not a secret
    graphs = [case.graph, *_other_numbers(case.graph)]
    outside = not inside(case.graph, case.point)
    for graph in graphs * (2 * PREDICTIONS // len(graphs)):
        factor = chance.uniform(0.7, 1.4)  # one for all: what is equal stays so
        near = tuple([factor * x for x in case.point])
        ordinary = tuple([round(chance.uniform(-3.0, 3.0), 3) for _ in case.point])
        whole = tuple([float(chance.randint(-3, 3)) for _ in case.point])  # many coincide
        for point in (near, ordinary, whole):
            if inside(graph, point) or (outside and point is near):
                yield Case(graph, point)
    has = {*case.graph.operations, "add", "mul"}
    forms = [text for text in usable if FORMS[text].op in has]
    written = [node.form for node in case.graph.nodes if isinstance(node, Apply)]
    forms += [text for text in dict.fromkeys(written) if text not in forms]
    yield from drawn(_MOST_DRAWN, chance, forms=[FORMS[t] for t in forms], max_operations=8)


def _other_numbers(graph: Graph) -> Iterator[Graph]:
    """The graph with other numbers in the place of its constants."""
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Apply) and any(isinstance(arg, Const) for arg in node.args):
            for number in _NUMBERS:
                changed = with_number(node, number)
                yield Graph((*graph.nodes[:index], changed, *graph.nodes[index + 1 :]))


def whole(case: Case) -> Iterator[Case]:
    """The case with other whole numbers: zeros, and numbers that coincide, are among them."""
    chance = random.Random(repr(case))  # noqa: S311 - not a secret
    graphs = [case.graph, *_other_numbers(case.graph)]
    for _ in range(_MOST_DRAWN * 3):
        graph = chance.choice(graphs)
        point = tuple([float(chance.randint(-3, 4)) for _ in graph.leaves])
        if inside(graph, point):
            yield Case(graph, point)


def nearby(case: Case) -> list[Case]:
    """The case at points close by."""
    found = []
    for step in (0.375, -0.25):
        point = tuple([x + step * (i + 1) for i, x in enumerate(case.point)])
        if inside(case.graph, point):
            found.append(Case(case.graph, point))
    return found
