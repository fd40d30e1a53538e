"""Lists, dictionaries and sets: which are changed, and in which order they are run through."""

from __future__ import annotations

import collections
import sys
import types

from .counts import FIRST_AND_LAST, Count, counts
from .observed import STATE, consults, foreign, goes_on, group_of, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

CONTAINERS: Final = (
    list, dict, set, tuple, frozenset, str, bytes, bytearray, slice,
    collections.deque, collections.defaultdict, collections.OrderedDict, types.GeneratorType,
)  # fmt: skip


PLAIN: Final = (float, int, bool, type(None))
MOST_SLOPES: Final = 3


def touches(container: Any, what: str) -> None:
    """Note that a container is changed that outlives what is being done."""
    if id(container) in STATE.old:
        if on_tape(container, what):
            return
        note("state", f"{what} of a {type(container).__name__} that is older than the graph")
        return
    group = group_of(container)
    if group is not None and (STATE.phase == "backward" or group != STATE.group):
        note("state", f"{what} of a {type(container).__name__} that belongs to a node")


def on_tape(container: Any, what: str) -> bool:
    """Whether something is put on a tape, or the tape is thrown away by the pass."""
    known = id(container) in STATE.tapes
    if type(container) is not list or what != ("clear()" if STATE.phase == "backward" else APPEND):
        return False
    if not known and STATE.phase != "backward":
        STATE.tapes[id(container)] = container
        known = True
    if known:
        note("tape", "operations are put on a tape")
    return known


APPEND: Final = "append()"


def asks_tape(thing: Any) -> None:
    """Note that an operation looks at what is on a tape, or at what the text may change."""
    consults(thing)
    if STATE.phase != "backward" and id(thing) in STATE.tapes:
        note("state", "looks at a tape while an operation is made")


def index(thing: Any, key: Any) -> Any:
    """``thing[key]``."""
    if STATE.phase is not None:
        foreign(thing, "an entry of")
        asks_tape(thing)
        if STATE.phase == "backward":
            indexed(thing, key)
            if isinstance(key, slice):
                copies(thing)
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
            goes_on(value)
            if STATE.phase == "backward":
                indexed(self.thing, self.key)
        self.thing[self.key] = value

    @value.deleter
    def value(self) -> None:
        if STATE.phase is not None:
            touches(self.thing, "an entry")
            if STATE.phase == "backward":
                indexed(self.thing, self.key)
        del self.thing[self.key]


def loop(things: Any) -> Any:
    """What a loop runs through; a set in the order in which its elements were made, or backwards.

    The order of a set of nodes is that of their addresses, which is no one's choice.
    """
    if STATE.phase is None:
        return things
    if isinstance(things, (set, frozenset)):
        if len(things) > 1:
            note("sets", "runs through a set")
        counts(*things)
        return in_order(things)
    if isinstance(things, dict):
        counts(*things)
    foreign(things, "runs through")
    asks_tape(things)
    if STATE.phase == "backward" and id(things) not in STATE.tapes:
        fixed(things)
    goes_on(things)
    return things


def spread(things: Any) -> Any:
    """What ``**`` is written before."""
    if STATE.phase is not None:
        foreign(things, "runs through")
        asks_tape(things)
    return things


def context(thing: Any) -> Any:
    """What ``with`` enters and leaves."""
    if STATE.phase is not None and type(thing).__module__.partition(".")[0] != "numpy":
        foreign(thing, "enters")
    return thing


def fixed(things: Any) -> None:
    """Note what a pass runs through and has not collected itself: it may be a length in secret."""
    kind = type(things)
    numbers = kind is tuple and group_of(things) is None and are_plain(things)
    if kind in (str, bytes) or numbers or has_own_length(things):
        note("count", f"the backward pass runs through a {kind.__name__} of its own length")


def are_plain(things: Any) -> bool:
    """Whether there are more than a few plain things in a container, and nothing else."""
    return len(things) > MOST_SLOPES and all(type(x) in PLAIN for x in things)


def has_own_length(things: Any) -> bool:
    """Whether a container is as long as the module, or a node, has made it; a tape is not."""
    if not isinstance(things, (*CONTAINERS, range)) or id(things) in STATE.tapes:
        return False
    if id(things) in STATE.old:
        return bool(things)
    return isinstance(things, (list, tuple)) and group_of(things) is not None and are_plain(things)


def copies(things: Any) -> None:
    """Note that a pass makes a list of what has a length of its own."""
    if STATE.phase == "backward" and has_own_length(things):
        note("count", f"the backward pass copies a {type(things).__name__} of its own length")


def many(things: Any) -> Any:
    """What is unpacked into several names: that is a count."""
    if STATE.phase == "backward":
        note("count", "the backward pass unpacks into so many names")
    return loop(things)


def in_order(things: Any) -> list[Any]:
    """The elements of a set, those of earlier nodes first, or last."""
    def born(thing: Any) -> int:
        found = STATE.born.get(id(thing))
        return sys.maxsize if found is None else found[0]

    if len(things) > 1 and any(isinstance(thing, BY_HASH) for thing in things):
        note("state", "the order of a set is another one each time")
    return sorted(things, key=born, reverse=STATE.backwards)


BY_HASH: Final = (str, bytes, tuple, type, types.FunctionType, types.BuiltinFunctionType)
"""Kinds of things of which the order in a set is that of their hashes or addresses."""
