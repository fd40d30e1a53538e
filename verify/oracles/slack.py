"""The error that honest formulas other than the textbook's may make.

Engines write ``tanh`` from exponentials, ``a / b`` as ``a * b**-1``, powers as ``exp(b log a)``;
they add gradients up path by path, or carry derivatives forward.  None of that is wrong, and each
loses digits in its own way.  :func:`loosened` repeats the sweeps of the bound with these errors;
the table ``_SLACK`` says which formulas are meant and what they lose, ``docs/bound.md`` why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from flint import arb

from verify.expression.formats import DOUBLE
from verify.expression.graph import Apply, Leaf
from verify.expression.ops import complete
from verify.expression.reading import NO_NUMBER, Column, Enclosure, OnDemand
from verify.oracles.balls import (
    MINUS,
    MODEL_BITS,
    NAN,
    ONE,
    SIGN,
    STEP,
    again,
    arithmetic,
    careful,
    exact,
    forward,
    gradients,
    hull,
    precision,
    rounded,
    slopes,
    working,
)
from verify.oracles.special_values import (
    all_ordinary,
    ancestors,
    middle,
    no_gradient,
    no_value,
    operands,
    ordinary,
    strained,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.expression.formats import Format
    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Note, Truth
    from verify.oracles.balls import Adjust, Ball, Rounding, Slopes

    Freed = Callable[[int, Enclosure], Enclosure]
_BITS: Final = 256
_FACTORS: Final = 16.0
"""Half-ulps that the factors of a local derivative may lose in another order or spelling."""
_MOST_PATHS: Final = 4096.0
"""Roundings on adding up one gradient path by path.  The worst case is one a path; what occurs is
about the square root of their number (N. Higham and T. Mary, SIAM J. Sci. Comput. 41, 2019)."""


_VANISHES: Final = 2.0**7
"""A difference of so many units against its terms may be 0 in rounding."""


_DECIMAL: Final = 2.0**-36
"""Units against its terms that an operation may lose in 28 decimal digits, or more."""


class Slack(NamedTuple):
    """Errors in units of u, which is 2**-53 for float64.

    Attributes:
        value: on the value, absolute.
        relative: on each local derivative, relative to it.
        absolute: on each local derivative, absolute.
    """

    value: float = 0.0
    relative: float = 0.0
    absolute: float = 0.0


_NONE: Final = Slack()
_SQUARE_LEAVES: Final = 175.0
"""Beyond it ``(e**2a)**-2`` underflows, and ``(e**a)**-2`` beyond twice of it."""


def _all() -> float:
    """Every digit may be lost, and 0 left."""
    return 1 / working().unit


def _smallest() -> float:
    """What underflow loses."""
    return 4 * working().spacing / working().unit


def _far(size: float) -> float:
    """A magnitude of float64 as far out in the range of the format that is meant."""
    return math.pow(size, working().span)


def _half_range() -> float:
    """Twice of this is still a float."""
    return 0.49 * working().largest


def _sum(y: float, *terms: float) -> Slack:
    # decimal.Decimal: 28 digits, of which a difference of equal terms may leave the last ones.
    # No sum of two floats has so many.
    if y:
        return _NONE
    return Slack(sum(_DECIMAL * abs(term) for term in terms))


def _tanh(_: float, a: float) -> Slack:
    # (e**2a - 1) / (e**2a + 1), (e**a - e**-a) / (e**a + e**-a), 1 - 2 / (e**2a + 1),
    # 2 sigmoid(2a) - 1: each keeps absolute, not relative accuracy.  Composed of nodes, the first
    # two have a derivative of two terms, of which one underflows far out and leaves up to 2.
    far = _SQUARE_LEAVES * working().span
    return Slack(16.0, 0.0, 2 * _all() if abs(a) > far else 32.0)


def _sigmoid(y: float, a: float) -> Slack:
    # (1 + tanh(a/2)) / 2 keeps absolute accuracy; e rounded in e**-a; e**-a / (1 + e**-a)**2,
    # where the square may overflow and leave 0; e**a / (1 + e**a) composed of nodes, as for tanh.
    far = _SQUARE_LEAVES * working().span
    return Slack(
        16.0 + (abs(a) + 16.0) * y,
        _all() if abs(a) > 2 * far else abs(a) + 16.0,
        _all() if a > far else 16.0 * y,
    )


def _exp(y: float, a: float) -> Slack:
    # math.e ** a: e is rounded, and the power repeats that error a times.
    return Slack((abs(a) + 16.0) * y, abs(a) + 8.0)


def _log(y: float, _: float) -> Slack:
    # log2(a) * log(2), log10(a) / log10(e)
    return Slack(16.0 * abs(y))


def _shifted(y: float, a: float) -> Slack:
    # cos(a) as sin(a + pi/2), and the other way round: the sum and pi/2 are rounded; for large a
    # nothing is left of it but a number in [-1, 1].
    lost = min(2.0 * abs(a) + 4.0, 2 * _all())
    return Slack(8.0 * abs(y) + lost, 0.0, lost)


def _sqrt(y: float, a: float) -> Slack:
    # a ** 0.5, exp(log(a) / 2)
    size = 5.0 * abs(math.log(a)) + 16.0 if a > 0 else 0.0
    return Slack(size * y, size)


def _div(y: float, a: float, b: float) -> Slack:
    # a * b**-1, where the inverse may underflow, and where that power is exp(-log b); -y / b, where
    # y may underflow; (a' b - a b') / (b * b), where the square may leave the range.
    if abs(b) < _far(1e-307):
        return Slack(math.inf, math.inf)  # 1 / b may overflow
    size = 16.0 + 8.0 * abs(math.log(abs(b)))
    lost = size if _far(1e-150) < abs(b) < _far(1e150) else _all()
    return Slack(size * abs(y) + abs(a) * _smallest(), lost, _smallest() / abs(b))


def _pow(y: float, a: float, b: float) -> Slack:
    # exp(b log a): the error of the exponent becomes a relative error of the power.
    # a * a * a: one rounding a factor.  b * y / a, where y may underflow.
    if a == 0:
        return _NONE
    size = 10.0 * (abs(b) + 1.0) * abs(math.log(abs(a))) + abs(b) + 24.0
    return Slack(size * abs(y), size, _smallest() * max(abs(b / a), abs(math.log(abs(a)))))


def _abs(_: float, a: float) -> Slack:
    # sqrt(a * a), (a * a) ** 0.5 and a / sqrt(a * a), where the square may leave the range
    size = abs(a)
    if 0 < size < _far(1e-150):
        return Slack(size * _all(), _all())
    return Slack(8.0 * size) if size < _far(1e150) else Slack(math.inf, _all())


def _relu(y: float, _: float) -> Slack:
    # (a + |a|) / 2, where the sum may overflow
    return _NONE if y < _half_range() else Slack(math.inf)


def _select(_: float, a: float, b: float) -> Slack:
    # (a + b + |a - b|) / 2, b + relu(a - b)
    size = abs(a) / 2 + abs(b) / 2
    return Slack(8.0 * size) if size < _half_range() / 2 else Slack(math.inf)


_SLACK: Final[dict[str, Callable[..., Slack]]] = complete({
    "abs": _abs,
    "add": _sum,
    "cos": _shifted,
    "div": _div,
    "exp": _exp,
    "log": _log,
    "max": _select,
    "min": _select,
    "pow": _pow,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "sin": _shifted,
    "sqrt": _sqrt,
    "sub": _sum,
    "sum": _sum,
    "tanh": _tanh,
}, "oracles/slack.py", but={"mul", "neg"})
"""For each operation what other formulas lose, from its value and operands; 0 where not listed."""

_DIFFERENCES: Final[dict[str, Callable[[float], float]]] = {
    "tanh": lambda y: 1.0,
    "sigmoid": abs,
}
"""Local derivatives that are differences (``1 - y * y``, ``y * (1 - y)``): size of the terms."""

_TERMS: Final[dict[str, Callable[[float], float]]] = {
    "abs": lambda _: 1.0,
    "max": lambda _: 1.0,
    "min": lambda _: 1.0,
    "relu": lambda _: 1.0,
    "sigmoid": abs,
    "tanh": lambda _: 2.0,
}
"""Local derivatives that composed formulas add up from terms that cancel, each on its own way into
the operand's gradient: their size.  Half of ``a + b + |a - b|`` has a half from ``b`` and minus a
half from ``|a - b|`` where ``a`` is the greater one."""


def loosened(
    graph: Graph, point: Sequence[Number], known: Truth, nodes: Collection[int]
) -> Truth:
    """The truth with ``freedom`` and ``scale`` filled in.

    Args:
        graph: the graph of ``known``.
        point: the point of ``known``.
        known: what :func:`verify.oracles.interval.truth` returned.
        nodes: whose *value* was seen to be made by another formula than the textbook's; what
            an engine does not use of its freedom must not hide its mistakes.
    """
    loose = _Loose(graph, point, known, frozenset(nodes))
    values, slopes = (OnDemand(len(graph.nodes), make) for make in (loose.value, loose.gradient))
    return replace(known, values=values, gradients=slopes)


@dataclass(frozen=True)
class _Loose:
    """What :func:`loosened` is made of: no sweep is made before something of it is asked for."""

    graph: Graph
    point: Sequence[Number]
    known: Truth
    nodes: frozenset[int]

    def value(self, place: int) -> Enclosure | None:
        """A value with its freedom."""
        with arithmetic(self.known.format), precision(MODEL_BITS):
            e, balls = self.known.values[place], self._balls
            if e is None:
                return None
            note = _value_note(self.graph, place, e, balls)
            return replace(e, freedom=max(e.bound, _reach((balls[place],), e)), note=note)

    def gradient(self, place: int) -> Enclosure | None:
        """A gradient with its freedom and scale."""
        with arithmetic(self.known.format), precision(MODEL_BITS):
            e = self.known.gradients[place]
            if e is None:
                return None
            note = e.note
            if note in NO_NUMBER:
                note = _gradient_note(self.graph, place, e, self._balls, self._adjoints)
            return replace(self._freed(place, e), note=note)

    @cached_property
    def _floats(self) -> list[float]:
        column = self.known.values
        if isinstance(column, Column) and column.plain:
            return list(column.middles)
        return [e.middle if e and (e.known or e.note == "overflow") else math.nan for e in column]

    @cached_property
    def _slack(self) -> list[Slack]:
        return _slacks(self.graph, self._floats)

    @cached_property
    def _rounding(self) -> Rounding:
        return careful if extreme(self.known) else rounded

    @cached_property
    def _balls(self) -> list[Ball]:
        accepted = OnDemand(len(self._floats), lambda i: _accepted(self.known.values[i]))
        adjust = _on_values(self._slack, self.nodes, accepted)
        return forward(self.graph, self.point, self._rounding, adjust)

    @cached_property
    def _local(self) -> Slopes:
        return slopes(self.graph, self._balls, self._rounding, _on_slopes(self._slack))

    @cached_property
    def _corners(self) -> list[tuple[Ball, ...]]:
        return gradients(self.graph, self._local, self._rounding)

    @cached_property
    def _adjoints(self) -> list[Ball]:
        return list(map(hull, self._corners))

    @cached_property
    def _freed(self) -> Freed:
        return _freed(self.graph, self._local, self._floats, self._corners)


def at_values(
    graph: Graph, values: Sequence[float], form: Format = DOUBLE
) -> Sequence[Enclosure]:
    """The gradients by the chain rule at these values, with bound and freedom.

    An engine that differentiates its own numbers differs from this by what one operation and the
    reverse sweep round, whatever the values' own errors are.  Where the graph is too
    ill-conditioned to tell a wrong gradient from a rounded one, this still can.

    Args:
        graph: any graph of the vocabulary.
        values: the engine's value of each node, all finite.
        form: what the engine computes in.
    """
    with arithmetic(form):
        make = _at_values(graph, values)

    def made(place: int) -> Enclosure:
        with arithmetic(form), precision(MODEL_BITS):
            return make(place)

    return OnDemand(len(graph.nodes), made)


def _at_values(graph: Graph, values: Sequence[float]) -> Callable[[int], Enclosure]:
    slack = _slacks(graph, values)
    with precision(_BITS):
        balls = [arb(value) for value in values]
        local = slopes(graph, balls, exact, None, again(graph, balls, exact))
        truths = gradients(graph, local, exact)
    sizes = [*values, *(middle(ball) for corners in truths for ball in corners)]
    rounding = rounded if all(map(ordinary, sizes)) else careful
    with precision(MODEL_BITS):
        textbook = again(graph, balls, rounding)
        model = gradients(graph, slopes(graph, balls, rounding, None, textbook), rounding)
        own = frozenset(
            i for i, (y, ball) in enumerate(zip(balls, textbook, strict=True)) if y not in ball
        )
        made = again(graph, balls, rounding, _on_values(slack, own, textbook))
        loose = slopes(graph, balls, rounding, _on_slopes(slack), made)
        kinks = {
            i for i, edges in enumerate(local) if any(p is STEP or p is SIGN for _, p in edges)
        }
        below = ancestors(graph, kinks) if kinks else kinks
        freed = _freed(graph, loose, values, gradients(graph, loose, rounding))
    return lambda i: freed(i, enclose(truths[i], "kink" if i in below else "", model[i]))


def _slacks(graph: Graph, floats: Sequence[float]) -> list[Slack]:
    return [
        _slack(node, floats, index) if isinstance(node, Apply) else _NONE
        for index, node in enumerate(graph.nodes)
    ]


def _freed(
    graph: Graph,
    local: Slopes,
    floats: Sequence[float],
    corners: Sequence[Sequence[Ball]],
) -> Freed:
    """What gives a gradient its freedom and scale, by local derivatives as other formulas have."""
    masses, scales, roundings = _paths(graph, local, floats)
    unit = working().unit
    strain = [0.0] * len(floats)
    if not all(map(ordinary, [*floats, *(middle(ball) for balls in corners for ball in balls)])):
        strain = strained(graph, local, floats)

    def freed(i: int, e: Enclosure) -> Enclosure:
        lost = roundings[i] * unit * masses[i] + strain[i]
        return replace(e, freedom=max(e.bound, _reach(corners[i], e)) + lost, scale=scales[i])

    return freed


def enclose(corners: Sequence[Ball], note: Note, model: Sequence[Ball]) -> Enclosure:
    """What is known of a number: all between some balls, and how far floats may get from there."""
    ends = []
    for ball in corners:
        at = middle(ball)
        if not math.isfinite(at):
            return Enclosure(at, math.inf, math.inf, note=note)
        ends.append((at, _up(float((ball - at).abs_upper()))))
    at, radius = ends[0] if len(ends) == 1 else _between(ends)
    if radius > abs(at) and note != "kink":
        at, radius = 0.0, _up(abs(at) + radius)  # nothing is known but that it is next to 0
    two = (ends[0][0], ends[1][0]) if len(ends) == 2 and note == "kink" else None
    if not math.isfinite(radius):
        return Enclosure(at, radius, math.inf, note=note, ends=two)
    return Enclosure(at, radius, _reach_from(model, at, radius), note=note, ends=two)


def _between(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Middle and radius of all that lies between numbers with radii."""
    low, high = min(at - radius for at, radius in ends), max(at + radius for at, radius in ends)
    at = low / 2 + high / 2
    radius = max(high - at, at - low)
    return at, radius if at - radius <= low and high <= at + radius else _up(radius)


