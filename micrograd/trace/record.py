"""Recording: a function runs once on nodes, and everything that it does with them is written down.

While it runs, the class `Value` is watched. Operations of the engine are recorded as they happen.
Outside of the engine, `data` gives a `Probe` instead of a float. What a replay could not repeat is
refused, and the recording stays void where the function catches that.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from micrograd import engine
from micrograd.engine import UNARY, Value
from micrograd.trace.probe import Probe
from micrograd.trace.program import Event, TraceError, build
from micrograd.trace.tape import DATA, GRAD, INIT, Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from micrograd.trace.program import Program

__all__ = ["LOCK", "record", "refuse_nested"]

BACKWARD = Value.backward
NODE = engine.node
INSIDE = {"micrograd.engine", __name__}
PARTIAL = ["__truediv__", "__pow__", *(op for op in UNARY if op != "neg")]  # may have no value
LOCK = threading.RLock()  # of who records: the class that is watched belongs to all
recording: list[Tape] = []  # at most one


def record(function: Callable[..., object], numbers: Sequence[float]) -> Program:
    """Run function on leaves with these numbers; return what it did as a program.

    Raises:
        TraceError: it did something that cannot be replayed, or gave something else than nodes.
        ArithmeticError: an operation had no value, and the function went on all the same.
    """
    arguments = [Value(x) for x in numbers]
    with LOCK:
        tape = Tape(arguments)
        with watched(tape):
            result = function(*arguments)
    if tape.problem is not None:
        raise tape.problem
    nodes = result if isinstance(result, tuple) and result else (result,)
    for v in nodes:
        if not isinstance(v, Value):
            raise TraceError(
                f"the traced function gave a {type(v).__name__}: it must return one Value, or a "
                "tuple of them, the first of which is differentiated"
            )
    return build(arguments, nodes[0], nodes[1:], tape.events, tape.created)


def refuse_nested() -> None:
    """Raise TraceError if this thread is recording: what is replayed inside leaves no trace."""
    for tape in recording:
        if tape.mine():
            tape.refuse("call another one", "call its `function`, which is recorded with this one")


@contextmanager
def watched(tape: Tape) -> Iterator[None]:
    """Let the class `Value` tell the tape what happens to its nodes, in this thread."""
    replacements = {
        **attributes(tape),
        "backward": differentiation(tape),
        "__init__": creation(tape),
        **{name: attempted(tape, vars(Value)[name]) for name in PARTIAL},
    }
    originals = {name: vars(Value)[name] for name in replacements}
    try:
        for name, replacement in replacements.items():
            setattr(Value, name, replacement)
        engine.node = operation(tape)
        recording.append(tape)
        yield
    finally:
        recording.remove(tape)
        engine.node = NODE
        for name, original in originals.items():
            setattr(Value, name, original)


def foreign(tape: Tape) -> bool:  # does the traced function do this, two frames above?
    return tape.mine() and sys._getframe(2).f_globals.get("__name__") not in INSIDE


def attributes(tape: Tape) -> dict[str, Any]:
    def get_data(v: Value) -> Any:
        if foreign(tape):
            return Probe(tape, v)
        if not tape.mine() and (id(v) in tape.nodes or id(v) in tape.created):
            tape.refuse("use its nodes in another thread", "the recording follows this one alone")
        return DATA.__get__(v)

    def set_data(v: Value, x: float) -> None:
        if foreign(tape):
            tape.refuse("assign data")
        DATA.__set__(v, x)

    def get_grad(v: Value) -> Any:
        return tape.refuse("use gradients") if foreign(tape) else GRAD.__get__(v)

    def set_grad(v: Value, x: float) -> None:
        if foreign(tape):
            tape.refuse("use gradients")
        GRAD.__set__(v, x)

    return {"data": property(get_data, set_data), "grad": property(get_grad, set_grad)}


def differentiation(tape: Tape) -> Callable[[Value], None]:
    def backward(v: Value) -> None:
        if foreign(tape):
            tape.refuse("call backward")
        BACKWARD(v)

    return backward


def creation(tape: Tape) -> Callable[..., None]:
    def init(v: Value, data: Any, label: str = "") -> None:
        if type(data) is Probe:
            INIT(v, DATA.__get__(data._node), label)
            tape.events.append(Event("detach", (data._node,), v))
            return
        INIT(v, data, label)
        if tape.mine():
            tape.created[id(v)] = v
            if not foreign(tape):
                tape.wrapped.add(id(v))

    return init


def operation(tape: Tape) -> Callable[..., Value]:
    def node(data: float, op: str, a: Any, b: Any = None) -> Value:
        v = NODE(data, op, a, b)
        if tape.mine():
            if op == "**" and id(b) not in tape.wrapped:  # the base of a node stays above 0
                outcome = bool(DATA.__get__(a) < 0)
                tape.events.append(Event("<", (a, tape.constant(0.0)), outcome=outcome))
            tape.events.append(Event(op, v._prev, v))
            tape.nodes.add(id(v))
        return v

    return node


def attempted(tape: Tape, method: Callable[..., Value]) -> Callable[..., Value]:
    def attempt(*operands: Any) -> Value:
        try:
            return method(*operands)
        except (ValueError, ArithmeticError):
            if tape.mine():  # no guard tells where else this happens
                tape.problem = tape.problem or ArithmeticError("an operation had no value")
            raise

    return attempt
