"""Each form alone at many points: what comes after it, signs, zeros, numbers, magnitudes.

A mistake may need a particular factor behind the operation, a particular operand, or one of a
particular size.  Each is asked of every form by itself, so that nothing else has to coincide.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import FORMS, OPS
from verify.generators.compose import then
from verify.generators.random import LEAF_NAMES, inside
from verify.generators.special import single, uses_only

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.expression.graph import Number, Operand
    from verify.expression.ops import Form

FACTORS: Final = (
    "y * -0.5", "y * 2.5", "y * -3", "y * 10000000.0", "y * -1e-09", "y * 0",
    "y * g", "g * y", "y / -4", "2 - y", "-y", "y - g", "y * -1.5 + y",
)  # fmt: skip
"""What is done with the result ``y``, so that what comes back to it is not 1; ``g`` is below 0."""
_G: Final = -0.75
_CHOOSING: Final = frozenset({"max", "min", "abs"})
"""Operations that pass all on, to one side or the other: each side is asked with each factor."""

PAIRS: Final[tuple[tuple[Number, Number], ...]] = (
    (0.0, 1.5), (1.5, 0.0), (0.0, 0.0), (0, 2), (-1.5, 0.75), (1.5, -0.75), (-1.5, -0.75),
    (1.5, 1.5), (-2, -2), (3, 2), (-3, 2), (2, -1), (1.5, -1.5), (0.5, 2.0), (1.0, 1.0),
    (1.0, 0.25), (0.25, 1), (4.0, 3.0), (-0.5, 3.0), (0.3, 5.0),
)  # fmt: skip
"""Two operands: 0, both signs, equal, opposite, whole numbers and fractions, results 0 and 1."""

ONES: Final[tuple[Number, ...]] = (
    0.0, 0, 1, -1, 2, -3, 5, 0.5, -0.5, 1.0, -1.0, 2.5, -2.0, 1.5707963267948966, 4.0, -7.3,
)  # fmt: skip
"""One operand: 0, 1, both signs, whole numbers and fractions."""

NUMBERS: Final[tuple[Number, ...]] = (
    -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 0.5, -0.5, 1.5, 2.5, 10, 100,
    -1.5, 2.0, 3.0, -1.0, 1.0, 0.0, 7.25, 1 / 3,
)  # fmt: skip
"""Numbers beside a node, and exponents."""
_BESIDE: Final = (1.25, -0.75, 3.0)

_TURNING: Final = (
    1.7, 4.3, 6.0, 8.5, 12.0, 15.5, 18.5, 25.0, 36.5, 45.0, 60.0, 90.0, 150.0, 250.0, 350.0,
    500.0, 600.0, 700.0, 708.0,
)  # fmt: skip
"""Where exponentials turn into 0, 1 and infinity."""
DENSE: Final = (-7.0, 4.0, 0.5)
"""Powers of 10 between which magnitudes lie close: from, to, apart."""
SPARSE: Final = 22.0
"""Powers of 10 between magnitudes beyond."""
_MOST: Final = 307.0


def factors(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """Each form with something after it, by form."""
    for text in forms:
        alone = single(FORMS[text])
        sides = _sides(alone) if FORMS[text].op in _CHOOSING else ()
        found = []
        for index, tail in enumerate(FACTORS):
            for one in sides or (alone[index % min(len(alone), 3)],):
                case = then(one, tail, g=_G)
                if uses_only(case.graph, forms):
                    found.append(case)
        yield found


def _sides(alone: Sequence[Case]) -> tuple[Case, ...]:
    """The first case on each side of where an operation turns, by its first operand."""
    by_side: dict[bool, Case] = {}
    for case in alone:
        args = [arg for n in case.graph.nodes if isinstance(n, Apply) for arg in n.args]
        other = (*case.point[1:], *[arg.value for arg in args if isinstance(arg, Const)], 0.0)[0]
        if case.point[0] != other:
            by_side.setdefault(case.point[0] > other, case)
    return tuple(by_side.values())


def signs(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """Each form with operands of nodes that are 0, negative, equal, whole, alone and scaled."""
    for text in forms:
        form = FORMS[text]
        graph, found = _graph(form, 2), []
        points = PAIRS if len(graph.leaves) > 1 else [(x,) for x in ONES]
        for point in points:
            case = Case(graph, point)
            if _defined(form, [*point, 2]):
                found.append(case)
                scaled = then(case, "y * -2.5")
                found += [scaled] * uses_only(scaled.graph, forms)
        yield found


def numbers(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """Each form that has a number beside a node, with every number; whole powers of 0, too."""
    for text in forms:
        form = FORMS[text]
        if not all(form.nodes):
            graphs = [_graph(form, number) for number in NUMBERS]
            cases = [Case(graph, (x,)) for graph in graphs for x in _BESIDE]
            found = [case for case in cases if inside(case.graph, case.point)]
            if form.op == "pow" and form.nodes[0]:
                whole = [number for number in NUMBERS if number >= 1 and number % 1 == 0]
                found += [Case(_graph(form, number), (0.0,)) for number in whole]
            yield found


def magnitudes(forms: Collection[str], seed: int = 0) -> Iterator[list[Case]]:
    """Each form at operands of all magnitudes, in both signs, where it is defined."""
    for text in forms:
        form = FORMS[text]
        chance = random.Random(f"{seed} {text}")  # noqa: S311 - no secret
        yield [
            Case(_graph(form, 2), tuple(point))
            for point in _points(form, chance)
            if _defined(form, [*point, 2])
        ]


def _points(form: Form, chance: random.Random) -> Iterator[Sequence[Number]]:
    if sum(form.nodes) == 1:
        sizes = sorted([*_sizes(chance), *_TURNING])
        few = sizes if all(form.nodes) else sizes[::2]
        yield from ([sign * size] for size in few for sign in (1, -1))
        return
    for index, size in enumerate(_sizes(chance)):
        other = 10 ** chance.uniform(-1, 1)
        near = size * 10 ** chance.uniform(-0.5, 0.5)
        signs = ((1, 1), (-1, 1), (1, -1), (-1, -1))
        for turn, pair in enumerate(((size, other), (other, size), (size, near))):
            first, second = signs[(index + turn) % 4]
            yield first * pair[0], second * pair[1]


def _sizes(chance: random.Random) -> list[float]:
    """Log-uniform in strata: one drawn in each, so that no stretch stays empty."""
    low, high, step = DENSE
    edges = [low + step * i for i in range(int((high - low) / step))]
    found = [10 ** chance.uniform(e, e + step) for e in edges]
    at = high
    while at < _MOST:
        found.append(10 ** chance.uniform(at, min(at + SPARSE, _MOST)))
        at += SPARSE
    at = low
    while at > -_MOST:
        found.append(10 ** chance.uniform(max(at - SPARSE, -_MOST), at))
        at -= SPARSE
    return found


def _graph(form: Form, number: Number) -> Graph:
    leaves = [Leaf(LEAF_NAMES[i]) for i in range(sum(form.nodes))]
    operands = iter(range(len(leaves)))
    args: tuple[Operand, ...] = tuple(
        [next(operands) if node else Const(number) for node in form.nodes]
    )
    return Graph((*leaves, Apply(form.op, args, form.inplace)))


def _defined(form: Form, given: Sequence[Number]) -> bool:
    """Whether there is a value, within the range of floats, to be right or wrong about."""
    numbers = iter(given)
    args = [float(next(numbers)) if node else 2.0 for node in form.nodes]
    try:
        return math.isfinite(OPS[form.op].steer(*args))
    except (ValueError, ZeroDivisionError, OverflowError):
        return False
