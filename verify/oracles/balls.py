"""Values and gradients of a graph in ball arithmetic: the operations, and the two sweeps.

A *rounding* says what a computed result may be when the exact one is known.  With :func:`exact` the
sweeps enclose the true numbers.  With :func:`rounded` they enclose every number that float64 code
may get, under the standard model of floating-point arithmetic (N. Higham, *Accuracy and Stability
of Numerical Algorithms*, 2nd ed., eq. 2.8)::

    fl(x op y) = (x op y)(1 + d) + e,   |d| <= u = 2**-53,   |e| <= 2**-1075

or, within :func:`arithmetic`, code in another format.  The derivation stands in ``docs/bound.md``.
"""

from __future__ import annotations

import itertools
import operator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from flint import arb, ctx

from verify.expression.formats import DOUBLE, FORMATS
from verify.expression.graph import Apply
from verify.expression.ops import complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from verify.expression.formats import Format
    from verify.expression.graph import Graph, Number, Row

Ball: TypeAlias = arb
Rounding: TypeAlias = "Callable[[Ball, int], Ball]"
"""``(result, halves)``: what floats make of a result on which they may lose that many half-ulps."""
Adjust: TypeAlias = "Callable[[int, Ball], Ball]"
"""``(node, ball)``: the value, or a local derivative, of a node, changed after the rules."""
Slopes: TypeAlias = "list[Sequence[tuple[int, Ball]]]"
"""For each node its operands that are nodes, each with the local derivative by it."""

UNIT: Final = DOUBLE.unit
"""Unit roundoff u of float64: half an ulp of 1."""
MODEL_BITS: Final = 64
"""Working precision of the rounded sweeps: its own rounding is 2,000 times below u."""

SUM: Final = 1
"""Half-ulps of ``+`` and ``-``, the only ones that never underflow (Higham, section 2.2)."""
TIMES: Final = 2
"""Half-ulps granted to a product: one, and one for a factor of another formula."""
LIBRARY: Final = 4
"""Half-ulps granted to library functions: 2 ulps, as glibc claims; for others see ``freedom``."""

ZERO, ONE, MINUS, NAN = arb(0), arb(1), arb(-1), arb("nan")
STEP: Final = arb(0.5, 0.5)
"""Subdifferential of relu at 0: the interval [0, 1]."""
SIGN: Final = arb(0, 1)
"""Subdifferential of abs at 0: the interval [-1, 1]."""
_MOST_KINKS: Final = 4
"""Kinks whose subdifferential is enclosed exactly; beyond, by intervals, which are wider."""
SELECT: Final = frozenset({"max", "min"})
KINKS: Final = frozenset({"relu", "abs"}) | SELECT
"""Operations whose derivative jumps."""

_FEW_BITS: Final = 16
_INFINITE: Final = arb("inf")
_WHOLE_POWER: Final = 1 << 20  # whole exponents up to here are multiplied out: negative bases work


@dataclass(frozen=True, slots=True)
class _Model:
    """The standard model of one format, as balls."""

    format: Format
    round: tuple[Ball, ...]
    underflow: Ball  # 4 ulps, as of library functions, of the smallest numbers
    largest: Ball
    too_large: Ball  # for any honest formula


def _model(form: Format) -> _Model:
    largest = arb(form.largest)
    round_ = tuple([arb(1, k * form.unit) for k in range(17)])
    return _Model(form, round_, arb(0, 4 * form.spacing), largest, largest * (1 + arb(2) ** -20))


_MODELS: Final = {form: _model(form) for form in FORMATS.values()}


@dataclass(slots=True)
class _Context:
    """The arithmetic whose roundings are meant, as ``ctx`` is the precision of the balls."""

    model: _Model


_context: Final = _Context(_MODELS[DOUBLE])


@contextmanager
def arithmetic(form: Format) -> Iterator[None]:
    """Round as code does that computes in this format; float64 otherwise."""
    before = _context.model
    _context.model = _MODELS[form]
    try:
        yield
    finally:
        _context.model = before


def working() -> Format:
    """The format whose roundings are meant."""
    return _context.model.format


