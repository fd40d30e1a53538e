"""What the rewritten source of an engine calls: it is watched while an operation is made and ruled.

Three questions are answered here.  Does building an operation look at anything but its operands'
numbers?  Does its rule look at anything but these, its own node and its own gradient?  Does the
backward pass look at numbers of its own, such as counts, or at state that outlives it?  Whatever
is found is noted with file and line.  A call that is not known to be harmless ends the run.

Functions and classes here have the names that :mod:`.rewrite` writes.
"""

from __future__ import annotations

import collections
import fractions
import functools
import itertools
import math
import operator
import sys
import types

from . import opaque
from .decisions import RECORD, lost, place
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable, Iterator

MOST_NOTES: Final = 50
MUTATING: Final = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "discard",
    "update", "setdefault", "popitem", "appendleft", "extendleft", "popleft", "rotate", "send",
    "__setitem__", "__delitem__", "__iadd__", "difference_update", "intersection_update",
    "symmetric_difference_update", "__next__", "throw", "close", "__init__",
})  # fmt: skip
NUMBERED: Final = frozenset({"index", "count", "insert", "sort", "rotate", "__getitem__"})
"""Methods that take or give a place, or compare."""
CONTAINERS: Final = (
    list, dict, set, tuple, frozenset, str, bytes, collections.deque, collections.defaultdict,
    collections.OrderedDict, types.GeneratorType, slice,
)  # fmt: skip
PLAIN: Final = (float, int)
FIRST_AND_LAST: Final = (0, 1, -1, None)


class State:
    """What is being watched.

    Attributes:
        phase: ``construct``, ``build``, ``backward``; None where nothing is.
        group: the number of the node that is being made, or where a pass starts.
        values: names of the attributes that hold numbers of nodes.
        gradients: likewise their gradients.
        owned: things that belong to a node, by ``id``: the thing and the node's number.
        old: things that were there before any graph, by ``id``.
        operands: of each node's number, those of its operands.
        born: things in the order in which they were first written to, by ``id``.
        notes: what was seen that should not be.
        looked: whose own attributes were read since the last gradient was passed on: the thing's
            ``id`` and its node.
        passed: whether one was passed on in this pass.
        backwards: whether sets are run through from their end.
        collected: names of attributes that are read, where these are wanted; else None.
        modules: names of the modules whose source was rewritten.
        unread: whether a number that is not known went into a text.
        base: the class of nodes; others that are made of it tell which operation made a node.
        overridden: an operation of which such a class has another version.
    """

    def __init__(self) -> None:
        self.phase: str | None = None
        self.modules: set[str] = set()
        self.old: dict[int, Any] = {}
        self.kinds: dict[tuple[type, str], str] = {}
        self.base: type = object
        self.unread = False
        self.overridden = ""
        self.begin()

    def begin(self) -> None:
        """Forget the graph before."""
        self.phase, self.group = None, -1
        self.values: frozenset[str] = frozenset()
        self.gradients: frozenset[str] = frozenset()
        self.owned: dict[int, tuple[Any, int]] = {}
        self.operands: dict[int, set[int]] = {}
        self.born: dict[int, tuple[int, Any]] = {}
        self.notes: dict[tuple[str, str, int], str] = {}
        self.looked: list[tuple[int, int]] = []
        self.passed = False
        self.backwards = self.unread = False
        self.collected: list[str] | None = None


STATE: Final = State()


def note(kind: str, what: str) -> None:
    """Write down what was seen, once a line."""
    file, line = place()
    if len(STATE.notes) < MOST_NOTES:
        STATE.notes.setdefault((kind, file, line), what)


def is_own(cls: type) -> bool:
    """Whether a class was defined in the engine's source."""
    return cls.__module__ in STATE.modules


def group_of(thing: Any) -> int | None:
    """The number of the node that a thing belongs to; None where that is the one being made."""
    found = STATE.owned.get(id(thing))
    return None if found is None else found[1]


# --- attributes ----------------------------------------------------------------------------------


def attribute(thing: Any, name: str) -> Any:
    """``thing.name``."""
    if STATE.phase is not None:
        if type(thing) is types.ModuleType:
            return of_module(thing, name)
        if is_own(type(thing)):
            reads(thing, name)
            return checked(thing, name, getattr(thing, name))
    return getattr(thing, name)


