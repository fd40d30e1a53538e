"""What of an engine runs unwatched: code that was not rewritten, and what runs by itself."""

from __future__ import annotations

import gc
import sys
import types
import warnings

from ..guard import LIBRARY_FOLDER
from .decisions import RECORD
from .observed import STATE, is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterator

    from ..adapter import Adapter

MADE_FROM_TEXT: Final = "<string>"
"""The file of methods that the standard library makes for data classes and named tuples."""
GENERATED: Final = frozenset({
    "__init__", "__repr__", "__eq__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__", "__new__",
    "__setattr__", "__delattr__", "__replace__", "__getstate__", "__setstate__",
})  # fmt: skip
BEFORE: Final[list[str]] = []
"""What ran by itself before the engine was imported."""
LIBRARY: Final = frozenset({"builtins", "typing", "abc", "enum", "numbers", "collections.abc"})
PLAIN: Final = (
    types.FunctionType, property, staticmethod, classmethod, types.MemberDescriptorType,
    types.GetSetDescriptorType, type, str, int, float, bool, tuple, list, dict, set, frozenset,
    type(None), types.WrapperDescriptorType, types.MethodDescriptorType, types.BuiltinFunctionType,
    types.MappingProxyType,
)  # fmt: skip


def unwatched(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Notes on what cannot be watched: of which kind, and in words."""
    cls = adapter.cls
    for base in (*cls.__mro__, *cls.__subclasses__()):
        if is_own(base):
            yield from of_class(base)
        elif base is not object and base.__module__ not in LIBRARY:
            yield "local", f"{cls.__name__} is made of {base.__name__}, which was not rewritten"
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", None) in STATE.modules:
            yield from of_module(module)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and not set(numpy.geterr().values()) <= {"ignore", "warn"}:
        yield "local", "numpy is told to raise"
    if any(action == "error" for action, *_ in warnings.filters):
        yield "local", "warnings are told to raise"
    for name in hooks():
        if name not in BEFORE:
            yield "state", f"{name} runs by itself"


def of_class(cls: type) -> Iterator[tuple[str, str]]:
    """Likewise of one class."""
    for name, thing in vars(cls).items():
        if name == "__del__":
            yield "state", f"{cls.__name__} has a __del__, which runs at any time"
        elif not is_rewritten(cls, name, thing):
            yield "local", f"{cls.__name__}.{name} is code that was not rewritten"


def of_module(module: Any) -> Iterator[tuple[str, str]]:
    """Likewise of the functions of one module."""
    for name, thing in vars(module).items():
        own = getattr(thing, "__module__", None) == module.__name__
        if own and isinstance(thing, types.FunctionType) and not is_rewritten(None, name, thing):
            yield "local", f"{name} is code that was not rewritten"


def is_rewritten(cls: Any, name: str, thing: Any) -> bool:
    """Whether what a class has under a name is watched when it is used."""
    if isinstance(thing, (staticmethod, classmethod)):
        return is_rewritten(cls, name, thing.__func__)
    if isinstance(thing, property):
        return all(is_rewritten(cls, name, f) for f in (thing.fget, thing.fset) if f is not None)
    if isinstance(thing, types.FunctionType):
        file = thing.__code__.co_filename
        of_library = hasattr(cls, "__dataclass_fields__") or hasattr(cls, "_fields")
        return (
            file in RECORD.files or file.startswith(LIBRARY_FOLDER)
            or (file == MADE_FROM_TEXT and name in GENERATED and of_library)
            or file == __file__
        )
    return type(thing) in PLAIN or is_own(type(thing)) or not callable(thing)


def hooks() -> list[str]:
    """What Python runs without being called: threads, timers, and hooks."""
    found = [f"a thread of the engine's ({number})" for number in sys._current_frames()]  # noqa: SLF001 - had in no other way
    found += ["a callback of the garbage collector"] * bool(gc.callbacks)
    traced = sys.gettrace() is not None or sys.getprofile() is not None
    return [*found, "a trace function"] if traced else found
