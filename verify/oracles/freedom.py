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

from verify.graph import Apply, Leaf
from verify.oracles.balls import (
    MODEL_BITS,
    NAN,
    UNIT,
    careful,
    forward,
    gradients,
    precision,
    rounded,
    slopes,
)
from verify.oracles.notes import no_gradient, no_value, operands, ordinary, strained, times
from verify.reading import NO_NUMBER, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.graph import Graph, Number
    from verify.oracles.balls import Adjust, Ball, Slopes
    from verify.reading import Enclosure, Note

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
    return Slack((abs(a) + 8.0) * y, abs(a) + 8.0)


def _log(y: float, _: float) -> Slack:
    # log2(a) * log(2), log10(a) / log10(e)
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
    "div": _div,
    "exp": _exp,
    "log": _log,
    "max": _select,
    "min": _select,
    "pow": _pow,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "sqrt": _sqrt,
    "tanh": _tanh,
}
"""For each operation what other formulas lose, from its value and operands; 0 where not listed."""

_DIFFERENCES: Final[dict[str, Callable[[float], float]]] = {
    "tanh": lambda y: 1.0,
    "sigmoid": abs,
}
"""Local derivatives that are differences (``1 - y * y``, ``y * (1 - y)``): the size of the terms."""


def relax(graph: Graph, point: Sequence[Number], known: Truth, free: Collection[int]) -> Truth:
    """The truth with ``freedom`` and ``scale`` filled in.

    Args:
        graph: the graph of ``known``.
        point: the point of ``known``.
        known: what :func:`verify.oracles.interval.truth` returned.
        free: nodes whose *value* was seen to be made by another formula than the textbook's; what
            an engine does not use of its freedom must not hide its mistakes.
    """
    floats = [e.middle if e and e.known else math.nan for e in known.values]
    slack = [
        _slack(node, floats, index) if isinstance(node, Apply) else _NONE
        for index, node in enumerate(graph.nodes)
    ]
    loosened = frozenset(free)
    with precision(MODEL_BITS):
        rounding = careful if extreme(known) else rounded
        balls = forward(graph, point, rounding, _on_values(slack, loosened) if loosened else None)
        local = slopes(graph, balls, rounding, _on_slopes(slack))
        adjoints = gradients(graph, balls, rounding, _on_slopes(slack))
        masses, scales, roundings = _paths(graph, local, floats)
        strain = strained(graph, local, floats) if extreme(known) else [0.0] * len(floats)
        values = [
            e and replace(e, freedom=max(e.bound, _reach(ball, e)), note=_value_note(graph, i, e, balls))
            for i, (e, ball) in enumerate(zip(known.values, balls, strict=True))
        ]
        derivatives = [
            e and replace(
                e,
                freedom=max(e.bound, _reach(ball, e)) + roundings[i] * UNIT * masses[i] + strain[i],
                scale=scales[i],
                note=_gradient_note(graph, i, e, balls, adjoints),
            )
            for i, (e, ball) in enumerate(zip(known.gradients, adjoints, strict=True))
        ]
    return Truth(known.source, tuple(values), tuple(derivatives))


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
    return not all(e is not None and e.known and ordinary(e.middle) for e in (*known.values, *known.gradients))


def _slack(node: Apply, floats: Sequence[float], index: int) -> Slack:
    rule = _SLACK.get(node.op)
    if rule is None:
        return _NONE
    args = operands(node, floats)
    if not all(map(math.isfinite, (floats[index], *args))):
        return Slack(math.inf, math.inf)
    return rule(floats[index], *args)


def _on_values(slack: Sequence[Slack], free: frozenset[int]) -> Adjust:
    def adjust(index: int, ball: Ball) -> Ball:
        return _widened(ball, slack[index].value) if index in free else ball

    return adjust


def _on_slopes(slack: Sequence[Slack]) -> Adjust:
    def adjust(index: int, partial: Ball) -> Ball:
        mine = slack[index]
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


def _reach(ball: Ball, enclosure: Enclosure | None) -> float:
    if enclosure is None or not enclosure.known or not ball.is_finite():
        return math.inf
    distance = float((ball - enclosure.middle).abs_upper())
    return max((math.nextafter(distance, math.inf) if distance else 0.0) - enclosure.radius, 0.0)
