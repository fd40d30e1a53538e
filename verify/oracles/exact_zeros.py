"""Which nodes are exactly zero, decided from the expression and never from samples.

Every node becomes a linear combination of *atoms* with rational coefficients: floats are rational
numbers, sums and products with numbers stay linear, and everything else is an atom named by its
operation and the combinations that it is applied to.  A combination without terms is exactly
zero.  That decides ``a - a``, ``0.1 + 0.2 - 0.3``, ``tanh(a) - tanh(a)``, ``x * y - y * x`` and
``log(1)``; what it cannot decide stays undecided, and is reported as such.

Atoms are numbered as they are met, so that comparing two takes one step however deep they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Const, Leaf

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from verify.expression.graph import Graph, Number

Form: TypeAlias = frozenset[tuple[int, Fraction]]
"""Terms: an atom's number and its coefficient; atom 0 is the number 1."""

_COMMUTES: Final = frozenset({"mul", "max", "min"})
_AT: Final[dict[tuple[str, int], int]] = {
    ("exp", 0): 1, ("log", 1): 0, ("tanh", 0): 0, ("sin", 0): 0, ("cos", 0): 1,
}  # fmt: skip
_MAX_POWER: Final = 64
_MAX_BITS: Final = 1 << 14
"""A coefficient with more bits is not computed with: ``c = c * c`` doubles them each time."""


@dataclass(frozen=True, slots=True)
class Zeros:
    """Indices of nodes that are exactly 0, and of ``max`` and ``min`` nodes with equal operands."""

    nodes: frozenset[int]
    ties: frozenset[int]


def zeros(graph: Graph, point: Sequence[Number]) -> Zeros:
    """Decide what can be decided, in time about linear in the nodes."""
    forms: list[Form] = []
    ties: set[int] = set()
    atoms: dict[Hashable, int] = {1: 0}
    inputs = iter(point)
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            forms.append(_constant(Fraction(next(inputs))))
            continue
        args = [
            _constant(Fraction(a.value)) if isinstance(a, Const) else forms[a] for a in node.args
        ]
        if node.op in {"max", "min"} and args[0] == args[1]:
            ties.add(index)
        form = _apply(node.op, args)
        if form is None:
            operands = frozenset(args) if node.op in _COMMUTES else tuple(args)
            form = frozenset({(atoms.setdefault((node.op, operands), len(atoms)), Fraction(1))})
        forms.append(form)
    return Zeros(frozenset(i for i, form in enumerate(forms) if not form), frozenset(ties))


def _apply(op: str, args: list[Form]) -> Form | None:
    """The combination that an operation makes, or ``None`` for an atom."""
    numbers = [_rational(form) for form in args]
    match op:
        case "add" | "sum":
            return _combined([(Fraction(1), form) for form in args])
        case "sub":
            return _combined([(Fraction(1), args[0]), (Fraction(-1), args[1])])
        case "neg":
            return _combined([(Fraction(-1), args[0])])
        case "mul" if numbers[0] is not None:
            return _combined([(numbers[0], args[1])])
        case "mul" if numbers[1] is not None:
            return _combined([(numbers[1], args[0])])
        case "div" if numbers[1]:
            return _combined([(1 / numbers[1], args[0])])
    known = [n for n in numbers if n is not None]
    value = _rational_value(op, known) if len(known) == len(numbers) else None
    return None if value is None or _size(value) > _MAX_BITS else _constant(value)


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
        case "pow":
            exponent = numbers[1]
            whole = (
                exponent.denominator == 1 and abs(exponent) <= _MAX_POWER and (x or exponent >= 0)
            )
            return x ** int(exponent) if whole else None
        case "sqrt" if x >= 0:
            root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
            return root if root * root == x else None
    value = _AT.get((op, int(x))) if x.denominator == 1 else None
    return None if value is None else Fraction(value)


def _constant(value: Fraction) -> Form:
    return frozenset({(0, value)}) if value else frozenset()


def _rational(form: Form) -> Fraction | None:
    if not form:
        return Fraction(0)
    if len(form) == 1:
        ((atom, coefficient),) = form
        return coefficient if atom == 0 else None
    return None


def _combined(terms: list[tuple[Fraction, Form]]) -> Form | None:
    total: dict[int, Fraction] = {}
    for factor, form in terms:
        for atom, coefficient in form:
            total[atom] = total.get(atom, Fraction(0)) + factor * coefficient
    if any(_size(c) > _MAX_BITS for c in total.values()):
        return None
    return frozenset((atom, c) for atom, c in total.items() if c)


def _size(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()
