"""Numbers for which a formula that is not proven gives something else: the judge decides on them.

Floats are computed here.  They prove nothing: they only say where the judge has to look.
"""

from __future__ import annotations

import itertools
import math
import operator
from typing import TYPE_CHECKING, Any, Final

from verify.expression.graph import Apply, Case, Const, Graph, with_number
from verify.expression.reading import RELATIONS, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from verify.expression.graph import Number
    from verify.expression.reading import Question, Tree
    from verify.prove.theorem import Path

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "neg": operator.neg, "mod": operator.mod, "floor": math.floor,
    "exact": operator.pos, "rounded": float,
    **{name: getattr(math, name) for name in (
        "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log1p", "expm1",
    )},
}  # fmt: skip
_USUAL: Final = (0.75, -0.75, 1.5, -1.25, 2.0, -2.0, 3.0, 1.0, -1.0, 0.0, 0.5, 5.0, 60.0, 150.0,
                 1e-5, -60.0, -150.0, 710.0, 1e4, -3.0)  # fmt: skip
_MOST: Final = 6
_TRIED: Final = 40000
_APART: Final = 1e-9
SEED: Final = "seed"


def evaluated(tree: Tree, point: Mapping[str, float]) -> float | None:
    """A formula's number in floats; ``None`` where there is none."""
    if isinstance(tree, str):
        return point.get(tree)
    if not isinstance(tree, tuple):
        return tree
    parts = [evaluated(part, point) for part in tree[1:]]
    if tree[0] == "pi":
        return math.pi
    if None in parts:
        return None
    try:
        value = _FUNCTIONS[tree[0]](*parts)
    except (ArithmeticError, ValueError):
        return None
    return float(value) if isinstance(value, (int, float)) else None


def cases(path: Path) -> Iterator[Case]:
    """Points on a path where the first of its equalities does not hold, as cases to be judged."""
    questions = (*path.asked, *path.piece)
    graph = path.graph
    constants = [a.value for n in graph.nodes if isinstance(n, Apply) for a in n.args
                 if isinstance(a, Const)]  # fmt: skip
    numbers = _candidates(questions)
    leaves = [graph.names[i] for i in graph.leaves]
    choices: list[list[Number]] = [
        _of_kind(1, numbers) if name in path.ints else numbers_for(name, numbers) for name in leaves
    ]
    truths = dict(path.truths)
    choices = [[truths[n]] if n in truths else c for n, c in zip(leaves, choices, strict=True)]
    if constants:
        choices.append(_of_kind(constants[0], numbers))
    found = 0
    for values in itertools.islice(_spread(choices), _TRIED):
        point: dict[str, float] = dict(zip(leaves, map(float, values), strict=False))
        point[SEED] = 1.0
        if constants:
            point["c"] = float(values[-1])
        if all(_holds(q, point) for q in questions) and _differ(path, point):
            yield Case(_with(graph, values[-1]) if constants else graph, values[: len(leaves)])
            found += 1
            if found == _MOST:
                return


def numbers_for(name: str, numbers: list[float]) -> list[Number]:
    """What an input may be: factors are tried with both signs only."""
    return [1.25, -1.5, 1.0] if name in {"g", "h"} else list(numbers)


def _spread(choices: list[list[Number]]) -> Iterator[tuple[Number, ...]]:
    """Products of the choices, the last one changing slowest: operands come last."""
    for values in itertools.product(*choices[::-1]):
        yield values[::-1]


def _candidates(questions: tuple[Question, ...]) -> list[float]:
    asked: dict[float, None] = {}
    for q in questions:
        for tree in (q.left, q.right):
            for x in _numbers(tree):
                for y in (x, x + 1, x - 1, 1.5 * x, 0.5 * x, -x):
                    asked[y] = None
    near = {y: None for x in asked for y in (x,) if math.isfinite(y)}
    return list(dict.fromkeys([*near, *_USUAL]))[:40]


def _numbers(tree: Tree) -> Iterator[float]:
    if isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _numbers(part)
    elif isinstance(tree, (int, float)):
        yield float(tree)


def _of_kind(constant: Number, numbers: list[float]) -> list[Number]:
    if isinstance(constant, bool):
        return [constant]
    if isinstance(constant, int):
        return [int(x) for x in numbers if x.is_integer()]
    return list(numbers)


def _holds(question: Question, point: Mapping[str, float]) -> bool:
    if question.what == "kind":
        return not question.answer  # points are floats and ints
    left = evaluated(question.left, point)
    if question.what == "overflow":
        return (left is None or not math.isfinite(left)) == question.answer
    if question.what == "minus":
        return left is not None and (math.copysign(1.0, left) < 0) == question.answer
    if left is None:
        return False
    if question.what == "whole":
        return left.is_integer() == question.answer
    right = evaluated(question.right, point)
    return right is not None and RELATIONS[question.what](left, right) == question.answer


_SMALL: Final = (0.5, -0.5, 0.0, 1.0, -1.0, 3.0, -3.0, 1.5, 16.0, -16.0, 1e-17, -1e-17)
_WIDE: Final = (*_SMALL, 1e9, -1e9, 1e17, -1e17)
_POINTS: Final = 3000


def is_usual(asked: Sequence[Question]) -> bool:
    """Whether some numbers of a usual size take a path in floats.

    An exponential of a large number overflows: numbers are larger only where there is none.
    """
    # A variable is as large as is tried here, and every one takes more points.
    asked = [q for q in asked if q.what != "overflow" or q.answer or isinstance(q.left, tuple)]
    trees = [tree for q in asked for tree in (q.left, q.right)]
    values = _SMALL if any(map(_grows, trees)) else _WIDE
    large = [q for q in asked if q.what == "overflow" and q.answer]  # these first: it takes fewer
    return all(_some([q], values) for q in large) and _some(asked, values)


def _some(asked: Sequence[Question], values: Sequence[float]) -> bool:
    """Whether some numbers among these answer all questions so."""
    trees = [tree for q in asked for tree in (q.left, q.right)]
    names = sorted(set().union(*map(names_in, trees)) - {SEED})
    for row in itertools.islice(itertools.product(values, repeat=len(names)), _POINTS):
        point = {**dict(zip(names, row, strict=True)), SEED: 1.0}
        if all(_holds(question, point) for question in asked):
            return True
    return False


_RATIONAL: Final = frozenset({"add", "sub", "mul", "div", "neg", "exact", "rounded"})


def _grows(tree: Tree) -> bool:
    if not isinstance(tree, tuple):
        return False
    return tree[0] not in _RATIONAL or any(map(_grows, tree[1:]))


def _differ(path: Path, point: Mapping[str, float]) -> bool:
    if not path.equalities:
        return True
    for claim in path.equalities:
        got, expected = evaluated(claim.computed, point), evaluated(claim.expected, point)
        if got is None or expected is None:
            return True
        if abs(got - expected) > _APART * (abs(got) + abs(expected)):
            return True
    return False


def _with(graph: Graph, number: Number) -> Graph:
    """The graph with this number in the place of its constant."""
    return Graph(tuple([with_number(node, number) for node in graph.nodes]))