def checked(thing: Any, name: str, found: Any) -> Any:
    """What was read; where it is a node's number or gradient it must be one, and not more."""
    held = name in STATE.values or name in STATE.gradients
    if held and group_of(thing) is not None and isinstance(found, (*CONTAINERS, Symbol)):
        if type(found) is not Symbol:
            note("local", f".{name} holds more than a number")
    elif held and not isinstance(found, (int, float, type(None))) and id(found) in STATE.owned:
        note("local", f".{name} holds more than a number")
    return found


def of_module(module: Any, name: str) -> Any:
    """A name of a module; of a foreign one only constants of mathematics and what can be called."""
    if module is math and name == "e":
        return opaque.made(float, "exp", 1.0)
    found = getattr(module, name)
    known = module.__name__ in STATE.modules or module.__name__ in {"math", "numpy", "operator"}
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
    elif group is not None and group != STATE.group and name not in STATE.values:
        note("local", f"reads .{name} of an operand while an operation is made")


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
    elif group != STATE.group:
        note("local", "asks of which class an operand is")


def overridden(base: type, spellings: Iterable[str]) -> set[str]:
    """Operations of which a class that is made of this one has a version of its own."""
    names = {text.strip(".()") for text in spellings}
    names |= {f"__r{n[2:]}" for n in names if n.startswith("__")} | {"backward"}
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
    if name in STATE.values and type(value) in PLAIN and value - value == 0 and is_own(type(thing)):
        return opaque.made(type(value), "neg", -value)
    root = STATE.phase == "backward" and not STATE.passed and name in STATE.gradients
    if root and type(value) in PLAIN and value != 0 and group_of(thing) == STATE.group:
        return opaque.made(type(value), "mul", value, (SEED,))
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


# --- containers ----------------------------------------------------------------------------------


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


# --- comparisons and counts ----------------------------------------------------------------------


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


class Identity(int):
    """``id(thing)``: it can be compared with another one, and nothing else."""

    def __eq__(self, other: object) -> bool:
        return int.__eq__(self, other) if type(other) is Identity else bool(lost("an id"))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


def no_number(*_args: Any, **_options: Any) -> Any:
    """An id is used as a number."""
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


def compare(name: str, left: Any, right: Any) -> Any:
    """``left < right`` and its like."""
    if STATE.phase is not None:
        symbols = (type(left) is Symbol) + (type(right) is Symbol)
        if name in {"Is", "IsNot"}:
            for number, truth_value in ((left, right), (right, left)):
                if kind_of_number(number) is bool and type(truth_value) is bool:
                    return (number == truth_value) == (name == "Is")
            if symbols and not {type(left), type(right)} & {type(None), bool, type}:
                lost("whether a number is the same object as another one")
        elif type(left) is Text and isinstance(right, str):
            looked_at()
        elif not symbols or name in {"In", "NotIn"}:
            counts(left, right)
            if name in {"In", "NotIn"} and isinstance(right, (list, tuple, set, frozenset)):
                counts(*itertools.islice(right, 3))
    return COMPARISONS[name](left, right)


COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge,
    "Eq": operator.eq, "NotEq": operator.ne, "Is": operator.is_, "IsNot": operator.is_not,
    "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}  # fmt: skip


def kind_of_number(thing: Any) -> type | None:
    """Which number of Python's a symbol stands for; None for anything else."""
    return thing.kind if type(thing) is Symbol else None


def chain(names: tuple[str, ...], first: Any, *rest: Any) -> Any:
    """``a < b < c``."""
    answer: Any = True
    for name, second in zip(names, rest):
        answer = compare(name, first, second)
        if not answer:
            return answer
        first = second
    return answer


def truth(thing: Any) -> Any:
    """What is asked whether it is true; a tuple is, if it is not empty."""
    if STATE.phase is not None and type(thing) is not tuple:
        counts(thing)
    return thing


def message(thing: Any) -> Any:
    """What an exception says."""
    return "a number" if type(thing) is Symbol or is_own(type(thing)) else thing


