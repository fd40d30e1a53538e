"""Whether a function may change what outlives its call: a global, or what a global holds.

Such a one is not called to see what it is: ``no_grad()`` and its like would stay in force.
"""

from __future__ import annotations

import dis
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Sequence

_MOST: Final = 200
"""Functions that are looked at, one called by another."""
_NAMES: Final = ("LOAD_GLOBAL", "LOAD_NAME")


def lasting(function: FunctionType, cls: type) -> bool:
    """Whether it, or a function of its own file that it calls, stores something outside of nodes.

    Args:
        function: a method that nobody here knows.
        cls: the class of the nodes, whose methods it may call.
    """
    waiting = [function]
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST:
        code, space = (one := waiting.pop()).__code__, one.__globals__
        if code in seen:
            continue
        seen.add(code)
        if _stores(list(dis.get_instructions(code))):
            return True
        for name in code.co_names:
            called = space.get(name), getattr(cls, name, None)
            waiting += [f for f in called if isinstance(f, FunctionType) and _beside(f, function)]
    return False


def _beside(found: FunctionType, function: FunctionType) -> bool:
    return found.__module__ == function.__module__


def _stores(rows: Sequence[Any]) -> bool:
    """Whether a global is set, or an attribute or an entry of one, or of the class itself."""
    for place, row in enumerate(rows):
        before = [each for each in rows[max(0, place - 2) : place] if each.opname in _NAMES]
        if row.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"}:
            return True
        if row.opname in {"STORE_SUBSCR", "DELETE_SUBSCR"} and before:
            return True
        if row.opname in {"STORE_ATTR", "DELETE_ATTR"} and place:
            last = rows[place - 1]
            called = last.opname.startswith("CALL") or last.argval == "__class__"
            if last.opname in _NAMES or called:
                return True
    return False