def _up(size: float) -> float:
    return math.nextafter(size, math.inf) if size else 0.0


def _value_note(graph: Graph, index: int, e: Enclosure, balls: Sequence[Ball]) -> Note:
    if e.note not in NO_NUMBER or no_value(graph, index, e.note, balls):
        return e.note
    return "beyond"  # other formulas may have a number here


def _gradient_note(
    graph: Graph, index: int, e: Enclosure, balls: Sequence[Ball], adjoints: Sequence[Ball]
) -> Note:
    if e.note not in NO_NUMBER or no_gradient(graph, index, e.note, balls, adjoints):
        return e.note
    return "beyond"


def extreme(known: Truth) -> bool:
    """Whether some number is so large or small that formulas may leave the range of floats."""
    return not (_ordinary(known.values) and _ordinary(known.gradients))


def _ordinary(column: Sequence[Enclosure | None]) -> bool:
    if isinstance(column, Column) and column.plain:
        return all_ordinary(column.middles)
    return all(e is not None and e.known and ordinary(e.middle) for e in column)


def _slack(node: Apply, floats: Sequence[float], index: int) -> Slack:
    rule = _SLACK.get(node.op)
    if rule is None:
        return _NONE
    args = operands(node, floats)
    if rule is _sum and not math.isfinite(floats[index]):
        return _NONE  # of what overflows no digits are left, and the slopes are 1 all the same
    if not all(map(math.isfinite, args)) or math.isnan(floats[index]):
        return Slack(math.inf, math.inf)
    if math.isinf(floats[index]):
        return Slack(0.0, math.inf)  # it overflows, whatever the formula
    return rule(floats[index], *args)


