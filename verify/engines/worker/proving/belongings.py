"""What belongs to which node, and what was there before any graph."""

from __future__ import annotations

import collections
import functools
import types

from .observed import STATE, is_own
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable, Iterator


def reached(roots: Iterable[Any], known: Callable[[int], bool]) -> Iterator[Any]:
    """Objects of the engine's classes, containers and iterators that can be reached."""
    todo, seen = list(roots), set()
    while todo:
        thing = todo.pop()
        if id(thing) in seen or known(id(thing)):
            continue
        seen.add(id(thing))
        if type(thing) not in SIMPLE:
            todo += parts_of(thing)
            yield thing


def parts_of(thing: Any) -> Iterable[Any]:
    """What a thing holds."""
    kind = type(thing)
    if kind is types.FunctionType:
        return around(thing)
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, (list, tuple, set, frozenset, collections.deque)):
        return thing
    if isinstance(thing, type):
        return vars(thing).values() if is_own(thing) else ()
    if kind in (property, staticmethod, classmethod, types.MethodType, functools.partial):
        parts = ("fget", "fset", "__func__", "__self__", "func", "args", "keywords")
        return [getattr(thing, part, None) for part in parts]
    if kind is types.MethodWrapperType or is_method(thing):
        return [thing.__self__]
    return of_object(thing) if is_own(kind) else ()


def of_object(thing: Any) -> Iterator[Any]:
    """What an object of the engine's holds under its names."""
    yield from getattr(thing, "__dict__", {}).values()
    slots = [s for c in type(thing).__mro__ for s, d in vars(c).items()
             if isinstance(d, types.MemberDescriptorType)]  # fmt: skip
    yield from (getattr(thing, slot) for slot in slots if hasattr(thing, slot))


def around(function: Any) -> Iterator[Any]:
    """What a function holds: cells, defaults, and attributes."""
    yield from (c.cell_contents for c in function.__closure__ or () if not is_empty(c))
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from vars(function).values()


SIMPLE: Final = (
    Symbol, str, bytes, int, float, bool, complex, type(None), types.ModuleType, types.CodeType,
)  # fmt: skip


def is_method(thing: Any) -> bool:
    """Whether it is a function of C's that belongs to an object."""
    return type(thing) is types.BuiltinFunctionType and not isinstance(
        thing.__self__, (types.ModuleType, type(None))
    )


def is_empty(cell: Any) -> bool:
    """Whether a closure's cell holds nothing yet."""
    try:
        cell.cell_contents  # noqa: B018 - asked for the exception
    except ValueError:
        return True
    return False


def remember_old(modules: Iterable[Any]) -> None:
    """What can be reached from the engine's modules was there before any graph."""
    todo = [m for m in modules if getattr(m, "__name__", None) in STATE.modules]
    STATE.old = {id(vars(m)): vars(m) for m in todo}
    values = [value for m in todo for value in vars(m).values()]
    for thing in reached(values, lambda key: key in STATE.old):
        STATE.old[id(thing)] = thing
    STATE.named = named(todo)


MUTABLE: Final = (list, dict, set, bytearray, collections.deque)


def named(modules: Iterable[Any]) -> dict[int, list[tuple[str, bool]]]:
    """Under which names containers lie, by ``id``; and whether they lie in another one."""
    found: dict[int, list[tuple[str, bool]]] = {}
    seen: set[tuple[int, str, bool]] = set()
    todo = [
        (name, value, False) for m in modules
        if getattr(m, "__name__", None) in STATE.modules for name, value in vars(m).items()
    ]  # fmt: skip
    while todo:
        name, thing, inner = todo.pop()
        if isinstance(thing, SIMPLE) or (id(thing), name, inner) in seen:
            continue
        seen.add((id(thing), name, inner))
        if isinstance(thing, MUTABLE) or type(thing).__name__ == "ndarray":
            found.setdefault(id(thing), []).append((name, inner))
        todo += held(name, thing)
    return found


def held(name: str, thing: Any) -> list[tuple[str, Any, bool]]:
    """What a thing holds, each under its name."""
    if isinstance(thing, dict):
        return [(name, part, True) for part in (*thing.keys(), *thing.values())]
    if isinstance(thing, (list, tuple, set, frozenset, collections.deque)):
        return [(name, part, True) for part in thing]
    if isinstance(thing, (staticmethod, classmethod)):
        return [(name, thing.__func__, False)]
    if isinstance(thing, property):
        return [(name, part, False) for part in (thing.fget, thing.fset)]
    if isinstance(thing, functools.partial):
        return [(name, thing.func, False), *[(name, part, True) for part in thing.args]]
    if isinstance(thing, types.FunctionType):
        code, defaults = thing.__code__, thing.__defaults__ or ()
        places = code.co_varnames[: code.co_argcount][-len(defaults) :] if defaults else ()
        cells = [(n, c.cell_contents) for n, c in zip(code.co_freevars, thing.__closure__ or ())
                 if not is_empty(c)]  # fmt: skip
        pairs = [*zip(places, defaults), *(thing.__kwdefaults__ or {}).items(), *cells]
        return [(n, part, False) for n, part in [*pairs, *vars(thing).items()]]
    if isinstance(thing, type):
        return [(n, part, False) for n, part in vars(thing).items()] if is_own(thing) else []
    if is_own(type(thing)):
        return [(n, part, False) for n, part in getattr(thing, "__dict__", {}).items()]
    return []


def belongs(things: Iterable[Any], group: int) -> None:
    """What can be reached from a node belongs to it, unless it belongs to an earlier one."""
    known = STATE.owned
    for thing in list(reached(things, lambda key: key in known or key in STATE.old)):
        if type(thing) is not tuple or thing:
            known[id(thing)] = thing, group
