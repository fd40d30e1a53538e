"""Which nodes have no gradient of their own: shared with another node, or bypassed."""

from __future__ import annotations

import gc
from types import BuiltinFunctionType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Sequence

MOST: Final = 200_000
"""Objects that are looked at for one reading; with more, every node counts as reached."""
_ENDS: Final = (type, ModuleType, BuiltinFunctionType, str, bytes, int, float, complex)
"""What leads everywhere, or nowhere."""
_NUMBERS: Final = frozenset({float, int})
"""Most of what an engine's objects refer to, and ends as well."""


def without_own(
    nodes: Sequence[Any], rows: Sequence[Any], gradients: Sequence[Any], outputs: Sequence[Any]
) -> tuple[list[int], list[int]]:
    """The inner nodes that are the object of another node, and those that no output was made of.

    Args:
        nodes: one object for each node of the graph.
        rows: what was asked for, see ``docs/protocol.md``.
        gradients: what was read of them.
        outputs: the nodes from which a backward pass was run.
    """
    places = list(map(id, nodes))
    shared = several(places, rows) if len(set(places)) < len(places) else []
    if not outputs or not (NONE in gradients or ZERO in gradients or MINUS_ZERO in gradients):
        return shared, []  # as of most graphs
    inner = [index for index, row in enumerate(rows) if row[0] != "leaf"]
    untouched = [i for i in inner if gradients[i] in (NONE, ZERO, MINUS_ZERO)]
    if not untouched or len(untouched) == len(inner):
        return shared, []  # what keeps none at all says so by itself
    untouched = asked_for(untouched, rows, places, [id(output) for output in outputs])
    reached = reachable(outputs) if untouched else None
    if reached is None:
        return shared, []
    return shared, [i for i in untouched if places[i] not in reached]


NONE: Final = None
ZERO: Final = 0.0.hex()
MINUS_ZERO: Final = (-0.0).hex()


def several(places: Sequence[int], rows: Sequence[Any]) -> list[int]:
    """The inner nodes whose place is that of another node as well."""
    counts: dict[int, int] = {}
    for place in places:
        counts[place] = counts.get(place, 0) + 1
    return [i for i, place in enumerate(places) if counts[place] > 1 and rows[i][0] != "leaf"]


def asked_for(
    untouched: Sequence[int], rows: Sequence[Any], places: Sequence[int], ends: Sequence[int]
) -> list[int]:
    """Those of some nodes that the outputs should be made of; what nothing needs has 0 by right."""
    outputs = set(ends)
    if not outputs <= set(places):
        return list(untouched)  # nodes that were made anew since
    needed = {index for index, place in enumerate(places) if place in outputs}
    for index in range(len(rows) - 1, -1, -1):
        if index in needed and rows[index][0] != "leaf":
            needed.update([arg for arg in rows[index][1:] if type(arg) is int])
    return [index for index in untouched if index in needed]


def reachable(roots: Iterable[Any]) -> set[int] | None:
    """The identities of all objects that these refer to; None if there are too many.

    An output that was made of a node has a way to it, or it could not be differentiated; what it
    was made without is not kept alive by it.
    """
    seen: set[int] = set()
    level = list(roots)
    while level:
        things: list[Any] = []
        functions: list[Any] = []
        for thing in level:
            place, kind = id(thing), type(thing)
            if kind in _NUMBERS or place in seen or isinstance(thing, _ENDS):
                continue
            seen.add(place)
            (functions if isinstance(thing, FunctionType) else things).append(thing)
        if len(seen) > MOST:
            return None
        level = gc.get_referents(*things)
        for function in functions:  # its module is no part of what it was made with
            parts = function.__closure__, function.__defaults__, function.__kwdefaults__
            level += [*parts, function.__dict__]
    return seen
