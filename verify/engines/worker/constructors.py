"""How a number is wrapped, and where a leaf keeps it."""

from __future__ import annotations

import ast
import inspect
import re
import sys

from .adapter import Adapter, reader, slot_behind
from .alarm import ALARM, PROBE_SECONDS
from .errors import OutOfTime, Unusable, summary
from .floats import as_float
from .forward import forms
from .naming import VALUE_NAMES, plain, public_first
from .tracebacks import line_of, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Parameter
    from typing import Any, Callable, Final, Iterator, Mapping

    from .namespace import Namespace

    Way = tuple[str, Callable[[Any], Any]]

TRIED: Final = (1.4375, -0.71875)
"""Numbers that are wrapped to see where they go."""
BLANKS: Final = ((("label", "name", "op", "tag"), ""), (("grad",), 0.0))
"""Parts of a required argument's name, and what says nothing in its place.

For any other there is none: a node with an invented operand or derivative is not the engine's.
"""
FACTORIES: Final = (
    "leaf", "of", "constant", "const", "variable", "var", "scalar", "value", "wrap", "lift", "new",
    "create", "make", "fromfloat", "fromnumber", "param", "parameter", "tovalue", "asvalue",
    "ensure", "node", "tensor", "asvariable",
)  # fmt: skip
"""Functions, or methods of the class, that make a node of a number; plain spellings."""


def leaves(
    cls: type, space: Namespace, overrides: Mapping[str, str], *, flags: bool
) -> Iterator[Adapter]:
    """A new adapter for each way to make a leaf and read its value; with flags, those alone.

    Raises:
        Unusable: if a leaf cannot be made, or its number is nowhere to be found.
    """
    problem: tuple[str, Exception] | None = None
    ways = constructors(cls, space, flags=flags)
    if "leaf" in overrides:
        ways = iter([(overrides["leaf"], leaf_by(overrides["leaf"], space))])
    found = False
    for way in ways:
        try:
            adapter = of_leaf(cls, way, overrides)
        except Exception as error:
            if isinstance(error, Unusable):
                raise
            problem = problem or (way[0], error)
            continue
        if adapter is not None:
            found = True
            yield adapter
    if not found and not flags:
        raise no_constructor(cls.__name__, space, overrides, problem)


def dual_leaves(cls: type) -> Iterator[Adapter]:
    """Adapters of leaves that are made of a number and the derivative 0.

    The 0 is a guess: only forward mode, once it is proven, makes such a leaf the engine's.
    """
    if len(required(parameters(cls))) == 2:
        for form, _ in forms():
            zero = form(0.0)
            try:
                way = f"{cls.__name__}(x, {zero!r})", followed(cls, [zero])
                adapter = of_leaf(cls, way, {})
            except Exception:  # noqa: BLE001, S112 - not of this form
                continue
            if adapter is not None:
                yield adapter


def leaves_by_flag(cls: type, overrides: Mapping[str, str]) -> Iterator[Adapter]:
    """Adapters of leaves that are made with one switch, of those that are off by default.

    Its name may say nothing, so whatever it switches has to prove right.
    """
    for way in [way for p in switches(parameters(cls)) for way in with_flags(cls, [p])]:
        try:
            adapter = of_leaf(cls, way, overrides)
        except Exception:  # noqa: BLE001, S112 - a switch of something else
            continue
        if adapter is not None:
            yield adapter


def of_leaf(cls: type, way: Way, overrides: Mapping[str, str]) -> Adapter | None:
    """The adapter of a class whose leaves are made in this way; None if they hold no number.

    Raises:
        Exception: whatever the engine raises.
    """
    words, make = way
    try:
        pair = [ALARM.call(PROBE_SECONDS, make, x) for x in TRIED]
    except OutOfTime:
        raise Unusable("endless", f"{words} does not come back") from None
    name = find_value(pair[0], pair[1], overrides.get("value"))
    if name is None or not ("leaf" in overrides or isinstance(pair[0], cls)):
        return None
    adapter = Adapter(cls)
    adapter.make, adapter.value, adapter.value_name = make, reader(name), name
    adapter.value_slot = slot_behind(adapter.value, name, make(0.25), make(0.5))
    adapter.guess.update({"class": cls.__name__, "leaf": words, "value": name})
    return adapter


