"""Attributes that are read and written while an operation is made and while its rule runs.

An operation may read its operands' numbers and nothing else of them; a rule its own node, its
operands' numbers, and gradients.  Whatever else is read or written is noted.
"""

from __future__ import annotations

import functools
import math
import types

from . import opaque
from .containers import CONTAINERS
from .counts import Place
from .decisions import lost
from .labels import asked_others, asks, label
from .observed import MOST_NOTES, STATE, asks_kind, group_of, is_foreign, is_own, may_change, note
from .opaque import Symbol
from .standins import KINDS, attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable

PLAIN: Final = (float, int)


def attribute(thing: Any, name: str) -> Any:
    """``thing.name``."""
    if STATE.phase is not None:
        if type(thing) is types.ModuleType:
            return of_module(thing, name)
        if type(thing) is Symbol:
            return of_number(thing, name)
        if type(thing) in KINDS:
            return attribute_of(thing, name)
        if name == "__module__":
            note("state", "__module__ depends on when or where the engine is imported")
        of_old(thing, name)
        if isinstance(thing, BaseException) and not is_own(type(thing)):
            lost(f".{name} of an exception is read")
        if is_own(type(thing)):
            if type(vars_or_none_of(thing).get(name)) is not Place:
                reads(thing, name)
            return label(thing, name, checked(thing, name, getattr(thing, name)))
        if is_foreign(thing) or name.startswith(INNER) or name in HIDDEN:
            lost(f".{name} of a {type(thing).__name__} is read")
    return label(thing, name, getattr(thing, name))


def of_old(thing: Any, name: str) -> None:
    """Note what the text may change of a class, a function, or an object of the module's."""
    can = STATE.changeable
    if isinstance(thing, (type, types.FunctionType)):
        if thing.__module__ in STATE.modules:
            may_change(name, can.attributes)
    elif is_own(type(thing)) and not isinstance(vars_or_none(type(thing), name), property):
        if id(thing) in STATE.old:
            may_change(name, can.attributes)
        elif kind_of(type(thing), name) == "class" and name not in vars_or_none_of(thing) and not (
            name in STATE.values or name in STATE.gradients
        ):
            may_change(name, can.shared)


def changeable(name: str, value: Any) -> Any:
    """A name of the module's, or around a function, that some function rebinds."""
    if STATE.phase is not None:
        may_change(name, STATE.changeable.names)
    return value


def of_number(number: Any, name: str) -> Any:
    """What a number of its kind has under a name, and no more."""
    if name == "__class__":
        asks_kind(number)
    known = getattr(number.kind(1), name)  # AttributeError, as of any such number
    if name not in ASKED_OF_NUMBERS and not callable(known):
        lost(f".{name} of a number")
    found = getattr(number, name)
    if name.startswith("__") and callable(known) and name != "__class__":
        return types.MethodType(functools.partial(opaque.asked_of, name), number)
    return found


ASKED_OF_NUMBERS: Final = frozenset({"real", "imag", "denominator", "numerator"})
INNER: Final = ("gi_", "tb_", "f_", "co_", "cr_", "ag_")
"""How attributes of frames and the like begin."""
HIDDEN: Final = frozenset({
    "__code__", "__globals__", "__closure__", "__defaults__", "__kwdefaults__", "__traceback__",
    "__context__", "__cause__", "with_traceback", "__subclasses__", "__builtins__", "__loader__",
    "__spec__", "__file__", "cell_contents", "mro", "__weakref__",
})  # fmt: skip
"""Attributes of functions, classes and exceptions that show what is around an operation."""


def vars_or_none_of(thing: Any) -> Any:
    """What an object holds itself; nothing where it has slots."""
    return getattr(thing, "__dict__", None) or {}


def surroundings(name: str, value: Any) -> Any:
    """A name that says when or where the engine runs, and what it stands for."""
    if STATE.phase is not None:
        note("state", f"{name} depends on when or where the engine is imported")
    return value


def imported(name: str, value: Any) -> Any:
    """What is imported from a module that may say something else; a function has to be called."""
    if not callable(value) and not isinstance(value, types.ModuleType):
        return surroundings(name, value)
    return value


