"""Each back end of the trace is an engine of its own, and is judged as one."""

import importlib.util
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import micrograd.trace
import verify
from micrograd.draw import trace
from micrograd.engine import BINARY, UNARY, Value, operations
from micrograd.trace import columns, straight
from micrograd.trace.program import Event, build

DEEPEST = 600
"""Nodes; longer chains are replayed in tests/unit/test_trace.py, each once."""

Run = Callable[[Any, list[float], list[float]], tuple[float, list[float]]]


def by_columns(program: Any, numbers: list[float], outside: list[float]) -> Any:
    """Return value and gradients of a batch of one sample."""
    table = np.array(numbers).reshape(-1, 1)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        value, gradients, _ = columns.compiled(program)(table, outside)
    return float(np.ravel(value)[0]), [float(g[0]) for g in gradients]


def by_straight(program: Any, numbers: list[float], outside: list[float]) -> Any:
    """Return value and gradients by straight-line Python."""
    return straight.compiled(program)(numbers, outside)[:2]  # type: ignore[index]


def by_machine(program: Any, numbers: list[float], outside: list[float]) -> Any:
    """Return value and gradients by numba."""
    machine = importlib.import_module("micrograd.trace.machine")
    return machine.compiled(program)(numbers, outside)[:2]


def eager(root: Value, nodes: list[Value]) -> tuple[float, list[float]]:
    """Return root and its gradients by the engine; those of leaves stay as they were."""
    leaves = [v for v in trace(root)[0] if not v._op]
    before = [v.grad for v in leaves]
    for v in leaves:
        v.grad = 0.0
    root.backward()
    found = [v.grad for v in nodes]
    for v, g in zip(leaves, before, strict=True):
        v.grad = g
    return root.data, found


class Engine:
    """An engine whose every number comes from a replay; a subclass says by which back end."""

    run: Run
    root: Value | None = None  # what `backward` was last called on

    def __init__(self, data: Any) -> None:  # noqa: D107 - wraps a node of the real engine
        self.node = data if isinstance(data, Value) else Value(data)

    @property
    def data(self) -> float:
        """The value, as the replay computes it."""
        return self.number(self.node)

    @data.setter
    def data(self, number: float) -> None:
        self.node.data = number

    @property
    def grad(self) -> float:
        """The gradient; of a result, that of the last output, replayed with it as argument."""
        if not self.node._op:
            return self.node.grad  # type: ignore[no-any-return]
        root = type(self).root
        if root is None:
            return 0.0
        if type(self).run is by_columns:  # its sines of arrays and of numbers differ by an ulp
            return self.inside(root)
        return self.replay(root, [self.node])[1][0]

    @grad.setter
    def grad(self, number: float) -> None:
        self.node.grad = number

    def leaves(self) -> list[Value]:
        """Return the leaves below."""
        return [v for v in trace(self.node)[0] if not v._op]

    def number(self, v: Value) -> float:
        """Return the value of a node, replayed."""
        leaves = [leaf for leaf in trace(v)[0] if not leaf._op]
        return self.replay(v, leaves)[0] if v._op else v.data

    def replay(self, root: Value, arguments: list[Value]) -> tuple[float, list[float]]:
        """Return root and its gradients with respect to the arguments, by the back end."""
        events = [Event(v._op, v._prev, v) for v in operations(root) if v not in arguments]
        program = build(arguments, root, events, {})
        outside = [v.data for _, v in program.captured]
        numbers = [self.number(v) for v in arguments]  # the back end's, which may be an ulp off
        try:
            return type(self).run(program, numbers, outside)
        except (ArithmeticError, ValueError):  # as `Traced` does: the engine decides
            return eager(root, arguments)

    def inside(self, root: Value) -> float:
        """Return the gradient of this result, as the one run that gives those of the leaves does.

        Slots are the leaves, then the operations in order.
        """
        leaves, made = [v for v in trace(root)[0] if not v._op], operations(root)
        if self.node not in made:
            return 0.0
        program = build(leaves, root, [Event(v._op, v._prev, v) for v in made], {})
        *head, _ = columns.source(program).split("\n")
        names = dict(columns.NAMES)
        exec("\n".join([*head, "    return locals()"]), names)  # noqa: S102
        table = np.array([v.data for v in leaves]).reshape(-1, 1)
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                found = names["replay"](table, [])
        except (ArithmeticError, ValueError):
            return eager(root, [self.node])[1][0]
        return float(np.ravel(found[f"g{len(leaves) + made.index(self.node)}"])[0])

    def backward(self) -> None:
        """Differentiate by the back end."""
        if len(trace(self.node)[0]) > DEEPEST:
            raise RecursionError("a replay for each number is quadratic: too deep for this test")
        type(self).root = self.node
        leaves = self.leaves()
        for leaf, g in zip(leaves, self.replay(self.node, leaves)[1], strict=True):
            leaf.grad += g


def method(name: str) -> Callable[..., Engine]:
    """Return the method of `Value`, for engines."""

    def apply(self: Engine, *others: Any) -> Engine:
        operands = [other.node if isinstance(other, Engine) else other for other in others]
        return type(self)(getattr(self.node, name)(*operands))

    return apply


for _name in (
    *("add", "sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow"),
    *("neg", "abs"),
):
    setattr(Engine, f"__{_name}__", method(f"__{_name}__"))
for _name in (*UNARY, *BINARY):
    if _name.isalpha() and _name != "neg":
        setattr(Engine, _name, method(_name))


@pytest.mark.parametrize("run", [by_straight, by_columns, by_machine])
def test_every_back_end_is_correct(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness finds nothing wrong; without numba, its kernel is run by Python."""
    if not importlib.util.find_spec("numba"):
        identity = SimpleNamespace(njit=lambda **_: lambda function: function)
        monkeypatch.setitem(sys.modules, "numba", identity)
        monkeypatch.delitem(sys.modules, "micrograd.trace.kernel", raising=False)
        monkeypatch.delattr(micrograd.trace, "kernel", raising=False)
    value = type("Value", (Engine,), {"run": staticmethod(run)})
    with np.errstate(all="ignore"):
        outcome = verify.check(value)
    assert outcome.verdict == "correct"
    monkeypatch.undo()
    sys.modules.pop("micrograd.trace.kernel", None)


def test_a_wrong_back_end_is_noticed() -> None:
    """A replay with a wrong slope is found: the check above can fail."""

    def wrong(program: Any, numbers: list[float], outside: list[float]) -> Any:
        value, gradients = by_straight(program, numbers, outside)
        return value, [g * (1.001 if len(program.steps) > 1 else 1.0) for g in gradients]

    outcome = verify.check(type("Value", (Engine,), {"run": staticmethod(wrong)}), examples=50)
    assert outcome.verdict == "wrong"