def no_constructor(
    name: str,
    space: Namespace,
    overrides: Mapping[str, str],
    problem: tuple[str, Exception] | None,
) -> Unusable:
    """Why no leaf of a class could be had; ``problem``: the first way that raised, and what."""
    if problem is not None:
        words, error = problem
        return Unusable(
            "construct",
            f"{words.replace('(x', '(1.4375')} raises {summary(error)}",
            line_of(error, space.files)[0],
        )
    if "value" in overrides:
        return Unusable(
            "override",
            f"value = {overrides['value']!r}: no attribute or method of that name "
            f"holds the 1.4375 of {name}(1.4375)",
        )
    return Unusable(
        "no engine",
        f"{name}(1.4375) holds its number in no attribute that could be found "
        f"(tried {', '.join(VALUE_NAMES)})",
    )


def constructors(cls: type, space: Namespace, *, flags: bool) -> Iterator[Way]:
    """Ways to wrap a number, the commonest first: (in words, callable)."""
    signature = parameters(cls)
    if flags:
        yield from with_flags(cls, gradient_switches(signature))
        return
    yield f"{cls.__name__}(x)", cls
    yield from by_keyword(cls, signature)
    yield from by_value_name(cls, signature)
    yield from by_example(cls, space)
    yield from by_position(cls, signature)
    yield from by_factory(cls, space)
    yield from by_numpy(cls)


def parameters(cls: type) -> list[Parameter]:
    """What a class is called with; nothing where it does not say."""
    try:
        return list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        return []


def with_flags(cls: type, flags: list[Parameter]) -> Iterator[Way]:
    """With these switches on; none where there are none."""
    if flags:
        words = ", ".join(f"{p.name}=True" for p in flags)
        on = {p.name: True for p in flags}
        yield f"{cls.__name__}(x, {words})", lambda x: cls(x, **on)


def switches(signature: list[Parameter]) -> list[Parameter]:
    """Arguments that are off by default, and can be named."""
    return [p for p in signature if p.default is False and p.kind is not p.POSITIONAL_ONLY]


def gradient_switches(signature: list[Parameter]) -> list[Parameter]:
    """Those whose names say that they switch gradients on."""
    return [p for p in switches(signature) if re.search(r"grad|track|train|differ|diff", p.name)]


def by_keyword(cls: type, signature: list[Parameter]) -> Iterator[Way]:
    """The number as an argument that must be named."""
    for p in signature:
        needed = p.kind is p.KEYWORD_ONLY and p.default is p.empty
        if needed and plain(p.name) in ("data", "value", "val", "x"):
            yield f"{cls.__name__}({p.name}=x)", named(cls, p.name, {})


def by_value_name(cls: type, signature: list[Parameter]) -> Iterator[Way]:
    """The number as an argument with a value's name that is not the first."""
    for p in signature:
        if p.name in VALUE_NAMES and p is not signature[0]:
            rest = {q.name: blank(q.name) for q in required(signature) if q is not p}
            if None not in rest.values():
                words = "".join(f"{name}={thing!r}, " for name, thing in rest.items())
                yield f"{cls.__name__}({words}{p.name}=x)", named(cls, p.name, rest)


def by_position(cls: type, signature: list[Parameter]) -> Iterator[Way]:
    """The number first, and for each further argument that is required what says nothing."""
    rest = [blank(p.name) for p in required(signature)[1:]]
    if rest and None not in rest:
        yield f"{cls.__name__}(x, {', '.join(map(repr, rest))})", followed(cls, rest)