@dataclass(frozen=True, slots=True)
class Rule:
    """An operation in balls.

    Attributes:
        value: of the operands, exactly.
        halves: half-ulps that floats may lose on it; 0 where nothing is rounded, ``None`` where the
            terms of a sum are added up in any order.
        partials: for each operand the local derivative by it: ``(r, value, *operands)`` with
            ``r(ball, halves)`` around what floats round, or the ball that it always is; none where
            all are 1.
    """

    value: Callable[..., Ball]
    halves: int | None
    partials: tuple[Callable[..., Ball] | Ball, ...]


def _power(base: Ball, exponent: Ball) -> Ball:
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) <= _WHOLE_POWER:
        return _whole_power(base, int(float(exponent)))
    if base > 0:
        return (exponent * base.log()).exp()
    return ZERO if base.is_zero() and exponent > 0 else NAN


def _whole_power(base: Ball, exponent: int) -> Ball:
    # arb ** int is nan where the ball contains 0; squaring and multiplying is not.
    result, square, n = ONE, base, abs(exponent)
    while n:
        if n & 1:
            result = result * square
        n >>= 1
        if n:
            square = square * square
    return 1 / result if exponent < 0 else result


def _power_by_base(r: Rounding, _: Ball, a: Ball, b: Ball) -> Ball:
    if b.is_zero():
        return ZERO
    less = b - 1
    return r(b * r(_power(a, less if less.is_integer() else r(less, SUM)), LIBRARY), TIMES)


def _power_by_exponent(r: Rounding, y: Ball, a: Ball, b: Ball) -> Ball:
    if a.is_zero() and b > 0:
        return ZERO  # the limit of a**b log(a)
    return r(y * r(a.log(), LIBRARY), TIMES)


def _step(z: Ball) -> Ball:
    return ONE if z > 0 else ZERO if z < 0 else STEP


def _sign(z: Ball) -> Ball:
    return ONE if z > 0 else MINUS if z < 0 else SIGN


def _tanh_slope(r: Rounding, y: Ball, a: Ball) -> Ball:
    if r is exact:
        slope = 1 - y * y
        if slope.rel_accuracy_bits() >= ctx.prec - _FEW_BITS:
            return slope
        cosh = a.cosh()  # far out 1 - y * y keeps no digit
        return 1 / (cosh * cosh)
    return r(1 - r(y * y, TIMES), TIMES)


def _sigmoid_slope(r: Rounding, y: Ball, a: Ball) -> Ball:
    return y * _sigmoid(-a) if r is exact else r(y * r(1 - y, SUM), 4)


def _sigmoid(a: Ball) -> Ball:
    return 1 / (1 + (-a).exp()) if a > 0 else (e := a.exp()) / (1 + e)


RULES: Final[dict[str, Rule]] = complete({
    "add": Rule(operator.add, SUM, (ONE, ONE)),
    "sub": Rule(operator.sub, SUM, (ONE, MINUS)),
    "mul": Rule(operator.mul, TIMES, (lambda r, y, a, b: b, lambda r, y, a, b: a)),
    "div": Rule(
        operator.truediv, 4,
        (lambda r, y, a, b: r(1 / b, 4), lambda r, y, a, b: r(-a / r(b * b, LIBRARY), 4)),
    ),
    "neg": Rule(operator.neg, 0, (MINUS,)),
    "pow": Rule(_power, LIBRARY, (_power_by_base, _power_by_exponent)),
    "relu": Rule(arb.nonnegative_part, 0, (lambda r, y, a: _step(a),)),
    "tanh": Rule(arb.tanh, LIBRARY, (_tanh_slope,)),
    "exp": Rule(arb.exp, LIBRARY, (lambda r, y, a: y,)),
    "log": Rule(arb.log, LIBRARY, (lambda r, y, a: r(1 / a, 4),)),
    "sigmoid": Rule(_sigmoid, 8, (_sigmoid_slope,)),
    "sqrt": Rule(arb.sqrt, TIMES, (lambda r, y, a: r(0.5 / y, LIBRARY),)),
    "abs": Rule(abs, 0, (lambda r, y, a: _sign(a),)),
    "sin": Rule(arb.sin, LIBRARY, (lambda r, y, a: r(a.cos(), LIBRARY),)),
    "cos": Rule(arb.cos, LIBRARY, (lambda r, y, a: r(-a.sin(), LIBRARY),)),
    "max": Rule(arb.max, 0, (lambda r, y, a, b: _step(a - b), lambda r, y, a, b: _step(b - a))),
    "min": Rule(arb.min, 0, (lambda r, y, a, b: _step(b - a), lambda r, y, a, b: _step(a - b))),
    "sum": Rule(lambda *terms: in_any_order(exact, terms), None, ()),
}, "oracles/balls.py")  # fmt: skip


