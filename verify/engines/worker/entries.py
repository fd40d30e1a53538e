"""What may start a backward pass, and where the gradients may be then."""

from __future__ import annotations

import inspect

from .errors import Unusable
from .floats import encode
from .forward import vars_of
from .namespace import derives
from .naming import ALIASES, GRADIENT_NAMES, NEVER_CALLED, entry_names, plain, public_first
from .operations import method_caller
from .tables import given_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator, Mapping

    from .adapter import Adapter
    from .namespace import Namespace

    Call = Callable[..., Any]
    Named = list[tuple[str, Call]]
    Entry = tuple[str, str | None, Call]
    """In words, the attribute with the gradient (None: returned), a function of the output."""

SEEDS: Final = (None, "none", "set", "argument")


def entries(
    adapter: Adapter, space: Namespace, overrides: Mapping[str, str]
) -> Iterator[Entry]:
    """Each way into a backward pass that an engine may have, by likelihood.

    Raises:
        Unusable: if an override names what is not there.
    """
    leaf = adapter.make(1.25)
    gradients = gradient_candidates(adapter, overrides)
    stored = [g for g in gradients if not callable(getattr(leaf, g, None))]
    methods, functions = (
        overridden(overrides["backward"], leaf, space)
        if "backward" in overrides
        else callables(leaf, space)
    )
    seed = overrides.get("seed")
    if seed not in SEEDS:
        raise Unusable("override", f"seed = {seed!r}: one of none, set, argument")
    for name, of_method, of_function, enter in STORED:
        if seed in (None, name):
            for gradient in stored:
                yield from spelled(of_method, methods, gradient, enter)
                yield from spelled(of_function, functions, gradient, enter)
    yield from returning(RETURNED_BY_METHOD, methods)
    yield from returning(RETURNED_BY_FUNCTION, functions)
    for gradient in gradients:  # a pull: each node computes its own, from the output's
        if gradient not in stored:
            yield f"node.{gradient}()", gradient, nothing  # what nothing uses is an output
            for name in [*stored, "grad_value"]:
                yield f"output.{name} = 1; node.{gradient}()", gradient, seeded(nothing, name)
            yield from spelled(".{0}(); node.{1}()", methods, gradient, called)


def callables(leaf: Any, space: Namespace) -> tuple[Named, Named]:
    """Methods and functions of the engine's own that may start a backward pass."""
    methods = [n for n in entry_names(list(dir(leaf))) if callable(getattr(leaf, n, None))]
    functions = [
        n
        for n in entry_names(list(space.names))
        if callable(space.names[n])
        and space.is_own(space.names[n])
        and not isinstance(space.names[n], type)
    ]
    if functions:  # one that is given rules would take the node for one
        functions = [n for n in functions if n not in given_rules(space.files)]
    named = [(n, space.names[n]) for n in functions]
    return [(n, method_caller(n)) for n in methods], [*named, *of_objects(leaf, space)]


def of_objects(leaf: Any, space: Namespace) -> Named:
    """Methods of other objects of the engine's own, a tape say, that may start a backward pass."""
    found: Named = []
    for name, thing in space.names.items():
        if isinstance(thing, type):
            if not space.is_own(thing) or derives(type(leaf), thing):
                continue
            named = entry_names(list(vars(thing)))
            named = [n for n in named if n not in given_rules(space.files)] if named else named
            static = [n for n in named if isinstance(vars(thing)[n], (staticmethod, classmethod))]
            found += [(f"{name}.{n}", getattr(thing, n)) for n in static]
            if takes(thing, 0):
                rest = [n for n in named if n not in static and callable(vars(thing)[n])]
                found += [(f"{name}().{n}", of_new(thing, n)) for n in rest]
        elif space.is_own(type(thing)) and not isinstance(thing, type(leaf)):
            named = entry_names(list(dir(thing)))
            found += [(f"{name}.{n}", getattr(thing, n)) for n in named if callable_in(thing, n)]
    return found


def callable_in(thing: Any, name: str) -> bool:
    """Whether an object has a method of that name."""
    try:
        return callable(getattr(thing, name))
    except Exception:  # noqa: BLE001 - the engine's own code
        return False


