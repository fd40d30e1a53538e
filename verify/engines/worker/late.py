"""Nodes that have no number before the graph is computed: asked for as a user asks for it."""

from __future__ import annotations

from .alarm import ALARM, PROBE_SECONDS
from .entries import callable_in, takes
from .errors import OutOfTime
from .namespace import derives
from .trials import values_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    from .adapter import Adapter
    from .entries import Entry

COMPUTE_NAMES: Final = (
    "forward", "compute", "evaluate", "eval", "calculate", "calc", "run", "execute", "realize",
)  # fmt: skip
"""What a method is called that computes the graph below a node."""


def computed_late(adapter: Adapter) -> int:
    """How many operations give the right value, once a method has computed them.

    The adapter is changed if that is any: it asks for what is not computed, and before a pass.
    """
    made, names = uncomputed(adapter)
    shared = [cls for cls in type(made).__mro__[:-1] if derives(adapter.cls, cls)]
    for name in names if shared else ():
        read = adapter.value
        adapter.value = once_computed(read, name)
        if found := values_right(adapter):
            adapter.late, adapter.base = name, shared[0]
            adapter.notes.append(f"values are computed by .{name}(), called before a backward pass")
            return found
        adapter.value = read
    return 0


def uncomputed(adapter: Adapter) -> tuple[Any, list[str]]:
    """A node that has no number, and its methods that may compute it; none where it has one."""
    for op in ("add", "mul"):
        try:
            made = ALARM.call(PROBE_SECONDS, of_two, adapter, op)
            if adapter.value(made) is None:
                return made, [n for n in COMPUTE_NAMES if takes_none(made, n)]
        except (Exception, OutOfTime):  # noqa: BLE001, S112 - the engine's own code
            continue
    return None, []


def of_two(adapter: Adapter, op: str) -> Any:
    """A node of two leaves."""
    return adapter.ops[op](adapter.make(1.5), adapter.make(0.25))


def takes_none(node: Any, name: str) -> bool:
    """Whether there is a method that can be called as it is."""
    return callable_in(node, name) and takes(getattr(node, name), 0)


def once_computed(read: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """Reads a value, and has it computed where there is none."""

    def value(node: Any) -> Any:
        found = read(node)
        if found is None:
            getattr(node, name)()
            found = read(node)
        return found

    return value


def after_computing(adapter: Adapter, entry: Entry) -> Entry:
    """A way into the backward pass, after the graph was computed, where that has to be asked."""
    name = adapter.late
    if name is None:
        return entry
    words, gradient, enter = entry

    def late(output: Any) -> Any:
        adapter.computing = True
        try:
            getattr(output, name)()
        finally:
            adapter.computing = False
        return enter(output)

    return words, gradient, late
