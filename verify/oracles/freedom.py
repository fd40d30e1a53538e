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
    precision,
    reverse,
    rounded,
    slopes,
)
from verify.oracles.notes import operands, ordinary, strained
from verify.reading import Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.graph import Graph, Number
    from verify.oracles.balls import Adjust, Ball, Slopes

_FACTORS: Final = 16.0
"""Half-ulps that the factors of a local derivative may lose in another order or spelling."""
_MOST_PATHS: Final = 4096.0
"""Roundings on adding up one gradient path by path.  The worst case is one a path; what occurs is
about the square root of their number (N. Higham and T. Mary, SIAM J. Sci. Comput. 41, 2019)."""


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


def _tanh(y: float, a: float) -> Slack:
    # (e**2a - 1) / (e**2a + 1), (e**a - e**-a) / (e**a + e**-a), 1 - 2 / (e**2a + 1),
    # 2 sigmoid(2a) - 1: each keeps absolute, not relative accuracy.
    return Slack(16.0, 0.0, 32.0)


def _sigmoid(y: float, a: float) -> Slack:
    # (1 + tanh(a/2)) / 2 keeps absolute accuracy; e rounded in e**-a; e**-a / (1 + e**-a)**2.
    return Slack(16.0 + (abs(a) + 16.0) * y, math.inf if abs(a) > 350 else abs(a) + 16.0)


def _exp(y: float, a: float) -> Slack:
    # math.e ** a: e is rounded, and the power repeats that error a times.
    return Slack((abs(a) + 8.0) * y, abs(a) + 8.0)


def _log(y: float, a: float) -> Slack:
    # log2(a) * log(2), log10(a) / log10(e)
    return Slack(8.0 * abs(y), 0.0)


def _sqrt(y: float, a: float) -> Slack:
    # a ** 0.5, exp(log(a) / 2)
    if a <= 0:
        return Slack(0.0, math.inf)
    size = 5.0 * abs(math.log(a)) + 16.0
    return Slack(size * y, size)


def _div(y: float, a: float, b: float) -> Slack:
    # a * b**-1, where the inverse may be subnormal; -y / b, where y may be.
    return Slack(16.0 * abs(y) + abs(a) * (2.0**-1072 / UNIT), math.inf if 0 < abs(y) < 1e-290 else 16.0)


def _pow(y: float, a: float, b: float) -> Slack:
    # exp(b log a): the error of the exponent becomes a relative error of the power.
    # a * a * a: one rounding a factor.  b * y / a, which fails where y underflows.
    if a == 0:
        return Slack(0.0, math.inf)
    size = 10.0 * (abs(b) + 1.0) * abs(math.log(abs(a))) + abs(b) + 24.0
    return Slack(size * abs(y), math.inf if abs(y) < 1e-290 else size)


def _abs(y: float, a: float) -> Slack:
    # sqrt(a * a), (a * a) ** 0.5
    return Slack(8.0 * y if y == 0 or 1e-150 < y < 1e150 else math.inf)


def _select(y: float, a: float, b: float) -> Slack:
    # (a + b + |a - b|) / 2, b + relu(a - b)
    return Slack(4.0 * (abs(a) + abs(b)))


_SLACK: Final[dict[str, Callable[..., Slack]]] = {
    "abs": _abs,
    "div": _div,
    "exp": _exp,
    "log": _log,
    "max": _select,
    "min": _select,
    "pow": _pow,
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
        adjoints = reverse(local, rounding)
        values = [_reach(ball, e) for ball, e in zip(balls, known.values, strict=True)]
        reaches = [_reach(ball, e) for ball, e in zip(adjoints, known.gradients, strict=True)]
        masses, roundings = _paths(graph, local, floats)
        strain = strained(graph, local, floats) if extreme(known) else [False] * len(floats)
    return Truth(
        known.source,
        tuple([
            e and replace(e, freedom=max(e.bound, reach), scale=abs(e.middle))
            for e, reach in zip(known.values, values, strict=True)
        ]),
        tuple([
            e and replace(
                e,
                freedom=math.inf if out else max(e.bound, reach) + count * UNIT * mass,
                scale=mass,
            )
            for e, reach, mass, count, out in zip(
                known.gradients, reaches, masses, roundings, strain, strict=True
            )
        ]),
    )


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


def _paths(graph: Graph, local: Slopes, floats: Sequence[float]) -> tuple[list[float], list[float]]:
    """For each node: what cancels in its gradient, and the roundings that adding it up may take.

    The first is the sum over all paths to the output of the magnitude of the path's product.  The
    second: a product is rounded once an edge; the terms are added up at the nodes (an addition an
    edge) or path by path (an addition a path).
    """
    masses, paths = [0.0] * len(local), [0.0] * len(local)
    masses[-1] = paths[-1] = 1.0
    edges = sum(map(len, local))
    for index in range(len(local) - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Leaf) or not paths[index]:
            continue
        difference = _DIFFERENCES.get(node.op)
        for parent, partial in local[index]:
            size = float(partial.abs_upper()) if difference is None else difference(floats[index])
            masses[parent] += masses[index] * size
            paths[parent] += paths[index]
    return masses, [2 * edges + min(count, _MOST_PATHS) for count in paths]


def _reach(ball: Ball, enclosure: Enclosure | None) -> float:
    if enclosure is None or not enclosure.known or not ball.is_finite():
        return math.inf
    distance = float((ball - enclosure.middle).abs_upper())
    return max((math.nextafter(distance, math.inf) if distance else 0.0) - enclosure.radius, 0.0)
