"""Finds the class that behaves like a node, and its adapter."""

from __future__ import annotations

from itertools import chain

from .adapter import Adapter
from .backward import Search, find_backward, named_search
from .constructors import dual_leaves, leaves, leaves_by_flag
from .errors import Unusable, summary
from .forward import find_forward
from .late import computed_late
from .naming import ALIASES, has_operator
from .operations import find_operations
from .selfcheck import prove
from .tracebacks import line_of
from .trials import FULL_SCORE, LEAVES, values_right
from .unasked import unasked_parts
from .unknown import unknown_operations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Iterator, Mapping, Tuple

    from .namespace import Namespace

    Score = Tuple[int, int, int]

WRITTEN: Final = {
    "leaf": "make",
    "value": "value",
    "gradient": "gradient",
    "backward": "enter",
    "assign": "assign",
    "clear": "clear",
}
"""Methods of a class ``Adapter`` that a user wrote, and the parts of ours that they stand for."""


def probe(
    space: Namespace, wanted: Any = None, overrides: Mapping[str, str] | None = None
) -> Adapter:
    """Find the class that behaves like a node and how it is used.

    Args:
        space: where to look.
        wanted: the class, or its name; None for the one that looks best.
        overrides: what must not be guessed.

    Raises:
        Unusable: when nothing here behaves like a number that can be added or multiplied.
    """
    overrides = dict(overrides or {})
    if "source" in overrides:
        source = overrides.pop("source")
        return written(space, wanted, overrides, source)
    wanted = named_class(space, overrides.get("class", wanted))
    best: tuple[Adapter, Score] | None = None
    problems: list[Unusable] = []
    for cls in [wanted] if wanted else space.classes():
        try:
            adapter, score = adapt(cls, space, overrides)
        except Unusable as problem:
            problems.append(problem)
            continue
        if best is None or score > best[1]:
            best = adapter, score
        if score[1] >= FULL_SCORE:
            break
    endless = [problem for problem in problems if problem.kind == "endless"]
    if best is not None and not (endless and not best[1][0]):
        adapter = best[0]
        prove(adapter, space)
        space.settle(adapter.cls)
        if not wanted:
            adapter.notes += [f"{words} was not judged" for words in rivals(space, adapter.cls)]
        adapter.notes += [*unknown_operations(adapter), *unasked_parts(space, adapter)]
        return adapter
    if problems:
        raise (endless or problems)[0]
    raise Unusable(
        "no engine",
        "no class here behaves like a number with a gradient: "
        "expected one with + and *, such as Value(2.0)",
    )


def named_class(space: Namespace, wanted: Any) -> type | None:
    """The class that is wanted, by its name or itself."""
    if wanted is None or isinstance(wanted, type):
        return wanted
    thing = space.names.get(wanted)
    if not isinstance(thing, type):
        import difflib  # takes time to import, and is needed here alone

        names = [c.__name__ for c in space.classes()]
        close = difflib.get_close_matches(str(wanted), names, n=1)
        meant = f"; is {close[0]} meant?" if close else ""
        known = ", ".join(names) or "none"
        raise Unusable("no engine", f"there is no class {wanted!r} here{meant}; classes: {known}")
    return thing


def adapt(cls: type, space: Namespace, overrides: Mapping[str, str]) -> tuple[Adapter, Score]:
    """The adapter of one class and how well it works.

    Returns:
        the adapter; how many operations give the right value, how many leaves get the right
        gradient, and how many get any.
    """
    try:
        return adapt_leaves(cls, space, overrides)
    except Unusable as no_leaf:
        if no_leaf.kind == "construct":
            for adapter in dual_leaves(cls):
                find_operations(adapter, space, overrides)
                if find_forward(adapter, space):
                    return adapter, (FULL_SCORE, FULL_SCORE, FULL_SCORE)
        raise


def adapt_leaves(
    cls: type, space: Namespace, overrides: Mapping[str, str]
) -> tuple[Adapter, Score]:
    """Likewise, of a class whose leaves are made of one number."""
    best: tuple[Adapter, Score] | None = None
    for flags in (False, True):
        for adapter, values, search in searched(cls, space, overrides, flags=flags):
            pass_score = find_backward(search, space, overrides) if values else (0, 0)
            if best is None or (values, *pass_score) > best[1]:
                best = adapter, (values, *pass_score)
        if best is not None and best[1][1] >= FULL_SCORE:
            break
    if best is None:
        raise Unusable("no engine", f"no {cls.__name__} can be made of a number")
    return best


