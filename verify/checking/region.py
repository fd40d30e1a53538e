"""Where a small expression is wrong: the condition on its numbers that tells wrong from right.

The expression is asked at many points: magnitudes over the whole range, both signs, 0, whole
numbers, equal operands, operands that cancel.  Of the conditions in a fixed order, from ``a is 0``
to a threshold, the first that holds at every wrong point and at no right one is the answer; a
threshold is then found by bisection.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Apply, Case, Const, Graph
from verify.expression.ops import SMALL
from verify.generators.random import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from verify.expression.graph import Number
    from verify.expression.reading import Truth

Fails: TypeAlias = "Callable[[Case], bool | None]"
"""Whether the engine is wrong on a case; ``None`` where that cannot be told."""
Astray: TypeAlias = "Callable[[Case], float]"
"""How far its furthest number is from the truth, in error bounds."""

_SIZES: Final = (
    1e-60, 1.618e-20, 1e-12, 2.718281e-7, 1e-4, 0.01234567, 0.3, 0.3183098, 0.7, 0.6931471, 1.0,
    1.5, 1.732051, 2.0, 3.0, 3.141592, 4.5, 5.0, 8.0, 12.0, 23.14069, 60.0, 148.4132, 400.0, 690.0,
    1e4, 12345678.9, 1e12,
)  # fmt: skip
"""Short numbers and long ones, by turns: what rounds is right at the short ones."""
_LINE: Final = (0.0, *_SIZES, *[-x for x in _SIZES])
_EXPONENTS: Final = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, -0.5, 0.5, 1.5, 2.5, 10)
_PAIRS: Final = tuple(itertools.product((-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0), repeat=2))
_NEVER_0: Final = frozenset({"exp", "sigmoid"})
_STEPS: Final = 40
_ROUNDING: Final = 1e-9
"""What is so near to 0, on the other side of it, is 0 but for rounding."""
_JUMP: Final = 2.0**10
"""From so many bounds on an error has not merely grown out of rounding."""
_FADED: Final = 1e-3
"""An error that is this share of the largest is about to vanish in rounding."""
_PLAIN: Final = 2.0**30
"""An error of so many bounds is none that vanishes in rounding, however large others are."""
_MOSTLY: Final = 0.75
"""What is wrong at a larger share of all points is no matter of how large a gradient is."""
_SAMPLES: Final = 8
_NOTHING: Final = 1e-12
"""A magnitude above that is no condition: what is less vanishes beside other numbers."""
_LOST: Final = 2**10
"""So many bounds make a gradient that can be seen to be right."""
LARGEST: Final = "the largest gradient"
_EXPONENT: Final = "the exponent"
_RESULT: Final = "the size of the result"


@dataclass(frozen=True, slots=True)
class _Point:
    """A point that was tried: what its numbers are called, and whether the engine is wrong."""

    case: Case
    numbers: dict[str, float]
    wrong: bool

    @property
    def special(self) -> bool:
        """Whether an operand is 0 or 1, or an exponent 0: much that is wrong is right there."""
        return bool({*map(abs, self.case.point)} & {0, 1}) or self.numbers.get(_EXPONENT) == 0


def regions(
    case: Case,
    fails: Fails,
    knows: Callable[[Case], Truth | None],
    astray: Astray | None = None,
) -> tuple[str, ...]:
    """Where the expression is wrong, as sentences go on after "wrong", the plainest first.

    Args:
        case: a small case that fails.
        fails: asks the engine.
        knows: the truth, for conditions on gradients.
        astray: says how wrong; without it an error that fades into rounding has an edge there.

    Returns:
        Every condition that tells, such as ``"where a is above 300"``; none if it is wrong
        everywhere, or no simple condition tells.
    """
    points = [p for p in (_asked(c, fails, knows) for c in _varied(case)) if p is not None]
    wrong = [p for p in points if p.wrong]
    right = [p for p in points if not p.wrong and not p.special]
    if not wrong or len(right) < 2:
        return ()
    found = [
        f"where {text}"
        for text, holds in _conditions(wrong)
        if all(map(holds, wrong)) and not any(map(holds, right))
    ]
    return (*found, *_thresholds(wrong, right, _Ask(fails, knows, astray)))


def _asked(
    case: Case, fails: Fails, knows: Callable[[Case], Truth | None]
) -> _Point | None:
    truth = knows(case)
    if truth is None or not _ordinary(truth) or _underflows(case, truth):
        return None
    wrong = fails(case)
    return None if wrong is None else _Point(case, _numbers(case, truth), wrong)


def _underflows(case: Case, truth: Truth) -> bool:
    """Whether the result is 0 in floats alone: no gradient can be seen to be wrong there."""
    last, output = case.graph.nodes[-1], truth.values[-1]
    never = isinstance(last, Apply) and last.op in _NEVER_0
    return never and output is not None and abs(output.middle) < SMALL


def _ordinary(truth: Truth) -> bool:
    """Whether nothing makes right what is wrong nearby: a kink, a vanishing result or gradient."""
    output = truth.values[-1]
    if output is None or not output.known:
        return False
    if abs(output.middle) < SMALL and (output.middle or output.radius):
        return False
    known = [e for e in truth.gradients if e is not None]
    return not any(e.note in {"kink", "edge"} or 0 < abs(e.middle) < _LOST * e.bound for e in known)


def _varied(case: Case) -> Iterator[Case]:
    """The expression at other points, and with other exponents."""
    yield case
    leaves = len(case.point)
    for at in range(leaves):
        for x in _LINE:
            yield from _inside(case.graph, (*case.point[:at], x, *case.point[at + 1 :]))
    if leaves == 2:
        for pair in _PAIRS:
            yield from _inside(case.graph, pair)
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Apply) and node.op == "pow" and isinstance(node.args[1], Const):
            for exponent in _EXPONENTS:
                power = Apply("pow", (node.args[0], Const(exponent)), node.inplace)
                nodes = (*case.graph.nodes[:index], power, *case.graph.nodes[index + 1 :])
                yield from _inside(Graph(nodes), case.point)


def _inside(graph: Graph, point: Sequence[Number]) -> Iterator[Case]:
    """The case if it is inside the domain; a 0 counts, though generated cases keep away from it."""
    steered = tuple([x or 16 * SMALL for x in point])
    if inside(graph, point) or inside(graph, steered):
        yield Case(graph, tuple(point))


def _numbers(case: Case, truth: Truth) -> dict[str, float]:
    """Numbers that a condition may be about, by what they are called."""
    graph = case.graph
    names = [graph.names[leaf] for leaf in graph.leaves]
    values = dict(zip(names, map(float, case.point), strict=True))
    found = dict(values)
    for node in graph.nodes:
        if isinstance(node, Apply) and node.op == "pow" and isinstance(node.args[1], Const):
            found[_EXPONENT] = float(node.args[1].value)
    if len(values) == 2:
        (a, x), (b, y) = values.items()
        found |= {f"{a} + {b}": x + y, f"{a} - {b}": x - y}
    found |= {f"|{name}|": abs(x) for name, x in values.items()}
    output = truth.values[-1]
    if output is not None and output.known:
        found |= {"the result": output.middle, _RESULT: abs(output.middle)}
    slopes = [truth.gradients[leaf] for leaf in graph.leaves]
    sizes = [abs(e.middle) for e in slopes if e is not None and e.known]
    if sizes:
        found[LARGEST] = max(sizes)
    return found


_Holds: TypeAlias = "Callable[[_Point], bool]"


def _conditions(wrong: Sequence[_Point]) -> Iterator[tuple[str, _Holds]]:
    """Simple conditions, the plainest first."""
    graph = wrong[0].case.graph
    names = {graph.names[leaf] for leaf in graph.leaves}
    for name in wrong[0].numbers:
        if name == _EXPONENT:
            values = {p.numbers.get(name) for p in wrong}
            if len(values) == 1 and None not in values:
                (value,) = values
                yield f"{name} is {value:g}", _is(name, value)
        yield f"{name} is 0", _is(name, 0.0)
        if not _is_size(name):
            yield f"{name} is below 0", _below(name, 0.0)
            yield f"{name} is above 0", _above(name, 0.0)
            yield f"{name} is not above 0", _not(_above(name, 0.0))
        if name in names or name == _EXPONENT:  # of what is computed it would be an accident
            yield f"{name} is no whole number", _not(_whole(name))
            yield f"{name} is a whole number", _whole(name)


def _is_size(name: str) -> bool:
    """Whether it is a magnitude, of which it says nothing to be above 0."""
    return name in {LARGEST, _RESULT} or name.startswith("|")


def _is(name: str, value: float | None) -> _Holds:
    return lambda p: p.numbers.get(name) == value


def _below(name: str, value: float) -> _Holds:
    return lambda p: p.numbers.get(name, math.nan) < value


def _above(name: str, value: float) -> _Holds:
    return lambda p: p.numbers.get(name, math.nan) > value


def _whole(name: str) -> _Holds:
    return lambda p: float(p.numbers.get(name, math.nan)).is_integer()


def _not(holds: _Holds) -> _Holds:
    return lambda p: not holds(p)


@dataclass(frozen=True, slots=True)
class _Ask:
    """Whom to ask about further points."""

    fails: Fails
    knows: Callable[[Case], Truth | None]
    astray: Astray | None

    def fades(self, wrong: Sequence[_Point], ends: Iterable[_Point]) -> bool:
        """Whether the error only vanishes in rounding at an edge: it goes on beyond.

        Of a branch the error jumps there, and of a clamp it is large soon.

        Args:
            wrong: all points where the engine is wrong.
            ends: at each edge, the last one that bisection found.
        """
        if self.astray is None:
            return False
        most = max([self.astray(p.case) for p in wrong[:: len(wrong) // _SAMPLES + 1]])
        for end in ends:
            near = min(wrong, key=partial(_away, end))
            seen = min(_FADED * most, _PLAIN)
            if self.astray(end.case) < _JUMP and self.astray(near.case) < seen:
                return True
        return False


def _thresholds(wrong: Sequence[_Point], right: Sequence[_Point], ask: _Ask) -> Iterator[str]:
    """Thresholds of one number that tell the wrong points from the right ones."""
    shared = set.intersection(*(set(p.numbers) for p in (*wrong, *right)))
    if len(wrong) > _MOSTLY * (len(wrong) + len(right)):
        shared.discard(LARGEST)
    for name in [name for name in wrong[0].numbers if name in shared]:

        def number(point: _Point, name: str = name) -> float:
            return point.numbers[name]

        bad, good = sorted(wrong, key=number), sorted(right, key=number)
        first, last = bad[0], bad[-1]
        low = [p for p in good if number(p) < number(first)]
        high = [p for p in good if number(p) > number(last)]
        if len(low) + len(high) < len(good):
            continue

        def edge(inner: _Point, outer: list[_Point], name: str = name) -> tuple[float, _Point]:
            near = min(outer, key=lambda p: abs(p.numbers[name] - inner.numbers[name]))
            level = [p for p in outer if p.numbers[name] == near.numbers[name]]
            nearest = min(level, key=lambda p: _away(p, inner))
            return _edge(inner, nearest, name, ask)

        least, *below = edge(first, low) if low else (-math.inf,)
        most, *above = edge(last, high) if high else (math.inf,)
        if not least <= number(first) <= number(last) <= most:
            continue  # the way from wrong to right led through other numbers
        if ask.fades(wrong, [*below, *above]):
            continue
        yield from _told(name, least, most)


def _told(name: str, least: float, most: float) -> Iterator[str]:
    """The condition that a number is between two others, as long as it says something."""
    low, high = f"{least:.2g}", f"{most:.2g}"
    if math.isinf(least):
        yield f"where {name} is below {high}"
    elif math.isfinite(most):
        yield from [f"where {name} is between {low} and {high}"] if low != high else ()
    elif not _is_size(name) or float(low) > _NOTHING:
        yield f"where {name} is above {low}"


def _away(a: _Point, b: _Point) -> float:
    pairs = zip(a.case.point, b.case.point, strict=True)
    return sum([abs(float(x) - float(y)) for x, y in pairs])


def largest_gradient(case: Case, knows: Callable[[Case], Truth | None]) -> float:
    """The size of the largest true gradient of any node; 0 where none is known."""
    truth = knows(case)
    known = [e for e in truth.gradients if e is not None and e.known] if truth is not None else []
    return max([abs(e.middle) for e in known], default=0.0)


def _edge(
    wrong: _Point, right: _Point, name: str, ask: _Ask
) -> tuple[float, _Point]:
    """Where wrong turns right between two points, by bisection; geometric within one sign.

    Beside it the last wrong point on the way.
    """
    for _ in range(_STEPS):
        ends = zip(wrong.case.point, right.case.point, strict=True)
        between = tuple([_middle(float(x), float(y)) for x, y in ends])
        if between in {wrong.case.point, right.case.point}:
            break
        point = _asked(Case(wrong.case.graph, between), ask.fails, ask.knows)
        if point is None or name not in point.numbers:
            break
        wrong, right = (point, right) if point.wrong else (wrong, point)
    near = right.numbers[name]
    zero = abs(near) < _ROUNDING and near * wrong.numbers[name] <= 0
    return 0.0 if zero else near, wrong


def _middle(x: float, y: float) -> float:
    return math.copysign(math.sqrt(x * y), x) if x * y > 0 else (x + y) / 2
