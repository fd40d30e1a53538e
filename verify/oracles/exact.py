"""Which nodes are exactly zero, decided from the expression and never from samples.

Every node becomes a linear combination of *atoms* with rational coefficients: floats are rational
numbers, sums and products with numbers stay linear, and everything else is an atom named by its
operation and the combinations that it is applied to.  A combination without terms is exactly zero.
That decides ``a - a``, ``0.1 + 0.2 - 0.3``, ``tanh(a) - tanh(a)``, ``x * y - y * x`` and ``log(1)``;
what it cannot decide stays undecided, and is reported as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.graph import Const, Graph, Leaf

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from verify.graph import Number

Form: TypeAlias = frozenset[tuple["Hashable", Fraction]]
"""Terms: an atom and its coefficient; the atom of a rational number is 1."""

_COMMUTES: Final = frozenset({"mul", "max", "min"})
_AT: Final[dict[tuple[str, int], int]] = {
    ("exp", 0): 1, ("log", 1): 0, ("tanh", 0): 0, ("sin", 0): 0, ("cos", 0): 1, ("sqrt", 0): 0, ("sqrt", 1): 1,
}  # fmt: skip
_MAX_POWER: Final = 64
_MAX_BITS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Zeros:
    """Indices of nodes that are exactly 0, and of ``max`` and ``min`` nodes with equal operands."""

    nodes: frozenset[int]
    ties: frozenset[int]


def zeros(graph: Graph, point: Sequence[Number]) -> Zeros:
    """Decide what can be decided, in time linear in the nodes for all but degenerate graphs."""
    forms: list[Form] = []
    ties: set[int] = set()
    inputs = iter(point)
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            forms.append(_number(Fraction(next(inputs))))
            continue
        args = [_number(Fraction(a.value)) if isinstance(a, Const) else forms[a] for a in node.args]
        if node.op in {"max", "min"} and args[0] == args[1]:
            ties.add(index)
        forms.append(_apply(node.op, args))
    return Zeros(frozenset(i for i, form in enumerate(forms) if not form), frozenset(ties))


def _apply(op: str, args: list[Form]) -> Form:
    numbers = [_rational(form) for form in args]
    match op:
        case "add" | "sum":
            return _combine([(Fraction(1), form) for form in args])
        case "sub":
            return _combine([(Fraction(1), args[0]), (Fraction(-1), args[1])])
        case "neg":
            return _combine([(Fraction(-1), args[0])])
        case "mul" if numbers[0] is not None:
            return _combine([(numbers[0], args[1])])
        case "mul" if numbers[1] is not None:
            return _combine([(numbers[1], args[0])])
        case "div" if numbers[1]:
            return _combine([(1 / numbers[1], args[0])])
        case "div" if not args[0] or args[0] == args[1]:
            return args[0] if not args[0] else _number(Fraction(1))
    if all(number is not None for number in numbers):
        known = _rational_value(op, [n for n in numbers if n is not None])
        if known is not None:
            return _number(known)
    operands: Hashable = frozenset(args) if op in _COMMUTES and args[0] != args[1] else tuple(args)
    return frozenset({((op, operands), Fraction(1))})


def _rational_value(op: str, numbers: list[Fraction]) -> Fraction | None:
    x = numbers[0]
    match op:
        case "relu":
            return max(x, Fraction(0))
        case "abs":
            return abs(x)
        case "max":
            return max(numbers)
        case "min":
            return min(numbers)
        case "pow" if numbers[1].denominator == 1 and abs(numbers[1]) <= _MAX_POWER and (x or numbers[1] >= 0):
            small = x.numerator.bit_length() + x.denominator.bit_length() < _MAX_BITS
            return x ** int(numbers[1]) if small else None
        case "sqrt" if x > 0:
            root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
            return root if root * root == x else None
    value = _AT.get((op, int(x))) if x.denominator == 1 else None
    return None if value is None else Fraction(value)


def _number(value: Fraction) -> Form:
    return frozenset({(1, value)}) if value else frozenset()


def _rational(form: Form) -> Fraction | None:
    if not form:
        return Fraction(0)
    if len(form) == 1:
        ((atom, coefficient),) = form
        return coefficient if atom == 1 else None
    return None


def _combine(terms: list[tuple[Fraction, Form]]) -> Form:
    total: dict[Hashable, Fraction] = {}
    for factor, form in terms:
        for atom, coefficient in form:
            total[atom] = total.get(atom, Fraction(0)) + factor * coefficient
    return frozenset((atom, c) for atom, c in total.items() if c)
