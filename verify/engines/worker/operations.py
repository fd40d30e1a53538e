"""Which callable is which operation: an operator, a method, a function, a class."""

from __future__ import annotations

import re

from .alarm import ALARM, PROBE_SECONDS
from .errors import Missing, OutOfTime, Unusable
from .naming import (
    ALIASES,
    INFIX,
    SIGNS,
    SPECIAL,
    has_operator,
    plain,
)
from .near_misses import near_miss
from .own_functions import is_for_numbers, is_helper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Mapping

    from .adapter import Adapter
    from .namespace import Namespace

    Spelling = tuple[str, Callable[..., Any]]

WITH_TWO: Final = ("add", "sub", "mul", "div", "pow", "max", "min")


def find_operations(adapter: Adapter, space: Namespace, overrides: Mapping[str, str]) -> None:
    """Resolve each operation once: operator, method, function or class."""
    by_plain: dict[str, list[str]] = {}
    for name in dir(adapter.cls):
        by_plain.setdefault(plain(name), []).append(name)
    for op in ALIASES:
        *_, inplace = INFIX.get(op, (None,))
        if inplace is not None:
            adapter.inplace[op] = inplace
        options = spellings(adapter.cls, space, op, by_plain)
        if op in overrides:
            options = [(overrides[op], named_caller(op, overrides[op], adapter, space))]
        options = [o for o in options if _is_meant(adapter, space, op, o)]
        options = options or by_getattr(adapter, op)
        chosen = choose(adapter, op, options) if len(options) > 1 else next(iter(options), None)
        if chosen is not None:
            adapter.guess[op], adapter.ops[op] = chosen
        elif op in INFIX:  # let Python say it itself: "unsupported operand type(s)"
            adapter.ops[op] = INFIX[op][1]
    adapter.ops["sum"] = sum_of


def spellings(
    cls: type, space: Namespace, op: str, by_plain: Mapping[str, list[str]]
) -> list[Spelling]:
    """Callables that may be an operation: (in words, callable), the likeliest first."""
    dunder, call, _ = INFIX.get(op, (None, None, None))
    options: list[Spelling] = []
    if dunder is not None and call is not None and has_operator(cls, dunder):
        options.append((dunder, call))
    for alias in ALIASES[op]:
        options += [
            method_of(cls, name)
            for name in sorted(by_plain.get(alias, ()), key=len)
            if callable(getattr(cls, name, None)) and not (dunder and SPECIAL.search(name))
        ]
    for name, thing in space.functions(op):
        if not (dunder and SPECIAL.search(name)):
            options += function_callers(name, thing, cls)
    return options


def by_getattr(adapter: Adapter, op: str) -> list[Spelling]:
    """Methods that no class has, and ``__getattr__`` finds where a node is asked for them."""
    if not has_operator(adapter.cls, "__getattr__"):
        return []
    options = [(f".{alias}()", method_caller(alias)) for alias in ALIASES[op]]
    return [option for option in options if _gives_node(adapter, op, option)][:1]


def method_of(cls: type, name: str) -> Spelling:
    """How a method is called: on the first operand, or with it where the class has it to itself."""
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if isinstance(found, (staticmethod, classmethod)):
        return f"{cls.__name__}.{name}()", getattr(cls, name)
    return f".{name}()", method_caller(name)


def method_caller(name: str) -> Callable[..., Any]:
    """Calls the method of the first operand with the others."""

    def call(first: Any, *rest: Any) -> Any:
        if type(first) in (int, float, bool):
            raise Missing(f"a number has no .{name}()")
        return getattr(first, name)(*rest)

    return call


def named_caller(op: str, words: str, adapter: Adapter, space: Namespace) -> Callable[..., Any]:
    """The callable that an override names: ``.method`` or a function of the engine's file."""
    name = words.strip(".()")
    if words.startswith("."):
        if not callable(getattr(adapter.make(1.25), name, None)):
            raise Unusable("override", f"{op} = {words!r}: a node has no such method")
        return method_caller(name)
    found: Callable[..., Any] | None = space.names.get(name)
    if not callable(found):
        raise Unusable(
            "override",
            f"{op} = {words!r}: the engine has no such function; a method is written .name()",
        )
    return found


