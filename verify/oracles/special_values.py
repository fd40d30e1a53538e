"""Why a number is special: edges of the domain and of the float range, kinks, poles.

Decided from the expression, never from samples: a graph is on a kink where the enclosed operand is
exactly zero.  That there is *no* number is said only where it holds for every number that float64
code may get as well: the logarithm of a difference that is truly -1e-17 may honestly come out as
that of +1e-17.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Leaf
from verify.oracles.balls import (
    KINKS,
    MODEL_BITS,
    ZERO,
    exact,
    number,
    precision,
    rounded,
    slopes,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.expression.graph import Graph
    from verify.expression.reading import Note
    from verify.oracles.balls import Ball, Rounding, Slopes
    from verify.oracles.exact_zeros import Zeros

FAR: Final = 1e290
"""Beyond this, or nearer to 0 than its inverse, honest formulas may overflow or underflow."""
ORDINARY: Final = 1e75
"""Within this and its inverse no textbook formula overflows or underflows on the way."""
LOST: Final = frozenset({"domain", "overflow", "beyond"})
"""Values that are no numbers, or computed from such."""

_HARD: Final[dict[str, Callable[..., bool]]] = {
    "abs": lambda s, y, a: y > 1e150**s or 0 < y < 1e-150**s,  # sqrt(a * a)
    "div": lambda s, y, a, b: abs(b) > 1e150**s or abs(b) < 1e-150**s,  # a / b**2, a * b**-1
    "exp": lambda s, y, a: a > 709 * s,  # e**a with e rounded
    "log": lambda s, y, a: a < 1e-300**s,
    "pow": lambda s, y, a, b: (
        a <= 0 or (abs(b) + 1) * abs(math.log(a)) > 700 * s
    ),  # exp(b log a), a**(b - 1)
    "sigmoid": lambda s, y, a: abs(a) > 350 * s,  # e**a / (1 + e**a)**2
    "sqrt": lambda s, y, a: a < 1e-300**s,
    "tanh": lambda s, y, a: abs(a) > 150 * s,  # 4 e**2a / (e**2a + 1)**2
}
"""Where an honest formula may raise, overflow or divide by 0 although the number is there.

