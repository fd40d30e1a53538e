"""What a backward pass asks of nodes beside numbers and edges: which operations they are.

A rule may be chosen by its own node's label.  A pass that asks several nodes for theirs, before
the first of them passes its gradient on, may be wrong for a pattern of operations that is larger
than any graph that was run.
"""

from __future__ import annotations

from .observed import STATE, group_of, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class Label(str):
    """A text of a node; whoever compares it, or does anything else to it, asks the node."""

    __slots__ = ("group",)
    group: int

    def __eq__(self, other: object) -> bool:
        told = type(other) is not str or (other in STATE.labels and other not in STATE.of_leaves)
        if told:  # no other text tells these nodes apart, but for leaves
            asks(self.group)
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        if "" not in STATE.of_leaves:
            asks(self.group)
        return str.__len__(self) > 0

    def __hash__(self) -> int:
        asks(self.group)
        return str.__hash__(self)


def asking(name: str) -> Callable[..., Any]:
    """A method of texts."""
    plain = getattr(str, name)

    def method(self: Label, *args: Any, **options: Any) -> Any:
        asks(self.group)
        return plain(self, *args, **options)

    return method


for _name in set(dir(str)) - set(dir(object)) | {"__lt__", "__le__", "__gt__", "__ge__"}:
    setattr(Label, _name, asking(_name))


def label(thing: Any, name: str, found: Any) -> Any:
    """What was read of a node by a backward pass; a text, or a truth value, may be a label."""
    if STATE.phase != "backward" or type(found) not in (str, bool):
        return found
    group = group_of(thing)
    if group is None or group in STATE.leaves:
        return found
    if type(found) is bool:
        if (name, found) not in STATE.of_leaves:
            asks(group)
        return found
    made = Label(found)
    made.group = group
    return made


def plain(thing: Any) -> Any:
    """The text itself, where it is asked whether it is the same object."""
    if type(thing) is Label:
        asks(thing.group)
        return str.__str__(thing)
    return thing


def asks(group: int | None) -> None:
    """It is asked which operation a node is."""
    if STATE.phase == "backward" and group is not None and group not in STATE.leaves:
        STATE.asked.append(group)


def asked_others(current: int) -> None:
    """A gradient is passed on by a node: since it was asked what it is, no other one was."""
    asked, STATE.asked = STATE.asked, []
    if current in asked and any(group != current for group in asked[asked.index(current) :]):
        note("rule", "asks of several nodes which operations they are, before one passes on")


def of_leaf(leaf: Any, group: int) -> None:
    """Remember what a leaf says of itself: who asks for that asks whether a node is a leaf."""
    STATE.leaves.add(group)
    held = held_by(leaf)
    STATE.of_leaves |= {value for value in held.values() if type(value) is str}
    STATE.of_leaves |= {(name, value) for name, value in held.items() if type(value) is bool}
    STATE.kinds_of_leaves.add(type(leaf))


def of_operation(node: Any) -> None:
    """Remember the texts that the result of an operation has."""
    STATE.labels |= {value for value in held_by(node).values() if type(value) is str}


def held_by(node: Any) -> dict[str, Any]:
    """What a node has under its names."""
    slots = [name for base in type(node).__mro__ for name in getattr(base, "__slots__", ())]
    found = {name: getattr(node, name, None) for name in slots if name != "__dict__"}
    return {**found, **getattr(node, "__dict__", {})}