def checked(thing: Any, name: str, found: Any) -> Any:
    """What was read; where it is a node's number or gradient it must be one, and not more."""
    held = name in STATE.values or name in STATE.gradients
    if held and group_of(thing) is not None and isinstance(found, (*CONTAINERS, Symbol)):
        if type(found) is not Symbol:
            note("local", f".{name} holds more than a number")
    elif held and not isinstance(found, (int, float, type(None))) and id(found) in STATE.owned:
        note("local", f".{name} holds more than a number")
    return found


def absent(module: Any, name: str) -> Any:
    """A name that a module does not have, and that anybody may give it."""
    if module.__name__ not in STATE.modules:
        note("state", f"{module.__name__} has no {name}, as long as nobody gives it one")
    raise AttributeError(name)


def of_module(module: Any, name: str) -> Any:
    """A name of a module; of a foreign one only constants of mathematics and what can be called."""
    if module is math and name == "e":
        return opaque.made(float, "exp", 1.0)
    try:
        found = getattr(module, name)
    except AttributeError:
        return absent(module, name)
    known = module.__name__ in STATE.modules or module.__name__ in {"math", "numpy", "operator"}
    if module.__name__ in STATE.modules:
        may_change(name, {**STATE.changeable.attributes, **STATE.changeable.names})
    if not known and not callable(found) and not isinstance(found, types.ModuleType):
        lost(f"{module.__name__}.{name} is read")
    return found


def kind_of(cls: type, name: str) -> str:
    """Where an attribute of an object is found: in a ``slot``, on the ``class``, or its ``own``."""
    key = cls, name
    if key not in STATE.kinds:
        STATE.kinds[key] = "own"
        for base in cls.__mro__:
            if name in vars(base):
                found = vars(base)[name]
                slot = isinstance(found, types.MemberDescriptorType)
                STATE.kinds[key] = "slot" if slot else "class"
                if hasattr(type(found), "__get__") and not isinstance(found, DESCRIPTORS):
                    STATE.kinds[key] = "foreign"
                break
    return STATE.kinds[key]


DESCRIPTORS: Final = (
    types.FunctionType, property, staticmethod, classmethod, types.MemberDescriptorType,
    types.WrapperDescriptorType, types.MethodDescriptorType, types.GetSetDescriptorType,
    types.BuiltinFunctionType,
)  # fmt: skip


def reads(thing: Any, name: str) -> None:
    """Note whose attribute is read."""
    kind = kind_of(type(thing), name)
    if STATE.collected is not None and kind != "class":
        STATE.collected.append(name)
    if kind == "foreign":
        lost(f".{name} is a {type(vars_of(type(thing), name)).__name__}")
    if kind == "class" and name not in getattr(thing, "__dict__", ()):
        if name == "__class__":
            asks_class(thing)
        if name != "__dict__" and not is_plain_data(type(thing), name):
            return
    group = group_of(thing)
    if name == "__dict__" and STATE.phase == "backward":
        note("state", "reads the dictionary of a node in the backward pass")
    if STATE.phase == "backward":
        if group is not None and name not in STATE.values and name not in STATE.gradients:
            STATE.looked.append((id(thing), group))
            note_edge(name)
    elif group is not None and group != STATE.group and name not in STATE.values:
        note("local", f"reads .{name} of an operand while an operation is made")


def note_edge(name: str) -> None:
    """Tell what the pass reads of nodes beside numbers and gradients; it blames nothing."""
    if len(STATE.notes) < MOST_NOTES:
        STATE.notes.setdefault(("edges", name, 0), f".{name}")


def behind(read: Callable[[Any], Any], thing: Any) -> frozenset[str]:
    """The attributes that reading a number really reads, behind a property."""
    STATE.collected, before = [], STATE.phase
    STATE.phase = "build"
    try:
        read(thing)
    finally:
        names, STATE.collected, STATE.phase = STATE.collected, None, before
    return frozenset(names) if len(set(names)) == 1 else frozenset()


def is_plain_data(cls: type, name: str) -> bool:
    """Whether a class has a value under a name that its subclasses may have another one for."""
    found = vars_of(cls, name)
    plain = not callable(found) and not hasattr(type(found), "__get__")
    return plain and bool(cls.__mro__[1:-1] or STATE.base.__subclasses__())


