"""How a number is wrapped, and where a leaf keeps it."""

from __future__ import annotations

import inspect
import re

from .adapter import reader, slot_behind
from .alarm import ALARM, PROBE_SECONDS
from .errors import OutOfTime, Unusable, summary
from .floats import as_float
from .naming import VALUE_NAMES, plain, public_first
from .tracebacks import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Parameter
    from typing import Any, Callable, Final, Iterator, Mapping

    from .adapter import Adapter
    from .namespace import Namespace

    Way = tuple[str, Callable[[Any], Any]]

TRIED: Final = (1.4375, -0.71875)
"""Numbers that are wrapped to see where they go."""
FILLERS: Final = ((), "", None, 0.0, 1)
"""What further arguments are tried with, where their names do not say."""
BLANKS: Final = (
    (("label", "name", "op", "tag"), ""),
    (("child", "parent", "prev", "input", "operand", "arg", "dep"), ()),
    (("grad",), 0.0),
)
"""Parts of an argument's name, and something harmless for it."""


def find_constructor(
    adapter: Adapter, space: Namespace, overrides: Mapping[str, str], *, flags: bool
) -> None:
    """Fill in how a leaf is made and how its value is read.

    Raises:
        Unusable: if a leaf cannot be made, or its number is nowhere to be found.
    """
    problem: tuple[str, Exception] | None = None
    ways = constructors(adapter.cls, allow_flags=flags)
    if "leaf" in overrides:
        ways = iter([(overrides["leaf"], leaf_by(overrides["leaf"], space))])
    for words, make in ways:
        try:
            pair = [ALARM.call(PROBE_SECONDS, make, x) for x in TRIED]
        except OutOfTime:
            raise Unusable("endless", f"{words} does not come back") from None
        except Exception as error:  # noqa: BLE001 - the engine's own code
            problem = problem or (words, error)
            continue
        name = find_value(pair[0], pair[1], overrides.get("value"))
        if name is None:
            continue
        adapter.make, adapter.value, adapter.value_name = make, reader(name), name
        adapter.value_slot = slot_behind(adapter.value, name, make(0.25), make(0.5))
        adapter.guess.update({"class": adapter.cls.__name__, "leaf": words, "value": name})
        return
    raise no_constructor(adapter.cls.__name__, space, overrides, problem)


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


def constructors(cls: type, *, allow_flags: bool) -> Iterator[Way]:
    """Ways to wrap a number, the commonest first: (in words, callable)."""
    try:
        signature = list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        signature = []
    if allow_flags:
        yield from with_flags(cls, signature)
    yield f"{cls.__name__}(x)", cls
    yield from by_keyword(cls, signature)
    yield from by_value_name(cls, signature)
    yield from by_position(cls, signature)


def with_flags(cls: type, signature: list[Parameter]) -> Iterator[Way]:
    """With what switches gradients on."""
    flags = {
        p.name: True
        for p in signature
        if p.default is False and re.search(r"grad|track|train|differ|diff", p.name)
    }
    if flags:
        words = ", ".join(f"{flag}=True" for flag in flags)
        yield f"{cls.__name__}(x, {words})", lambda x: cls(x, **flags)


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
            words = "".join(f"{name}={thing!r}, " for name, thing in rest.items())
            yield f"{cls.__name__}({words}{p.name}=x)", named(cls, p.name, rest)


def by_position(cls: type, signature: list[Parameter]) -> Iterator[Way]:
    """The number first, and something for each further argument that is required."""
    names = [p.name for p in required(signature)[1:]]
    if not names:
        return
    for rest in [[blank(name) for name in names], *[[filler] * len(names) for filler in FILLERS]]:
        yield f"{cls.__name__}(x, {', '.join(map(repr, rest))})", followed(cls, rest)


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


def blank(parameter: str) -> Any:
    """Something harmless for a constructor argument, judged by its name."""
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
