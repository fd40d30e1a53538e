"""The tape of a recording: what happens to the nodes of the engine, in order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from micrograd.engine import Value
from micrograd.trace.program import TraceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from micrograd.trace.program import Event

__all__ = ["DATA", "GRAD", "INIT", "Tape"]

DATA: Any = vars(Value)["data"]  # as the engine has them; a recording puts others into the class
GRAD: Any = vars(Value)["grad"]
INIT: Any = Value.__init__
RETURNS = "it returns one node, and the replay gives its gradients"


class Tape:
    """What happens in one recording, in one thread.

    Attributes:
        events: operations and guards, in order.
        created: leaves made from numbers, constants, by id.
        wrapped: the ids of those that the engine made of an operand.
        nodes: the ids of the arguments, and of what is computed from them.
        problem: why the recording is void, though the function may have caught it.
    """

    def __init__(self, arguments: Sequence[Value]) -> None:
        self.thread = threading.get_ident()
        self.events: list[Event] = []
        self.created: dict[int, Value] = {}
        self.wrapped: set[int] = set()
        self.nodes = set(map(id, arguments))
        self.problem: Exception | None = None

    def mine(self) -> bool:
        """Tell whether it is the recording thread that asks."""
        return threading.get_ident() == self.thread

    def constant(self, number: float) -> Value:
        """Return a new leaf with this number."""
        v: Value = object.__new__(Value)
        INIT(v, number)
        self.created[id(v)] = v
        return v

    def refuse(self, what: str, why: str = RETURNS) -> NoReturn:
        """Raise TraceError: this cannot be replayed."""
        self.problem = TraceError(f"a traced function may not {what}: {why}")
        raise self.problem
