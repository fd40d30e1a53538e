"""Numbers of a backward pass's own: how many there are of something, and where something lies.

A pass may run through what it has collected.  It may not ask how much that is: that is how passes
end at a depth, or lose what is used too often.
"""

from __future__ import annotations

import collections

from .decisions import lost
from .observed import STATE, note
from .opaque import MORE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

FIRST_AND_LAST: Final = (0, 1, -1, None)


class Count(int):
    """How many there are: it may be counted down to 0, and be the end of a range."""

    def __add__(self, other: Any) -> Any:
        return Count(int(self) + other) if type(other) is int else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return Count(int(self) - other) if type(other) is int else NotImplemented

    def __mul__(self, other: Any) -> Any:
        counts(self)
        return int(self) * other

    def __rmul__(self, other: Any) -> Any:
        counts(self)
        return other * int(self)


MORE.append(Count)


class Identity(int):
    """``id(thing)``: it can be compared with another one, and nothing else."""

    def __eq__(self, other: object) -> bool:
        return int.__eq__(self, other) if type(other) is Identity else bool(lost("an id"))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


class Place(int):
    """How long a tape was when something was put on it: another name for that thing.

    It can be compared with another one for being the same, be counted on by 1, and say where on
    the tape to look.
    """

    def __add__(self, other: Any) -> Any:
        return Place(int.__add__(self, 1)) if type(other) is int and other == 1 else no_number()

    def __eq__(self, other: object) -> bool:
        return int.__eq__(self, other) if type(other) is Place else bool(lost("a place on a tape"))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


def no_number(*_args: Any, **_options: Any) -> Any:
    """An id, or a place, is used as a number."""
    return lost("an id is used as a number")


for _name in (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__mod__",
    "__rmod__", "__rtruediv__", "__floordiv__", "__rfloordiv__", "__divmod__", "__rdivmod__",
    "__pow__", "__rpow__", "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__rxor__",
    "__lshift__", "__rlshift__", "__rshift__", "__rrshift__", "__invert__", "__neg__", "__pos__",
    "__abs__", "__bool__", "__lt__", "__le__", "__gt__", "__ge__", "__int__", "__index__",
    "__float__", "__trunc__", "__round__", "__floor__", "__ceil__", "__repr__", "__str__",
    "__format__", "bit_length", "to_bytes", "bit_count", "as_integer_ratio", "__getnewargs__",
    "conjugate", "real", "imag", "numerator", "denominator",
):  # fmt: skip
    setattr(Identity, _name, no_number)
    if _name not in {"__add__", "__index__"}:
        setattr(Place, _name, no_number)


def identity_of(thing: Any) -> Any:
    """``id``."""
    return Identity(id(thing))


def counts(*things: Any) -> None:
    """Note a plain number that is asked about in a backward pass."""
    if STATE.phase != "backward":
        return
    for x in things:
        if type(x) in (int, float, Count, complex) or type(x).__module__ == "numpy":
            note("count", "the backward pass asks about a number of its own")
        elif type(x) is tuple:
            counts(*x)


HOLDING: Final = (list, tuple, set, frozenset, collections.deque)
SIZED: Final = (*HOLDING, dict, bytes, bytearray, range)
FEW: Final = 3
"""Containers that hold no more, and are no deeper, may be compared."""
LONGEST: Final = 64
"""A text that is no longer may be put together."""


def within(*things: Any) -> None:
    """Note plain numbers that things hold, where these are compared in a backward pass."""
    todo = [(thing, 0) for thing in things] if STATE.phase == "backward" else []
    seen: set[int] = set()
    while todo:
        thing, depth = todo.pop()
        counts(thing)
        if isinstance(thing, (*HOLDING, dict)) and id(thing) not in seen:
            seen.add(id(thing))
            if depth > FEW:
                note("count", "the backward pass compares how deep something is")
                return
            inner = [*thing, *(thing.values() if isinstance(thing, dict) else ())]
            todo += [(each, depth + 1) for each in inner]


def sizes(*things: Any) -> None:
    """Note that it is compared how many there are of something."""
    if STATE.phase == "backward" and any(isinstance(x, SIZED) and len(x) > FEW for x in things):
        note("count", "the backward pass compares how many there are")


def long_text(made: Any) -> Any:
    """A text that was put together: a long one tells of how much."""
    if STATE.phase == "backward" and isinstance(made, (str, bytes)) and len(made) > LONGEST:
        note("count", "a long text is put together in the backward pass")
    return made
