"""The gradient from differences of values alone: no rule of calculus.

**At a glance.**  One difference for each gradient, of the reference function in 256-bit balls, to
the right with a relative step of ``2**-104``; and one with all of these moved at once, to the left
by a share of their steps, each by its own.  Where that is what the same shares of the others add up
to, the function is straight on that scale, whatever it is; by how much it is not is far more than a
difference can be wrong.  With equal shares what bends one way in one number and the other way in
another would cancel: ``a*a - b*b``, at 0.  A slope that cancels is 0, by what rounding and bending
may leave of it.  All other cases are looked into:

**Closely.**  Central differences in 640-bit balls.  With a relative step of ``2**-160``
the truncation error, relative to the derivative, is about ``2**-320`` times the square of how fast
the function changes, so the difference is a truth of its own unless the graph changes within a
relative 1e-48 of the point.  The error bar is the radius of the balls plus the change that halving
the step makes; that is an estimate and not a proof, which is why this oracle is a witness.

On a kink it gives the derivatives from both sides: the subdifferential holds at least these.
"""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from flint import arb, ctx

from verify.expression.columns import column, of_enclosures
from verify.expression.graph import Const, Leaf
from verify.expression.ops import complete
from verify.expression.reading import UNKNOWN, Enclosure, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verify.expression.graph import Apply, Graph, Layout, Node, Number, Row

SOURCE: Final = "difference"

_BITS: Final = 640
_STEP_BITS: Final = 160
_TRACE_BITS: Final = 64
_MISFIT: Final = arb(2) ** -20
_MANY_TURNS: Final = arb(2) ** 90
_LOOSE: Final = arb(2) ** -200
_SURE: Final = 2.0**-50
_EVERY_NODE: Final = 12

_GLANCE_BITS: Final = 256
_GLANCE_STEP: Final = arb(2) ** -104
_GLANCE_TURNS: Final = 2.0**50
_STRAIGHT: Final = 2.0**-70
_LEVEL: Final = arb(2) ** -204
"""What is left of a number that cancels, at a glance: some roundings of 256 bits, and 2**100 less
than a slope is that does not."""


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


def _sum(*terms: arb) -> arb:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


_FUNCTIONS: Final[dict[str, Callable[..., arb]]] = complete({
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": _power,
    "relu": lambda a: a.max(arb(0)),
    "tanh": arb.tanh,
    "exp": arb.exp,
    "log": arb.log,
    "sigmoid": lambda a: 1 / (1 + (-a).exp()),
    "sqrt": arb.sqrt,
    "abs": abs,
    "sin": arb.sin,
    "cos": arb.cos,
    "max": arb.max,
    "min": arb.min,
    "sum": _sum,
}, "oracles/difference.py")

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
    size = len(graph.nodes)
    wanted = range(size) if size <= _EVERY_NODE else graph.leaves
    before, ctx.prec = ctx.prec, _GLANCE_BITS
    try:
        glance = _Glance.at(graph, point)
        slopes = glance.slopes(wanted)
        values = column(glance.values[:size])
        ctx.prec, closely = _BITS, None
        for index in wanted:
            if slopes[index] is None:
                closely = closely or _Glance.at(graph, point).values[:size]
                slopes[index] = _gradient(graph, closely, index)
        return Truth(SOURCE, values, of_enclosures(slopes, size))
    finally:
        ctx.prec = before


_Step: TypeAlias = "tuple[int, Callable[..., arb], int, int | None]"
"""What is put into a place: a function of what is in one other, or in two."""