def _accepted(e: Enclosure | None) -> Ball:
    """All that passes for the textbook's value: what is compared is the truth as a float."""
    if e is None or not e.known or not math.isfinite(e.bound):
        return NAN
    return arb(e.middle, _up(e.radius + e.bound))


def _on_values(slack: Sequence[Slack], others: frozenset[int], accepted: Sequence[Ball]) -> Adjust:
    def adjust(index: int, ball: Ball) -> Ball:
        if index in others:
            return _widened(ball, slack[index].value)
        return ball.union(accepted[index])

    return adjust


def _on_slopes(slack: Sequence[Slack]) -> Adjust:
    def adjust(index: int, partial: Ball) -> Ball:
        mine = slack[index]
        if mine is _NONE and (partial is ONE or partial is MINUS):
            return partial  # nothing is computed
        if not math.isfinite(mine.relative):
            return NAN
        factor = arb(1, (_FACTORS + mine.relative) * working().unit)
        return _widened(partial * factor, mine.absolute)

    return adjust


def _widened(ball: Ball, units: float) -> Ball:
    if not units:
        return ball
    if not math.isfinite(units):
        return NAN
    return ball + arb(0, units * working().unit + working().spacing)


def _paths(
    graph: Graph, local: Slopes, floats: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """For each node: the mass of its gradient, its scale, the roundings that adding it up may take.

    The mass is the sum over all paths to the output of the magnitude of the path's product, with
    the terms of ``_TERMS`` where a composed formula has more than one path.  The
    scale is the same with the terms of ``_DIFFERENCES``, if on every path some difference is so
    small that the textbook formula may leave 0 of it; otherwise 0.  The roundings: a product is
    rounded once an edge; the terms are added up at the nodes (an addition an edge) or path by path
    (an addition a path).
    """
    count = len(local)
    masses, scales, paths, alive = [0.0] * count, [0.0] * count, [0.0] * count, [False] * count
    masses[-1] = scales[-1] = paths[-1] = 1.0
    alive[-1] = True
    edges, vanishes = sum(map(len, local)), _VANISHES * working().unit
    for index in range(count - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Leaf) or not paths[index]:
            continue
        difference, composed = _DIFFERENCES.get(node.op), _TERMS.get(node.op)
        for parent, partial in local[index]:
            size = float(partial.abs_upper())
            terms = size if difference is None else difference(floats[index])
            mass = max(size, composed(floats[index])) if composed else size
            masses[parent] += times(masses[index], mass)
            scales[parent] += times(scales[index], terms)
            paths[parent] += paths[index]
            # The ball of a difference that vanishes reaches some roundings of its terms far.
            alive[parent] |= alive[index] and not size <= vanishes * terms
    vanishing = [0.0 if a or not s < math.inf else s for a, s in zip(alive, scales, strict=True)]
    return masses, vanishing, [2 * edges + min(n, _MOST_PATHS) for n in paths]


def _reach(balls: Sequence[Ball], enclosure: Enclosure | None) -> float:
    """How far what lies in these balls may be from what is known."""
    if enclosure is None or not enclosure.known:
        return math.inf
    return _reach_from(balls, enclosure.middle, enclosure.radius)


def _reach_from(balls: Sequence[Ball], at: float, radius: float) -> float:
    farthest = 0.0
    for ball in balls:
        if not ball.is_finite():
            return math.inf
        farthest = max(farthest, _up(float((ball - at).abs_upper())) - radius)
    return farthest
