"""The shapes that parts of an answer may have: whatever else comes is a :class:`ProtocolError`.

An answer is JSON from a process that may be hostile, or from a program with mistakes.  Every part
of it passes one of these functions, and comes out as the type that is named here, or not at all.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from verify.expression.reading import Tree

T = TypeVar("T", bound=str)

LONGEST_MESSAGE, LONGEST_NAME = 500, 80
"""Characters that are kept of a text; what is longer is cut, not refused."""

_HEX: Final = re.compile(r"-?(0x[01](\.[0-9a-f]{1,13})?p[+-]\d{1,4}|inf)|nan")
_COLUMN: Final = re.compile(rf"(?:(?:{_HEX.pattern}),)*")
_DEEPEST: Final = 200
_MOST_PARTS: Final = 4000
"""Parts of one formula; the worker sends no more."""
_OPERANDS: Final = dict.fromkeys(("add", "sub", "mul", "div", "pow", "mod"), 2) | dict.fromkeys(
    (
        "neg", "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "log1p", "expm1",
        "floor", "exact", "rounded",
    ),
    1,
)  # fmt: skip
"""The operations of a formula, and how many operands each has."""


class ProtocolError(Exception):
    """An answer that is not what was asked for; the message says in which way."""


def record(data: Any, what: str) -> dict[str, Any]:
    """A JSON object."""
    if type(data) is not dict:
        raise ProtocolError(f"{what} is not an object")
    return data


def row(data: Any, what: str, most: int, least: int = 0) -> list[Any]:
    """A list of ``least`` to ``most`` entries."""
    if type(data) is not list:
        raise ProtocolError(f"{what}: not a list")
    if not least <= len(data) <= most:
        expected = f"{most}" if least == most else f"{least} to {most}"
        raise ProtocolError(f"{what}: {len(data)} where {expected} are due")
    return data


def text(data: Any, what: str, length: int = LONGEST_NAME) -> str:
    """A text, cut to size; what cannot be written as UTF-8 (lone surrogates) is replaced."""
    if type(data) is not str:
        raise ProtocolError(f"{what} is not a text")
    return data[:length].encode("utf-8", "replace").decode()


def whole(data: Any, what: str, low: int, below: int) -> int:
    """A whole number from ``low`` on and below ``below``; a truth value is none."""
    if type(data) is not int or not low <= data < below:
        raise ProtocolError(f"{what} is not a whole number from {low} to {below - 1}")
    return data


def truth(data: Any, what: str) -> bool:
    """``true`` or ``false``."""
    if type(data) is not bool:
        raise ProtocolError(f"{what} is neither true nor false")
    return data


def word(data: Any, what: str, vocabulary: Collection[T]) -> T:
    """One of the words that there are."""
    for known in vocabulary:
        if type(data) is str and data == known:
            return known
    raise ProtocolError(f"{what} is none of {', '.join(sorted(vocabulary))}")


def seconds(data: Any, what: str) -> float:
    """A time that is neither negative nor infinite."""
    if type(data) not in {int, float} or not 0 <= data < 1e9:
        raise ProtocolError(f"{what} is not a time in seconds")
    return float(data)


def number(data: Any, what: str) -> float:
    """A float in the one accepted spelling, hexadecimal and exact to the bit."""
    if type(data) is str and _HEX.fullmatch(data):
        try:
            return float.fromhex(data)
        except OverflowError:
            raise ProtocolError(f"{what} is beyond the range of floats") from None
    raise ProtocolError(f"{what} is not a number in hexadecimal")


def plain_numbers(data: Sequence[Any]) -> tuple[float, ...] | None:
    """A column of floats in that spelling; ``None`` where one is anything else, to be looked at."""
    try:
        if not _COLUMN.fullmatch(",".join(data) + ","):
            return None
        return tuple(map(float.fromhex, data))
    except (TypeError, ValueError, OverflowError):
        return None


def cell(data: Any, what: str) -> float | str | None:
    """A float, ``None`` where nothing is there, or the name of what is there instead."""
    if data is None:
        return None
    if type(data) is dict and len(data) == 1 and "not" in data:
        return text(data["not"], what)
    return number(data, what)


def formula(data: Any, names: Collection[str]) -> Tree:
    """A formula over these names, in the operations that there are, and of a sane size."""
    budget = [_MOST_PARTS]

    def part(data: Any, depth: int) -> Tree:
        budget[0] -= 1
        if depth > _DEEPEST or budget[0] < 0:
            raise ProtocolError("a formula too deep or too large")
        if type(data) is str:
            return word(data, "a name in a formula", names)
        if type(data) is dict and set(data) == {"number"}:
            return number(data["number"], "a number in a formula")
        parts = row(data, "a part of a formula", 3, 2)
        operation = word(parts[0], "an operation in a formula", _OPERANDS)
        if len(parts) - 1 != _OPERANDS[operation]:
            raise ProtocolError(f"{operation} of {len(parts) - 1} operands")
        return (operation, *[part(operand, depth + 1) for operand in parts[1:]])

    return part(data, 0)


def finite(data: Any, what: str) -> float | bool:
    """A plain JSON number that is finite, or a truth value."""
    if type(data) is bool or (type(data) in {int, float} and abs(data) < math.inf):
        return data if type(data) is bool else float(data)
    raise ProtocolError(f"{what} is not a number")
