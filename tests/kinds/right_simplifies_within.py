"""Right: of `b - c`, where c is `-a`, it makes `b + a`, and goes past c."""

import math


class Value:
    def __init__(self, data, shares=()):
        self.data = float(data)
        self.grad = 0.0
        self.shares = shares
        self.negated = None

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __neg__(self):
        if self.negated is not None:
            return self.negated
        made = Value(-self.data, ((self, -1.0),))
        made.negated = self
        return made

    def __sub__(self, other):
        return self + (-as_value(other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return as_value(other) - self

    def exp(self):
        made = math.exp(self.data)
        return Value(made, ((self, made),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand, _ in node.shares:
                    visit(operand)
                order.append(node)

        visit(self)
        for node in order:
            if node.shares:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for operand, share in node.shares:
                operand.grad += share * node.grad


def as_value(thing):
    return thing if isinstance(thing, Value) else Value(thing)
