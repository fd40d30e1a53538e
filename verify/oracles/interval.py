r"""The judge's truth: the gradient enclosed by ball arithmetic, and the error that rounding may make.

Two sweeps over the graph in balls (python-flint's ``arb``), forward and then reverse:

**Truth.**  The formulas at high precision; the precision is doubled until every enclosure is far
narrower than its bound, or the cause of the looseness is known.

**Bound.**  The same formulas under the standard model of floating-point arithmetic with underflow
(N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., eq. 2.8)::

    fl(x op y) = (x op y)(1 + d) + e,   |d| <= u = 2**-53,   |e| <= 2**-1074

Each rounding becomes a multiplication by the ball ``1 ± ku`` and the addition of ``0 ± 2**-1074``.
By induction over the nodes the ball of a node contains every number that float64 code may get that
evaluates the textbook formulas in any order; a sum of n terms, in any order, is off by at most
``(n - 1) u`` times the sum of their magnitudes (Higham, eq. 4.4).  The bound is how far that ball
reaches beyond the truth: the running error analysis (Wilkinson; Higham, section 3.3) of this very
graph at this very point, without a tolerance.  Library functions are granted 4 ulps (glibc claims
1 to 2; musl and the C runtimes of other systems up to 3).

**Freedom.**  Honest engines use other formulas too: ``tanh`` from exponentials, powers as
``exp(b log a)``, gradients added up path by path.  :func:`relax` repeats the second sweep with the
errors that these may make.  See ``_RULES`` for each.
"""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from flint import arb, ctx

from verify.graph import Apply, Const, Leaf
from verify.oracles.exact import Zeros, zeros
from verify.reading import Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.graph import Graph, Number
    from verify.reading import Note

SOURCE: Final = "interval"
UNIT: Final = 2.0**-53
"""Unit roundoff of float64."""

_MODEL_BITS: Final = 64
_START_BITS: Final = 128
_MAX_BITS: Final = 4096
_TIGHT: Final = 2.0**-10
"""An enclosure is tight when it is this much narrower than its bound."""
_WHOLE_POWER: Final = 1 << 20
"""Whole exponents up to here are multiplied out, so that negative bases work."""

_ZERO, _ONE, _NAN = arb(0), arb(1), arb("nan")
_MINUS: Final = arb(-1)
_STEP: Final = arb(0.5, 0.5)
"""Subdifferential of relu at 0: the interval [0, 1]."""
_LARGEST: Final = arb(sys.float_info.max)
_UNDERFLOW: Final = arb(0, 2.0**-1074)
_ROUND: Final = tuple([arb(1, k * UNIT) for k in range(65)])