@dataclass(frozen=True, slots=True)
class _Glance:
    """A graph at a point, to be asked for differences.

    Attributes:
        layout: of the graph.
        steps: its operations.
        values: of its nodes, then the numbers beside them.
    """

    layout: Layout
    steps: Sequence[_Step]
    values: list[arb]

    @classmethod
    def at(cls, graph: Graph, point: Sequence[Number]) -> _Glance:
        """All values, at the present precision."""
        layout, steps = graph.layout, _steps(graph.layout.rows)
        values = [*[arb(0)] * layout.size, *map(arb, layout.numbers)]
        for place, x in zip(layout.leaves, point, strict=True):
            values[place] = arb(x)
        _sweep(steps, values)
        return cls(layout, steps, values)

    def slopes(self, wanted: Sequence[int]) -> dict[int, Enclosure | None]:
        """The derivative by each of these nodes; ``None`` where a glance is not enough."""
        values, last = self.values, self.layout.size - 1
        if not values[last].is_finite():
            return dict.fromkeys(wanted)
        # One bit for each node that is moved: what changes with it.
        moved = [0] * len(values)
        for bit, index in enumerate(wanted):
            moved[index] |= 1 << bit
        for place, _, first, second in self.steps:
            moved[place] |= moved[first] if second is None else moved[first] | moved[second]
        turning = self._turning(moved)
        found: dict[int, Enclosure | None] = {}
        ends: dict[int, tuple[arb, list[arb]]] = {}
        for bit, index in enumerate(wanted):
            found[index] = None
            if index == last:
                found[index] = Enclosure(1.0)
            elif not moved[last] >> bit & 1:
                found[index] = Enclosure(0.0)
            elif not turning >> bit & 1 and (step := self._step(index)) is not None:
                right = list(values)
                right[index] = values[index].mid() + step
                _sweep([s for s in self.steps if moved[s[0]] >> bit & 1 and s[0] != index], right)
                ends[index] = step, right
        shares = {index: _share(place) for place, index in enumerate(ends)}
        left = self._all_moved({index: step * shares[index] for index, (step, _) in ends.items()})
        total = _sum(arb(0), *[
            (right[last] - values[last]) * shares[index] for index, (_, right) in ends.items()
        ])  # fmt: skip
        apart = values[last] - left[last] - total
        kinks = [row for row in self.layout.rows if row[1] in _KINKS]
        for index, (step, right) in ends.items():
            bit = 1 << wanted.index(index)
            below = [row for row in kinks if moved[row[0]] & bit and row[0] != index]
            if not any(_bends(row, (left, values, right)) for row in below):
                slope, off = (right[last] - values[last]) / step, apart / step
                found[index] = _straight(slope, off) or self._level(slope, off, step, moved, bit)
        return found

    def _level(
        self, slope: arb, apart: arb, step: arb, moved: Sequence[int], bit: int
    ) -> Enclosure | None:
        """A slope of 0, where no more may be left of it than rounding leaves of what was moved."""
        if not slope.contains(0):
            return None
        lost = slope.abs_upper() + 4 * apart.abs_upper()
        sizes = [abs(x) for x, mine in zip(self.values, moved, strict=True) if mine & bit]
        if not any(lost <= size / step * _LEVEL for size in sizes):
            return None
        return Enclosure(0.0, _above(float(lost.abs_upper())))

    def _turning(self, moved: Sequence[int]) -> int:
        """A bit for each node with which something may turn a whole round: no step is small."""
        far = [
            moved[place] for place, op, operands in self.layout.rows
            if op in _PERIODIC and not abs(float(self.values[operands[0]])) <= _GLANCE_TURNS
        ]
        return functools.reduce(operator.or_, far, 0)

    def _step(self, index: int) -> arb | None:
        """How far a node is moved; ``None`` where it is not known well enough."""
        ball = self.values[index]
        at = abs(ball.mid())
        if not (ball.is_zero() or ball.rad() <= at * _LOOSE):
            return None
        return _GLANCE_STEP if at.is_zero() else at * _GLANCE_STEP

    def _all_moved(self, by: Mapping[int, arb]) -> list[arb]:
        """All values where each of these nodes is moved to the left by so much."""
        values = [*self.values, *by.values()]
        back: dict[int, _Step] = {
            index: (index, operator.sub, index, len(self.values) + position)
            for position, index in enumerate(by)
        }
        steps = [back.pop(index) for index in self.layout.leaves if index in back]
        for step in self.steps:
            steps.append(step)
            if step[0] in back:
                steps.append(back.pop(step[0]))
        _sweep(steps, values)
        return values


def _share(place: int) -> arb:
    """Between a half and one, another one for each place, and exact: by the golden ratio."""
    return (arb(1 << 16) + (40503 * (place + 1) & 0xFFFF)) / (1 << 17)


_PERIODIC: Final = frozenset({"sin", "cos"})


def _bends(row: Row, ends: Sequence[Sequence[arb]]) -> bool:
    """Whether an operation may be on a kink somewhere between the ends."""
    _, op, operands = row
    gaps = [_KINKS[op](*[end[i] for i in operands]) for end in ends]
    return not (all(x > 0 for x in gaps) or all(x < 0 for x in gaps))


def _straight(slope: arb, apart: arb) -> Enclosure | None:
    """A slope as what it is, if it is known well enough.

    Of a square ``c x**2`` moved by ``h`` to the right and ``w h`` to the left, the slope is off by
    ``c h``, and ``apart`` is ``c h w (1 + w)``: no less than three quarters of it.
    """
    middle, wrong = float(slope), 4 * float(apart.abs_upper())
    if not (slope.is_finite() and wrong <= abs(middle) * _STRAIGHT):
        return None
    radius = wrong + _above(float((slope - middle).abs_upper()))
    return Enclosure(middle, radius) if radius <= abs(middle) * _SURE else None


def _steps(rows: Sequence[Row]) -> list[_Step]:
    """The operations, with one operand or two; what has more adds them up one by one."""
    steps: list[_Step] = []
    for place, op, operands in rows:
        function, count = _FUNCTIONS[op], len(operands)
        steps.append((place, function, operands[0], operands[1] if count > 1 else None))
        if count > 2:
            steps += [(place, function, place, operand) for operand in operands[2:]]
    return steps


def _sweep(steps: Sequence[_Step], values: list[arb]) -> None:
    """Take these steps."""
    for place, function, first, second in steps:
        if second is None:
            values[place] = function(values[first])
        else:
            values[place] = function(values[first], values[second])


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
    return Enclosure(middle, _above(float((ball - middle).abs_upper())))


def _above(size: float) -> float:
    return math.nextafter(size, math.inf) if size else 0.0
