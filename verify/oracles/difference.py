"""The gradient from differences of values alone: no rule of calculus.

Central differences of the reference function in 640-bit balls.  With a relative step of ``2**-160``
the truncation error, relative to the derivative, is about ``2**-320`` times the square of how fast
the function changes, so the difference is a truth of its own unless the graph changes within a
relative 1e-48 of the point.  The error bar is the radius of the balls plus the change that halving
the step makes; that is an estimate and not a proof, which is why this oracle is a witness.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from flint import arb, ctx

from verify.graph import Const, Leaf
from verify.reading import UNKNOWN, Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.graph import Apply, Graph, Number

SOURCE: Final = "difference"

_BITS: Final = 640
_STEP_BITS: Final = 160
_EVERY_NODE: Final = 12


def _power(base: arb, exponent: arb) -> arb:
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) < 2**20:
        n = int(float(exponent))
        result, factor = arb(1), base if n >= 0 else 1 / base
        for _ in range(abs(n).bit_length() - 1, -1, -1):
            result = result * result
            if abs(n) >> _ & 1:
                result = result * factor
        return result
    return (base.log() * exponent).exp()


_FUNCTIONS: Final[dict[str, Callable[..., arb]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": _power,
    "relu": lambda a: a.max(arb(0)),
    "tanh": lambda a: a.tanh(),
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "sigmoid": lambda a: ((a / 2).tanh() + 1) / 2,
    "sqrt": lambda a: a.sqrt(),
    "abs": abs,
    "sin": lambda a: a.sin(),
    "cos": lambda a: a.cos(),
    "max": lambda a, b: a.max(b),
    "min": lambda a, b: a.min(b),
    "sum": lambda *terms: sum(terms, arb(0)),
}

_KINKS: Final[dict[str, Callable[..., arb]]] = {
    "relu": lambda a: a,
    "abs": lambda a: a,
    "max": lambda a, b: a - b,
    "min": lambda a, b: a - b,
}
"""What changes its sign at the kink."""


def truth(graph: Graph, point: Sequence[Number]) -> Truth:
    """Values and gradients; ``None`` for inner nodes of graphs above 12 nodes, unknown at kinks.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.
    """
    before, ctx.prec = ctx.prec, _BITS
    try:
        inputs = iter(point)
        start = [arb(next(inputs)) if isinstance(node, Leaf) else None for node in graph.nodes]
        values = _complete(graph, start, 0)
        wanted = range(len(graph.nodes)) if len(graph.nodes) <= _EVERY_NODE else graph.leaves
        gradients: list[Enclosure | None] = [None] * len(graph.nodes)
        for index in wanted:
            gradients[index] = _gradient(graph, values, index)
        return Truth(SOURCE, tuple([_enclose(v) for v in values]), tuple(gradients))
    finally:
        ctx.prec = before


def _complete(graph: Graph, values: Sequence[arb | None], start: int) -> list[arb]:
    """Values with all operations from ``start`` on evaluated again."""
    done: list[arb] = []
    for index, (node, value) in enumerate(zip(graph.nodes, values, strict=True)):
        if isinstance(node, Leaf) or index < start:
            done.append(arb(0) if value is None else value)
        else:
            done.append(_FUNCTIONS[node.op](*_operands(node, done)))
    return done


def _operands(node: Apply, values: Sequence[arb]) -> list[arb]:
    return [arb(a.value) if isinstance(a, Const) else values[a] for a in node.args]


def _gradient(graph: Graph, values: list[arb], index: int) -> Enclosure:
    if not values[index].is_finite() or not values[-1].is_finite():
        return UNKNOWN
    at = values[index].mid()
    size = abs(at) if not at.is_zero() else arb(1)
    step = size * arb(2) ** -_STEP_BITS
    affected = _affected(graph, index)
    if not affected[-1]:
        return Enclosure(0.0)
    wide = _quotient(graph, values, index, at, step, affected)
    narrow = _quotient(graph, values, index, at, step / 2, affected)
    if wide is None or narrow is None:
        return UNKNOWN
    halving = float(abs(wide - narrow).abs_upper())
    e = _enclose(narrow)
    return Enclosure(e.middle, e.radius + 2 * halving + abs(e.middle) * 2.0**-64)


def _affected(graph: Graph, index: int) -> list[bool]:
    affected: list[bool] = []
    for i, node in enumerate(graph.nodes):
        hit = i == index or (not isinstance(node, Leaf) and any(affected[p] for p in node.parents))
        affected.append(hit)
    return affected


def _quotient(
    graph: Graph, values: list[arb], index: int, at: arb, step: arb, affected: Sequence[bool]
) -> arb | None:
    ends: list[list[arb]] = []
    for moved in (at - step, at + step):
        done = list(values)
        done[index] = moved
        for i in range(index + 1, len(values)):
            node = graph.nodes[i]
            if affected[i] and not isinstance(node, Leaf):
                done[i] = _FUNCTIONS[node.op](*_operands(node, done))
        ends.append(done)
    if _crosses_kink(graph, ends, affected) or _too_wide(graph, ends, affected):
        return None
    quotient = (ends[1][-1] - ends[0][-1]) / (2 * step)
    return quotient if quotient.is_finite() else None


def _crosses_kink(graph: Graph, ends: Sequence[Sequence[arb]], affected: Sequence[bool]) -> bool:
    for i, node in enumerate(graph.nodes):
        if affected[i] and not isinstance(node, Leaf) and node.op in _KINKS:
            below, above = (_KINKS[node.op](*_operands(node, end)) for end in ends)
            if not ((below > 0 and above > 0) or (below < 0 and above < 0)):
                return True
    return False


def _too_wide(graph: Graph, ends: Sequence[Sequence[arb]], affected: Sequence[bool]) -> bool:
    """Whether a function that changes over 1 is asked further apart than that, as sin at 1e300."""
    for i, node in enumerate(graph.nodes):
        if affected[i] and not isinstance(node, Leaf) and node.op in _OVER_ONE:
            for below, above in zip(*(_operands(node, end) for end in ends), strict=True):
                if not abs(above - below) < _NEAR:
                    return True
    return False


_OVER_ONE: Final = frozenset({"sin", "cos", "exp", "tanh", "sigmoid", "pow"})
_NEAR: Final = 2.0**-60


def _enclose(ball: arb) -> Enclosure:
    middle = float(ball.mid()) if ball.is_finite() else math.nan
    if not math.isfinite(middle):
        return UNKNOWN
    distance = float((ball - middle).abs_upper())
    return Enclosure(middle, math.nextafter(distance, math.inf) if distance else 0.0)
