"""Arithmetic of the engine's text: on numbers that are not known, and on a pass's own.

A backward pass may add and multiply.  Any other arithmetic on numbers of its own (how many there
are, how deep it is) can end it at a size: ``0.0 ** (n // 33)`` needs no comparison.
"""

from __future__ import annotations

import operator

from . import opaque
from .containers import asks_tape, copies, touches
from .counts import HOLDING, Count, counts, long_text, within
from .observed import STATE, foreign, goes_on, note
from .opaque import Symbol
from .written import in_texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "Pow": operator.pow, "Mod": operator.mod, "FloorDiv": operator.floordiv,
    "BitOr": operator.or_, "BitAnd": operator.and_, "BitXor": operator.xor,
    "LShift": operator.lshift, "RShift": operator.rshift, "MatMult": operator.matmul,
}  # fmt: skip
IN_PLACE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv,
    "Pow": operator.ipow, "Mod": operator.imod, "FloorDiv": operator.ifloordiv,
    "BitOr": operator.ior, "BitAnd": operator.iand, "BitXor": operator.ixor,
    "LShift": operator.ilshift, "RShift": operator.irshift, "MatMult": operator.imatmul,
}  # fmt: skip
PLAIN: Final = (int, float, bool, Count)
SEQUENCES: Final = (list, tuple, str, bytes)
POLYNOMIAL: Final = frozenset({"Add", "Sub", "Mult"})
"""With a few of these alone no size can be told from others, unless something is rounded away."""
LARGE: Final = 2.0**31
"""Sums and products of smaller numbers, and of larger ones than its inverse, are hardly rounded."""


def calculated(name: str, left: Any, right: Any) -> Any:
    """``left * right`` and its like."""
    if STATE.phase is not None:
        for side in (left, right):
            foreign(side, "calculates with")
            asks_tape(side)
        if isinstance(left, str) and name == "Mod":
            in_texts(right)
    if STATE.phase == "backward":
        calculates(name, left, right)
    return long_text(OPERATORS[name](*followed(left, right)))


def followed(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers; a fraction beside one that is not known is a symbol too."""
    if type(left) is opaque.FRACTION and type(right) is Symbol:
        return opaque.known(left), right
    return left, right


def changed(name: str, thing: Any, other: Any) -> Any:
    """``thing += other`` and its like."""
    if STATE.phase is not None:
        if not opaque.is_number(thing):
            touches(thing, "the end")
            foreign(other, "calculates with")
            goes_on(other)
        if STATE.phase == "backward":
            calculates(name, thing, other)
    return long_text(IN_PLACE[name](*followed(thing, other)))


def changing(name: str, holder: Any) -> Callable[[Any], None]:
    """``x.y += other``: what is there is read first, and ``other`` is computed afterwards."""
    before = holder.value

    def change(other: Any) -> None:
        holder.value = changed(name, before, other)

    return change


def calculates(name: str, left: Any, right: Any) -> None:
    """Note arithmetic by which a pass may tell one size from another."""
    if type(left) is Symbol or type(right) is Symbol:
        return
    if isinstance(left, str) and name == "Mod":
        counts(right)
    elif isinstance(left, (*HOLDING, dict, *SEQUENCES)) or isinstance(right, SEQUENCES):
        if name == "Mult":
            note("count", "something is repeated by a number in the backward pass")
        if isinstance(left, (set, frozenset, dict)):
            within(left, right)
        copies(left)
        copies(right)
    elif type(left) in PLAIN and type(right) in PLAIN:
        usual = all(x == 0 or 1 / LARGE < abs(x) < LARGE for x in (left, right))
        if not (usual and name in POLYNOMIAL) and not (name == "Div" and right in (1, -1)):
            note("count", "the backward pass calculates with a number of its own")
