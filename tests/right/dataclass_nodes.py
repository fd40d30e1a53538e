"""Right: nodes are dataclasses, equal by identity; an edge is one, too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edge:
    source: Value
    weight: float


@dataclass(eq=False)
class Value:
    data: float
    edges: list[Edge] = field(default_factory=list, repr=False)
    grad: float = 0.0

    def __add__(self, other: Value | float) -> Value:
        other = to_value(other)
        return Value(self.data + other.data, [Edge(self, 1.0), Edge(other, 1.0)])

    def __sub__(self, other: Value | float) -> Value:
        other = to_value(other)
        return Value(self.data - other.data, [Edge(self, 1.0), Edge(other, -1.0)])

    def __mul__(self, other: Value | float) -> Value:
        other = to_value(other)
        return Value(self.data * other.data, [Edge(self, other.data), Edge(other, self.data)])

    def __truediv__(self, other: Value | float) -> Value:
        other = to_value(other)
        return Value(
            self.data / other.data,
            [Edge(self, 1 / other.data), Edge(other, -self.data / other.data**2)],
        )

    def __pow__(self, exponent: int | float) -> Value:
        if isinstance(exponent, Value):
            raise TypeError("the exponent must be a number")
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return Value(self.data**exponent, [Edge(self, slope)])

    def __neg__(self) -> Value:
        return Value(-self.data, [Edge(self, -1.0)])

    def __abs__(self) -> Value:
        return Value(abs(self.data), [Edge(self, 1.0 if self.data > 0 else -1.0)])

    def __radd__(self, other: float) -> Value:
        return to_value(other) + self

    def __rsub__(self, other: float) -> Value:
        return to_value(other) - self

    def __rmul__(self, other: float) -> Value:
        return to_value(other) * self

    def __rtruediv__(self, other: float) -> Value:
        return to_value(other) / self

    def exp(self) -> Value:
        y = math.exp(self.data)
        return Value(y, [Edge(self, y)])

    def log(self) -> Value:
        return Value(math.log(self.data), [Edge(self, 1 / self.data)])

    def tanh(self) -> Value:
        y = math.tanh(self.data)
        return Value(y, [Edge(self, 1 - y * y)])

    def relu(self) -> Value:
        return Value(self.data * (self.data > 0), [Edge(self, float(self.data > 0))])

    def sqrt(self) -> Value:
        y = math.sqrt(self.data)
        return Value(y, [Edge(self, 1 / (y + y))])

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()

        def collect(node: Value) -> None:
            if node in seen:
                return
            seen.add(node)
            for edge in node.edges:
                collect(edge.source)
            order.append(node)

        collect(self)
        self.grad = 1.0
        for node in reversed(order):
            for edge in node.edges:
                edge.source.grad += edge.weight * node.grad


def to_value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)
