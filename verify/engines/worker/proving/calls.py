"""Calls: what is of the engine's own is called as it is, and anything else has to be known."""

from __future__ import annotations

import functools
import types

from .attributes import PLAIN, writes
from .containers import CONTAINERS, asks_tape, copies, loop, touches
from .counts import SIZED, counts, long_text, within
from .decisions import RECORD, lost
from .observed import STATE, foreign, goes_on, is_own, note
from .opaque import Symbol
from .written import Text, looked_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

MUTATING: Final = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "discard",
    "update", "setdefault", "popitem", "appendleft", "extendleft", "popleft", "rotate", "send",
    "__setitem__", "__delitem__", "__iadd__", "difference_update", "intersection_update",
    "symmetric_difference_update", "__next__", "throw", "close", "__init__",
})  # fmt: skip
COPYING: Final = frozenset({
    "copy", "keys", "values", "items", "union", "intersection", "difference",
    "symmetric_difference", "__iter__", "__reversed__",
})  # fmt: skip
COMPARING: Final = frozenset({
    "isdisjoint", "issubset", "issuperset", "intersection", "difference", "symmetric_difference",
    "intersection_update", "difference_update", "symmetric_difference_update",
})  # fmt: skip
"""Methods of sets by which a number may be found among others."""
NUMBERED: Final = frozenset({"index", "count", "insert", "sort", "rotate", "__getitem__"})
"""Methods that take or give a place, or compare."""


def unfollowed(what: str) -> None:
    """Syntax, or a function, that cannot be followed."""
    if STATE.phase is not None:
        lost(f"{what} is not followed")


def catches_all(what: str) -> None:
    """A handler that swallows limits of the machine."""
    if STATE.phase is not None:
        note("count", what)


def measures(what: str) -> None:
    """Syntax that tells how much there is of something."""
    if STATE.phase == "backward":
        note("count", what)


def writes_outside(what: str) -> None:
    """A function that writes to names outside of itself."""
    if STATE.phase is not None:
        note("state", f"writes to names outside of a function: {what}")


def call(*args: Any, **options: Any) -> Any:
    """``function(*args, **options)``."""
    function, rest = args[0], args[1:]
    if STATE.phase is None:
        return function(*rest, **options)
    for applies, way in WAYS:
        if applies(function):
            return way(function, rest, options)
    instead = INSTEAD.get(id(function))
    if instead is None:
        return lost(f"{getattr(function, '__name__', type(function).__name__)}() is not followed")
    return instead(*rest, **options)


def is_own_function(function: Any) -> bool:
    """Whether its source was rewritten, or it is a class of the engine's or an exception."""
    if type(function) is types.FunctionType:
        return function.__code__.co_filename in RECORD.files
    is_class = isinstance(function, type) and not isinstance(function, Symbol)
    return is_class and (is_own(function) or issubclass(function, BaseException))


