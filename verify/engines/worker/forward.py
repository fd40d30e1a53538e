"""Forward mode: no pass goes backward; each number carries its derivative along.

An engine of that kind is asked leaf by leaf: one leaf is given the derivative 1 and all others 0,
or a function of one number is handed to what differentiates functions.
"""

from __future__ import annotations

import inspect
import sys

from .alarm import ALARM, PROBE_SECONDS
from .errors import OutOfTime
from .floats import as_float
from .naming import entry_names, public_first
from .tables import given_rules
from .trials import LEAVES, SHAPES, deep_product, shared_sum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator, List, Tuple

    from .adapter import Adapter
    from .namespace import Namespace
    from .trials import Shape

    Build = Callable[[List[Any]], Any]
    Ask = Callable[[Build, List[Any]], List[Any]]
    Way = Tuple[str, str, Ask]
    """How a leaf is made, how it is asked, and what asks."""
    Seed = Callable[[Any, Any], Any]

SPEAKING: Final = (
    "grad", "gradient", "der", "deriv", "derivative", "d", "dx", "dot", "dual", "eps", "epsilon",
    "tangent", "tan", "diff", "inf", "infinitesimal", "prime", "b", "ableitung",
)
"""Attributes that are called a derivative."""
DIFFERENTIATORS: Final = ("D", "diff", "d", "deriv", "derivate", "jacobian", "value_and_grad")


def find_forward(adapter: Adapter, space: Namespace) -> bool:
    """Fill in how derivatives are asked for, if it is by one of the plain ways of forward mode.

    A way that is right wherever it can be tried comes first.  Else one will do that is right for
    products, or for sums if it is called a derivative: then the other rule is what is wrong.
    """
    partly = None
    for leaf, words, ask in ways(adapter, space):
        try:
            right = ALARM.call(PROBE_SECONDS, right_shapes, adapter, ask)
        except (Exception, OutOfTime):  # noqa: BLE001, S112 - a way that does not work
            continue
        if right and all(right.values()):
            return use_forward(adapter, leaf, words, ask)
        speaks = words.rpartition(".")[2].strip("_") in SPEAKING
        if partly is None and (right.get(deep_product) or (right.get(shared_sum) and speaks)):
            partly = leaf, words, ask
    return partly is not None and use_forward(adapter, *partly)


def use_forward(adapter: Adapter, leaf: str, words: str, ask: Ask) -> bool:
    """Take this way."""
    adapter.forward = ask
    adapter.guess["backward"] = f"none: forward mode, {leaf}"
    adapter.guess["gradient"] = words
    return True


def right_shapes(adapter: Adapter, ask: Ask) -> dict[Shape, bool]:
    """Whether a way gives the right derivatives, for each small graph that can be built.

    In sums of different leaves each derivative is 1, and so is a mark that operands hand on: a leaf
    that is added twice must count twice.
    """
    tried: dict[Shape, bool] = {}
    for shape, expected in (*SHAPES, (shared_sum, (2.0, 1.0, 1.0))):
        if shape is shared_sum and tried.get(deep_product):
            break
        try:
            value = shape(adapter, [adapter.make(x) for x in LEAVES])
        except Exception:  # noqa: BLE001, S112 - an operation that is not there
            continue
        if adapter.is_node(value):
            found = ask(lambda leaves, shape=shape: shape(adapter, leaves), list(LEAVES))  # type: ignore[misc]
            tried[shape] = [as_float(x) for x in found] == list(expected)
    return tried


def ways(adapter: Adapter, space: Namespace) -> Iterator[Way]:
    """The plain ways: a second number beside the value, or a function of a function."""
    for words, make in seeds(adapter):
        try:
            seeded = make(1.25, 1.0)
            names = [n for n in public_first(dir(seeded)) if n != adapter.value_name]
        except Exception:  # noqa: BLE001, S112 - no such argument
            continue
        for name in names:
            if carries(make, name):
                yield words, f"output.{name}", by_seed(make, name)
    named = entry_names(list(space.names))
    rules = given_rules(space.files) if named else set()
    for name in dict.fromkeys([*DIFFERENTIATORS, *[n for n in named if n not in rules]]):
        function = space.names.get(name)
        if callable(function) and not isinstance(function, type) and space.is_own(function):
            for words, call in (
                (f"{name}(f)(x)", lambda f, x, d=function: d(f)(x)),
                (f"{name}(f, x)", lambda f, x, d=function: d(f, x)),
                (f"{name}(x, f)", lambda f, x, d=function: d(x, f)),
            ):
                yield words, words, by_function(adapter, call)