def asks_class(thing: Any) -> None:
    """Note that it is asked of which class a node is, where there are several."""
    group = group_of(thing)
    if group is None or not isinstance(thing, STATE.base) or not STATE.base.__subclasses__():
        return
    if STATE.phase == "backward":
        STATE.looked.append((id(thing), group))
        asks(group)
    elif group != STATE.group:
        note("local", "asks of which class an operand is")


def overridden(base: type, spellings: Iterable[str]) -> set[str]:
    """Operations of which a class that is made of this one has a version of its own."""
    names = {text.strip(".()") for text in spellings}
    names |= {f"__r{n[2:]}" for n in names if n.startswith("__")}
    found: set[str] = set()
    todo: list[type] = list(base.__subclasses__())
    while todo:
        cls = todo.pop()
        todo += cls.__subclasses__()
        found |= names & set(vars(cls))
    return found


def vars_of(cls: type, name: str) -> Any:
    """What a class has under a name."""
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


def writes(thing: Any, name: str, value: Any) -> None:
    """Note whose attribute is written."""
    if isinstance(vars_or_none(type(thing), name), property):
        return  # its code is watched
    if id(thing) in STATE.old or isinstance(thing, (type, types.ModuleType, types.FunctionType)):
        note("state", f"writes .{name} of what is older than the graph")
        return
    group = group_of(thing)
    if STATE.forcing and name in STATE.values:
        note("lazy", "numbers are computed when they are read")
    if STATE.phase != "backward":
        if group is not None and group != STATE.group:
            note("local", f"writes .{name} of an operand while an operation is made")
    elif name in STATE.gradients:
        passes(group, value)
    elif group is not None:
        note("state", f"writes .{name} of a node in the backward pass")


def vars_or_none(cls: type, name: str) -> Any:
    """What a class has under a name; None for nothing."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def passes(target: int | None, value: Any) -> None:
    """A gradient is written: zeroed, seeded, or passed on to an operand, by its own rule."""
    if type(value) is not Symbol and (
        not isinstance(value, (int, float)) or value == 0 or target == STATE.group
    ):
        return  # zeroed, marked or seeded
    if STATE.looked:
        asked_others(STATE.looked[-1][1])
    looked, first = STATE.looked, not STATE.passed
    STATE.passed, STATE.looked = True, []
    if target is None:
        note("rule", "passes a gradient to what is no node of the graph")
    if not looked:
        return
    last, cur = looked[-1]
    STATE.looked = looked[-1:]
    if not first:
        since = [thing for thing, _ in looked].index(last)
        if any(group != cur for _, group in looked[since:]):
            note("rule", "a rule looks at another node before it passes a gradient on")
    if target is not None and target != cur and target not in STATE.operands.get(cur, ()):
        note("rule", "a node is looked at that is neither the operation nor passes to this operand")


def seeded(thing: Any, name: str, value: Any) -> Any:
    """What is stored: the seed of a pass, and a node's number, are symbols even if they are known.

    So whatever is asked about them is a question about numbers, and no count.
    """
    plain = type(value) in PLAIN or opaque.of_numpy(type(value))
    if name in STATE.values and plain and value - value == 0 and is_own(type(thing)):
        return opaque.made(type(value), "neg", -opaque.checked(value))
    root = STATE.phase == "backward" and not STATE.passed and name in STATE.gradients
    if root and plain and value != 0 and group_of(thing) == STATE.group:
        return opaque.made(type(value), "mul", opaque.checked(value), (SEED,))
    return value


SEED: Final = "seed"
"""The name of the number 1 with which a backward pass begins."""


class Field:
    """``thing.name`` as what is written to."""

    __slots__ = ("name", "thing")

    def __init__(self, thing: Any, name: str) -> None:
        self.thing, self.name = thing, name

    @property
    def value(self) -> Any:
        """Read it, as ``+=`` does first."""
        return attribute(self.thing, self.name)

    @value.setter
    def value(self, value: Any) -> None:
        if STATE.phase is not None:
            STATE.born.setdefault(id(self.thing), (len(STATE.born), self.thing))
            writes(self.thing, self.name, value)
            value = seeded(self.thing, self.name, value)
        setattr(self.thing, self.name, value)

    @value.deleter
    def value(self) -> None:
        if STATE.phase is not None:
            writes(self.thing, self.name, None)
        delattr(self.thing, self.name)
