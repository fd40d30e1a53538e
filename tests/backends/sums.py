"""Sums, differences and products as weighted sums: the node of a neuron, as an engine."""

from __future__ import annotations

from typing import Any

from micrograd import engine
from micrograd.engine import weighted_sum
from tests.backends.nodes import number


class Value:
    """A number in an expression graph of `micrograd.engine`, with its gradient.

    Attributes:
        node: of the engine.
    """

    __slots__ = ("node",)

    def __init__(self, data: Any) -> None:  # noqa: D107 - a leaf, or a node that is there
        self.node = data if isinstance(data, engine.Value) else leaf(data)

    data = property(lambda v: v.node.data, lambda v, x: setattr(v.node, "data", x))
    grad = property(lambda v: v.node.grad, lambda v, x: setattr(v.node, "grad", x))

    def __add__(self, other: Any) -> Value:  # 0 + self * 1 + 1 * other
        row = (leaf(0.0), self.node, leaf(1.0))
        return type(self)(weighted_sum(row, (leaf(1.0), lifted(other))))

    def __sub__(self, other: Any) -> Value:  # self + -1 * other
        return type(self)(weighted_sum((self.node, leaf(-1.0)), (lifted(other),)))

    def __mul__(self, other: Any) -> Value:  # 0 + self * other
        return type(self)(weighted_sum((leaf(0.0), self.node), (lifted(other),)))

    def __rsub__(self, other: Any) -> Value:  # other - self
        return type(self)(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""
        return type(self)(self.node.tanh())

    def relu(self) -> Value:
        """Return the larger of self and 0."""
        return type(self)(self.node.relu())

    def backward(self) -> None:
        """Differentiate."""
        self.node.backward()


def leaf(x: Any) -> engine.Value:
    """Return a leaf with this number, which may be more than a float."""
    v = engine.Value(0.0)
    v.data = number(x)
    return v


def lifted(x: Any) -> engine.Value:
    """Return the node of an operand; a number becomes a leaf."""
    return x.node if isinstance(x, Value) else leaf(x)
