"""What a recording leaves behind: a straight program, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from micrograd.engine import UNSET, operations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from micrograd.engine import Value

__all__ = ["GUARDS", "Event", "Program", "Step", "TraceError", "build"]

GUARDS = {"<", "<=", ">", ">=", "==", "!="}


class TraceError(Exception):
    """A function cannot be recorded; the message says why, and what to do instead."""


@dataclass(frozen=True)
class Event:
    """What happened while a function was recorded.

    Attributes:
        op: an operation of the engine; `detach`, a number read out of one node and put into
            another; or a comparison of two numbers, a guard.
        operands: the nodes concerned.
        node: the result of an operation; None for a guard.
        outcome: the result of a comparison.
    """

    op: str
    operands: tuple[Value, ...]
    node: Value | None = None
    outcome: bool = False


@dataclass(frozen=True)
class Step:
    """One event, with slots (places for numbers) instead of nodes; `out` is -1 for a guard."""

    op: str
    operands: tuple[int, ...]
    out: int = -1
    outcome: bool = False


@dataclass(frozen=True)
class Program:
    """A function of numbers, and how its gradient is found; back ends turn it into code.

    Attributes:
        arguments: how many; they are the first slots.
        captured: leaves from outside, such as the parameters of a model, with their slots.
        constants: numbers with their slots.
        steps: operations and guards, in the order of the recording.
        sweep: the operations that the gradient flows through, in the order of `Value.backward`.
        active: the slots that have a gradient.
        result: the slot of the output.
        watched: the slots of further nodes whose values and gradients are wanted.
        size: the number of slots.
    """

    arguments: int
    captured: tuple[tuple[int, Value], ...]
    constants: tuple[tuple[int, float], ...]
    steps: tuple[Step, ...]
    sweep: tuple[Step, ...]
    active: frozenset[int]
    result: int
    watched: tuple[int, ...]
    size: int

    def outside(self) -> list[float]:
        """Return what the captured leaves hold now, as floats: NumPy's scalars reckon otherwise."""
        return [float(leaf.data) for _, leaf in self.captured]


def build(
    arguments: Sequence[Value],
    result: Value,
    watched: Sequence[Value],
    events: Sequence[Event],
    created: Mapping[int, Value],
) -> Program:
    """Return the program of a recording, without what leads to no result, watched node or guard.

    Args:
        arguments: the nodes that stand for the arguments; how they were made is not looked at.
        result: what the function returned.
        watched: the nodes that it returned besides.
        events: what happened, in order.
        created: the leaves made meanwhile from numbers, by id: constants.

    Raises:
        TraceError: a result that was computed outside of the function is used in it.
    """
    needed = needed_events((result, *watched), events)
    wanted = set(map(id, watched))
    slots = {id(v): i for i, v in enumerate(arguments)}
    active = set(slots.values())
    captured: list[tuple[int, Value]] = []
    constants: dict[int, float] = {}
    steps: list[Step] = []

    def slot(v: Value) -> int:
        if id(v) not in slots:
            if v._op:
                raise TraceError(
                    f"{v!r} was computed outside of the traced function: compute it inside, or "
                    "hand its number over as an argument"
                )
            i = slots[id(v)] = len(slots)
            if id(v) in created:
                constants[i] = v.data
            else:
                captured.append((i, v))
            if id(v) not in created or id(v) in wanted:
                active.add(i)
        return slots[id(v)]

    for event in needed:
        operands = tuple(map(slot, event.operands))
        if event.node is None:
            steps.append(Step(event.op, operands, outcome=event.outcome))
            continue
        i = slots[id(event.node)] = len(slots)
        flows = event.op != "detach" and not active.isdisjoint(operands)
        if flows or id(event.node) in wanted:
            active.add(i)
        elif all(k in constants for k in operands):
            constants[i] = event.node.data
            continue
        steps.append(Step(event.op, operands, i))
    end, kept = slot(result), tuple(map(slot, watched))
    by_slot = {step.out: step for step in steps}
    order = [slots.get(id(v), -1) for v in backwards(result)]
    used = {k for step in steps for k in step.operands} | {end, *kept}
    return Program(
        arguments=len(arguments),
        captured=tuple(captured),
        constants=tuple((i, x) for i, x in constants.items() if i in used),
        steps=tuple(steps),
        sweep=tuple(by_slot[i] for i in order if i in active and i in by_slot),
        active=frozenset(active),
        result=end,
        watched=kept,
        size=len(slots),
    )


def needed_events(results: Sequence[Value], events: Sequence[Event]) -> list[Event]:
    live, needed = set(map(id, results)), []
    for event in reversed(events):
        if event.node is None or id(event.node) in live:
            live.update(map(id, event.operands))
            needed.append(event)
    return needed[::-1]


def backwards(result: Value) -> list[Value]:  # as `Value.backward` goes
    nodes = operations(result)
    for v in nodes:  # the function may have kept it: no mark of the walk stays in it
        v.grad = UNSET
    return nodes[::-1]