def exact(ball: Ball, _: int) -> Ball:
    """No rounding: the sweeps enclose the true numbers."""
    return ball


def rounded(ball: Ball, halves: int) -> Ball:
    """The standard model, for graphs whose numbers stay far from the ends of the range."""
    model = _context.model
    ball = ball * model.round[halves]
    return ball if halves == SUM else ball + model.underflow


def careful(ball: Ball, halves: int) -> Ball:
    """The standard model with overflow: infinite where it is certain, ``nan`` where it may be."""
    return _in_range(rounded(ball, halves))


def _in_range(ball: Ball) -> Ball:
    model = _context.model
    if abs(ball) <= model.largest:
        return ball
    most = model.too_large
    return _INFINITE if ball > most else -_INFINITE if ball < -most else NAN


def in_any_order(rounding: Rounding, terms: Sequence[Ball]) -> Ball:
    """The sum of n terms, off by at most ``(n - 1) u`` times their magnitudes (Higham, 4.4)."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    if rounding is exact or len(terms) == 1:
        return total
    magnitude = abs(terms[0])
    for term in terms[1:]:
        magnitude = magnitude + abs(term)
    size, form = float(magnitude.abs_upper()), _context.model.format
    total = total + arb(0, len(terms) * form.unit * size + form.spacing)
    if rounding is careful:
        total = _in_range(total)
        if not size <= form.largest and total.is_finite():
            return NAN  # the sum is in range, but a part of it may not be
    return total


def number(value: Number, rounding: Rounding) -> Ball:
    """A number as an operand, rounded where the format does not hold it."""
    ball = arb(value)
    if rounding is exact or _holds(working(), value):
        return ball
    return rounding(ball, TIMES)


def _holds(form: Format, value: Number) -> bool:
    """Whether a format has just this number, as far as a look at it tells."""
    if form is DOUBLE:
        return type(value) is float or abs(value) <= 1 / DOUBLE.unit
    return float(value).is_integer() and abs(value) <= 1 / form.unit


def _row(graph: Graph, rounding: Rounding) -> list[Ball]:
    """A ball for each place of a graph's layout: those of the numbers are set."""
    layout = graph.layout
    return [ZERO] * layout.size + [number(value, rounding) for value in layout.numbers]


def forward(
    graph: Graph, point: Sequence[Number], rounding: Rounding, adjust: Adjust | None = None
) -> list[Ball]:
    """A ball for the value of each node."""
    layout, balls = graph.layout, _row(graph, rounding)
    for place, value in zip(layout.leaves, point, strict=True):
        balls[place] = number(value, rounding)
    _operate(layout.rows, balls, balls, rounding, adjust)
    return balls[: layout.size]


def again(
    graph: Graph, balls: Sequence[Ball], rounding: Rounding, adjust: Adjust | None = None
) -> list[Ball]:
    """Each node's value made anew from the operands it has in ``balls``: one operation away."""
    layout, made = graph.layout, list(balls)
    known = [*balls, *_row(graph, rounding)[layout.size :]]
    _operate(layout.rows, known, made, rounding, adjust)
    return made


def _operate(
    rows: Sequence[Row],
    known: Sequence[Ball],
    made: list[Ball],
    rounding: Rounding,
    adjust: Adjust | None,
) -> None:
    """Put the value of each operation in its place, from operands in ``known``."""
    for place, op, operands in rows:
        rule = RULES[op]
        halves = rule.halves
        if halves is None:
            ball = in_any_order(rounding, [known[operand] for operand in operands])
        else:
            if len(operands) == 1:
                ball = rule.value(known[operands[0]])
            else:
                ball = rule.value(known[operands[0]], known[operands[1]])
            if halves and rounding is not exact:
                ball = rounding(ball, halves)
        made[place] = ball if adjust is None else adjust(place, ball)