class Text(str):
    """A text with a number in it that is not known: it can be kept, and not be looked at."""

    __slots__ = ()


def looked_at(*_args: Any, **_options: Any) -> Any:
    """A text with a number in it is looked at."""
    return lost("a text with a number in it is looked at")


for _name in set(dir(str)) - {
    "__new__", "__class__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__",
    "__setattr__", "__delattr__", "__getattribute__",
}:  # fmt: skip
    setattr(Text, _name, looked_at)
Text.__radd__ = Text.__bool__ = looked_at  # type: ignore[attr-defined]


class Unread:
    """Stands in a text for a number that is not known."""

    def __format__(self, _how: str) -> str:
        STATE.unread = True
        return "?"

    __str__ = __repr__ = lambda self: format(self, "")


def written(thing: Any) -> Any:
    """What a text says."""
    if STATE.phase is not None:
        counts(thing)
        if type(thing) in (Symbol, Text):
            return Unread()
    return thing


def text(joined: str) -> str:
    """A text that was put together."""
    unread, STATE.unread = STATE.unread, False
    return Text(joined) if unread else joined


# --- what is said of syntax ----------------------------------------------------------------------


def unfollowed(what: str) -> None:
    """Syntax, or a function, that cannot be followed."""
    if STATE.phase is not None:
        lost(f"{what} is not followed")


def catches_all(what: str) -> None:
    """A handler that swallows limits of the machine."""
    if STATE.phase is not None:
        note("count", what)


def writes_outside(what: str) -> None:
    """A function that writes to names outside of itself."""
    if STATE.phase is not None:
        note("state", f"writes to names outside of a function: {what}")


# --- calls ---------------------------------------------------------------------------------------


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


