"""Engines whose every number is replayed: so that a back end of the trace is judged as an engine.

A node remembers the operations below it, and nothing of `micrograd.engine`. Its value is that of a
replay of its one operation; `backward` replays all that lies below as one program, and puts the
value and the gradient that come out into every node. Recordings are kept by their operations: what
was recorded for one point is replayed at others.

`micrograd.trace` falls back to the engine where a number is not finite or not defined; so do these.
On numbers that are more than floats, as `verify prove` sends them, the code of the back end runs by
itself, and falls back on nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from micrograd import engine
from micrograd.engine import BINARY, UNARY
from micrograd.trace import traced
from micrograd.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from micrograd.trace import Traced
    from micrograd.trace.program import Program

__all__ = ["Node"]

Slot = int


@dataclass(frozen=True)
class Number:
    """A plain number among the operands; the same text is the same number, to its sign and type."""

    number: Any = field(compare=False)
    text: str


@dataclass(frozen=True)
class Step:
    """A method of `micrograd.engine.Value` and its operands: earlier nodes, or numbers."""

    method: str
    operands: tuple[Slot | Number, ...]


@dataclass(frozen=True)
class Function:
    """Operations on some leaves; as a function, it gives the last node, then each operation's."""

    leaves: int
    steps: tuple[Step, ...]

    def __call__(self, *leaves: Any) -> tuple[Any, ...]:
        """Run the operations on nodes of the engine."""
        nodes = list(leaves)
        for step in self.steps:
            first, *rest = (x.number if isinstance(x, Number) else nodes[x] for x in step.operands)
            nodes.append(getattr(first, step.method)(*rest))
        return (nodes[-1], *nodes[self.leaves :])


class Node:
    """A number in an expression graph, with its gradient; a subclass says who computes them.

    Attributes:
        data: the value.
        grad: the gradient, 0.0 before there is one.
        backend: a key of `micrograd.trace.BACKENDS`.
    """

    __slots__ = ("birth", "data", "grad", "method", "operands")

    backend = ""
    births = itertools.count()

    def __init__(self, data: Any) -> None:  # noqa: D107 - a leaf
        self.data = number(data)
        self.grad = 0.0
        self.method = ""
        self.operands: tuple[Any, ...] = ()
        self.birth = next(self.births)

    @classmethod
    def replay(cls, function: Function, numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return the gradients of the leaves, and value and gradient of each operation."""
        if all(type(x) is float for x in numbers):
            return cls.compiled(function, numbers)
        vars(engine)["float"] = number
        return cls.proven(recorded(function, numbers), numbers)

    @classmethod
    def compiled(cls, function: Function, numbers: Sequence[float]) -> tuple[list[Any], list[Any]]:
        """Replay as every user does."""
        _, gradients, *watched = kept(function, cls.backend)(*numbers)
        return gradients, watched[0] if watched else []

    @classmethod
    def proven(cls, program: Program, numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Run the code of the back end on any numbers."""
        raise NotImplementedError

    def backward(self) -> None:
        """Set the gradient of every node below, by one replay; leaves accumulate."""
        found, stack = {id(self): self}, [self]
        while stack:
            for v in stack.pop().operands:
                if isinstance(v, Node) and id(v) not in found:
                    found[id(v)] = v
                    stack.append(v)
        order = sorted(found.values(), key=lambda v: (v.method != "", v.birth))
        slots = {id(v): i for i, v in enumerate(order)}
        leaves = [v for v in order if not v.method]
        made = order[len(leaves) :]
        steps = [Step(v.method, tuple(operand(x, slots) for x in v.operands)) for v in made]
        numbers = [v.data for v in leaves]
        gradients, watched = self.replay(Function(len(leaves), tuple(steps)), numbers)
        for v, gradient in zip(leaves, gradients, strict=True):
            v.grad += gradient
        for v, (value, gradient) in zip(made, watched, strict=True):
            v.data, v.grad = value, gradient


def number(x: Any) -> Any:
    """Return `float(x)`, but leave what is more than a float as it is."""
    return x if isinstance(x, float) else float(x)


def recorded(function: Function, numbers: Sequence[Any]) -> Program:
    """Record with plain numbers, so that a proof sees what the replay does, and not the engine."""
    plain: dict[int, tuple[float, Any]] = {}  # a float and what it stands for, by its id

    def bare(x: Slot | Number) -> Slot | Number:
        if not isinstance(x, Number):
            return x
        real = x.number.real
        plain[id(real)] = real, x.number
        return Number(real, x.text)

    steps = (Step(step.method, tuple(map(bare, step.operands))) for step in function.steps)
    program = record(Function(function.leaves, tuple(steps)), [x.real for x in numbers])
    constants = ((i, plain.get(id(x), (x, x))[1]) for i, x in program.constants)
    return replace(program, constants=tuple(constants))


@lru_cache(maxsize=1 << 10)
def kept(function: Function, backend: str) -> Traced:
    """Return the traced function, recorded once for all its points."""
    return traced(function, backend=backend)


def operand(x: Any, slots: dict[int, Slot]) -> Slot | Number:
    return slots[id(x)] if isinstance(x, Node) else Number(x, f"{type(x).__name__} {x!r}")


def method(name: str) -> Callable[..., Node]:
    """Return the method of `Value`, for nodes."""

    def apply(self: Node, *others: Any) -> Node:
        operands = (self, *others)
        nodes = list({id(x): x for x in operands if isinstance(x, Node)}.values())
        slots = {id(x): i for i, x in enumerate(nodes)}
        step = Step(name, tuple(operand(x, slots) for x in operands))
        _, [(value, _)] = self.replay(Function(len(nodes), (step,)), [x.data for x in nodes])
        made = type(self)(value)
        made.method, made.operands = name, operands
        return made

    return apply


for _name in (
    *("add", "sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow"),
    *("neg", "abs"),
):
    setattr(Node, f"__{_name}__", method(f"__{_name}__"))
for _name in (*UNARY, *BINARY):
    if _name.isalpha() and _name != "neg":
        setattr(Node, _name, method(_name))