def searched(
    cls: type, space: Namespace, overrides: Mapping[str, str], *, flags: bool
) -> Iterator[tuple[Adapter, int, Search]]:
    """Adapters up to the first with right values, how many it has, and its searched ways in.

    Where no way in gives it a right gradient, another way to make a leaf takes its place, but only
    one with which gradients prove right.
    """
    ways = leaves(cls, space, overrides, flags=flags)
    for adapter in ways:
        find_operations(adapter, space, overrides)
        values = values_right(adapter) or computed_late(adapter)
        search = named_search(adapter, space, overrides) if values else Search(adapter)
        if values and not (search.best[0] or search.stuck or flags or "leaf" in overrides):
            named = leaves(cls, space, overrides, flags=True)
            others = chain(named, ways, leaves_by_flag(cls, overrides))
            search = proven(others, space, overrides) or search
        yield search.adapter, values, search
        if values:
            return


def proven(
    others: Iterable[Adapter], space: Namespace, overrides: Mapping[str, str]
) -> Search | None:
    """The search of the first way to make a leaf that gives a whole graph its right gradients."""
    try:
        for adapter in others:
            find_operations(adapter, space, overrides)
            if values_right(adapter):
                search = named_search(adapter, space, overrides)
                if search.best[0] >= len(LEAVES):
                    return search
    except Unusable:  # what does not come back need not be a way to make one
        return None
    return None


def rivals(space: Namespace, cls: type) -> Iterator[str]:
    """Other classes with operators and a backward pass, in words, each with how to judge it."""
    things = {id(t): t for module in space.modules for t in list(vars(module).values())}
    for other in space.classes(things.values()):
        operators = any(has_operator(other, dunder) for dunder in ("__add__", "__mul__"))
        if not operators or not space.rank(other)[1] or related(cls, other):
            continue
        name = other.__name__
        if space.names.get(name) is other:
            yield f"class {name}, an engine too (--class {name}),"
        else:
            yield f"class {name} of {other.__module__}, an engine too,"


def related(first: type, second: type) -> bool:
    """Whether two classes are one engine's: one is the base of the other, or they share ``+``."""
    shared = set(first.__mro__) & set(second.__mro__)
    return any(base in (first, second) or has_operator(base, "__add__") for base in shared)


def written(space: Namespace, wanted: Any, overrides: Mapping[str, str], source: str) -> Adapter:
    """An adapter with the parts that a class ``Adapter`` of the user's has; the rest is guessed.

    Its methods: ``leaf(number)``, ``value(node)``, ``gradient(node)``, ``backward(output)``,
    ``assign(leaf, number)``, ``clear(node)``, and one for each operation by its name.  The engine's
    own names are at hand in its file.
    """
    names = dict(space.names)
    try:
        exec(compile(source, "<adapter>", "exec"), names)  # noqa: S102 - whoever checks wrote it
        own = names["Adapter"]()
    except Exception as error:  # noqa: BLE001 - the user's code
        raise Unusable(
            "override",
            f"the adapter cannot be used: {summary(error)}",
            line_of(error, {"<adapter>"})[0],
        ) from None
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable:
        if not (hasattr(own, "leaf") and hasattr(own, "value")):
            raise
        adapter = Adapter(type(own.leaf(1.0)))
        adapter.guess["class"] = adapter.cls.__name__
        adapter.make, adapter.value = own.leaf, own.value
        find_operations(adapter, space, overrides)
    for name, part in WRITTEN.items():
        if hasattr(own, name):
            setattr(adapter, part, getattr(own, name))
            adapter.guess[name] = "by your adapter"
    for op in [*ALIASES, "sum"]:
        if hasattr(own, op):
            adapter.ops[op] = getattr(own, op)
            adapter.guess[op] = "by your adapter"
    adapter.notes = [
        n for n in adapter.notes if adapter.enter is None or "no backward pass" not in n
    ]
    return adapter