Ball: TypeAlias = arb
Rounding: TypeAlias = "Callable[[Ball, int], Ball]"
"""Takes an exact result and the number of half-ulps that floats may lose on it."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """An operation in balls.

    Attributes:
        value: ``(r, *operands)``: the value, with ``r(ball, k)`` around what floats round.
        partials: ``(r, value, *operands)``: the local derivative for each operand; the last one
            serves all further operands.
        slack: ``(value, *operands)`` in plain floats: errors, in units of u, that honest formulas
            other than the textbook one make on the value, and on the local derivatives.
    """

    value: Callable[..., Ball]
    partials: tuple[Callable[..., Ball], ...]
    slack: Callable[..., tuple[float, float]] = lambda *_: (0.0, 0.0)


def _power(base: Ball, exponent: Ball) -> Ball:
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) <= _WHOLE_POWER:
        return _whole_power(base, int(float(exponent)))
    if base > 0:
        return (exponent * base.log()).exp()
    return _ZERO if base.is_zero() and exponent > 0 else _NAN


def _whole_power(base: Ball, exponent: int) -> Ball:
    # arb ** int is nan where the ball contains 0; squaring and multiplying is not.
    result, square, n = _ONE, base, abs(exponent)
    while n:
        if n & 1:
            result = result * square
        n >>= 1
        if n:
            square = square * square
    return 1 / result if exponent < 0 else result


def _power_by_base(r: Rounding, _: Ball, a: Ball, b: Ball) -> Ball:
    if b.is_zero():
        return _ZERO
    less = b - 1
    return r(b * r(_power(a, less if less.is_integer() else r(less, 1)), 8), 8)


def _power_by_exponent(r: Rounding, y: Ball, a: Ball, b: Ball) -> Ball:
    if a.is_zero() and b > 0:
        return _ZERO
    return r(y * r(a.log(), 8), 8)


def _step(z: Ball) -> Ball:
    return _ONE if z > 0 else _ZERO if z < 0 else _STEP


def _sigmoid(a: Ball) -> Ball:
    return 1 / (1 + (-a).exp()) if a > 0 else (e := a.exp()) / (1 + e)


def _pow_slack(y: float, a: float, b: float) -> tuple[float, float]:
    # exp(b log a): the error of the exponent becomes a relative error of the power.
    size = 8 * abs(b * math.log(abs(a))) if a else 0.0
    by_base = abs(b * y / a) if a else 0.0
    by_exponent = abs(y * math.log(abs(a))) if a else 0.0
    return size * abs(y), (size + 8) * max(by_base, by_exponent)


_RULES: Final[dict[str, _Rule]] = {
    "add": _Rule(lambda r, a, b: r(a + b, 1), (lambda *_: _ONE,)),
    "sub": _Rule(lambda r, a, b: r(a - b, 1), (lambda *_: _ONE, lambda *_: _MINUS)),
    "mul": _Rule(lambda r, a, b: r(a * b, 1), (lambda r, y, a, b: b, lambda r, y, a, b: a)),
    "div": _Rule(  # 4: also as a * b**-1
        lambda r, a, b: r(a / b, 4),
        (lambda r, y, a, b: r(1 / b, 4), lambda r, y, a, b: r(-a / r(b * b, 8), 4)),
    ),
    "neg": _Rule(lambda r, a: -a, (lambda *_: _MINUS,)),
    "pow": _Rule(lambda r, a, b: r(_power(a, b), 8), (_power_by_base, _power_by_exponent), _pow_slack),
    "relu": _Rule(lambda r, a: a.nonnegative_part(), (lambda r, y, a: _step(a),)),
    "tanh": _Rule(  # exponentials cancel: (e - 1) / (e + 1) keeps absolute, not relative accuracy
        lambda r, a: r(a.tanh(), 8), (lambda r, y, a: r(1 - r(y * y, 8), 1),), lambda y, a: (16.0, 32.0),
    ),
    "exp": _Rule(lambda r, a: r(a.exp(), 8), (lambda r, y, a: y,)),
    "log": _Rule(lambda r, a: r(a.log(), 8), (lambda r, y, a: r(1 / a, 4),)),
    "sigmoid": _Rule(
        lambda r, a: r(_sigmoid(a), 16), (lambda r, y, a: r(y * r(1 - y, 1), 4),), lambda y, a: (0.0, 32.0 * y),
    ),
    "sqrt": _Rule(lambda r, a: r(a.sqrt(), 4), (lambda r, y, a: r(0.5 / y, 8),)),
    "abs": _Rule(lambda r, a: abs(a), (lambda r, y, a: 2 * _step(a) - 1,)),
    "sin": _Rule(lambda r, a: r(a.sin(), 8), (lambda r, y, a: r(a.cos(), 8),)),
    "cos": _Rule(lambda r, a: r(a.cos(), 8), (lambda r, y, a: r(-a.sin(), 8),)),
    "max": _Rule(lambda r, a, b: a.max(b), (lambda r, y, a, b: _step(a - b), lambda r, y, a, b: _step(b - a))),
    "min": _Rule(lambda r, a, b: a.min(b), (lambda r, y, a, b: _step(b - a), lambda r, y, a, b: _step(a - b))),
    "sum": _Rule(lambda r, *terms: r(sum(terms, _ZERO), 1), (lambda *_: _ONE,)),
}  # fmt: skip

_KINKS: Final = {"relu": 1, "abs": 1, "max": 2, "min": 2}


def truth(graph: Graph, point: Sequence[Number]) -> Truth:
    """Enclose every value and every gradient (of the output, by each node), with its bound.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.

    Returns:
        A :class:`Truth` with an enclosure for each node; ``freedom`` and ``scale`` are left to
        :func:`relax`.
    """
    return _solve(graph, point)[0]


def relax(graph: Graph, point: Sequence[Number], known: Truth, free: Collection[int]) -> Truth:
    """The truth with ``freedom`` and ``scale`` filled in.

    Args:
        graph: the graph of ``known``.
        point: the point of ``known``.
        known: what :func:`truth` returned.
        free: nodes whose *value* was seen to be made by another formula than the textbook's; what
            an engine does not use of its freedom must not hide its mistakes.
    """
    with _precision(_MODEL_BITS):
        floats = [e.middle if e and e.known else math.nan for e in known.values]
        rounding = _careful if _extreme(known) else _rounded
        balls = _forward(graph, point, rounding, floats, frozenset(free))
        adjoints = _reverse(graph, balls, rounding, None, floats)
        values = [_reach(ball, e) for ball, e in zip(balls, known.values, strict=True)]
        reaches = [_reach(ball, e) for ball, e in zip(adjoints, known.gradients, strict=True)]
    masses = _masses(graph, floats)
    paths = 4 * len(graph.nodes) * UNIT  # roundings on the longest path, added up path by path
    return Truth(
        known.source,
        tuple([
            e and replace(e, freedom=max(e.bound, reach), scale=abs(e.middle))
            for e, reach in zip(known.values, values, strict=True)
        ]),
        tuple([
            e and replace(e, freedom=max(e.bound, reach) + paths * mass, scale=mass)
            for e, reach, mass in zip(known.gradients, reaches, masses, strict=True)
        ]),
    )


def _solve(graph: Graph, point: Sequence[Number]) -> tuple[Truth, int]:
    """The truth, and the precision in bits that it took."""
    bits, known, model = _START_BITS, None, None
    while True:
        with _precision(bits):
            balls = _forward(graph, point, _exact, zero=known)
            notes = _notes(graph, balls)
            adjoints = _reverse(graph, balls, _exact, known)
        kinks, loose = _kinks(graph, balls, known)
        if model is None:
            extreme = any(notes) or any(not abs(float(g)) < _FAR for g in adjoints)
            model = bounds(graph, point, extreme=extreme)
        marks = _gradient_notes(graph, balls, adjoints, notes, kinks)
        done = Truth(
            SOURCE,
            tuple(map(_enclose, balls, notes, model[0])),
            tuple(map(_enclose, adjoints, marks, model[1])),
        )
        if not loose and all(map(_tight, done.values)) and all(map(_tight, done.gradients)):
            return done, bits
        if known is None:
            known = zeros(graph, point)  # decided once, from the expression
        elif bits >= _MAX_BITS:
            return _conditioned(done), bits
        else:
            bits *= 2


def bounds(
    graph: Graph, point: Sequence[Number], *, extreme: bool = False
) -> tuple[list[Ball], list[Ball]]:
    """The second sweep alone: a ball for each value and gradient under the standard model.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
        extreme: whether intermediate results may leave the range of float64, which is checked then.
    """
    rounding = _careful if extreme else _rounded
    with _precision(_MODEL_BITS):
        balls = _forward(graph, point, rounding)
        return balls, _reverse(graph, balls, rounding)


def _exact(ball: Ball, _: int) -> Ball:
    return ball


def _rounded(ball: Ball, halves: int) -> Ball:
    return ball * _ROUND[halves] + _UNDERFLOW


def _careful(ball: Ball, halves: int) -> Ball:
    # Near the ends of the range an intermediate result may overflow: then nothing is known.
    return ball * _ROUND[halves] + _UNDERFLOW if abs(ball) <= _LARGEST else _NAN


def _forward(
    graph: Graph,
    point: Sequence[Number],
    rounding: Rounding,
    floats: Sequence[float] | None = None,
    free: frozenset[int] = frozenset(),
    zero: Zeros | None = None,
) -> list[Ball]:
    balls: list[Ball] = []
    inputs = iter(point)
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            balls.append(arb(next(inputs)))
            continue
        args = [balls[a] if isinstance(a, int) else arb(a.value) for a in node.args]
        rule = _RULES[node.op]
        ball = rule.value(rounding, *args)
        if rounding is not _exact and node.op == "sum":
            ball = _any_order(ball, args)
        if index in free and floats is not None:
            ball = _loosened(ball, _slack(node, floats, index)[0], sum(map(abs, args), _ZERO), node.op)
        balls.append(_ZERO if zero is not None and index in zero.nodes else ball)
    return balls


def _reverse(
    graph: Graph,
    balls: Sequence[Ball],
    rounding: Rounding,
    zero: Zeros | None = None,
    floats: Sequence[float] | None = None,
) -> list[Ball]:
    terms: list[list[Ball]] = [[] for _ in balls]
    terms[-1].append(_ONE)
    adjoints = [_ZERO] * len(balls)
    for index in range(len(balls) - 1, -1, -1):
        node, mine = graph.nodes[index], terms[index]
        if not mine:
            continue
        adjoint = mine[0]
        if len(mine) > 1:
            adjoint = sum(mine[1:], adjoint)
            if rounding is not _exact:
                adjoint = _any_order(adjoint, mine)
        adjoints[index] = adjoint
        if isinstance(node, Leaf):
            continue
        args = [balls[a] if isinstance(a, int) else arb(a.value) for a in node.args]
        partials = _RULES[node.op].partials
        slack = _slack(node, floats, index)[1] if floats is not None else 0.0
        for position, parent in enumerate(node.args):
            if isinstance(parent, Const):
                continue
            if zero is not None and index in zero.ties:
                partial = _STEP
            else:
                partial = partials[min(position, len(partials) - 1)](rounding, balls[index], *args)
            if floats is not None and partial is not _ONE and partial is not _MINUS:
                partial = _loosened(partial * _ROUND[16], slack)
            if partial is _ONE:
                term = adjoint
            elif partial is _MINUS:
                term = -adjoint
            else:
                term = rounding(adjoint * partial, 2)
            terms[parent].append(term)
    return adjoints


def _any_order(total: Ball, terms: Sequence[Ball]) -> Ball:
    size = float(sum(map(abs, terms), _ZERO).abs_upper())
    return total + arb(0, len(terms) * UNIT * size)


def _loosened(ball: Ball, slack: float, mass: Ball | None = None, op: str = "") -> Ball:
    size = slack * UNIT
    if mass is not None and op in {"add", "sub", "sum"}:  # terms regrouped with those of operands
        size += 8 * UNIT * float(mass.abs_upper())
    return ball + arb(0, size) if math.isfinite(size) else _NAN


def _slack(node: Apply, floats: Sequence[float], index: int) -> tuple[float, float]:
    args = [floats[a] if isinstance(a, int) else float(a.value) for a in node.args]
    try:
        return _RULES[node.op].slack(floats[index], *args)
    except OverflowError:
        return math.inf, math.inf


def _masses(graph: Graph, floats: Sequence[float]) -> list[float]:
    """Sum over all paths of the magnitude of the path's product: what cancels in a gradient."""
    masses = [0.0] * len(floats)
    masses[-1] = 1.0
    with _precision(_MODEL_BITS):
        for index in range(len(floats) - 1, -1, -1):
            node = graph.nodes[index]
            if isinstance(node, Leaf) or not masses[index]:
                continue
            args = [arb(floats[a] if isinstance(a, int) else a.value) for a in node.args]
            partials = _RULES[node.op].partials
            for position, parent in enumerate(node.args):
                if isinstance(parent, Const):
                    continue
                rule = partials[min(position, len(partials) - 1)]
                size = float(rule(_exact, arb(floats[index]), *args).abs_upper())
                masses[parent] += masses[index] * _TERMS.get(node.op, size)
    return masses


