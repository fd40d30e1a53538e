"""The gradient from SymPy: its derivative of each operation, derived once, composed forward.

The operations are written as SymPy expressions; SymPy derives, and its formulas are evaluated in
128-bit balls.  The chain rule runs *forward* over the nodes (the engine runs backward), one tangent
for each node asked for, so that the cost is linear in the nodes and nothing is ever expanded.

:func:`expression` and :func:`derivative` give the whole closed form instead: for small graphs, for
people, and for the tests that hold the two routes against each other.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Final

import sympy
from flint import arb, ctx, fmpq
from sympy.printing.lambdarepr import LambdaPrinter

from verify.expression.graph import Const, Leaf
from verify.expression.reading import Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.graph import Apply, Graph, Number

SOURCE: Final = "symbolic"

_BITS: Final = 128
_EVERY_NODE: Final = 40
"""Up to this many nodes every gradient is computed; beyond, those of the leaves."""

_X, _Y = sympy.symbols("x y", real=True)
_EXPRESSIONS: Final[dict[str, sympy.Expr]] = {
    "add": _X + _Y,
    "sub": _X - _Y,
    "mul": _X * _Y,
    "div": _X / _Y,
    "neg": -_X,
    "pow": _X**_Y,
    "relu": sympy.Max(_X, 0),
    "tanh": sympy.tanh(_X),
    "exp": sympy.exp(_X),
    "log": sympy.log(_X),
    "sigmoid": 1 / (1 + sympy.exp(-_X)),
    "sqrt": sympy.sqrt(_X),
    "abs": sympy.Abs(_X),
    "sin": sympy.sin(_X),
    "cos": sympy.cos(_X),
    "max": sympy.Max(_X, _Y),
    "min": sympy.Min(_X, _Y),
}


def truth(graph: Graph, point: Sequence[Number]) -> Truth:
    """Values and gradients as balls; ``None`` for inner nodes of graphs above 40 nodes.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
    """
    before, ctx.prec = ctx.prec, _BITS
    try:
        values, partials = _local(graph, point)
        wanted = range(len(graph.nodes)) if len(graph.nodes) <= _EVERY_NODE else graph.leaves
        gradients: list[Enclosure | None] = [None] * len(graph.nodes)
        for index in wanted:
            gradients[index] = _enclosure(_tangent(graph, partials, index))
        return Truth(SOURCE, tuple(map(_enclosure, values)), tuple(gradients))
    finally:
        ctx.prec = before


def expression(graph: Graph) -> sympy.Expr:
    """The output as one closed form in symbols named like the leaves."""
    forms: list[sympy.Expr] = []
    for node in graph.nodes:
        if isinstance(node, Leaf):
            forms.append(sympy.Symbol(node.name, real=True))
        else:
            forms.append(
                _substituted(
                    node,
                    [_exactly(a.value) if isinstance(a, Const) else forms[a] for a in node.args],
                )
            )
    return forms[-1]


def derivative(graph: Graph, leaf: int) -> sympy.Expr:
    """The closed form of the gradient by one leaf, simplified only by SymPy's own evaluation."""
    node = graph.nodes[leaf]
    if not isinstance(node, Leaf):
        raise TypeError(f"node {leaf} is not a leaf")
    return sympy.diff(expression(graph), sympy.Symbol(node.name, real=True))


def _substituted(node: Apply, args: Sequence[sympy.Expr]) -> sympy.Expr:
    if node.op == "sum":
        return sympy.Add(*args)
    return _EXPRESSIONS[node.op].subs(dict(zip((_X, _Y), args, strict=False)), simultaneous=True)


def _exactly(number: Number) -> sympy.Expr:
    return sympy.Rational(*float(number).as_integer_ratio())


def _local(graph: Graph, point: Sequence[Number]) -> tuple[list[arb], list[list[tuple[int, arb]]]]:
    """Values, and for each node its parents with the local derivative by each."""
    values: list[arb] = []
    partials: list[list[tuple[int, arb]]] = []
    inputs = iter(point)
    for node in graph.nodes:
        if isinstance(node, Leaf):
            values.append(arb(next(inputs)))
            partials.append([])
            continue
        args = [arb(a.value) if isinstance(a, Const) else values[a] for a in node.args]
        if node.op == "sum":
            values.append(functools.reduce(lambda a, b: a + b, args))
            partials.append([(parent, arb(1)) for parent in node.parents])
            continue
        value, derived = _functions(node.op, _numbers(node))
        values.append(value(*args))
        partials.append(
            [(p, d(*args)) for p, d in zip(node.args, derived, strict=False) if isinstance(p, int)]
        )
    return values, partials


