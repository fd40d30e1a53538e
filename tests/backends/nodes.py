"""Engines whose every number is replayed: so that a back end of the trace is judged as an engine.

A node remembers the operations below it, and nothing of `micrograd.engine`. Its value is that of a
replay of its one operation; `backward` replays all that lies below as one program, and puts the
value and the gradient that come out into every node. Leaves are arguments of the program and leaves
from outside, such as parameters, in turn. Recordings are kept by their operations: what was
recorded for one point is replayed at others.

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
from micrograd.engine import Value as Leaf
from micrograd.trace import Traced, traced
from micrograd.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from micrograd.trace.program import Program

    Found = tuple[Sequence[Any], Sequence[Any], Sequence[tuple[Any, Any]]]

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


class Outside:
    """A function whose every other leaf is no argument, but comes from outside."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.leaves = [Leaf(0.0) for _ in range(function.leaves // 2)]

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        """Run it."""
        return self.function(*in_turn(arguments, self.leaves))


def in_turn(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Return the items of both, alternating."""
    pairs = itertools.zip_longest(first, second)
    return [x for pair in pairs for x in pair][: len(first) + len(second)]


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
        return cls.proven(function, numbers)

    @classmethod
    def compiled(cls, function: Function, numbers: Sequence[float]) -> tuple[list[Any], list[Any]]:
        """Replay as every user does."""
        traced, leaves = kept(function, cls.backend)
        for leaf, x in zip(leaves, numbers[1::2], strict=True):
            leaf.data, leaf.grad = x, 0.0
        gradients, watched = cls.called(traced, numbers[::2])
        return in_turn(gradients, [cls.share(leaf.grad) for leaf in leaves]), watched

    @classmethod
    def proven(cls, function: Function, numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Run the code of the back end on any numbers."""
        program, leaves = recorded(function, numbers)
        number_of = {id(leaf): x for leaf, x in zip(leaves, numbers[1::2], strict=True)}
        captured = [id(leaf) for _, leaf in program.captured]
        gradients, own, watched = cls.run(program, numbers[::2], [number_of[i] for i in captured])
        gradient_of = {i: cls.share(g) for i, g in zip(captured, own, strict=True)}
        return in_turn(gradients, [gradient_of[id(leaf)] for leaf in leaves]), list(watched)

    @classmethod
    def called(cls, traced: Traced, numbers: Sequence[float]) -> tuple[list[Any], list[Any]]:
        """Return the gradients of the arguments, and what is watched."""
        _, gradients, *watched = traced(*numbers)
        return gradients, watched[0] if watched else []

    @classmethod
    def run(cls, program: Program, numbers: Sequence[Any], outside: Sequence[Any]) -> Found:
        """Run the program on any numbers; return the gradients of both, and what is watched."""
        raise NotImplementedError

    @classmethod
    def share(cls, gradient: Any) -> Any:
        """Return the gradient of a leaf from outside that is due to one sample."""
        return gradient

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


def recorded(function: Function, numbers: Sequence[Any]) -> tuple[Program, list[Leaf]]:
    """Record with plain numbers, so that a proof sees what the replay does, and not the engine."""
    plain: dict[int, tuple[float, Any]] = {}  # a float and what it stands for, by its id

    def bare(x: Slot | Number) -> Slot | Number:
        if not isinstance(x, Number):
            return x
        real = x.number.real
        plain[id(real)] = real, x.number
        return Number(real, x.text)

    steps = (Step(step.method, tuple(map(bare, step.operands))) for step in function.steps)
    outside = Outside(Function(function.leaves, tuple(steps)))
    for leaf, x in zip(outside.leaves, numbers[1::2], strict=True):
        leaf.data = x.real
    program = record(outside, [x.real for x in numbers[::2]])
    constants = ((i, plain.get(id(x), (x, x))[1]) for i, x in program.constants)
    return replace(program, constants=tuple(constants)), outside.leaves


@lru_cache(maxsize=1 << 10)
def kept(function: Function, backend: str) -> tuple[Traced, list[Leaf]]:
    """Return the traced function, recorded once for all its points, and its leaves from outside."""
    outside = Outside(function)
    return traced(outside, backend=backend), outside.leaves


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