def plainly(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call it."""
    return function(*args, **options)


def call_bound(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method of an object: the function with the object before the rest."""
    if type(function.__self__) is Symbol:
        return function(*args, **options)
    return call(function.__func__, function.__self__, *args, **options)


def call_partial(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """``functools.partial``."""
    return call(function.func, *function.args, *args, **{**function.keywords, **options})


def is_basic(function: Any) -> bool:
    """Whether it is what every object has for making it, or for setting its attributes."""
    return (
        type(function) is types.MethodWrapperType
        and function.__name__ in {"__init__", "__setattr__"}
        and is_own(type(function.__self__))
    )


def call_basic(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """``super().__init__`` and ``super().__setattr__``."""
    if function.__name__ == "__setattr__":
        writes(function.__self__, *args)
    return function(*args, **options)


def is_of_number(function: Any) -> bool:
    """Whether it is a method of a plain number."""
    return type(function) is types.BuiltinFunctionType and type(function.__self__) in PLAIN


def call_of_number(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method of a plain number."""
    counts(function.__self__)
    return function(*args, **options)


def call_object(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An object of the engine's with ``__call__``."""
    return call(type(function).__call__, function, *args, **options)


def is_method(function: Any) -> bool:
    """Whether it is a method of one of Python's containers."""
    owner = getattr(function, "__self__", None)
    return (
        type(function) in (types.BuiltinFunctionType, types.MethodWrapperType)
        and isinstance(owner, CONTAINERS)
        and not is_own(type(owner))
    )


def changes(owner: Any, name: str) -> None:
    """Note that a method changes a container, or looks at a tape."""
    if name in MUTATING:
        touches(owner, f"{name}()")
    if name != "append":
        asks_tape(owner)


def measured(owner: Any, name: str, args: tuple[Any, ...]) -> None:
    """Note that a method copies what has a length of its own, or compares numbers with others."""
    if name in COPYING:
        copies(owner)
        counts(*(owner if isinstance(owner, dict) else ()))
    if isinstance(owner, (set, frozenset)) and name in COMPARING:
        within(owner, *[loop(a) if isinstance(a, SIZED) else [0] for a in args])


def in_text(args: tuple[Any, ...]) -> None:
    """A text is made of texts with numbers in them, of exceptions, or of what is not known yet."""
    parts = [part for a in args for part in (a if isinstance(a, (list, tuple)) else [a])]
    unread = any(type(part) is Text or isinstance(part, BaseException) for part in parts)
    if unread or (args and isinstance(args[0], ITERATORS)):
        looked_at()


def call_method(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method of a container."""
    owner, name = function.__self__, function.__name__
    if isinstance(owner, str):
        in_text(args)
    changes(owner, name)
    measured(owner, name, args)
    if name == "pop" and isinstance(owner, list) and args and args[0] not in (0, -1):
        counts(args[0])
    if name in NUMBERED and not (name == "insert" and args and args[0] == 0):
        counts(0)
    if isinstance(owner, (dict, set, frozenset)):
        counts(*args[:1] if isinstance(owner, dict) else ())
    if isinstance(owner, (str, bytes)):
        counts(*args, *options.values())
    if isinstance(owner, (set, frozenset)) and name == "pop":
        lost("which element set.pop() gives")
    for each in args:
        goes_on(each)
        foreign(each, "a method is handed")
    ready = [loop(a) if isinstance(a, (set, frozenset)) else a for a in args]
    if isinstance(owner, (set, frozenset)):
        ready = list(args)
    return long_text(function(*ready, **{k: followed(v) for k, v in options.items()}))


WAYS: Final[tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...]] = (
    (is_own_function, plainly),
    (lambda f: type(f) is types.MethodType, call_bound),
    (lambda f: type(f) is functools.partial, call_partial),
    (is_basic, call_basic),
    (is_of_number, call_of_number),
    (lambda f: not isinstance(f, type) and is_own(type(f)), call_object),
    (is_method, call_method),
)
"""Kinds of what is called, and what is done; what is none of these must be in a table."""


OF_SLOTS: Final = (
    types.MethodWrapperType, types.WrapperDescriptorType, types.MethodDescriptorType,
)  # fmt: skip
"""Methods of Python's own kinds: on what stands in for a number they answer otherwise."""


def followed(function: Any) -> Any:
    """A function that C will call: the one that follows symbols."""
    if not callable(function) or STATE.phase is None:
        return function
    plain = type(function) in (types.FunctionType, types.BuiltinFunctionType, functools.partial)
    if plain or type(function) is type or type(function) in OF_SLOTS:
        return functools.partial(call, function)
    return function


def with_functions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hands on functions that follow symbols, and sets in order."""

    def run(*args: Any, **options: Any) -> Any:
        ready = [loop(followed(a)) for a in args]
        return function(*ready, **{k: followed(v) for k, v in options.items()})

    return run


ITERATORS: Final[tuple[type, ...]] = (
    types.GeneratorType, map, filter, zip, type(iter([])), enumerate, reversed,
)  # fmt: skip

INSTEAD: Final[dict[int, Callable[..., Any]]] = {}
"""By the ``id`` of a function what is called in its place: see :mod:`.instead`."""
