"""Functions of ``math`` on numbers that nobody can look at."""

from __future__ import annotations

import functools
import math

from .decisions import UNDEFINED, compared, is_minus, lost, overflows
from .opaque import (
    FRACTION,
    Symbol,
    add,
    ceiling,
    checked,
    div,
    float_of,
    floor,
    kind_of,
    made,
    math_power,
    neg,
    of_numpy,
    power,
    truncated,
    within_floats,
    without_bound,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    Function = Callable[..., Any]


def rounded(a: Any) -> Any:
    """What a function of C gets of a number: it becomes a float first, if it is not too large."""
    if type(a) is Symbol and a.kind is int:
        within_floats(a)
    return float_of(a) if kind_of(a) is FRACTION else a


def absolute(a: Any) -> Any:
    """``math.fabs``."""
    return abs(a if of_numpy(kind_of(a)) else float_of(a))


def unary(name: str, *, overflow: bool = False) -> Function:
    """A function of ``math`` that is defined for all numbers."""

    def call(a: Any) -> Any:
        a = rounded(a)
        symbol = made(float, name, checked(a))
        if overflow and not of_numpy(kind_of(a)) and overflows(symbol.tree):
            raise OverflowError("math range error")
        return symbol

    return call


def above(name: str, least: float, relation: str) -> Function:
    """A function of ``math`` that raises ValueError unless its argument lies above a number."""

    def call(a: Any) -> Any:
        a = rounded(a)
        if not compared(relation, checked(a), least):
            raise ValueError("math domain error")
        return made(float, name, checked(a))

    return call


LOG: Final = above("log", 0.0, ">")


def logarithm(a: Any, base: Any = None) -> Any:
    """``math.log``, to any base."""
    return LOG(a) if base is None else div(LOG(a), LOG(base))


def copysign(a: Any, b: Any) -> Any:
    """``math.copysign`` of real numbers; 0 may have either sign."""
    size = absolute(a)
    b = rounded(b)
    if type(b) is not Symbol:
        return size if math.copysign(1.0, b) > 0 else neg(size)
    minus = compared("<", b.tree, 0.0) or (compared("==", b.tree, 0.0) and is_minus(b.tree))
    return -size if minus else size


def total(terms: Any) -> Any:
    """``math.fsum``, but for rounding."""
    return functools.reduce(lambda a, b: a + b, terms, 0.0)


def sigmoid(a: Any) -> Any:
    """``scipy.special.expit``."""
    return div(1.0, add(1.0, FUNCTIONS["exp"](neg(a))))


def larger(a: Any, b: Any) -> Any:
    """``numpy.maximum``."""
    return max(a, b)


def smaller(a: Any, b: Any) -> Any:
    """``numpy.minimum``."""
    return min(a, b)


def known_finite(a: Any, what: str) -> bool:
    """Whether a number is finite in floats: every number is, unless its computation overflows."""
    if a.tree == UNDEFINED:
        lost(what)
    return not without_bound(rounded(a).tree)


FUNCTIONS: Final[dict[str, Function]] = {
    "exp": unary("exp", overflow=True),
    "expm1": unary("expm1", overflow=True),
    "sinh": unary("sinh", overflow=True),
    "cosh": unary("cosh", overflow=True),
    "tanh": unary("tanh"),
    "sin": unary("sin"),
    "cos": unary("cos"),
    "tan": unary("tan"),
    "sqrt": above("sqrt", 0.0, ">="),
    "log1p": above("log1p", -1.0, ">"),
    "log": logarithm,
    "log2": lambda a: div(LOG(a), made(float, "log", 2.0)),
    "log10": lambda a: div(LOG(a), made(float, "log", 10.0)),
    "exp2": lambda a: power(2.0, a),
    "pow": math_power,
    "fabs": absolute,
    "copysign": copysign,
    "fsum": total,
    "floor": floor,
    "ceil": ceiling,
    "trunc": truncated,
    "isnan": lambda a: not known_finite(a, "whether what is no number is nan"),
    "isinf": lambda a: not known_finite(a, "whether what is no number is infinite"),
    "isfinite": lambda a: known_finite(a, "whether what is no number is finite"),
}
"""Functions of ``math`` on symbols; the last three ask whether what was computed overflows."""