def by_example(cls: type, space: Namespace) -> Iterator[Way]:
    """As the engine itself wraps a number: one argument that varies, the others written out."""
    shown: set[str] = set()
    for call in calls_of(cls.__name__, space):
        open_places = [i for i, arg in enumerate(call.args) if not is_literal(arg)]
        if len(open_places) != 1 or len(call.args) + len(call.keywords) < 2:
            continue
        if not all(k.arg and is_literal(k.value) for k in call.keywords):
            continue
        args = [None if not is_literal(a) else ast.literal_eval(a) for a in call.args]
        rest = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
        texts = [repr(a) for a in args]
        texts[open_places[0]] = "x"
        words = f"{cls.__name__}({', '.join([*texts, *[f'{k}={v!r}' for k, v in rest.items()]])})"
        if words not in shown:
            shown.add(words)
            yield words, filled(cls, args, open_places[0], rest)


def calls_of(name: str, space: Namespace) -> Iterator[ast.Call]:
    """Calls of a name, and of ``cls``, in the engine's own files."""
    for file in sorted(space.files):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (name, "cls"):
                yield node


def is_literal(expression: ast.expr) -> bool:
    """Whether an expression is written out: a number, a text, an empty tuple."""
    try:
        ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def by_factory(cls: type, space: Namespace) -> Iterator[Way]:
    """Methods of the class, and functions beside it, that are named for making a node."""
    for name in dir(cls):
        if plain(name) in FACTORIES and isinstance(
            inspect.getattr_static(cls, name, None), (staticmethod, classmethod)
        ):
            yield f"{cls.__name__}.{name}(x)", getattr(cls, name)
    for name, thing in space.names.items():
        if plain(name) in FACTORIES and inspect.isfunction(thing) and space.is_own(thing):
            yield f"{name}(x)", thing


def by_numpy(cls: type) -> Iterator[Way]:
    """The number as a number of numpy's, or an array, where the engine imports numpy."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return
    array, number, name = numpy.array, numpy.float64, cls.__name__
    yield f"{name}(np.float64(x))", lambda x: cls(number(x))
    yield f"{name}(np.array(x))", lambda x: cls(array(float(x)))
    yield f"{name}(np.array([x]))", lambda x: cls(array([float(x)]))
    yield f"{name}(np.array([[x]]))", lambda x: cls(array([[float(x)]]))


def required(signature: list[Parameter]) -> list[Parameter]:
    """Arguments that are given by position and have no default."""
    positional = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [p for p in signature if p.default is p.empty and p.kind in positional]


def named(cls: type, name: str, rest: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Makes an object of a number with this name, and the rest."""
    return lambda x: cls(**{**rest, name: x})


def followed(cls: type, rest: list[Any]) -> Callable[[Any], Any]:
    """Makes an object of a number, and the rest after it."""
    return lambda x: cls(x, *rest)


def filled(
    cls: type, args: list[Any], place: int, rest: Mapping[str, Any]
) -> Callable[[Any], Any]:
    """Makes an object with the number at a place among arguments that are written out."""
    return lambda x: cls(*args[:place], x, *args[place + 1 :], **rest)


def blank(parameter: str) -> Any:
    """What says nothing, for a constructor's argument of this name; None where there is none."""
    name = plain(parameter)
    for words, thing in BLANKS:
        if any(word in name for word in words):
            return thing
    return None


def find_value(first: Any, second: Any, wanted: str | None = None) -> str | None:
    """The attribute, or method without arguments, that holds the number a leaf was made of."""
    others = [n for n in public_first(dir(first)) if n not in VALUE_NAMES]
    for name in [wanted] if wanted else [*VALUE_NAMES, *others]:
        try:
            found = [getattr(node, name) for node in (first, second)]
            if callable(found[0]):
                if name not in VALUE_NAMES and not wanted:
                    continue
                found = [f() for f in found]
            if [as_float(f) for f in found] == list(TRIED):
                return name
        except Exception:  # noqa: BLE001, S112 - the engine's own code, asked something new
            continue
    return None


def leaf_by(expression: str, space: Namespace) -> Callable[[Any], Any]:
    """The constructor that an override spells, such as ``Value(x, requires_grad=True)``."""
    try:
        code = compile(expression, "<leaf>", "eval")
    except SyntaxError as error:
        raise Unusable(
            "override", f"leaf = {expression!r} is not an expression of x: {error.msg}"
        ) from None
    return lambda x: eval(code, dict(space.names, x=x))  # noqa: S307 - whoever checks wrote it
