"""The error that honest formulas other than the textbook's may make.

Engines write ``tanh`` from exponentials, ``a / b`` as ``a * b**-1``, powers as ``exp(b log a)``;
they add gradients up path by path, or carry derivatives forward.  None of that is wrong, and each
loses digits in its own way.  :func:`relax` repeats the sweeps of the bound with these errors; the
table ``_SLACK`` says which formulas are meant and what they lose, ``docs/bound.md`` why.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from flint import arb

from verify.expression.graph import Apply, Leaf
from verify.expression.reading import NO_NUMBER, Enclosure, Truth
from verify.oracles.balls import (
    MINUS,
    MODEL_BITS,
    NAN,
    ONE,
    SIGN,
    STEP,
    UNIT,
    again,
    careful,
    exact,
    forward,
    gradients,
    hull,
    precision,
    rounded,
    slopes,
)
from verify.oracles.special_values import (
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

    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Note
    from verify.oracles.balls import Adjust, Ball, Slopes

_GIVEN_BITS: Final = 256
_FACTORS: Final = 16.0
"""Half-ulps that the factors of a local derivative may lose in another order or spelling."""
_MOST_PATHS: Final = 4096.0
"""Roundings on adding up one gradient path by path.  The worst case is one a path; what occurs is
about the square root of their number (N. Higham and T. Mary, SIAM J. Sci. Comput. 41, 2019)."""


_VANISHES: Final = 2.0**-46
"""A difference this small against its terms may be 0 in rounding."""


class Slack(NamedTuple):
    """Errors in units of u = 2**-53.

    Attributes:
        value: on the value, absolute.
        relative: on each local derivative, relative to it.
        absolute: on each local derivative, absolute.
    """

    value: float = 0.0
    relative: float = 0.0
    absolute: float = 0.0


_NONE: Final = Slack()
_ALL: Final = 1 / UNIT
"""Every digit may be lost, and 0 left."""
_SMALLEST: Final = 2.0**-1072 / UNIT
"""What underflow loses."""
_HALF_RANGE: Final = 8e307
"""Twice of this is still a float."""


def _tanh(_: float, __: float) -> Slack:
    # (e**2a - 1) / (e**2a + 1), (e**a - e**-a) / (e**a + e**-a), 1 - 2 / (e**2a + 1),
    # 2 sigmoid(2a) - 1: each keeps absolute, not relative accuracy.
    return Slack(16.0, 0.0, 32.0)


def _sigmoid(y: float, a: float) -> Slack:
    # (1 + tanh(a/2)) / 2 keeps absolute accuracy; e rounded in e**-a; e**-a / (1 + e**-a)**2,
    # where the square may overflow and leave 0.
    return Slack(16.0 + (abs(a) + 16.0) * y, _ALL if abs(a) > 350 else abs(a) + 16.0)


def _exp(y: float, a: float) -> Slack:
    # math.e ** a: e is rounded, and the power repeats that error a times.
    return Slack((abs(a) + 16.0) * y, abs(a) + 8.0)


def _log(y: float, _: float) -> Slack:
    # log2(a) * log(2), log10(a) / log10(e)
    return Slack(16.0 * abs(y))


def _library(y: float, _: float) -> Slack:
    # Where the library function is worse than glibc's: 4 ulps.
    return Slack(8.0 * abs(y))


def _sqrt(y: float, a: float) -> Slack:
    # a ** 0.5, exp(log(a) / 2)
    size = 5.0 * abs(math.log(a)) + 16.0 if a > 0 else 0.0
    return Slack(size * y, size)


def _div(y: float, a: float, b: float) -> Slack:
    # a * b**-1, where the inverse may underflow; -y / b, where y may.
    if abs(b) < 1e-307:
        return Slack(math.inf, math.inf)  # 1 / b may overflow
    return Slack(16.0 * abs(y) + abs(a) * _SMALLEST, 16.0, _SMALLEST / abs(b))


def _pow(y: float, a: float, b: float) -> Slack:
    # exp(b log a): the error of the exponent becomes a relative error of the power.
    # a * a * a: one rounding a factor.  b * y / a, where y may underflow.
    if a == 0:
        return _NONE
    size = 10.0 * (abs(b) + 1.0) * abs(math.log(abs(a))) + abs(b) + 24.0
    return Slack(size * abs(y), size, _SMALLEST * max(abs(b / a), abs(math.log(abs(a)))))


def _abs(y: float, _: float) -> Slack:
    # sqrt(a * a), (a * a) ** 0.5 and a / sqrt(a * a), where the square may leave the range
    if 0 < y < 1e-150:
        return Slack(y * _ALL, _ALL)
    return Slack(8.0 * y) if y < 1e150 else Slack(math.inf, _ALL)


def _relu(y: float, _: float) -> Slack:
    # (a + |a|) / 2, where the sum may overflow
    return _NONE if y < _HALF_RANGE else Slack(math.inf)


def _select(_: float, a: float, b: float) -> Slack:
    # (a + b + |a - b|) / 2, b + relu(a - b)
    size = abs(a) / 2 + abs(b) / 2
    return Slack(8.0 * size) if size < _HALF_RANGE / 2 else Slack(math.inf)


_SLACK: Final[dict[str, Callable[..., Slack]]] = {
    "abs": _abs,
    "cos": _library,
    "div": _div,
    "exp": _exp,
    "log": _log,
    "max": _select,
    "min": _select,
    "pow": _pow,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "sin": _library,
    "sqrt": _sqrt,
    "tanh": _tanh,
}
"""For each operation what other formulas lose, from its value and operands; 0 where not listed."""

_DIFFERENCES: Final[dict[str, Callable[[float], float]]] = {
    "tanh": lambda y: 1.0,
    "sigmoid": abs,
}
"""Local derivatives that are differences (``1 - y * y``, ``y * (1 - y)``): size of the terms."""


def relax(graph: Graph, point: Sequence[Number], known: Truth, free: Collection[int]) -> Truth:
    """The truth with ``freedom`` and ``scale`` filled in.

    Args:
        graph: the graph of ``known``.
        point: the point of ``known``.
        known: what :func:`verify.oracles.interval.truth` returned.
        free: nodes whose *value* was seen to be made by another formula than the textbook's; what
            an engine does not use of its freedom must not hide its mistakes.
    """
    floats = [
        e.middle if e and (e.known or e.note == "overflow") else math.nan for e in known.values
    ]
    slack = _slacks(graph, floats)
    loosened = frozenset(free)
    rounding = careful if extreme(known) else rounded
    with precision(MODEL_BITS):
        accepted = [_accepted(e) for e in known.values]
        balls = forward(graph, point, rounding, _on_values(slack, loosened, accepted))
        local = slopes(graph, balls, rounding, _on_slopes(slack))
        corners = gradients(graph, local, rounding)
        adjoints = list(map(hull, corners))
        values = [
            e
            and replace(
                e, freedom=max(e.bound, _reach((ball,), e)), note=_value_note(graph, i, e, balls)
            )
            for i, (e, ball) in enumerate(zip(known.values, balls, strict=True))
        ]
        notes = [
            "" if e is None else _gradient_note(graph, i, e, balls, adjoints)
            for i, e in enumerate(known.gradients)
        ]
        derivatives = _freed(graph, local, floats, corners, known.gradients)
    derivatives = [e and replace(e, note=note) for e, note in zip(derivatives, notes, strict=True)]
    return Truth(known.source, tuple(values), tuple(derivatives))


def given(graph: Graph, values: Sequence[float]) -> list[Enclosure]:
    """The gradients by the chain rule at these values, with bound and freedom.

    An engine that differentiates its own numbers differs from this by what one operation and the
    reverse sweep round, whatever the values' own errors are.  Where the graph is too
    ill-conditioned to tell a wrong gradient from a rounded one, this still can.

    Args:
        graph: any graph of the vocabulary.
        values: the engine's value of each node, all finite.
    """
    slack = _slacks(graph, values)
    with precision(_GIVEN_BITS):
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
        known = [
            enclose(t, "kink" if i in below else "", m)
            for i, (t, m) in enumerate(zip(truths, model, strict=True))
        ]
        freed = _freed(graph, loose, values, gradients(graph, loose, rounding), known)
    return [e for e in freed if e is not None]


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
    known: Sequence[Enclosure | None],
) -> list[Enclosure | None]:
    """The gradients with freedom and scale, from local derivatives as other formulas have them."""
    masses, scales, roundings = _paths(graph, local, floats)
    strain = [0.0] * len(floats)
    if not all(map(ordinary, [*floats, *(middle(ball) for balls in corners for ball in balls)])):
        strain = strained(graph, local, floats)
    return [
        e
        and replace(
            e,
            freedom=max(e.bound, _reach(ball, e)) + roundings[i] * UNIT * masses[i] + strain[i],
            scale=scales[i],
        )
        for i, (e, ball) in enumerate(zip(known, corners, strict=True))
    ]


def enclose(corners: Sequence[Ball], note: Note, model: Sequence[Ball]) -> Enclosure:
    """What is known of a number: all between some balls, and how far floats may get from there."""
    ends = []
    for ball in corners:
        at = middle(ball)
        if not math.isfinite(at):
            return Enclosure(at, math.inf, math.inf, note=note)
        ends.append((at, _up(float((ball - at).abs_upper()))))
    at, radius = ends[0] if len(ends) == 1 else _between(ends)
    if not math.isfinite(radius):
        return Enclosure(at, radius, math.inf, note=note)
    return Enclosure(at, radius, _reach_from(model, at, radius), note=note)


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
    return not all(
        e is not None and e.known and ordinary(e.middle) for e in (*known.values, *known.gradients)
    )


def _slack(node: Apply, floats: Sequence[float], index: int) -> Slack:
    rule = _SLACK.get(node.op)
    if rule is None:
        return _NONE
    args = operands(node, floats)
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


def _on_values(slack: Sequence[Slack], free: frozenset[int], accepted: Sequence[Ball]) -> Adjust:
    def adjust(index: int, ball: Ball) -> Ball:
        return _widened(ball, slack[index].value) if index in free else ball.union(accepted[index])

    return adjust


def _on_slopes(slack: Sequence[Slack]) -> Adjust:
    def adjust(index: int, partial: Ball) -> Ball:
        mine = slack[index]
        if mine is _NONE and (partial is ONE or partial is MINUS):
            return partial  # nothing is computed
        if not math.isfinite(mine.relative):
            return NAN
        return _widened(partial * arb(1, (_FACTORS + mine.relative) * UNIT), mine.absolute)

    return adjust


def _widened(ball: Ball, units: float) -> Ball:
    if not units:
        return ball
    return ball + arb(0, units * UNIT + 2.0**-1074) if math.isfinite(units) else NAN


def _paths(
    graph: Graph, local: Slopes, floats: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """For each node: the mass of its gradient, its scale, the roundings that adding it up may take.

    The mass is the sum over all paths to the output of the magnitude of the path's product.  The
    scale is the same with the terms of ``_DIFFERENCES``, if on every path some difference is so
    small that the textbook formula may leave 0 of it; otherwise 0.  The roundings: a product is
    rounded once an edge; the terms are added up at the nodes (an addition an edge) or path by path
    (an addition a path).
    """
    count = len(local)
    masses, scales, paths, alive = [0.0] * count, [0.0] * count, [0.0] * count, [False] * count
    masses[-1] = scales[-1] = paths[-1] = 1.0
    alive[-1] = True
    edges = sum(map(len, local))
    for index in range(count - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Leaf) or not paths[index]:
            continue
        difference = _DIFFERENCES.get(node.op)
        for parent, partial in local[index]:
            size = float(partial.abs_upper())
            terms = size if difference is None else difference(floats[index])
            masses[parent] += times(masses[index], size)
            scales[parent] += times(scales[index], terms)
            paths[parent] += paths[index]
            # The ball of a difference that vanishes reaches some roundings of its terms far.
            alive[parent] |= alive[index] and not size <= _VANISHES * terms
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