_TERMS: Final = {"tanh": 1.0, "sigmoid": 1.0}
"""Local derivatives that are differences: the size of what is subtracted."""


def _enclose(ball: Ball, note: Note, model: Ball) -> Enclosure:
    if not ball.is_finite():
        return Enclosure(math.nan, math.inf, math.inf, note=note)
    middle = float(ball.mid())
    if not math.isfinite(middle):
        return Enclosure(middle, math.inf, math.inf, note=note or "overflow")
    radius = _up(float((ball - middle).abs_upper()))
    if not model.is_finite():
        return Enclosure(middle, radius, math.inf, note=note)
    reach = _up(float((model - middle).abs_upper()))
    return Enclosure(middle, radius, max(reach - radius, 0.0), note=note)


def _up(size: float) -> float:
    return math.nextafter(size, math.inf) if size else 0.0


def _reach(ball: Ball, enclosure: Enclosure | None) -> float:
    if enclosure is None or not enclosure.known or not ball.is_finite():
        return math.inf
    distance = float((ball - enclosure.middle).abs_upper())
    return max(_up(distance) - enclosure.radius, 0.0)


def _tight(enclosure: Enclosure) -> bool:
    return (
        enclosure.note in {"kink", "domain", "overflow", "pole", "beyond"}
        or enclosure.radius <= _TIGHT * enclosure.bound + math.ulp(enclosure.middle)
    ) and not (math.isnan(enclosure.middle) and not enclosure.note)