def function_callers(name: str, thing: Any, cls: type) -> list[Spelling]:
    """A function, a class that is a node itself, an operation object, or ``Op.apply``."""
    if not isinstance(thing, type):
        return [(f"{name}()", thing)]
    options: list[Spelling] = []
    if callable(getattr(thing, "apply", None)):
        options.append((f"{name}.apply()", thing.apply))  # type: ignore[attr-defined]
    if not issubclass(thing, cls) and any("__call__" in vars(base) for base in thing.__mro__):
        options.append((f"{name}()()", fresh(thing)))
    options.append((f"{name}()", thing))
    return options


def fresh(cls: Any) -> Callable[..., Any]:
    """Calls a new object of a class each time: operations that keep what they saw."""

    def call(*args: Any) -> Any:
        return cls()(*args)

    return call


def choose(adapter: Adapter, op: str, options: list[Spelling]) -> Spelling:
    """The first spelling that gives a node; the first at all where none does.

    An operator that takes numbers alone as exponents is one all the same. Beside it a method may
    be there for nodes; a function of that name is what does the operator's work.
    """
    first = next((option for option in options if _gives_node(adapter, op, option)), None)
    number = options[0] if options[0][0] == "__pow__" else None
    if number is None or first is number or not _gives_node(adapter, op, number, 2):
        return first or options[0]
    if first is None or not first[0].startswith("."):
        return number
    return first[0], by_exponent(adapter, number, first)


def _is_meant(adapter: Adapter, space: Namespace, op: str, option: Spelling) -> bool:
    """Whether a spelling is the engine's, and not of something beside it with that name."""
    helper = is_helper(option[1], adapter.cls, space)
    if helper and is_for_numbers(option[1]):
        return False
    return not (helper or _foreign(adapter, option)) or _gives_node(adapter, op, option)


def _foreign(adapter: Adapter, option: Spelling) -> bool:
    """Whether it is a class that is no node: what an engine calls itself, by the usual name."""
    return isinstance(option[1], type) and not issubclass(option[1], adapter.cls)


def _gives_node(adapter: Adapter, op: str, option: Spelling, second: Any = None) -> bool:
    """Whether a spelling makes a node of nodes, or of a node and a number."""
    try:
        operands = [adapter.make(0.75)]
        if op in WITH_TWO:
            operands.append(adapter.make(0.5) if second is None else second)
        return adapter.is_node(ALARM.call(PROBE_SECONDS, option[1], *operands))
    except (Exception, OutOfTime):  # noqa: BLE001 - a spelling that does not work
        return False


def by_exponent(adapter: Adapter, number: Spelling, node: Spelling) -> Callable[..., Any]:
    """Calls one spelling where the exponent is a node, and the other one where it is a number."""

    def call(base: Any, exponent: Any) -> Any:
        both = adapter.is_node(base) and adapter.is_node(exponent)
        return (node if both else number)[1](base, exponent)

    return call


def lacking(wanted: str, adapter: Adapter, space: Namespace) -> tuple[str, str]:
    """Why Python finds no operator for some operands.

    Args:
        wanted: the method by which it looks for one; ``""`` where there is none.
        adapter: of the engine.
        space: its definitions.

    Returns:
        ``missing`` or ``refused``, and what was probably meant to be the operator.
    """
    if not wanted or has_operator(adapter.cls, wanted):
        return "refused", ""  # it is there, and returned NotImplemented
    return "missing", near_miss(adapter.cls, space, wanted)


def special_name(op: str, *, node_first: bool) -> str:
    """The method by which Python finds an operation for a node that stands first, or second."""
    if op == "sum":
        return "__radd__"
    dunder = INFIX.get(op.rstrip("="), ("",))[0]
    return dunder if node_first or not dunder else f"__r{dunder[2:]}"


def special_name_in(message: str, cls: type) -> str:
    """The method of which Python says that it finds none, for operands of this class."""
    for op, sign in {**SIGNS, "neg": "unary -", "abs": "abs()"}.items():
        spelt = rf".*operand type(?:\(s\))? for {re.escape(sign)}(?: or pow\(\))?: "
        found = re.match(spelt, message)
        if found is not None:
            types = re.findall("'(.*?)'", message[found.end() :])
            if cls.__name__ in types:
                return special_name(op, node_first=types[0] == cls.__name__)
    return ""


def sum_of(*terms: Any) -> Any:
    """Python's own sum, which begins at 0."""
    return sum(list(terms))
