"""Which nodes a network holds, and in which order it lists its parameters."""

from __future__ import annotations

import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    from .adapter import Adapter

OTHERS: Final = 6
"""Networks that are made to see whether one order is that of all of them."""


def arranged(
    listed: list[Any], leaves: list[Any], another: Callable[[], tuple[list[Any], list[Any]]]
) -> Callable[[list[Any]], list[Any]]:
    """What puts a network's parameters into the same order for each network of its kind.

    Those that a set holds, or that are sorted by address, come in another order in each network.
    Where that is so they are put into the order in which they are reached through attributes.

    Args:
        listed: the parameters.
        leaves: the nodes that the network holds, as :func:`leaves_of` reaches them.
        another: makes another network of the kind: its parameters and leaves.
    """
    order = places(listed, leaves)
    if order == sorted(order):
        return list
    try:
        others = [another() for _ in range(OTHERS)]  # all kept, so that their addresses differ
    except Exception:  # noqa: BLE001 - the engine's own code
        return list
    if all(places(*other) == order for other in others):
        return list
    reached = {id(leaf): place for place, leaf in enumerate(leaves)}
    return lambda found: sorted(found, key=lambda p: reached.get(id(p), len(reached)))


def places(listed: list[Any], leaves: list[Any]) -> list[int]:
    """For each parameter, the place at which it is reached; behind all for one that is not."""
    reached = {id(leaf): place for place, leaf in enumerate(leaves)}
    return [reached.get(id(p), len(reached)) for p in listed]


def flat(found: Any) -> list[Any]:
    """The leaves of nested lists, tuples, sets and mappings."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, (list, tuple, set, frozenset)) or hasattr(found, "__next__"):
        return [leaf for part in found for leaf in flat(part)]
    return [found]


def leaves_of(thing: Any, adapter: Adapter) -> list[Any]:
    """Nodes that are reached from a network through attributes and containers, in their order."""
    found: list[Any] = []
    seen: set[int] = set()
    stack = [thing]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, adapter.cls):
            found.append(part)
        elif isinstance(part, dict):
            stack.extend(reversed(list(part.values())))
        elif isinstance(part, (list, tuple, set, frozenset)):
            stack.extend(reversed(list(part)))
        elif hasattr(part, "__dict__") and not isinstance(
            part, (type, types.ModuleType, types.FunctionType)
        ):
            stack.extend(reversed(list(vars(part).values())))
    return found
