"""Recording: a function runs once on nodes, and everything that it does with them is written down.

While it runs, the class `Value` is watched. Operations of the engine are recorded as they happen.
Outside of the engine, `data` gives a `Probe` instead of a float: comparing it records a guard,
arithmetic with it is recorded too, and anything that would turn it into a plain number, and so into
a silent constant, is an error.
"""

from __future__ import annotations

import operator
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from micrograd import engine
from micrograd.engine import Value
from micrograd.trace.program import Event, TraceError, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from micrograd.trace.program import Program

__all__ = ["Probe", "record"]

DATA: Any = vars(Value)["data"]
GRAD: Any = vars(Value)["grad"]
INIT: Any = Value.__init__
BACKWARD = Value.backward
NODE = engine.node
LOCK = threading.Lock()


class Tape:
    """What happens in one recording, in order."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.events: list[Event] = []
        self.created: dict[int, Value] = {}  # constants, by id
        self.wrapped: set[int] = set()  # those that the engine made of an operand

    def constant(self, number: float) -> Value:
        v: Value = object.__new__(Value)
        INIT(v, number)
        self.created[id(v)] = v
        return v


class Probe:
    """The number in a node, as a function that is being recorded sees it."""

    __slots__ = ("_node", "_tape")

    def __init__(self, tape: Tape, node: Value) -> None:
        self._tape = tape
        self._node = node

    def _other(self, other: object) -> Value:
        return other._node if isinstance(other, Probe) else self._tape.constant(other)  # type: ignore[arg-type]

    def _compare(self, op: str, other: object) -> bool:
        pair = (self._node, self._other(other))
        outcome = bool(COMPARE[op](*(DATA.__get__(v) for v in pair)))
        self._tape.events.append(Event(op, pair, outcome=outcome))
        return outcome

    def __lt__(self, other: object) -> bool:
        return self._compare("<", other)

    def __le__(self, other: object) -> bool:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> bool:
        return self._compare(">", other)

    def __ge__(self, other: object) -> bool:
        return self._compare(">=", other)

    def __eq__(self, other: object) -> bool:
        return self._compare("==", other)

    def __ne__(self, other: object) -> bool:
        return self._compare("!=", other)

    def __bool__(self) -> bool:
        return self._compare("!=", 0.0)

    __hash__ = None  # type: ignore[assignment]  # a dict would compare without a guard

    def _calculate(self, op: Callable[..., Value], *numbers: object) -> Any:
        if any(isinstance(x, Value) for x in numbers):
            return NotImplemented  # the node knows what to do
        return Probe(self._tape, op(*map(self._other, numbers)))

    def __add__(self, other: object) -> Any:
        return self._calculate(operator.add, self, other)

    def __radd__(self, other: object) -> Any:
        return self._calculate(operator.add, other, self)

    def __sub__(self, other: object) -> Any:
        return self._calculate(operator.sub, self, other)

    def __rsub__(self, other: object) -> Any:
        return self._calculate(operator.sub, other, self)

    def __mul__(self, other: object) -> Any:
        return self._calculate(operator.mul, self, other)

    def __rmul__(self, other: object) -> Any:
        return self._calculate(operator.mul, other, self)

    def __truediv__(self, other: object) -> Any:
        return self._calculate(operator.truediv, self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._calculate(operator.truediv, other, self)

    def __neg__(self) -> Any:
        return self._calculate(operator.neg, self)

    def __abs__(self) -> Any:
        return self._calculate(abs, self)

    def _refuse(self, *_: object) -> Any:
        raise TraceError(
            "a traced function may compare the number of a node and calculate with it, but not "
            "take it out: it would be frozen. Use the operations of the node (x.exp(), not "
            "math.exp(x.data)), or return the node"
        )

    __float__ = __int__ = __index__ = __trunc__ = __round__ = __floor__ = __ceil__ = _refuse
    __str__ = __repr__ = __format__ = __pow__ = __rpow__ = __floordiv__ = __mod__ = _refuse
    __reduce_ex__ = __getattr__ = _refuse


COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def record(function: Callable[..., object], numbers: Sequence[float]) -> Program:
    """Run function on leaves with these numbers; return what it did as a program.

    Raises:
        TraceError: it did something that cannot be replayed, or gave something else than nodes.
    """
    arguments = [Value(x) for x in numbers]
    with LOCK:
        tape = Tape()
        with watched(tape):
            result = function(*arguments)
    nodes = result if isinstance(result, tuple) and result else (result,)
    for v in nodes:
        if not isinstance(v, Value):
            raise TraceError(
                f"the traced function gave a {type(v).__name__}: it must return one Value, or a "
                "tuple of them, the first of which is differentiated"
            )
    return build(arguments, nodes[0], nodes[1:], tape.events, tape.created)


@contextmanager
def watched(tape: Tape) -> Iterator[None]:  # noqa: C901 - small functions that share a tape
    """Let the class `Value` tell the tape what happens to its nodes, in this thread."""

    def foreign(depth: int = 2) -> bool:  # is the caller's caller the traced function?
        mine = threading.get_ident() == tape.thread
        return mine and sys._getframe(depth).f_globals["__name__"] not in INSIDE

    def get_data(v: Value) -> Any:
        return Probe(tape, v) if foreign() else DATA.__get__(v)

    def set_data(v: Value, x: float) -> None:
        if foreign():
            refuse("assign data")
        DATA.__set__(v, x)

    def get_grad(v: Value) -> Any:
        return refuse("use gradients") if foreign() else GRAD.__get__(v)

    def set_grad(v: Value, x: float) -> None:
        if foreign():
            refuse("use gradients")
        GRAD.__set__(v, x)

    def backward(v: Value) -> None:
        if foreign():
            refuse("call backward")
        BACKWARD(v)

    def init(v: Value, data: Any, label: str = "") -> None:
        if isinstance(data, Probe):
            INIT(v, DATA.__get__(data._node), label)
            tape.events.append(Event("detach", (data._node,), v))
        else:
            INIT(v, data, label)
            if threading.get_ident() == tape.thread:
                tape.created[id(v)] = v
                if not foreign():
                    tape.wrapped.add(id(v))

    def node(data: float, op: str, a: Any, b: Any = None) -> Value:
        v = NODE(data, op, a, b)
        if threading.get_ident() == tape.thread:
            if op == "**" and id(b) not in tape.wrapped:  # the base of a node stays above 0
                outcome = bool(DATA.__get__(a) < 0)
                tape.events.append(Event("<", (a, tape.constant(0.0)), outcome=outcome))
            tape.events.append(Event(op, v._prev, v))
        return v

    replacements = {
        "data": property(get_data, set_data),
        "grad": property(get_grad, set_grad),
        "backward": backward,
        "__init__": init,
    }
    originals = {name: vars(Value)[name] for name in replacements}
    try:
        for name, replacement in replacements.items():
            setattr(Value, name, replacement)
        engine.node = node
        yield
    finally:
        engine.node = NODE
        for name, original in originals.items():
            setattr(Value, name, original)


INSIDE = {"micrograd.engine", __name__}


def refuse(what: str) -> None:
    raise TraceError(
        f"a traced function may not {what}: it returns one node, and the replay gives its gradients"
    )
