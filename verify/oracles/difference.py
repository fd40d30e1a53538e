"""The gradient from differences of values alone: no rule of calculus.

Central differences of the reference function in 640-bit balls.  With a relative step of ``2**-160``
the truncation error, relative to the derivative, is about ``2**-320`` times the square of how fast
the function changes, so the difference is a truth of its own unless the graph changes within a
relative 1e-48 of the point.  The error bar is the radius of the balls plus the change that halving
the step makes; that is an estimate and not a proof, which is why this oracle is a witness.

On a kink it gives the derivatives from both sides: the subdifferential holds at least these.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from flint import arb, ctx

from verify.expression.graph import Const, Leaf
from verify.expression.reading import UNKNOWN, Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.graph import Apply, Graph, Node, Number

SOURCE: Final = "difference"

_BITS: Final = 640
_STEP_BITS: Final = 160
_TRACE_BITS: Final = 64
_MISFIT: Final = arb(2) ** -20
_MANY_TURNS: Final = arb(2) ** 90
_LOOSE: Final = arb(2) ** -200
_SURE: Final = 2.0**-50
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
    "sigmoid": lambda a: 1 / (1 + (-a).exp()),
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
    if not values[index].rad() <= abs(at) * _LOOSE and not values[index].is_zero():
        return UNKNOWN
    size = abs(at) if not at.is_zero() else arb(1)
    step = size * arb(2) ** -_STEP_BITS
    affected = _affected(graph, index)
    if not affected[-1]:
        return Enclosure(0.0)
    if any(hit and _turns(graph.nodes[i], values) for i, hit in enumerate(affected)):
        return UNKNOWN

    def moved(by: arb) -> list[arb]:
        return _moved(graph, values, index, at + by, affected)

    ends = moved(-step), moved(step)
    kinks = _crossed_kinks(graph, ends, affected)
    if not kinks:
        wide = _quotient(*ends, 2 * step)
        return _derivative(lambda h: _quotient(moved(-h), moved(h), 2 * h), wide, step, order=2)
    if not all(_on_kink(graph.nodes[i], values) for i in kinks):
        return UNKNOWN  # the kink is near, but not here
    low, high = ends
    below, above = _quotient(low, values, step), _quotient(values, high, step)
    sides = (
        _derivative(lambda h: _quotient(moved(-h), values, h), below, step, order=1),
        _derivative(lambda h: _quotient(values, moved(h), h), above, step, order=1),
    )
    largest = max(abs(side.middle) for side in sides)
    if not all(side.known and side.radius <= largest * _SURE for side in sides):
        return UNKNOWN
    least = min(side.middle - side.radius for side in sides)
    most = max(side.middle + side.radius for side in sides)
    return Enclosure((least + most) / 2, (most - least) / 2, note="slopes")


def _derivative(quotient: Callable[[arb], arb], wide: arb, step: arb, order: int) -> Enclosure:
    """The limit of a difference quotient whose error shrinks like ``step ** order``.

    ``wide`` is the quotient at ``step``.

    Halving the step shows the error.  Where it is more than a trace, a third quotient must shrink
    it by ``2 ** order`` again; else the step is no longer small for this function.
    """
    narrow = quotient(step / 2)
    if not (wide.is_finite() and narrow.is_finite()):
        return UNKNOWN
    halving, trace = wide - narrow, abs(narrow.mid()) * arb(2) ** -_TRACE_BITS
    if not abs(halving.mid()) <= trace + 2 * halving.rad():
        again = (narrow - quotient(step / 4)) * 2**order
        misfit = again - halving
        if not abs(misfit.mid()) <= abs(halving.mid()) * _MISFIT + 2 * misfit.rad():
            return UNKNOWN
    e = _enclose(narrow)
    return Enclosure(
        e.middle, e.radius + 2 * float(abs(halving).abs_upper()) + abs(e.middle) * 2.0**-64
    )


def _turns(node: Node, values: Sequence[arb]) -> bool:
    """Whether the step may take a periodic function through whole turns."""
    if isinstance(node, Leaf) or node.op not in {"sin", "cos"}:
        return False
    return not abs(_operands(node, values)[0]) <= _MANY_TURNS


def _affected(graph: Graph, index: int) -> list[bool]:
    affected: list[bool] = []
    for i, node in enumerate(graph.nodes):
        hit = i == index or (not isinstance(node, Leaf) and any(affected[p] for p in node.parents))
        affected.append(hit)
    return affected


def _moved(
    graph: Graph, values: list[arb], index: int, to: arb, affected: Sequence[bool]
) -> list[arb]:
    """The values when one of them is moved."""
    done = list(values)
    done[index] = to
    for i in range(index + 1, len(values)):
        node = graph.nodes[i]
        if affected[i] and not isinstance(node, Leaf):
            done[i] = _FUNCTIONS[node.op](*_operands(node, done))
    return done


def _quotient(low: Sequence[arb], high: Sequence[arb], width: arb) -> arb:
    return (high[-1] - low[-1]) / width


def _crossed_kinks(
    graph: Graph, ends: Sequence[Sequence[arb]], affected: Sequence[bool]
) -> list[int]:
    crossed = []
    for i, node in enumerate(graph.nodes):
        if affected[i] and not isinstance(node, Leaf) and node.op in _KINKS:
            below, above = (_KINKS[node.op](*_operands(node, end)) for end in ends)
            if not ((below > 0 and above > 0) or (below < 0 and above < 0)):
                crossed.append(i)
    return crossed


def _on_kink(node: Node, values: Sequence[arb]) -> bool:
    return not isinstance(node, Leaf) and bool(_KINKS[node.op](*_operands(node, values)).is_zero())


def _enclose(ball: arb) -> Enclosure:
    middle = float(ball.mid()) if ball.is_finite() else math.nan
    if not math.isfinite(middle):
        return UNKNOWN
    distance = float((ball - middle).abs_upper())
    return Enclosure(middle, math.nextafter(distance, math.inf) if distance else 0.0)
