"""The gradient from SymPy: its derivative of each operation, derived once, composed forward.

The operations are written as SymPy expressions; SymPy derives, and its formulas are evaluated in
128-bit balls.  The chain rule runs *forward* over the nodes (the engine runs backward), one tangent
for each node asked for, so that the cost is linear in the nodes and nothing is ever expanded.

:func:`expression` gives the whole closed form instead: for small graphs, for people, and for the
tests that hold the two routes against each other.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Final

import sympy
from flint import arb, arb_poly, ctx, fmpq
from sympy.printing.lambdarepr import LambdaPrinter

from verify.expression.columns import column
from verify.expression.graph import Const, Leaf
from verify.expression.ops import OPS, complete
from verify.expression.reading import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.graph import Apply, Graph, Layout, Number

SOURCE: Final = "symbolic"

_BITS: Final = 128
_WHOLE: Final = 2**20
"""Exponents below it are multiplied out, which is right for negative bases, too."""
_EVERY_NODE: Final = 40
"""Up to this many nodes every gradient is computed; beyond, those of the leaves."""

_ONE: Final = arb(1)
"""A local derivative with which nothing is multiplied."""
_X, _Y = sympy.symbols("x y", real=True)
_EXPRESSIONS: Final[dict[str, sympy.Expr]] = complete({
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
}, "oracles/symbolic.py", but={"sum"})


def truth(graph: Graph, point: Sequence[Number]) -> Truth:
    """Values and gradients as balls; ``None`` for inner nodes of graphs above 40 nodes.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
    """
    size = len(graph.nodes)
    before, ctx.prec = ctx.prec, _BITS
    try:
        values, local = _local(graph, point)
        wanted = range(size) if size <= _EVERY_NODE else graph.leaves
        known = dict(zip(wanted, _tangents(graph.layout, local, wanted), strict=True))
        gradients = [known.get(index) for index in range(size)]
        return Truth(SOURCE, column(values[:size]), column(gradients))
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


def _substituted(node: Apply, args: Sequence[sympy.Expr]) -> sympy.Expr:
    if node.op == "sum":
        return sympy.Add(*args)
    return _EXPRESSIONS[node.op].subs(dict(zip((_X, _Y), args, strict=False)), simultaneous=True)


def _exactly(number: Number) -> sympy.Expr:
    return sympy.Rational(*float(number).as_integer_ratio())


def _local(graph: Graph, point: Sequence[Number]) -> tuple[list[arb], list[list[arb]]]:
    """Values, and for each operation its local derivatives; the numbers beside nodes come last."""
    layout = graph.layout
    values = [*[_ONE] * layout.size, *map(arb, layout.numbers)]
    local: list[list[arb]] = []
    for place, x in zip(layout.leaves, point, strict=True):
        values[place] = arb(x)
    for place, op, operands in layout.rows:
        args = [values[operand] for operand in operands]
        if op == "sum":
            values[place] = functools.reduce(operator.add, args)
            local.append([_ONE] * len(args))
        else:
            rule = _rule(op, _numbers(layout, operands) if op == "pow" else ())
            values[place], *derived = rule(*args)
            local.append(derived)
    return values, local


def _tangents(
    layout: Layout, local: Sequence[Sequence[arb]], wanted: Sequence[int]
) -> Sequence[arb]:
    """The derivative of the last node by each of these: a row of tangents goes along, as a vector.

    0 times what is not finite would spread over the whole vector; then each goes its own way.
    """
    tangents: list[arb_poly | None] = [None] * (layout.size + len(layout.numbers))
    for k, index in enumerate(wanted):
        tangents[index] = arb_poly([0] * k + [1])
    for (place, _, operands), partials in zip(layout.rows, local, strict=True):
        total = tangents[place]
        for parent, partial in zip(operands, partials, strict=True):
            tangent = tangents[parent]
            if tangent is not None:
                term = tangent if partial is _ONE else tangent * partial
                total = term if total is None else total + term
        tangents[place] = total
    last = tangents[layout.size - 1]
    found = [arb(0) if last is None else last[k] for k in range(len(wanted))]
    if all(map(arb.is_finite, found)):
        return found
    return [_tangent(layout, local, index) for index in wanted]


def _tangent(layout: Layout, local: Sequence[Sequence[arb]], seed: int) -> arb:
    zero = arb(0)
    tangents = [zero] * (layout.size + len(layout.numbers))
    tangents[seed] = arb(1)
    for (place, _, operands), partials in zip(layout.rows, local, strict=True):
        if place > seed:
            total = zero
            for parent, partial in zip(operands, partials, strict=True):
                if tangents[parent] is not zero:
                    total = total + partial * tangents[parent]
                    tangents[place] = total
    return tangents[layout.size - 1]


def _numbers(layout: Layout, operands: Sequence[int]) -> tuple[float | None, ...]:
    # SymPy's derivative of x**y divides by x; with the number in place it need not.
    beyond = [operand - layout.size for operand in operands]
    return tuple([float(layout.numbers[n]) if n >= 0 else None for n in beyond])


@functools.lru_cache(maxsize=4096)
def _rule(op: str, numbers: tuple[Number | None, ...]) -> Callable[..., list[arb]]:
    """The value and the derivative by each operand, as one function of balls."""
    symbols = (_X, _Y)[: OPS[op].arity]
    known = {s: _exactly(n) for s, n in zip(symbols, numbers, strict=False) if n is not None}
    form = _EXPRESSIONS[op].subs(known)
    derived = [sympy.S.Zero if s in known else sympy.diff(form, s) for s in symbols]
    if op in {"max", "min"}:
        # Written so that equal operands cancel: Heaviside(x - y) once, not twice.
        derived = [d.rewrite(sympy.Heaviside) for d in derived]
    function: Callable[..., list[arb]] = sympy.lambdify(
        symbols, [form, *derived], modules=[_NAMES], printer=_BallPrinter,
        cse=op != "div",  # x * (1 / x) need not be 1 in the last bit, as x / x is
    )
    return function


_WHOLE_NUMBERS: Final = {1: "one", -1: "minus_one"}
"""Balls that are there already."""


class _BallPrinter(LambdaPrinter):  # type: ignore[misc]  # SymPy's printers extend by subclassing
    """Prints SymPy expressions as Python on balls, with exact numbers and safe powers."""

    def _print_Pow(self, expr: sympy.Pow, **_: object) -> str:  # noqa: N802 - SymPy's naming
        base = self._print(expr.base)
        if expr.exp == 2 and expr.base.is_Symbol:
            return f"({base} * {base})"
        if expr.exp.is_Integer and abs(expr.exp) < _WHOLE:
            return f"whole_power({base}, {expr.exp})"
        return f"power({base}, {self._print(expr.exp)})"

    def _print_Rational(self, expr: sympy.Rational) -> str:  # noqa: N802
        return f"arb(fmpq({expr.p}, {expr.q}))"

    def _print_Integer(self, expr: sympy.Integer) -> str:  # noqa: N802
        return _WHOLE_NUMBERS.get(expr.p, f"arb({expr.p})")

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
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) < _WHOLE:
        return _whole_power(base, int(float(exponent)))
    if base > 0:
        return (exponent * base.log()).exp()
    return (
        base.sqrt()
        if exponent == 0.5
        else arb(0)
        if base.is_zero() and exponent > 0
        else arb("nan")
    )


def _whole_power(base: arb, n: int) -> arb:
    if n == 2:
        return base * base
    result = arb(1)
    for bit in f"{abs(n):b}":
        result = result * result * (base if bit == "1" else 1)
    return 1 / result if n < 0 else result


def _heaviside(z: arb) -> arb:
    return arb(1) if z > 0 else arb(0) if z < 0 else arb(0.5, 0.5)


_NAMES: Final[dict[str, Any]] = {
    "arb": arb,
    "one": _ONE,
    "minus_one": arb(-1),
    "fmpq": fmpq,
    "power": _power,
    "whole_power": _whole_power,
    "heaviside": _heaviside,
    "maximum": lambda a, b: a.max(b),
    "minimum": lambda a, b: a.min(b),
    **{
        name: getattr(arb, name)
        for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")
    },
}
