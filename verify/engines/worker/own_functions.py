"""Functions of a file that have nothing to do with its nodes: helpers for numbers, lists or text.

``def sigmoid(z): return 1 / (1 + math.exp(-z))`` beside an engine is no operation of it, whatever
its name.  An operation that is only broken makes nodes, or means to: it says so in its code.
"""

from __future__ import annotations

from types import FunctionType

from .namespace import derives
from .source import outside_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from .namespace import Namespace

MAKES: Final = frozenset({"type", "__class__"})
"""How code makes a node without the name of its class."""


def is_helper(thing: Any, cls: type, space: Namespace) -> bool:
    """Whether a function never comes to the class of nodes, nor what it calls of the file's own.

    Args:
        thing: what bears the name of an operation: a function, or a static method.
        cls: the class of nodes.
        space: the definitions of the engine.
    """
    if not isinstance(thing, FunctionType) or not space.is_own(thing):
        return False
    seen: set[int] = set()
    waiting: list[Any] = [thing]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, type):
            if derives(part, cls):
                return False
            waiting += [getattr(m, "__func__", m) for m in list(vars(part).values())]
        elif isinstance(part, FunctionType):
            names = outside_names(part.__code__)
            if names & MAKES or any(MAKES & {*code.co_names} for code in codes(part)):
                return False
            waiting += held(part)
            waiting += [
                space.names[name] for name in names
                if name in space.names and space.is_own(space.names[name])
            ]  # fmt: skip
        elif space.is_own(type(part)):
            waiting.append(type(part))
    return True


def is_for_numbers(function: Any) -> bool:
    """Whether it is written beside its arguments, or its result, that they are plain numbers."""
    written = getattr(function, "__annotations__", None) or {}
    return any(part in (float, int, "float", "int") for part in written.values())


def codes(function: FunctionType) -> list[Any]:
    """The code of a function and of all that is defined in it."""
    found = [function.__code__]
    for code in found:
        found += [c for c in code.co_consts if hasattr(c, "co_names")]
    return found


def held(function: FunctionType) -> list[Any]:
    """What a function has from around it: a wrapper, say, the function that it wraps."""
    cells = [cell for cell in function.__closure__ or () if filled(cell)]
    return [cell.cell_contents for cell in cells] + list(function.__defaults__ or ())


def filled(cell: Any) -> bool:
    """Whether anything is in a cell so far."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