def call_method(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method of a container."""
    owner, name = function.__self__, function.__name__
    if isinstance(owner, str) and any(
        type(part) is Text for a in args for part in (a if isinstance(a, (list, tuple)) else [a])
    ):
        looked_at()
    if isinstance(owner, str) and args and isinstance(args[0], ITERATORS):
        looked_at()
    if name in MUTATING:
        touches(owner, f"{name}()")
    if name == "pop" and isinstance(owner, list) and args and args[0] not in (0, -1):
        counts(args[0])
    if name in NUMBERED and not (name == "insert" and args and args[0] == 0):
        counts(0)
    if isinstance(owner, (dict, set, frozenset)):
        counts(*args[:1] if isinstance(owner, dict) else ())
    if isinstance(owner, (str, bytes)):
        counts(*args)
    if isinstance(owner, (set, frozenset)) and name == "pop":
        lost("which element set.pop() gives")
    return function(*[followed(a) for a in args], **{k: followed(v) for k, v in options.items()})


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


def followed(function: Any) -> Any:
    """A function that C will call: the one that follows symbols."""
    if not callable(function) or STATE.phase is None:
        return function
    if type(function) in (types.FunctionType, types.BuiltinFunctionType, type, functools.partial):
        return functools.partial(call, function)
    return function


def with_functions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hands on functions that follow symbols, and sets in order."""

    def run(*args: Any, **options: Any) -> Any:
        ready = [loop(followed(a)) for a in args]
        return function(*ready, **{k: followed(v) for k, v in options.items()})

    return run


def counting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Likewise; it compares what it is given."""

    def run(*args: Any, **options: Any) -> Any:
        counts(0 if "key" in options else None)
        ready = [tuple(a) if type(a) in ITERATORS else a for a in args]
        for a in ready:
            counts(*(a if isinstance(a, (list, tuple, set)) else [a]))
        return with_functions(function)(*ready, **options)

    return run


ITERATORS: Final[tuple[type, ...]] = (
    types.GeneratorType, map, filter, zip, type(iter([])), enumerate, reversed,
)  # fmt: skip


def number(kind: Any) -> Callable[..., Any]:
    """``float(x)`` and ``int(x)``: a symbol of that kind stays as it is."""

    def convert(*args: Any) -> Any:
        if len(args) == 1 and type(args[0]) is Symbol:
            if kind is float:
                return opaque.made(float, *args[0].tree)
            return args[0] if args[0].kind is int else lost("int() of a number")
        if args and type(args[0]) is Identity:
            no_number()
        if args and isinstance(args[0], str):
            counts(0)
        return kind(*args)

    return convert


def truth_of(*args: Any) -> bool:
    """``bool(x)``."""
    counts(*args)
    return bool(*args)


def is_instance(thing: Any, kinds: Any) -> bool:
    """``isinstance``; of a node it may be asked whether it is one."""
    asked = kinds if isinstance(kinds, tuple) else (kinds,)
    if any(isinstance(k, type) and is_own(k) and not issubclass(STATE.base, k) for k in asked):
        asks_class(thing)
    return isinstance(thing, kinds)


def type_of(*args: Any) -> Any:
    """``type(x)``."""
    if len(args) != 1:
        return lost("a class is made")
    asks_class(args[0])
    return args[0].kind if type(args[0]) is Symbol else type(args[0])


def on_symbols(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function of mathematics that extends the tree of a symbol."""
    function = opaque.FUNCTIONS[name]

    def run(*args: Any, **options: Any) -> Any:
        if any(type(a) is Symbol for a in args) or name == "fsum":
            return function(*args, **options)
        return plain(*args, **options)

    return run


def how_many(things: Any) -> Any:
    """``len(x)``."""
    size = len(things)
    return Count(size) if STATE.phase == "backward" else size


def numbers_to(*ends: Any) -> range:
    """``range(n)``: in a backward pass only to the end of something."""
    if STATE.phase == "backward" and any(
        type(end) is not Count and end not in FIRST_AND_LAST for end in ends
    ):
        note("count", "a range ends at a number")
    return range(*[int(end) if type(end) is Count else end for end in ends])


def read_attribute(thing: Any, name: str, *default: Any) -> Any:
    """``getattr``."""
    try:
        return attribute(thing, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def has_attribute(thing: Any, name: str) -> bool:
    """``hasattr``."""
    try:
        attribute(thing, name)
    except AttributeError:
        return False
    return True


def set_attribute(thing: Any, name: str, value: Any) -> None:
    """``setattr``."""
    writes(thing, name, value)
    setattr(thing, name, value)


def set_plainly(thing: Any, name: str, value: Any) -> None:
    """``object.__setattr__``."""
    writes(thing, name, value)
    object.__setattr__(thing, name, value)


def set_new(cls: Any, *args: Any, **options: Any) -> Any:
    """``object.__new__``."""
    return object.__new__(cls, *args, **options)


def next_of(iterator: Any, *default: Any) -> Any:
    """``next``."""
    if id(iterator) in STATE.old or group_of(iterator) is not None:
        note("state", "goes on with an iterator that is older than the operation")
    return next(iterator, *default)


def reduced(function: Any, things: Any, *start: Any) -> Any:
    """``functools.reduce``."""
    return functools.reduce(followed(function), loop(things), *start)


def fraction(*args: Any) -> Any:
    """``Fraction(x)``: a symbol is exact already."""
    symbol = len(args) == 1 and type(args[0]) is Symbol
    return args[0] if symbol else fractions.Fraction(*args)


def size_of(thing: Any) -> Any:
    """``abs``."""
    return abs(thing)


def table() -> dict[int, Callable[..., Any]]:
    """By the ``id`` of a function what is called in its place; a function that is not here ends."""
    same = (
        issubclass, callable, functools.partial, divmod, pow, round, object.__init__,
        iter, slice,
        operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow,
        operator.pos, operator.abs, operator.lt, operator.le, operator.gt, operator.ge,
        operator.eq, operator.ne, operator.not_, str.join, property, staticmethod,
    )  # fmt: skip
    passing = (
        list, tuple, set, frozenset, dict, zip, map, filter, reversed, any, all, sum,
        itertools.chain, itertools.zip_longest, itertools.starmap, collections.deque,
        collections.defaultdict, collections.OrderedDict, dict.fromkeys,
        itertools.chain.from_iterable,
    )  # fmt: skip
    found: dict[Any, Callable[..., Any]] = {f: f for f in same}
    found.update({f: with_functions(f) for f in passing})
    found.update({f: counting(f) for f in (sorted, min, max)})
    found.update({
        isinstance: is_instance, float: number(float), int: number(int), bool: truth_of,
        type: type_of, id: identity_of,
        len: how_many, range: numbers_to, enumerate: with_functions(enumerate),
        getattr: read_attribute, hasattr: has_attribute, setattr: set_attribute,
        object.__setattr__: set_plainly, object.__new__: set_new, object: object, next: next_of,
        fractions.Fraction: fraction, functools.reduce: reduced, abs: size_of,
        operator.truth: truth_of,
    })  # fmt: skip
    for name in opaque.FUNCTIONS:
        plain = getattr(math, name, None)
        if plain is not None:
            found[plain] = on_symbols(name, plain)
    KEPT.append(found)
    return {id(f): instead for f, instead in found.items()}


KEPT: Final[list[Any]] = []
"""Functions that are found by their ``id`` must live."""
INSTEAD: Final = table()
OF_NUMPY: Final = {
    "exp": "exp", "expm1": "expm1", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "sin": "sin",
    "cos": "cos", "tan": "tan", "sqrt": "sqrt", "log": "log", "log1p": "log1p", "log2": "log2",
    "log10": "log10", "exp2": "exp2", "power": "pow", "float_power": "pow", "fabs": "fabs",
    "copysign": "copysign", "floor": "floor", "isnan": "isnan", "isinf": "isinf",
    "isfinite": "isfinite",
}  # fmt: skip
"""Functions of numpy, and those of ``math`` that they are on one number."""


def adopt_numpy(numpy: Any) -> None:
    """Let functions of numpy follow symbols."""
    functions = {getattr(numpy, n, None): on_symbols(m, getattr(numpy, n))
                 for n, m in OF_NUMPY.items() if hasattr(numpy, n)}  # fmt: skip
    for name, function in (
        ("maximum", opaque.larger), ("minimum", opaque.smaller), ("absolute", abs),
        ("add", operator.add), ("subtract", operator.sub), ("multiply", operator.mul),
        ("divide", operator.truediv), ("negative", operator.neg), ("float64", number(float)),
    ):  # fmt: skip
        functions[getattr(numpy, name)] = function
    KEPT.append(functions)
    INSTEAD.update({id(f): instead for f, instead in functions.items()})


# --- what belongs to whom ------------------------------------------------------------------------


def reached(roots: Iterable[Any], known: Callable[[int], bool]) -> Iterator[Any]:
    """Objects of the engine's classes, containers and iterators that can be reached."""
    todo, seen = list(roots), set()
    while todo:
        thing = todo.pop()
        if id(thing) in seen or known(id(thing)):
            continue
        seen.add(id(thing))
        kind = type(thing)
        if kind in SIMPLE:
            continue
        if kind is types.FunctionType:
            cells = [c.cell_contents for c in thing.__closure__ or () if not is_empty(c)]
            todo += [*cells, *(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
            todo += vars(thing).values()
        elif isinstance(thing, dict):
            todo += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set, frozenset, collections.deque)):
            todo += thing
        elif isinstance(thing, type):
            todo += vars(thing).values() if is_own(thing) else ()
        elif kind in (property, staticmethod, classmethod, types.MethodType, functools.partial):
            parts = ("fget", "fset", "__func__", "__self__", "func", "args", "keywords")
            todo += [getattr(thing, part, None) for part in parts]
        elif is_own(kind):
            todo += getattr(thing, "__dict__", {}).values()
            slots = [s for c in kind.__mro__ for s, d in vars(c).items()
                     if isinstance(d, types.MemberDescriptorType)]  # fmt: skip
            todo += [getattr(thing, slot) for slot in slots if hasattr(thing, slot)]
        yield thing


SIMPLE: Final = (
    Symbol, str, bytes, int, float, bool, complex, type(None), types.ModuleType, types.CodeType,
    types.BuiltinFunctionType,
)  # fmt: skip


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


def belongs(things: Iterable[Any], group: int) -> None:
    """What can be reached from a node belongs to it, unless it belongs to an earlier one."""
    known = STATE.owned
    for thing in list(reached(things, lambda key: key in known or key in STATE.old)):
        if type(thing) is not tuple or thing:
            known[id(thing)] = thing, group