def _conditioned(done: Truth) -> Truth:
    def mark(e: Enclosure | None) -> Enclosure | None:
        return replace(e, note="conditioning") if e is not None and not _tight(e) else e

    return Truth(done.source, tuple(map(mark, done.values)), tuple(map(mark, done.gradients)))


_FAR: Final = 1e290
"""Beyond this, or nearer to 0 than its inverse, textbook formulas may overflow on the way."""
_HARD: Final[dict[str, Callable[..., bool]]] = {
    "tanh": lambda y, a: abs(a) > 300,
    "sigmoid": lambda y, a: abs(a) > 600,
    "exp": lambda y, a: a > 600,
    "div": lambda y, a, b: abs(b) > 1e150 or abs(b) < 1e-150,
    "pow": lambda y, a, b: a == 0 or abs(b * math.log(abs(a))) > 600 or a < 0,
    "log": lambda y, a: a < 1e-290,
    "sqrt": lambda y, a: a < 1e-290,
}
"""Where an honest formula may raise, overflow or divide by 0 although the number is there."""


def _notes(graph: Graph, balls: Sequence[Ball]) -> list[Note]:
    notes: list[Note] = []
    floats = [float(ball.mid()) if ball.is_finite() else math.nan for ball in balls]
    for index, node in enumerate(graph.nodes):
        value, note = floats[index], ""
        if isinstance(node, Apply):
            args = [floats[a] if isinstance(a, int) else float(a.value) for a in node.args]
            if any(notes[p] in _LOST for p in node.parents):
                note = "beyond"
            elif math.isnan(value):
                note = _no_number(node, balls)
            elif math.isinf(value):
                note = "overflow"
            elif abs(value) > _FAR or 0 < abs(value) < 1 / _FAR or _HARD.get(node.op, _never)(value, *args):
                note = "edge"
        elif abs(value) > _FAR or 0 < abs(value) < 1 / _FAR:
            note = "edge"
        notes.append(note)  # type: ignore[arg-type]
    return notes