def slopes(
    graph: Graph,
    balls: Sequence[Ball],
    rounding: Rounding,
    adjust: Adjust | None = None,
    made: Sequence[Ball] | None = None,
) -> Slopes:
    """The local derivatives at the operands ``balls`` (and the results ``made``, if not these)."""
    results = balls if made is None else made
    layout = graph.layout
    size = layout.size
    known = [*balls, *_row(graph, rounding)[size:]]
    found: Slopes = [()] * size
    for place, op, operands in layout.rows:
        partials, value = RULES[op].partials, results[place]
        if op in SELECT and operands[0] == operands[1]:
            found[place] = ((operands[0], ONE),)  # max(a, a) is a
            continue
        if not partials:
            edges = [(parent, ONE) for parent in operands if parent < size]
        elif len(operands) == 1:
            (parent,), (rule,) = operands, partials
            slope = rule(rounding, value, known[parent]) if callable(rule) else rule
            edges = [(parent, slope)]
        else:
            edges, (first, second) = [], operands
            for parent, rule in zip(operands, partials, strict=True):
                if parent < size:
                    if callable(rule):
                        slope = rule(rounding, value, known[first], known[second])
                    else:
                        slope = rule
                    edges.append((parent, slope))
        if adjust is not None:
            edges = [(i, p if p is STEP or p is SIGN else adjust(place, p)) for i, p in edges]
        found[place] = edges
    return found


def reverse(local: Slopes, rounding: Rounding) -> list[Ball]:
    """A ball for the derivative of the output (the last node) by each node."""
    terms: list[list[Ball] | None] = [None] * len(local)
    terms[-1] = [ONE]
    adjoints = [ZERO] * len(local)
    for index in range(len(local) - 1, -1, -1):
        mine = terms[index]
        if mine is None:
            continue
        adjoint = adjoints[index] = mine[0] if len(mine) == 1 else in_any_order(rounding, mine)
        for parent, partial in local[index]:
            if partial is ONE:
                term = adjoint
            elif partial is MINUS:
                term = -adjoint
            else:
                term = adjoint * partial
                if rounding is not exact:
                    term = rounding(term, TIMES)
            if (theirs := terms[parent]) is None:
                terms[parent] = [term]
            else:
                theirs.append(term)
    return adjoints


def gradients(graph: Graph, local: Slopes, rounding: Rounding) -> list[tuple[Ball, ...]]:
    """Balls for each gradient from the local derivatives: one, or at kinks one for each corner.

    A path passes a kink at most once, so a gradient is linear in each kink's slope, and what an
    engine may say lies between what it says at the ends of their intervals.
    """
    kinks = on_kinks(graph, local)
    if not kinks or len(kinks) > _MOST_KINKS:
        return [(adjoint,) for adjoint in reverse(local, rounding)]
    local, corners = list(local), []
    for ends in itertools.product((False, True), repeat=len(kinks)):
        for index, upper in zip(kinks, ends, strict=True):
            local[index] = tuple(
                [
                    (parent, ONE if upper == (position == 0) else low)
                    for position, (parent, low) in enumerate(_lows(graph, index, local[index]))
                ]
            )
        corners.append(reverse(local, rounding))
    return list(zip(*corners, strict=True))


def on_kinks(graph: Graph, local: Slopes) -> list[int]:
    """The operations whose local derivative is a whole subdifferential."""
    return [
        place for place, op, _ in graph.layout.rows
        if op in KINKS and any(p is STEP or p is SIGN for _, p in local[place])
    ]


def hull(corners: Sequence[Ball]) -> Ball:
    """One ball around some; its radius has 30 bits only."""
    around = corners[0]
    for corner in corners[1:]:
        around = around.union(corner)
    return around


def _lows(graph: Graph, index: int, edges: Sequence[tuple[int, Ball]]) -> list[tuple[int, Ball]]:
    """The operands of a kink, each with the lower end of its slope; the upper end is 1."""
    node = graph.nodes[index]
    low = MINUS if isinstance(node, Apply) and node.op == "abs" else ZERO
    return [(parent, low) for parent, _ in edges]


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute in balls with this many bits."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before