First of all comes the ``span`` of the format that the engine computes in."""

_OUTSIDE: Final[dict[str, Callable[..., bool]]] = {
    "div": lambda a, b: b.is_zero(),
    "log": lambda a: a <= 0,
    "pow": lambda a, b: (a < 0 and not b.contains_integer()) or (a.is_zero() and b < 0),
    "sqrt": lambda a: a < 0,
}
"""Operands, as balls, that certainly lie outside the domain."""


def of_values(
    graph: Graph, balls: Sequence[Ball], model: Sequence[Ball], *, made: bool = False
) -> list[Note]:
    """A note for each value.

    Args:
        graph: any graph of the vocabulary.
        balls: the enclosures of its values.
        model: balls around what float64 code may get instead.
        made: whether the values are there already.  A high power of a negative number may be out of
            reach for ``exp(b log a)``; whoever has it has the derivative by ``a`` as well.
    """
    notes: list[Note] = []
    floats = [middle(ball) for ball in balls]
    for index, node in enumerate(graph.nodes):
        note: Note = "edge" if far(floats[index]) else ""
        if isinstance(node, Apply):
            above = {notes[p] for p in node.parents}
            if above & LOST:
                note = "beyond"
            elif math.isnan(floats[index]):
                note = _no_number(node, balls, model)
            elif math.isinf(floats[index]):
                note = "overflow" if _infinite(model[index]) else "beyond"
            elif "edge" in above or _hard(node, floats, floats[index], made=made):
                note = "edge"
        notes.append(note)
    return notes


def no_value(graph: Graph, index: int, note: Note, balls: Sequence[Ball]) -> bool:
    """Whether a value has no number (``domain`` or ``overflow``) for all that lies in ``balls``."""
    node = graph.nodes[index]
    if note == "overflow" or isinstance(node, Leaf):
        return _infinite(balls[index])
    return _OUTSIDE[node.op](*_operands(node, balls, rounded))


def no_gradient(
    graph: Graph, index: int, note: Note, balls: Sequence[Ball], adjoints: Sequence[Ball]
) -> bool:
    """Whether a gradient has no number (``pole``, ``overflow``) for all that lies in the balls."""
    if note == "overflow":
        return _infinite(adjoints[index])
    return _is_pole(graph, (balls, adjoints), index)


def _no_number(node: Apply, balls: Sequence[Ball], model: Sequence[Ball]) -> Note:
    outside = _OUTSIDE.get(node.op)
    if outside is None or not outside(*_operands(node, balls)):
        return ""  # only too loosely known
    return "domain" if outside(*_operands(node, model, rounded)) else "beyond"


def _operands(node: Apply, balls: Sequence[Ball], rounding: Rounding = exact) -> list[Ball]:
    return [balls[a] if isinstance(a, int) else number(a.value, rounding) for a in node.args]


_PRODUCTS: Final = 10
"""A power by a plain whole number up to this is a few products for whoever has no ``**``."""
_WHOLE: Final = range(1, _PRODUCTS + 1)
"""Exponents by which 0 has a power, and a derivative, that need no logarithm and no inverse."""


def _hard(node: Apply, floats: Sequence[float], value: float, *, made: bool) -> bool:
    hard = _HARD.get(node.op)
    if node.op == "pow" and not isinstance(node.args[1], int):
        base, exponent = operands(node, floats)
        if base < 0 and abs(exponent) > _PRODUCTS and not made:
            return True
        if base == 0 and exponent in _WHOLE:
            return False  # a square is a usual loss: whoever divides by its base fails at a hit
        return _HARD["pow"](working().span, value, abs(base), exponent)
    return hard is not None and hard(working().span, value, *operands(node, floats))


def kinks(graph: Graph, balls: Sequence[Ball], known: Zeros | None) -> tuple[set[int], bool]:
    """Nodes that stand exactly on a kink, and whether some kink is still undecided."""
    on, loose = set(), False
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf) or node.op not in KINKS:
            continue
        args = _operands(node, balls)
        gap = args[0] if len(args) == 1 else args[0] - args[1]
        if gap.is_zero() or (known is not None and index in known.ties):
            on.add(index)
        elif gap.contains(0):
            loose = True
    return on, loose


def delicate(graph: Graph, balls: Sequence[Ball], floats: Sequence[float]) -> bool:
    """Whether some operation stands at, or near, an edge of its domain or a kink.

    Args:
        graph: any graph of the vocabulary.
        balls: the enclosures of its values.
        floats: their middles, all of them ordinary.
    """
    layout = graph.layout
    span, numbers = working().span, [*floats, *map(_float, layout.numbers)]
    known = [*balls, *[number(value, exact) for value in layout.numbers]]
    for place, op, operands in layout.rows:
        hard = _HARD.get(op)
        if hard is not None and hard(span, numbers[place], *[numbers[i] for i in operands]):
            return True
        if op in KINKS:
            first = known[operands[0]]
            if (first if len(operands) == 1 else first - known[operands[1]]).contains(0):
                return True
    return False


def of_gradients(  # noqa: PLR0913, PLR0917 - the truth, the model, and what was found out so far
    graph: Graph,
    balls: Sequence[Ball],
    adjoints: Sequence[Ball],
    model: tuple[Sequence[Ball], Sequence[Ball]],
    notes: Sequence[Note],
    on_kinks: Collection[int],
) -> list[Note]:
    """A note for each gradient.

    Args:
        graph: any graph of the vocabulary.
        balls: the enclosures of its values.
        adjoints: the enclosures of its gradients.
        model: balls around what float64 code may get instead, for values and for gradients.
        notes: what :func:`of_values` said.
        on_kinks: nodes that stand exactly on a kink.
    """
    last = len(graph.nodes) - 1
    used = ancestors(graph, {last}) | {last}
    reaching = {notes[i] for i in used}
    if reaching & LOST:
        return ["beyond"] * len(adjoints)
    edge = "edge" in reaching
    # A tape is walked as a whole: 0 times an infinite slope of what nobody needs is nan.
    unused = {i for i, note in enumerate(notes) if note and i not in used}
    below_unused = ancestors(graph, unused) | unused if unused else unused
    losing = [0.0] * len(adjoints)
    if not all(map(ordinary, [*map(middle, balls), *map(middle, adjoints)])):
        with precision(MODEL_BITS):
            losing = strained(graph, slopes(graph, balls, exact), [middle(b) for b in balls])
    below_kink = ancestors(graph, on_kinks) if on_kinks else on_kinks
    marks: list[Note] = []
    for index, adjoint in enumerate(adjoints):
        size = middle(adjoint)
        if not adjoint.is_finite():
            marks.append("pole" if _is_pole(graph, model, index) else "beyond")
        elif math.isinf(size):
            marks.append("overflow" if _infinite(model[1][index]) else "beyond")
        elif edge or losing[index] or far(size) or index in below_unused:
            marks.append("edge")
        else:
            marks.append("kink" if index in below_kink else "")
    return marks


def _is_pole(graph: Graph, model: tuple[Sequence[Ball], Sequence[Ball]], index: int) -> bool:
    """The derivative by this node is infinite: sqrt, or a power below 1, of an exact 0."""
    users = [
        (i, n) for i, n in enumerate(graph.nodes) if isinstance(n, Apply) and index in n.parents
    ]
    if len(users) != 1 or not model[0][index].is_zero():
        return False
    ((user, node),) = users
    outer = model[1][user]
    infinite = node.op == "sqrt" or (node.op == "pow" and _to_a_power(node, index))
    return infinite and outer.is_finite() and not outer.contains(0)


def _to_a_power(node: Apply, index: int) -> bool:
    """Whether this node is the base alone, of an exponent that does not round to 0."""
    base, exponent = node.args
    if base != index or exponent == index:
        return False
    return isinstance(exponent, int) or not number(exponent.value, rounded).contains(0)


def strained(graph: Graph, local: Slopes, floats: Sequence[float]) -> list[float]:
    """What each gradient may lose where an order of multiplication leaves the range of floats.

    A gradient adds up products along paths.  Reverse mode multiplies from the output on, forward
    mode from the leaf on, and the factors within a local derivative come in any order: every
    product of neighbouring factors may be an intermediate result.  The largest and the smallest
    such product that ends at a node follow from those that end at its users (J. Kadane's
    recurrence), in powers of 2.  Where one underflows, the whole of the path may be lost, so the
    answer is the sum of the magnitudes of such paths; where one overflows, it may be infinite.
    """
    count, form = len(floats), working()
    largest, smallest = [-math.inf] * count, [math.inf] * count
    masses, lost = [0.0] * count, [0.0] * count
    largest[-1] = smallest[-1] = 0.0
    masses[-1] = 1.0
    for index in range(count - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Leaf) or largest[index] == -math.inf:
            continue
        above, below = max(largest[index], 0.0), min(smallest[index], 0.0)
        for position, (parent, partial) in enumerate(local[index]):
            size = float(partial.abs_upper())
            net = _log2(size)
            up, down = _swing(node, position, net, floats)
            strain = above + up > form.rises or below - down < form.falls
            masses[parent] += times(size, masses[index])
            lost[parent] += times(size, masses[index] if strain else lost[index])
            largest[parent] = max(largest[parent], above + net)
            smallest[parent] = min(smallest[parent], below + net)
    return lost


def times(a: float, b: float) -> float:
    """The product; infinite where it is not known."""
    product = a * b
    return math.inf if math.isnan(product) else product


def _swing(node: Apply, position: int, net: float, floats: Sequence[float]) -> tuple[float, float]:
    """How far up and down the factors of a local derivative may carry a product, in powers of 2."""
    logs = [_log2(x) for x in operands(node, floats)]
    match node.op:
        case "div":
            by_first = position == 0 and isinstance(node.args[0], int)
            factors = [-logs[1]] if by_first else [logs[0], -logs[1], -logs[1]]
        case "pow":
            factors = [net - logs[1] + logs[0], logs[1], -logs[0], net]  # y, b, 1/a
        case _:
            factors = [net]
    return sum(max(f, 0.0) for f in factors), sum(max(-f, 0.0) for f in factors)


def operands(node: Apply, floats: Sequence[float]) -> list[float]:
    """The operands of a node as floats; ``inf`` for a whole number beyond the range."""
    return [floats[a] if isinstance(a, int) else _float(a.value) for a in node.args]


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _log2(size: float) -> float:
    return math.log2(abs(size)) if size and math.isfinite(size) else 0.0


def middle(ball: Ball) -> float:
    """The middle of a ball, ``nan`` without one, infinite beyond the range of the format."""
    size = float(ball.mid()) if ball.is_finite() else math.nan
    return math.copysign(math.inf, size) if abs(size) > working().largest else size


def far(size: float) -> bool:
    """Whether a number lies near an end of the range of floats."""
    end = FAR ** working().span
    return size != 0 and not 1 / end <= abs(size) <= end


def ordinary(size: float) -> bool:
    """Whether a number is so far from the ends of the range that its square and cube are within."""
    end = ORDINARY ** working().span
    return size == 0 or 1 / end <= abs(size) <= end


def all_ordinary(sizes: Sequence[float]) -> bool:
    """Whether :func:`ordinary` holds of all of them."""
    end = ORDINARY ** working().span
    least = 1 / end
    return all(least <= size <= end or -end <= size <= -least or size == 0 for size in sizes)


def _infinite(ball: Ball) -> bool:
    return not ball.is_finite() and (ball > ZERO or ball < ZERO)


def ancestors(graph: Graph, of: Collection[int]) -> set[int]:
    """The nodes that these are computed from, themselves not included unless by way of another."""
    found: set[int] = set()
    frontier = set(of)
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        if index in frontier and isinstance(node, Apply):
            found.update(node.parents)
            frontier.update(node.parents)
    return found
