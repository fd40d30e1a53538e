"""Numbers as they cross the wall: hexadecimal text, exact to the bit."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

SENT: Final[list[tuple[type, Callable[[Any], Any]]]] = []
"""Types that are sent in a way of their own, and the way: symbols, if the engine runs on them."""


def encode(number: Any) -> Any:
    """A number for the wire: hexadecimal text, None for nothing there, or what it was instead."""
    kind = type(number)
    if kind is float:
        return number.hex()
    for special, form in SENT:
        if kind is special:
            return form(number)
    if number is None:
        return None
    try:
        return float.hex(as_float(number))
    except Exception:  # noqa: BLE001 - whatever an object does when it is asked for its number
        return {"not": str(kind.__name__)[:80]}


def as_float(number: Any) -> float:
    """The float in a number, a numpy scalar or an array of one.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(number, (float, int)):
        return float.__float__(number) if isinstance(number, float) else int.__float__(number)
    if isinstance(number, (complex, str, bytes)):
        raise TypeError
    if getattr(number, "size", None) == 1 and hasattr(number, "dtype"):
        item = number.item()
        return as_float(item) if isinstance(item, (float, int, complex)) else float(item)
    # Decimal and Fraction are numbers; a node that offers float(node) is not one.
    if type(number).__module__ in {"decimal", "fractions"}:
        return float(number)
    raise TypeError


LARGEST: Final = 4000
"""Parts of a formula that are sent."""


def encode_tree(tree: Any, number: Callable[[Any], float]) -> Any:
    """A formula for the wire: names as text, numbers as hexadecimal, operations as lists.

    An operation and its operands, or a name alone, are a tuple; of all else ``number`` makes a
    float.

    Raises:
        OverflowError: if it is too large to be sent.
    """
    count = 0

    def walk(part: Any) -> Any:
        nonlocal count
        count += 1
        if count > LARGEST:
            raise OverflowError
        if type(part) is tuple:
            return part[0] if len(part) == 1 else [part[0], *[walk(p) for p in part[1:]]]
        return {"number": number(part).hex()}

    return walk(tree)


def decode(data: Any) -> Any:
    """The inverse, for numbers that come from the harness; whole numbers and truth values stay."""
    return float.fromhex(data) if isinstance(data, str) else data


def same(first: Any, second: Any) -> bool:
    """Whether two things that were read are the same number, or both no number."""
    return bool(encode(first) == encode(second))
