"""Equalities in ball arithmetic: a second opinion that shares nothing with canonical forms.

That a difference contains 0 at a point proves nothing; that it does not refutes an equality.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from flint import arb, ctx

from verify.expression.reading import RELATIONS, names_in
from verify.prove.regions import equalities

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from verify.expression.reading import Question, Tree
    from verify.prove.theorem import Equality, Path

_PRECISION: Final = 200
_TRIES: Final = 30
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "neg": operator.neg, "exp": arb.exp, "log": arb.log, "sin": arb.sin,
    "cos": arb.cos, "tan": arb.tan, "tanh": arb.tanh, "sinh": arb.sinh, "cosh": arb.cosh,
    "sqrt": arb.sqrt, "log1p": arb.log1p, "expm1": arb.expm1, "floor": arb.floor,
    "exact": operator.pos, "rounded": operator.pos,
    "pi": lambda _: arb.pi(), "mod": lambda a, b: a - b * (a / b).floor(),
}  # fmt: skip


def contains_0(
    equality: Equality, questions: Sequence[Question], dice: random.Random, points: int
) -> bool:
    """Whether the difference of both sides may be 0 at some points of a path."""
    compared = [tree for q in questions for tree in (q.left, q.right)]
    trees = [equality.computed, equality.expected, *compared]
    names = sorted(set().union(*map(names_in, trees)))
    equal = dict(equalities(questions))
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        found = 0
        for _ in range(_TRIES):
            point = _point(names, equal, dice, {q.left for q in questions if q.what == "whole"})
            if not all(_holds(q, point) for q in questions):
                continue
            difference = value(equality.computed, point) - value(equality.expected, point)
            if difference.is_finite() and not difference.contains(0):
                return False
            found += 1
            if found == points:
                return True
        return True
    finally:
        ctx.prec = before


def is_refuted(path: Path, point: Mapping[str, float]) -> bool:
    """Whether some equality of a path is certified not to hold at a point."""
    at = {name: arb(x) for name, x in point.items()}
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        return any(
            e.computed is None
            or not (value(e.computed, at) - value(e.expected, at)).contains(0)
            for e in path.equalities
        )
    finally:
        ctx.prec = before


def value(tree: Tree, point: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a ball
    """A formula's ball at a point."""
    if isinstance(tree, str):
        return point[tree]
    if not isinstance(tree, tuple):
        return arb("nan") if tree is None else arb(tree)
    return _FUNCTIONS[tree[0]](*[value(part, point) for part in tree[1:]])


def _point(
    names: Sequence[str], equal: Mapping[str, Tree], dice: random.Random, whole: set[Tree]
) -> dict[str, Any]:
    free = {n: arb(dice.randint(-3, 3) if n in whole else dice.randint(-300, 300)) for n in names}
    point = {n: x if n in whole else x / 128 for n, x in free.items()}
    return {n: value(equal[n], point) if n in equal else point[n] for n in names}


def _holds(question: Question, point: Mapping[str, Any]) -> bool:
    if question.what in {"whole", "overflow", "minus", "kind"}:
        return question.what != "whole" or value(question.left, point).is_integer() == (
            question.answer
        )
    left, right = value(question.left, point), value(question.right, point)
    return bool(RELATIONS[question.what](left, right)) == question.answer
