"""The vocabulary: one record an operation, and nothing about its derivative.

What an operation *means* is written once in each oracle, on purpose: that repetition is what makes
the oracles independent.  Here stands only what everybody has to agree on: the name, how many
operands it takes, how it is spelled in Python, where it is defined and where it has a kink.

``steer`` is an approximate value in plain floats.  It steers the generator away from the edges of
the domain and is never used to judge.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

T = TypeVar("T")
Syntax = Literal["infix", "prefix", "call", "method", "sum"]

BIG: Final = 1e100
"""Generated values stay below this magnitude, unless edges are asked for."""
SMALL: Final = 1e-100
"""Generated values other than 0 stay above this magnitude, unless edges are asked for."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One primitive of the vocabulary.

    Attributes:
        name: how graphs, reports and corpora call it.
        arity: number of operands; ``None`` is any number from one on.
        syntax: how Python spells it: ``a + b``, ``-a``, ``abs(a)``, ``a.tanh()``, ``sum([a, b])``.
        symbol: the operator, function or method name.
        steer: approximate value from float operands; may raise ``ValueError``,
            ``ZeroDivisionError`` or ``OverflowError``.
        domain: where it is defined and differentiable, in words.
        inside: whether float operands lie well inside that domain, away from edges and kinks.
        special: operands at and beyond the edge of the domain, one tuple of operands each.
        inplace: whether Python has an in-place form, ``a += b``.
        steps: steps ``x = …`` that can be taken thousands of times, the first that an engine can
            write is taken: values stay ordinary, and the gradient neither vanishes nor grows, since
            the slope at the point that they tend to is 1 or -1.  A number is the other operand
            where an engine has that form, so that no node is used often.
        start: ``x`` before the first step.
    """

    name: str
    arity: int | None
    syntax: Syntax
    symbol: str
    steer: Callable[..., float]
    domain: str = "all numbers"
    inside: Callable[..., bool] = lambda *_: True
    special: tuple[tuple[float, ...], ...] = ()
    inplace: bool = False
    steps: tuple[str, ...] = field(kw_only=True)
    start: float = 0.9


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def _real_pow(base: float, exponent: float) -> float:
    if base < 0 and exponent != int(exponent):
        raise ValueError("a negative number to a fractional power")
    return float(base**exponent)


def _apart(a: float, b: float) -> bool:
    return abs(a - b) > 1e-3 * (abs(a) + abs(b))


_HUGE, _TINY = 1e308, 5e-324

_TABLE: Final = (
    Operation(
        "add", 2, "infix", "+", operator.add, special=((_HUGE, _HUGE),), inplace=True,
        steps=("x + 0.001", "x + b"),
    ),
    Operation(
        "sub", 2, "infix", "-", operator.sub, special=((-_HUGE, _HUGE),), inplace=True,
        steps=("x - 0.001", "x - b"),
    ),
    Operation(
        "mul", 2, "infix", "*", operator.mul,
        special=((_HUGE, 2.0), (_TINY, 0.5)), inplace=True,
        steps=("x * 1.001", "x * c"),
    ),
    Operation(
        "div", 2, "infix", "/", operator.truediv, "b != 0", lambda _, b: abs(b) > SMALL,
        special=((1.0, 0.0), (0.0, 0.0), (1.0, -0.0), (1.0, _TINY), (_HUGE, 0.5)), inplace=True,
        steps=("x / 1.001", "x / c"),
    ),
    Operation("neg", 1, "prefix", "-", operator.neg, special=((0.0,), (-0.0,)), steps=("-x",)),
    Operation(
        "pow", 2, "infix", "**", _real_pow, "a > 0, or a < 0 with a whole number b",
        lambda a, b: a > SMALL or (a < -SMALL and b == int(b)),
        special=(
            (0.0, 0.0), (0.0, 2.0), (0.0, 0.5), (0.0, -1.0),
            (-8.0, 0.5), (-2.0, -3.0), (10.0, 400.0),
        ),
        inplace=True,
        steps=("x ** -1", "x ** d"),
    ),
    Operation(
        "relu", 1, "method", "relu", lambda x: max(x, 0.0), "a != 0", lambda a: abs(a) > SMALL,
        special=((0.0,), (-0.0,), (_TINY,), (-_TINY,)),
        steps=("x.relu()",),
    ),
    Operation(
        "tanh", 1, "method", "tanh", math.tanh,
        special=((1000.0,), (-1000.0,), (400.0,), (20.0,), (1e-300,), (-0.0,)),
        steps=("x.tanh()",),
    ),
    Operation(
        "exp", 1, "method", "exp", math.exp,
        special=((30.0,), (709.7,), (710.0,), (-708.4,), (-750.0,), (1000.0,), (-0.0,)),
        steps=("(-x).exp() - 1",), start=0.5,
    ),
    Operation(
        "log", 1, "method", "log", math.log, "a > 0", lambda a: a > SMALL,
        special=((0.0,), (-0.0,), (-1.0,), (_TINY,)),
        steps=("x.log() + 1",), start=2.0,
    ),
    Operation(
        "sigmoid", 1, "method", "sigmoid", _sigmoid,
        special=((1000.0,), (-1000.0,), (40.0,), (-30.0,), (-745.0,)),
        steps=("x.sigmoid() * 4 - 2",), start=1.5,
    ),
    Operation(
        "sqrt", 1, "method", "sqrt", math.sqrt, "a > 0", lambda a: a > SMALL,
        special=((0.0,), (-0.0,), (-1.0,), (_TINY,)),
        steps=("x.sqrt() * 2 - 1",), start=2.0,
    ),
    Operation(
        "abs", 1, "call", "abs", abs, "a != 0", lambda a: abs(a) > SMALL,
        special=((0.0,), (-0.0,), (-_TINY,)),
        steps=("abs(x)",),
    ),
    Operation(
        "sin", 1, "method", "sin", math.sin, special=((1e300,), (-0.0,)),
        steps=("x.sin()",),
    ),
    Operation(
        "cos", 1, "method", "cos", math.cos, special=((1e300,), (0.0,)),
        steps=("x.cos() + 1.5707963267948966",), start=2.25,
    ),
    Operation(
        "max", 2, "method", "max", max, "a != b", _apart, special=((2.0, 2.0), (0.0, -0.0)),
        steps=("x.max(0.001)", "x.max(b)"),
    ),
    Operation(
        "min", 2, "method", "min", min, "a != b", _apart, special=((2.0, 2.0), (0.0, -0.0)),
        steps=("x.min(9.5)", "x.min(c)"),
    ),
    Operation(
        "sum", None, "sum", "sum", lambda *terms: math.fsum(terms), special=((_HUGE, _HUGE),),
        steps=("sum([x])",),
    ),
)  # fmt: skip

OPS: Final[dict[str, Operation]] = {op.name: op for op in _TABLE}
"""The vocabulary by name, in the order in which reports list it."""


def complete(table: dict[str, T], place: str, *, but: Collection[str] = ()) -> dict[str, T]:
    """The table of an oracle, if it has a line for each operation.

    Args:
        table: what the oracle says, by operation.
        place: the file it stands in.
        but: operations that the oracle makes of others.

    Raises:
        LookupError: for an operation that is left out, or that is not in the vocabulary.
    """
    if lacking := [op for op in OPS if op not in table and op not in but]:
        raise LookupError(f"{place} has no line for {', '.join(lacking)}")
    if unknown := [op for op in table if op not in OPS]:
        raise LookupError(f"{place} has a line for {', '.join(unknown)}, and ops.py has no record")
    return table


INFIX: Final = {op.symbol: op for op in _TABLE if op.syntax == "infix"}
"""Binary operations by their Python operator."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing an operation: ``a + b``, ``a + 2``, ``2 + a`` and ``a += b`` are four.

    Attributes:
        text: the form as it is shown, and its key.
        op: the operation's name.
        nodes: for each operand, whether it is a node (or else a number).
        inplace: whether it is the in-place form.
    """

    text: str
    op: str
    nodes: tuple[bool, ...]
    inplace: bool = False

    @property
    def smooth(self) -> bool:
        """Whether a negative base is fine: its power has no derivative by a node exponent."""
        return self.op != "pow" or not self.nodes[1]


def _forms(op: Operation) -> list[Form]:
    s = op.symbol
    match op.syntax:
        case "infix":
            forms = [
                Form(f"a {s} b", op.name, (True, True)),
                Form(f"a {s} 2", op.name, (True, False)),
                Form(f"2 {s} a", op.name, (False, True)),
            ]
            if op.inplace:
                forms += [
                    Form(f"a {s}= b", op.name, (True, True), inplace=True),
                    Form(f"a {s}= 2", op.name, (True, False), inplace=True),
                ]
            return forms
        case "prefix":
            return [Form(f"{s}a", op.name, (True,))]
        case "call":
            return [Form(f"{s}(a)", op.name, (True,))]
        case "sum":
            return [Form("sum([a, b])", op.name, (True, True))]
        case "method" if op.arity == 2:
            return [
                Form(f"a.{s}(b)", op.name, (True, True)),
                Form(f"a.{s}(2)", op.name, (True, False)),
            ]
        case "method":
            return [Form(f"a.{s}()", op.name, (True,))]


FORMS: Final[dict[str, Form]] = {form.text: form for op in _TABLE for form in _forms(op)}
"""Every way of writing an operation, by its text."""


def form_of(op: str, nodes: tuple[bool, ...], *, inplace: bool) -> str:
    """The key in :data:`FORMS` of an operation on these kinds of operands."""
    if op == "sum":
        return "sum([a, b])"
    return _BY_KINDS[op, nodes, inplace]


_BY_KINDS: Final = {(f.op, f.nodes, f.inplace): f.text for f in FORMS.values()}