def _tangent(graph: Graph, partials: Sequence[Sequence[tuple[int, arb]]], seed: int) -> arb:
    zero = arb(0)
    tangents = [zero] * len(graph.nodes)
    tangents[seed] = arb(1)
    for index in range(seed + 1, len(graph.nodes)):
        total = zero
        for parent, partial in partials[index]:
            if tangents[parent] is not zero:
                total = total + partial * tangents[parent]
                tangents[index] = total
    return tangents[-1]


def _numbers(node: Apply) -> tuple[Number | None, ...]:
    # SymPy's derivative of x**y divides by x; with the number in place it need not.
    if node.op != "pow":
        return ()
    return tuple([float(a.value) if isinstance(a, Const) else None for a in node.args])


@functools.lru_cache(maxsize=4096)
def _functions(
    op: str, numbers: tuple[Number | None, ...]
) -> tuple[Callable[..., arb], tuple[Callable[..., arb], ...]]:
    """The value and the derivative by each operand, as functions of balls."""
    known = {s: _exactly(n) for s, n in zip((_X, _Y), numbers, strict=False) if n is not None}
    form = _EXPRESSIONS[op].subs(known)
    derived = [sympy.nan if s in known else sympy.diff(form, s) for s in (_X, _Y)]
    if op in {"max", "min"}:
        # Written so that equal operands cancel: Heaviside(x - y) once, not twice.
        derived = [d.rewrite(sympy.Heaviside) for d in derived]
    value, *functions = (_compile(e) for e in (form, *derived))
    return value, tuple(functions)


class _BallPrinter(LambdaPrinter):  # type: ignore[misc]  # SymPy's printers extend by subclassing
    """Prints SymPy expressions as Python on balls, with exact numbers and safe powers."""

    def _print_Pow(self, expr: sympy.Pow, **_: object) -> str:  # noqa: N802 - SymPy's naming
        return f"power({self._print(expr.base)}, {self._print(expr.exp)})"

    def _print_Rational(self, expr: sympy.Rational) -> str:  # noqa: N802
        return f"arb(fmpq({expr.p}, {expr.q}))"

    def _print_Integer(self, expr: sympy.Integer) -> str:  # noqa: N802
        return f"arb({expr.p})"

    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802
        return f"maximum({', '.join(map(self._print, expr.args))})"

    def _print_Min(self, expr: sympy.Min) -> str:  # noqa: N802
        return f"minimum({', '.join(map(self._print, expr.args))})"

    def _print_Heaviside(self, expr: sympy.Heaviside) -> str:  # noqa: N802
        return f"heaviside({self._print(expr.args[0])})"

    def _print_sign(self, expr: sympy.sign) -> str:
        return f"(2 * heaviside({self._print(expr.args[0])}) - 1)"

    def _print_call(self, expr: sympy.Function) -> str:
        return f"{type(expr).__name__.lower()}({self._print(expr.args[0])})"

    def _print_undefined(self, _: sympy.Expr) -> str:
        return "arb('nan')"

    def _print_Pi(self, _: sympy.Expr) -> str:  # noqa: N802
        return "arb.pi()"

    _print_ImaginaryUnit = _print_NaN = _print_ComplexInfinity = _print_Infinity = _print_undefined  # noqa: N815
    _print_Abs = _print_exp = _print_log = _print_sin = _print_cos = _print_tanh = _print_call  # noqa: N815


def _power(base: arb, exponent: arb) -> arb:
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) < 2**20:
        n = int(float(exponent))
        result = arb(1)
        for bit in f"{abs(n):b}":
            result = result * result * (base if bit == "1" else 1)
        return 1 / result if n < 0 else result
    if base > 0:
        return (exponent * base.log()).exp()
    return (
        base.sqrt()
        if exponent == 0.5
        else arb(0)
        if base.is_zero() and exponent > 0
        else arb("nan")
    )


def _heaviside(z: arb) -> arb:
    return arb(1) if z > 0 else arb(0) if z < 0 else arb(0.5, 0.5)


_NAMES: Final[dict[str, Any]] = {
    "arb": arb,
    "fmpq": fmpq,
    "power": _power,
    "heaviside": _heaviside,
    "maximum": lambda a, b: a.max(b),
    "minimum": lambda a, b: a.min(b),
    **{
        name: (lambda z, name=name: getattr(z, name)())
        for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")
    },
}


def _compile(form: sympy.Expr) -> Callable[..., arb]:
    function: Callable[..., Any] = sympy.lambdify(
        (_X, _Y), form, modules=[_NAMES], printer=_BallPrinter
    )
    return lambda x, y=None: arb(function(x, y))


def _enclosure(ball: arb) -> Enclosure:
    if not ball.is_finite():
        return Enclosure(math.nan, math.inf)
    middle = float(ball.mid())
    if not math.isfinite(middle):
        return Enclosure(middle, math.inf)
    distance = float((ball - middle).abs_upper())
    return Enclosure(middle, math.nextafter(distance, math.inf) if distance else 0.0)
