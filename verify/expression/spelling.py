"""Numbers and operations as text: as Python reads them, and as JSON keeps them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from verify.expression.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.expression.nodes import Number


def literal_value(number: Number) -> str:
    """A number as Python reads it back to the same bits and type, without brackets."""
    return repr(number) if math.isfinite(number) else f"float('{number}')"


def literal(number: Number) -> str:
    """A number as an operand in Python; negative ones in brackets."""
    text = literal_value(number)
    return f"({text})" if text.startswith("-") else text


def number_to_json(number: Number) -> str | int | bool:
    """Floats as hexadecimal text, exact to the bit; whole numbers and truth values as they are."""
    return number.hex() if isinstance(number, float) else number


def number_from_json(data: object) -> Number:
    """The inverse of :func:`number_to_json`.

    Raises:
        ValueError: if ``data`` is none of the three.
    """
    if isinstance(data, str):
        return float.fromhex(data)
    if isinstance(data, int):
        return data
    raise ValueError(f"{data!r} is not a number")


def spell(op: str, operands: Sequence[str]) -> str:
    """The operation in Python, on operands that are already text."""
    record = OPS[op]
    match record.syntax:
        case "infix":
            return f"{operands[0]} {record.symbol} {operands[1]}"
        case "prefix":
            return f"{record.symbol}{operands[0]}"
        case "call":
            return f"{record.symbol}({operands[0]})"
        case "method":
            return f"{operands[0]}.{record.symbol}({', '.join(operands[1:])})"
        case "sum":
            return f"sum([{', '.join(operands)}])"


def bracketed(text: str) -> str:
    """The text of an operand, in brackets where Python would read it otherwise."""
    # An operator's text holds a blank or starts with a minus; calls and names bind tighter.
    return f"({text})" if text.startswith("-") or _top_level_blank(text) else text


def _top_level_blank(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([") - (char in ")]")
        if char == " " and depth == 0:
            return True
    return False


def fresh_names(taken: set[str]) -> Iterator[str]:
    """Names for nodes that are no leaves: letters first, without end."""
    letters = (c for c in "abcdefghijklmnopqrstuvwxyz" if c != "f")  # f is the function
    yield from (c for c in letters if c not in taken)
    index = 0
    while True:
        if (name := f"v{index}") not in taken:
            yield name
        index += 1
