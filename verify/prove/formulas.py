"""What an engine computes for one number of a case, as a formula beside the right one: a diagnosis.

Symbols here are floats, which can be looked at in secret, and other paths are not explored: a proof
is in :mod:`verify.prove.proof`.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import sympy

from verify.expression.graph import Graph, Leaf
from verify.generators.random import inside
from verify.oracles.symbolic import expression
from verify.verdict.agreement import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    from verify.expression.graph import Case, Number
    from verify.expression.reading import Formulas, Tree

    Answer: TypeAlias = tuple[Sequence[Number], float]
    """A point, and what an engine says there."""

    class Symbolic(Protocol):
        """An engine that can be run on symbols."""

        def formulas(
            self, graph: Graph, point: Sequence[Number], *, any_number: bool = True
        ) -> Formulas:
            """The formulas that it computes, on the path that this point takes."""


_LONGEST_DENOMINATOR: Final = 1000
_FACTOR: Final = 1.125
_DIGITS: Final = (6, 12, 17)
_PRECISE: Final = 40
"""Digits with which two formulas are told apart."""


def formula(engine: Symbolic, case: Case, node: int, *, gradient: bool) -> tuple[str, str] | None:
    """What the engine computes for one number of a case, and what is due, as text.

    Args:
        engine: loaded for symbols.
        case: a small case.
        node: a leaf, or for its value any node.
        gradient: whether the gradient by the node is asked for, or its value.

    Returns:
        Both formulas; ``None`` where the symbols are lost, the engine raises, or it is a gradient
        by an inner node.
    """
    read = _read(engine, case, node, gradient=gradient)
    return None if read is None else _as_text(*read, case)


def formula_held(
    engine: Symbolic, case: Case, node: int, fresh: Sequence[Answer], *, gradient: bool
) -> Held | None:
    """What :func:`formula` says, and how many fresh answers are what the formula says.

    Args:
        engine: loaded for symbols.
        case: a small case.
        node: as there.
        fresh: what the engine says of that number elsewhere.
        gradient: as there.
    """
    read = _read(engine, case, node, gradient=gradient)
    if read is None:
        return None
    got, expected = read
    names = [sympy.Symbol(name, real=True) for name in case.inputs]
    held = asked = 0
    for point, number in fresh:
        values = {s: sympy.Float(x, _PRECISE) for s, x in zip(names, point, strict=True)}
        mine, theirs = (_float(form.subs(values).evalf(_PRECISE)) for form in (got, expected))
        if mine is None or theirs is None or alike(mine, theirs):
            continue  # here nothing tells the two apart
        asked += 1
        held += alike(mine, number)
    return Held(*_as_text(got, expected, case), held, asked)


class Held(NamedTuple):
    """Two formulas as text, and how many of how many fresh answers are what the first one says."""

    got: str
    expected: str
    held: int
    asked: int


def _float(number: sympy.Expr) -> float | None:
    """A number as a float; ``None`` where it is none."""
    if not number.is_real or not number.is_finite:
        return None
    made = float(number)
    return made if math.isfinite(made) else None


def _read(
    engine: Symbolic, case: Case, node: int, *, gradient: bool
) -> tuple[sympy.Expr, sympy.Expr] | None:
    """What is computed and what is due, as SymPy has it."""
    graph = case.graph
    formulas = engine.formulas(graph, case.point, any_number=False)
    asked = graph.nodes[node]
    if formulas.raised is not None or formulas.leaks or (gradient and not isinstance(asked, Leaf)):
        return None
    symbols = {name: sympy.Symbol(name, real=True) for name in case.inputs}
    got = as_sympy((formulas.gradients if gradient else formulas.values)[node], symbols)
    expected = expression(Graph(graph.nodes[: node + 1]))
    if isinstance(asked, Leaf) and gradient:
        expected = sympy.diff(expression(graph), symbols[asked.name])
    if got.has(sympy.nan):
        return None
    # Constant, or its symbols are lost:
    if expected.free_symbols and not got.free_symbols and got != 0:
        other = elsewhere(case)
        again = None if other is None else engine.formulas(graph, other, any_number=False)
        if again is None or again.raised is not None or again.leaks:
            return None
        if as_sympy((again.gradients if gradient else again.values)[node], symbols) != got:
            return None
    return got, expected


def _as_text(got: sympy.Expr, expected: sympy.Expr, case: Case) -> tuple[str, str]:
    symbols = {name: sympy.Symbol(name, real=True) for name in case.inputs}
    values = {symbols[name]: sympy.Float(x, _PRECISE) for name, x in case.inputs.items()}
    away = (got - expected).subs(values).evalf(_PRECISE)
    return _readable(got, values, away), _readable(expected, values, away)


def elsewhere(case: Case) -> tuple[Number, ...] | None:
    """Another point, where what is no constant is another number; ``None`` where there is none."""
    moved = tuple([float(x) * _FACTOR for x in case.point])
    return moved if moved != case.point and inside(case.graph, moved) else None


def _readable(
    form: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Float], away: sympy.Expr
) -> str:
    """As text, with as few digits of long numbers as do not round a mistake of this size away."""
    long = [n for n in form.atoms(sympy.Rational) if n.q > _LONGEST_DENOMINATOR]
    for digits in _DIGITS:
        shown = {n: n.evalf(digits) for n in long}
        short = form.xreplace(shown)
        exact = form.xreplace({n: sympy.Rational(str(x)) for n, x in shown.items()})
        lost = (exact - form).subs(values).evalf(_PRECISE) if long else sympy.Integer(0)
        if not (lost.is_real and away.is_real) or abs(lost) <= abs(away) / 1000:
            break
    return str(short)


_BUILD: Final[dict[str, Callable[..., sympy.Expr]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "tanh": sympy.tanh,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "sqrt": sympy.sqrt,
    "log1p": lambda a: sympy.log(1 + a),
    "expm1": lambda a: sympy.exp(a) - 1,
}


def as_sympy(tree: Tree, symbols: Mapping[str, sympy.Expr]) -> sympy.Expr:
    """A formula as SymPy has it, ``nan`` where it is none."""
    if isinstance(tree, str):
        return symbols[tree]
    if isinstance(tree, tuple):
        return _BUILD[tree[0]](*[as_sympy(part, symbols) for part in tree[1:]])
    return sympy.nan if tree is None or tree != tree else _rational(tree)  # noqa: PLR0124 - nan


@functools.lru_cache(maxsize=1024)
def _rational(number: float) -> sympy.Expr:
    return sympy.Rational(*number.as_integer_ratio()) if abs(number) != float("inf") else sympy.nan
