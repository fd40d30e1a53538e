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


def without_own(
    nodes: Sequence[Any], inner: Sequence[int], gradients: Sequence[Any], outputs: Sequence[Any]
) -> tuple[list[int], list[int]]:
    """The inner nodes that are the object of another node, and those that no output was made of.

    Args:
        nodes: one object for each node of the graph.
        inner: indices of those that are no leaves.
        gradients: what was read of them.
        outputs: the nodes from which a backward pass was run.
    """
    counts: dict[int, int] = {}
    for node in nodes:
        counts[id(node)] = counts.get(id(node), 0) + 1
    shared = {index for index in inner if counts[id(nodes[index])] > 1}
    untouched = [i for i in inner if gradients[i] is None or gradients[i] in _NOTHING]
    if not outputs or not untouched or len(untouched) == len(inner):
        return sorted(shared), []  # what keeps none at all says so by itself
    reached = reachable(outputs)
    if reached is None:
        return sorted(shared), []
    return sorted(shared), [i for i in untouched if id(nodes[i]) not in reached]


_NOTHING: Final = (0.0.hex(), (-0.0).hex())


def reachable(roots: Iterable[Any]) -> set[int] | None:
    """The identities of all objects that these refer to; None if there are too many.

    An output that was made of a node has a way to it, or it could not be differentiated; what it
    was made without is not kept alive by it.
    """
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, _ENDS):
            continue
        seen.add(id(thing))
        if len(seen) > MOST:
            return None
        if isinstance(thing, FunctionType):  # its module is no part of what it was made with
            stack += [thing.__closure__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
        else:
            stack += gc.get_referents(thing)
    return seen