def seeds(adapter: Adapter) -> Iterator[tuple[str, Seed]]:
    """Ways to make a leaf with a derivative: by an argument, or by an attribute of a leaf."""
    cls, name = adapter.cls, adapter.cls.__name__
    try:
        parameters = list(inspect.signature(cls).parameters.values())[1:]
    except (ValueError, TypeError):
        parameters = []
    for form, written in forms():
        for index, p in enumerate(parameters):
            if p.kind is p.KEYWORD_ONLY or is_flag(p.default) or any(
                q.default is q.empty and q is not p for q in parameters
            ):
                continue
            if index == 0:
                yield f"{name}(x, {written})", by_position(cls, form)
            yield f"{name}(x, {p.name}={written})", by_name(cls, p.name, form)
        leaf = adapter.make(1.25)
        for attribute in public_first(vars_of(leaf)):
            if attribute != adapter.value_slot and not is_flag(getattr(leaf, attribute, None)):
                words = f"leaf.{attribute} = {written}"
                yield words, by_attribute(adapter, attribute, form)


def forms() -> Iterator[tuple[Callable[[Any], Any], str]]:
    """Forms in which an engine may want the one derivative that there is."""
    yield (lambda d: d), "1.0"
    yield (lambda d: [d]), "[1.0]"
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        array = numpy.array
        yield (lambda d: array([d])), "np.array([1.0])"
    yield (lambda d: {"x": d} if d else {}), "{'x': 1.0}"


def vars_of(leaf: Any) -> list[str]:
    """Attributes of one object."""
    slots = [slot for cls in type(leaf).__mro__ for slot in getattr(cls, "__slots__", ())]
    return [*getattr(leaf, "__dict__", ()), *slots]


def by_position(cls: Any, form: Callable[[Any], Any]) -> Seed:
    """The derivative is the argument behind the number."""
    return lambda x, derivative: cls(x, form(derivative))


def by_name(cls: Any, name: str, form: Callable[[Any], Any]) -> Seed:
    """The derivative is an argument with a name."""
    return lambda x, derivative: cls(x, **{name: form(derivative)})


def by_attribute(adapter: Adapter, name: str, form: Callable[[Any], Any]) -> Seed:
    """The derivative is an attribute that is set."""

    def make(x: Any, derivative: Any) -> Any:
        leaf = adapter.make(x)
        setattr(leaf, name, form(derivative))
        return leaf

    return make


def carries(make: Seed, name: str) -> bool:
    """Whether an attribute of a leaf, or its method, says which derivative it was made with."""
    try:
        read = [derivative_in(make(1.25, d), name) for d in (1.0, 0.0, 0.5)]
    except Exception:  # noqa: BLE001 - the engine's own code
        return False
    return read == [1.0, 0.0, 0.5]


def derivative_in(node: Any, name: str) -> float:
    """The one number in an attribute; TypeError if there is none, or more than one, or a flag."""
    found = getattr(node, name)
    found = found() if callable(found) else found
    if isinstance(found, dict):
        found = found.get("x", 0.0)
    if isinstance(found, (list, tuple)) and len(found) == 1:
        (found,) = found
    if is_flag(found):
        raise TypeError("a flag is no derivative")
    return as_float(found)


def is_flag(thing: Any) -> bool:
    """Whether this is a truth value, Python's or NumPy's."""
    return isinstance(thing, bool) or type(thing).__name__ in ("bool", "bool_")


def by_seed(make: Seed, name: str) -> Ask:
    """Build the graph once for each leaf, which then has the derivative 1 and the others 0."""

    def ask(build: Build, numbers: list[Any]) -> list[Any]:
        found = []
        for i in range(len(numbers)):
            output = build([make(x, float(i == j)) for j, x in enumerate(numbers)])
            found.append(derivative_in(output, name))
        return found

    return ask


def by_function(adapter: Adapter, call: Callable[[Any, Any], Any]) -> Ask:
    """Hand over the graph as a function of one leaf, while the others are constants."""

    def ask(build: Build, numbers: list[Any]) -> list[Any]:
        found = []
        for i, number in enumerate(numbers):

            def function(x: Any, i: int = i) -> Any:
                return build([x if i == j else adapter.make(y) for j, y in enumerate(numbers)])

            result = call(function, number)
            result = result[-1] if isinstance(result, tuple) else result
            found.append(adapter.value(result) if adapter.is_node(result) else result)
        return found

    return ask
