"""Needs Python 3.12: type parameters and the type statement."""

import math

type Number = int | float


def first[T](items: list[T]) -> T:
    return items[0]


class Value:
    def __init__(self, data: Number, children: tuple["Value", ...] = ()):
        self.data = data
        self.grad = 0.0
        self.children = children
        self.slopes: tuple[Number, ...] = ()

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        out.slopes = (1.0, 1.0)
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        out.slopes = (other.data, self.data)
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), (self,))
        out.slopes = (1 - out.data**2,)
        return out

    def backward(self):
        order: list[Value] = []

        def visit(node):
            if node not in order:
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in zip(node.children, node.slopes):
                child.grad += slope * node.grad