def of_new(cls: Any, name: str) -> Call:
    """Calls a method of a new object of a class."""

    def call(*args: Any) -> Any:
        return getattr(cls(), name)(*args)

    return call


def unnamed(
    adapter: Adapter, space: Namespace, overrides: Mapping[str, str]
) -> Iterator[Entry]:
    """Ways into methods and functions whose names say nothing: told an output, and a node.

    They are called at all only because nothing else gave a right gradient.
    """
    leaf = adapter.make(1.25)
    known = {plain(alias) for aliases in ALIASES.values() for alias in aliases}
    methods = [
        (n, getattr(leaf, n)) for n in public_first(dir(type(leaf)))
        if unknown(n, known) and callable_in(leaf, n)
    ]  # fmt: skip
    rules = given_rules(space.files)
    functions: Named = [
        (n, thing) for n, thing in space.names.items()
        if unknown(n, known) and inspect.isfunction(thing) and space.is_own(thing)
        and n not in rules
    ]  # fmt: skip
    stored = gradient_candidates(adapter, overrides)
    telling: Named = [(n, method_caller(n)) for n, method in methods if takes(method, 1)]
    if "gradient" not in overrides:
        told = [(n, f) for n, f in functions if takes(f, 2)]
        yield from returning(RETURNED_BY_METHOD[1:], telling)
        yield from returning(RETURNED_BY_FUNCTION[1:], told)
    plain_methods: Named = [(n, method_caller(n)) for n, method in methods if takes(method, 0)]
    plain_functions: Named = [(n, f) for n, f in functions if takes(f, 1)]
    if not overrides.keys() & {"gradient", "backward"}:
        named_methods, named_functions = callables(leaf, space)
        passes = called_as(".{}()", [*named_methods, *plain_methods])
        passes += called_as("{}(output)", [*named_functions, *plain_functions])
        yield from kept(leaf, passes, telling)
    for gradient in stored:
        if not callable(getattr(leaf, gradient, None)):
            for _, of_method, of_function, enter in STORED[:2]:
                yield from spelled(of_method, plain_methods, gradient, enter)
                yield from spelled(of_function, plain_functions, gradient, enter)


def called_as(words: str, named: Named) -> Named:
    """Callables by what a user writes to call them."""
    return [(words.format(name), function) for name, function in named]


def kept(leaf: Any, passes: Named, telling: Named) -> Iterator[Entry]:
    """Gradients that a pass leaves with the output: in a mapping, or told by a method of it."""
    for words, function in passes:
        for name, tell in telling:
            yield f"{words}; output.{name}(node)", f".{name}(node)", asked_after(function, tell)
        for name in public_first(vars_of(leaf)):
            if isinstance(getattr(leaf, name, None), dict):
                look = looked_up(name)
                yield f"{words}; output.{name}[node]", f".{name}[node]", asked_after(function, look)


def asked_after(function: Call, tell: Call) -> Call:
    """It is told a node, once the pass is done; what the output knows nothing of has none."""

    def enter(output: Any) -> Any:
        function(output)

        def told(node: Any) -> Any:
            try:
                return tell(output, node)
            except KeyError:
                return None

        return told

    return enter


def looked_up(name: str) -> Call:
    """Looks a node up in a mapping of the output's."""
    return lambda output, node: getattr(output, name)[node]


def unknown(name: str, known: set[str]) -> bool:
    """Whether a name is no operation's, and may be called."""
    bare = plain(name)
    return not (
        name.startswith("__") or bare in known or bare[1:] in known
        or NEVER_CALLED.search(name.lower())
    )  # fmt: skip


def overridden(wanted: str, leaf: Any, space: Namespace) -> tuple[Named, Named]:
    """The one method or function that the user says it is."""
    name = wanted.strip(".()")
    if wanted.startswith("."):
        if callable(getattr(leaf, name, None)):
            return [(name, method_caller(name))], []
        raise Unusable("override", f"backward = {wanted!r}: there is no such method")
    if callable(space.names.get(name)):
        return [], [(name, space.names[name])]
    raise Unusable(
        "override",
        f"backward = {wanted!r}: there is no such function; a method is written .name()",
    )


def spelled(
    words: str, named: Named, gradient: str, enter: Callable[[Call, str], Call]
) -> Iterator[Entry]:
    """One way of starting, with each of the names; gradients are stored."""
    for name, function in named:
        yield words.format(name, gradient), gradient, enter(function, gradient)