def _never(*_: float) -> bool:
    return False


def _no_number(node: Apply, balls: Sequence[Ball]) -> Note:
    """Certainly outside the domain, or only too loosely known?"""
    args = [balls[a] if isinstance(a, int) else arb(a.value) for a in node.args]
    culprit = args[1] if node.op == "div" else args[0]
    return "" if culprit.contains(0) and not culprit.is_zero() else "domain"


def _kinks(graph: Graph, balls: Sequence[Ball], known: Zeros | None) -> tuple[set[int], bool]:
    """Nodes that stand exactly on a kink, and whether some kink is still undecided."""
    exact, loose = set(), False
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf) or node.op not in _KINKS:
            continue
        args = [balls[a] if isinstance(a, int) else arb(a.value) for a in node.args]
        gap = args[0] if len(args) == 1 else args[0] - args[1]
        if gap.is_zero() or (known is not None and index in known.ties):
            exact.add(index)
        elif gap.contains(0):
            loose = True
    return exact, loose


def _gradient_notes(
    graph: Graph, balls: Sequence[Ball], adjoints: Sequence[Ball], notes: Sequence[Note], kinks: set[int]
) -> list[Note]:
    below_kink = _ancestors(graph, kinks) if kinks else kinks
    last = len(graph.nodes) - 1
    lost = any(notes) and any(notes[i] in _LOST for i in (*_ancestors(graph, {last}), last))
    if lost:
        return ["beyond"] * len(adjoints)
    marks: list[Note] = []
    for index, adjoint in enumerate(adjoints):
        if not adjoint.is_finite():
            marks.append("pole" if _is_pole(graph, balls, adjoints, index) else "beyond")
        elif index in below_kink:
            marks.append("kink")
        else:
            marks.append("edge" if abs(float(adjoint.mid())) > _FAR else "")
    return marks


_LOST: Final = frozenset({"domain", "overflow", "beyond"})


def _ancestors(graph: Graph, of: Collection[int]) -> set[int]:
    found: set[int] = set()
    frontier = set(of)
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        if index in frontier and isinstance(node, Apply):
            found.update(node.parents)
            frontier.update(node.parents)
    return found


def _is_pole(graph: Graph, balls: Sequence[Ball], adjoints: Sequence[Ball], index: int) -> bool:
    """The derivative by this node is infinite: sqrt, or a power below 1, of an exact 0."""
    users = [(i, n) for i, n in enumerate(graph.nodes) if isinstance(n, Apply) and index in n.parents]
    if len(users) != 1 or not balls[index].is_zero():
        return False
    (user, node), = users
    outer = adjoints[user]
    infinite = node.op == "sqrt" or (node.op == "pow" and node.args[0] == index and node.args[1] != index)
    return infinite and outer.is_finite() and not outer.contains(0)


def _extreme(known: Truth) -> bool:
    return any(e is not None and (e.note not in {"", "kink"}) for e in (*known.values, *known.gradients))


@contextmanager
def _precision(bits: int) -> Iterator[None]:
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before
