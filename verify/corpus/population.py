"""Which cases a corpus is made of.

The special cases that every check judges, the edges, and random graphs of both populations, each
counted once and set in the order in which a course meets them: a *milestone* is a step of it.
Long chains and exercises for networks come last.  Random cases are decoded from seeded bytes, so
that they depend on no other package's version.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const
from verify.expression.ops import FORMS
from verify.generators import chains, special
from verify.generators.architectures import NAMED
from verify.generators.random import drawn
from verify.networks import task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.expression.ops import Form
    from verify.generators.random import Population

VERSION: Final = 4
"""Goes up when the same seed gives other cases."""

MILESTONES: Final = (
    "forward",
    "local derivatives",
    "chain rule",
    "numbers",
    "accumulation",
    "order",
    "in place",
    "edges",
    "depth",
    "networks",
)
"""Steps of the course: values alone; one operation; several in a tree; plain numbers as operands;
a leaf used again; a result used again, by paths of different lengths; ``a += b``; the ends of the
domain and of the float range; long chains; the engine's own networks."""
NETWORKS: Final = ((1, 1), (1,), (2,), (2, 1), (1, 2), (1, 1, 1), (2, 2, 1), (2, 2, 2))
"""Inputs and each layer's outputs, the smallest first; one number alone is a neuron."""

_FORWARD: Final = 120
_CORE: Final = frozenset({"add", "sub", "mul", "div", "neg", "pow", "relu", "tanh", "exp"})
_WHICH: Final[dict[str, Callable[[Form], bool]]] = {
    "core": lambda form: form.op in _CORE and not form.inplace,
    "plain": lambda form: not form.inplace,
    "all": lambda _: True,
}
"""Forms that random cases are drawn from; the core is what nearly every engine has."""
_SHARES: Final[tuple[tuple[Population, str, float], ...]] = (
    ("tame", "core", 0.25),
    ("wide", "core", 0.15),
    ("tame", "plain", 0.3),
    ("wide", "plain", 0.15),
    ("tame", "all", 0.1),
    ("wide", "all", 0.05),
)
"""Of the random cases: where the leaves lie, the forms, how many."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case that a corpus will hold."""

    case: Case
    milestone: str
    tags: tuple[str, ...]


def population(count: int = 2400, seed: int = 0, max_operations: int = 12) -> list[Chosen]:
    """About ``count`` different cases: special and random ones, sorted by milestone and size.

    Args:
        count: cases in all; some 700 that are not random are always among them.
        seed: of the random ones.
        max_operations: of the random ones, whose sizes are spread evenly from 1 on.
    """
    found: dict[Case, Chosen] = {}
    for name, case in special.cases(FORMS):
        found.setdefault(case, Chosen(case, milestone(case), (name,)))
    for case in special.edges(FORMS):
        found.setdefault(case, Chosen(case, "edges", ("edges",)))
    more = max(count - len(found), 0)
    for kind, which, share in _SHARES:
        forms = tuple(filter(_WHICH[which], FORMS.values()))
        for index, case in enumerate(
            draw(int(more * share), seed, kind, forms=forms, max_operations=max_operations)
        ):
            forward = which == "plain" and kind == "tame" and index < _FORWARD
            found.setdefault(case, Chosen(case, "forward" if forward else milestone(case), (kind,)))
    for length in chains.LENGTHS:
        case = chains.chain(length)
        found[case] = Chosen(case, "depth", ("chain",))
    return sorted(
        found.values(), key=lambda c: (MILESTONES.index(c.milestone), len(c.case.graph.nodes))
    )


def exercises(
    seed: int = 0, networks: tuple[tuple[int, ...], ...] = NETWORKS
) -> list[task.Exercise]:
    """An exercise for a network of each size, all its numbers fixed; the same for the same seed.

    No layer of relus is shut altogether, under any convention: nothing would pass through it.
    """
    return [_lively(sizes, random.Random(f"{seed} {sizes}")) for sizes in networks]  # noqa: S311 - no secret


def _lively(sizes: tuple[int, ...], chance: random.Random) -> task.Exercise:
    while True:
        made = task.draw(sizes, chance, again=True)
        rows = (made.parameters, made.again)
        if all(a.flows(made.layers, p, made.inputs) for a in NAMED.values() for p in rows):
            return made


def draw(
    count: int,
    seed: int,
    kind: Population = "tame",
    *,
    forms: tuple[Form, ...] = tuple(FORMS.values()),
    max_operations: int = 30,
) -> Iterator[Case]:
    """Random cases, the same for the same arguments; sizes go round from 1 to the maximum."""
    chance = random.Random(f"{seed} {kind} {len(forms)}")  # noqa: S311 - not a secret
    return drawn(count, chance, kind, forms=forms, max_operations=max_operations)


def milestone(case: Case) -> str:
    """The latest step of the course that is needed to get this case right, edges left aside."""
    graph = case.graph
    applied = [node for node in graph.nodes if isinstance(node, Apply)]
    if any(node.inplace for node in applied):
        return "in place"
    if any(n > 1 and isinstance(graph.nodes[i], Apply) for i, n in graph.uses.items()):
        return "order"
    if any(n > 1 for n in graph.uses.values()):
        return "accumulation"
    if any(isinstance(arg, Const) for node in applied for arg in node.args):
        return "numbers"
    return "chain rule" if len(applied) > 1 else "local derivatives"
