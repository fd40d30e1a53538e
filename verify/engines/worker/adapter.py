"""What is a node here, and how is it used?"""

from __future__ import annotations

from .columns import Columns
from .errors import Missing
from .floats import SENT, encode, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Sequence

ABSENT: Final = object()
"""In the place of the gradient of a new leaf that has none."""


class Adapter:
    """How one engine is spelled.

    Attributes:
        cls: the class of its nodes.
        make: a new leaf with this number.
        value: reads a node's value, whatever is there.
        gradient: likewise its gradient; None where there is no backward pass.
        columns: what reads values and gradients of many nodes in one go, for as long as those two
            are read by these names.
        enter: runs the backward pass from an output, and returns a lookup where gradients are
            returned rather than stored; None where there is no backward pass.
        forward: in forward mode, the derivatives of what a function builds of new leaves, at these
            numbers; None for an engine with a backward pass.
        reset: sets all gradients of a graph back in the engine's own way, told its nodes; None
            where each can be set back by itself.
        late: the method that computes a graph before its values are there; None if they are.
        computing: whether that method runs, as the first part of a pass.
        base: the class that nodes and leaves share where nodes may have no value yet, or None.
        kinds: classes of which some object was a node, with what read its value.
        silent: whether a pass gives the output itself no gradient, which is 1 and of no use.
        value_name: the attribute, or method, that holds the value.
        value_slot: the attribute behind it, which can be set; None if there is none.
        gradient_name: likewise for the gradient.
        start: the gradient of a new leaf.
        ops: an operation and the callable that it is here.
        inplace: likewise for in-place forms.
        guess: all of it in words.
        notes: what the user should know besides.
    """

    make: Callable[[Any], Any]
    value: Callable[[Any], Any]

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.gradient: Callable[[Any], Any] | None = None
        self.enter: Callable[[Any], Any] | None = None
        self.forward: Callable[[Callable[[list[Any]], Any], list[Any]], list[Any]] | None = None
        self.reset: Callable[[list[Any]], None] | None = None
        self.late: str | None = None
        self.computing = False
        self.base: type | None = None
        self.kinds: dict[type, Callable[[Any], Any]] = {}
        self.silent = False
        self.value_name: str | None = None
        self.value_slot: str | None = None
        self.gradient_name: str | None = None
        self.start: Any = 0.0
        self.ops: dict[str, Callable[..., Any]] = {}
        self.inplace: dict[str, Callable[..., Any]] = {}
        self.guess: dict[str, str] = {}
        self.notes: list[str] = []
        self.columns: dict[Any, Columns | None] = {}

    def read_together(self, nodes: Sequence[Any]) -> tuple[list[Any], list[Any]] | None:
        """Values and gradients as they are sent; None where nodes have to be read one by one."""
        columns = []
        for read in (self.value, self.gradient):
            if read not in self.columns:
                name = getattr(read, "attribute", None)
                self.columns[read] = None if name is None else Columns(self.cls, name)
            reader = self.columns[read]
            column = None if reader is None else reader.read(nodes)
            if column is None:
                return None
            columns.append(column)
        return columns[0], columns[1]

    @property
    def returned(self) -> bool:
        """Whether gradients are handed out by each pass, so that none has to be set back."""
        return self.forward is not None or self.guess.get("gradient") == "returned"

    def is_node(self, thing: Any) -> bool:
        """Whether this has a value to read in the way of this engine's nodes.

        What is known to be a node is not asked again: a value that is computed when it is asked for
        may be too deep for Python, or not exist, and is a node's all the same.
        """
        if self.kinds.get(type(thing)) is self.value:
            return True
        if isinstance(thing, self.cls) or (self.base is not None and isinstance(thing, self.base)):
            return True
        if isinstance(thing, (int, float, complex, str, list, tuple, dict, type(None))):
            return False
        if any(type(thing) is special for special, _ in SENT):
            return False
        try:
            self.value(thing)
        except Exception:  # noqa: BLE001 - the engine's own code
            return False
        self.kinds[type(thing)] = self.value
        return True

    def assign(self, node: Any, number: float) -> None:
        """Store a value in a leaf, in the form in which the constructor stores it."""
        if self.value_slot is None:
            raise Missing("a leaf's value cannot be changed from outside")
        setattr(node, self.value_slot, getattr(self.make(number), self.value_slot))

    def clear(self, node: Any) -> None:
        """Put the gradient back to what a new leaf has; an array must be one of the node's own."""
        name = self.gradient_name
        if name is None:
            return
        if self.start is not ABSENT:
            new = self.start if self.start is None else getattr(self.make(1.0), name)
            setattr(node, name, new)
        elif hasattr(node, name):
            delattr(node, name)

    def gradient_in(self, name: str) -> Callable[[Any], Any]:
        """Reads a gradient by the name of its attribute or method; None where there is none.

        A gradient that is itself a node is the number in it.
        """
        def gradient(node: Any) -> Any:
            try:
                found = getattr(node, name)
            except AttributeError:
                return None
            if type(found) is float:
                return found
            called = callable(found) and not isinstance(found, self.cls)
            return self.number_in(found() if called else found)

        gradient.attribute = name  # type: ignore[attr-defined]  # for Columns
        return gradient

    def unwrapped(self, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Reads the number in a gradient that is itself a node."""
        return lambda node: self.number_in(read(node))

    def number_in(self, found: Any) -> Any:
        """A gradient, or the number in it where it is itself a node."""
        if type(found) is float:
            return found
        is_number = not isinstance(encode(found), dict)
        return found if is_number or not self.is_node(found) else self.value(found)


def slot_behind(read: Callable[[Any], Any], name: str, leaf: Any, other: Any) -> str | None:
    """The attribute that holds what is read: set in one leaf as in another, it reads the same.

    Reading may go through a property or a method; writing must go to what lies behind.
    """
    slots = [slot for cls in type(leaf).__mro__ for slot in getattr(cls, "__slots__", ())]
    if same(read(leaf), read(other)):
        return None
    candidates: list[str] = [name, *getattr(leaf, "__dict__", ()), *slots]
    for candidate in dict.fromkeys(candidates):
        try:
            before, new = getattr(leaf, candidate), getattr(other, candidate, ABSENT)
            if callable(before):
                continue
            if new is ABSENT:
                delattr(leaf, candidate)
            else:
                setattr(leaf, candidate, new)
            if same(read(leaf), read(other)):
                return candidate
            setattr(leaf, candidate, before)
        except Exception:  # noqa: BLE001, S112 - the engine's own code
            continue
    return None


def reader(name: str) -> Callable[[Any], Any]:
    """Reads an attribute, and calls it where it is a method."""

    def read(node: Any) -> Any:
        found = getattr(node, name)
        return found() if callable(found) else found

    read.attribute = name  # type: ignore[attr-defined]  # for Columns
    return read