def returning(
    table: tuple[tuple[str, Callable[[Call], Call]], ...], named: Named
) -> Iterator[Entry]:
    """Each way of a table, with each of the names; gradients are returned."""
    for name, function in named:
        for words, enter in table:
            yield words.format(name), None, enter(function)


def called(function: Call, _gradient: str) -> Call:
    """Just call it on the output."""

    def enter(output: Any) -> None:
        function(output)

    return enter


def given_one(function: Call, _gradient: str) -> Call:
    """Call it with the gradient of the output by itself."""

    def enter(output: Any) -> None:
        function(output, 1.0)

    return enter


def seeded(function: Call, gradient: str) -> Call:
    """Set the gradient of the output to 1, in the form that it has, and call it."""

    def enter(output: Any) -> None:
        old: Any = getattr(output, gradient, None)
        one = 1.0 if not hasattr(old, "dtype") else old * 0 + 1.0
        setattr(output, gradient, one)
        function(output)

    return enter


def nothing(_output: Any) -> None:
    """The engine needs no call: each node computes its gradient when it is asked."""


def returned(function: Call) -> Call:
    """It returns a mapping from nodes to gradients."""

    def enter(output: Any) -> Any:
        result = function(output)
        if not hasattr(result, "get"):
            raise TypeError("not a mapping")
        return result.get

    return enter


def asked(function: Call) -> Call:
    """It is told the output and a node."""
    return lambda output: lambda node: function(output, node)


def asked_of_node(function: Call) -> Call:
    """It is told a node and the output."""
    return lambda output: lambda node: function(node, output)


def asked_in_list(function: Call) -> Call:
    """It is told the output and a list of nodes."""
    return lambda output: lambda node: function(output, [node])[0]


STORED: Final = (
    ("none", ".{0}()", "{0}(output)", called),
    ("set", "output.{1} = 1; .{0}()", "output.{1} = 1; {0}(output)", seeded),
    ("argument", ".{0}(1.0)", "{0}(output, 1.0)", given_one),
)
"""How the output is seeded, a method and a function in words ({0} its name, {1} the gradient's)."""
ALL_AT_ONCE: Final = " returns them"
"""Ends the words of a way in that returns a mapping."""
RETURNED_BY_METHOD: Final = (
    (".{}()" + ALL_AT_ONCE, returned),
    ("output.{}(node)", asked),
    ("node.{}(output)", asked_of_node),
    ("output.{}([node])", asked_in_list),
)
RETURNED_BY_FUNCTION: Final = (
    ("{}(output)" + ALL_AT_ONCE, returned),
    ("{}(output, node)", asked),
    ("{}(node, output)", asked_of_node),
    ("{}(output, [node])", asked_in_list),
)
"""A mapping, or one at a time."""


def gradient_candidates(adapter: Adapter, overrides: Mapping[str, str]) -> list[str]:
    """Names that might hold a gradient: on a new leaf they are 0, None, missing, or a method."""
    if "gradient" in overrides:
        return [overrides["gradient"]]
    leaf = adapter.make(1.25)
    names: list[str] = []
    for name in dict.fromkeys([*GRADIENT_NAMES, *public_first(dir(leaf))]):
        if name == adapter.value_name:
            continue
        try:
            found = getattr(leaf, name)
        except Exception:  # noqa: BLE001 - a property that is not ready
            if name in GRADIENT_NAMES[:5]:
                names.append(name)
            continue
        if may_be_gradient(name, found):
            names.append(name)
    return names


def may_be_gradient(name: str, found: Any) -> bool:
    """Whether this attribute of a new leaf may be its gradient."""
    if callable(found):
        return name in GRADIENT_NAMES and takes(found, 0)
    if isinstance(found, (bool, str, list, tuple, set, dict)):
        return False
    number = encode(found)
    return number is None or number in ("0x0.0p+0", "-0x0.0p+0") or name in GRADIENT_NAMES


def takes(function: Call, count: int) -> bool:
    """Whether a callable can be called with so many positional arguments."""
    try:
        inspect.signature(function).bind(*([None] * count))
    except TypeError:
        return False
    except ValueError:
        return True
    return True
