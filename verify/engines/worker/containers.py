"""Lists, dictionaries and sets: which are changed, and in which order they are run through."""

from __future__ import annotations

import collections
import operator
import sys
import types

from . import opaque
from .counts import FIRST_AND_LAST, Count, counts
from .watching import STATE, group_of, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

CONTAINERS: Final = (
    list, dict, set, tuple, frozenset, str, bytes, collections.deque, collections.defaultdict,
    collections.OrderedDict, types.GeneratorType, slice,
)  # fmt: skip


def touches(container: Any, what: str) -> None:
    """Note that a container is changed that outlives what is being done."""
    if id(container) in STATE.old:
        note("state", f"{what} of a {type(container).__name__} that is older than the graph")
        return
    group = group_of(container)
    if group is not None and (STATE.phase == "backward" or group != STATE.group):
        note("state", f"{what} of a {type(container).__name__} that belongs to a node")


def index(thing: Any, key: Any) -> Any:
    """``thing[key]``."""
    if STATE.phase == "backward":
        indexed(thing, key)
    return thing[key]


def indexed(thing: Any, key: Any) -> None:
    """A place in a list that was made on the way is a count; the first and the last are none."""
    if isinstance(thing, dict):
        counts(key)
    if isinstance(thing, dict) or id(thing) in STATE.owned:
        return
    keys = [key.start, key.stop, key.step] if isinstance(key, slice) else [key]
    if any(type(k) in (int, Count) and k not in FIRST_AND_LAST for k in keys):
        note("count", "a place in a list is looked up by a number")


def cut(start: Any, stop: Any, step: Any) -> slice:
    """``start:stop:step``."""
    return slice(start, stop, step)


class Item:
    """``thing[key]`` as what is written to."""

    __slots__ = ("key", "thing")

    def __init__(self, thing: Any, key: Any) -> None:
        self.thing, self.key = thing, key

    @property
    def value(self) -> Any:
        """Read it, as ``+=`` does first."""
        return index(self.thing, self.key)

    @value.setter
    def value(self, value: Any) -> None:
        if STATE.phase is not None:
            touches(self.thing, "an entry")
        self.thing[self.key] = value

    @value.deleter
    def value(self) -> None:
        if STATE.phase is not None:
            touches(self.thing, "an entry")
        del self.thing[self.key]


def changed(name: str, thing: Any, other: Any) -> Any:
    """``thing += other`` and its like."""
    if STATE.phase is not None and not opaque.is_number(thing):
        touches(thing, "the end")
    return IN_PLACE[name](thing, other)


IN_PLACE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv,
    "Pow": operator.ipow, "Mod": operator.imod, "FloorDiv": operator.ifloordiv,
    "BitOr": operator.ior, "BitAnd": operator.iand, "BitXor": operator.ixor,
    "LShift": operator.ilshift, "RShift": operator.irshift, "MatMult": operator.imatmul,
}  # fmt: skip


def loop(things: Any) -> Any:
    """What a loop runs through; a set in the order in which its elements were made, or backwards.

    The order of a set of nodes is that of their addresses, which is no one's choice.
    """
    if STATE.phase is None:
        return things
    if isinstance(things, (set, frozenset)):
        if len(things) > 1:
            note("sets", "runs through a set")
        return in_order(things)
    if hasattr(type(things), "__next__") and (id(things) in STATE.old or group_of(things)):
        note("state", "goes on with an iterator that is older than the operation")
    return things


def in_order(things: Any) -> list[Any]:
    """The elements of a set, those of earlier nodes first, or last."""
    def born(thing: Any) -> int:
        found = STATE.born.get(id(thing))
        return sys.maxsize if found is None else found[0]

    return sorted(things, key=born, reverse=STATE.backwards)
