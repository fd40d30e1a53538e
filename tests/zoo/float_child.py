"""A node *is* a float."""

import math


class Value(float):
    def __new__(cls, data, parents=()):
        self = super().__new__(cls, data)
        self.parents = parents
        self.grad = 0.0
        return self

    def __add__(self, other):
        return Value(float(self) + float(other), ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(float(self) * float(other), ((self, float(other)), (other, float(self))))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return Value(float(self) - float(other), ((self, 1.0), (other, -1.0)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return (-self) + other

    def __truediv__(self, other):
        a, b = float(self), float(other)
        return Value(a / b, ((self, 1 / b), (other, -a / b / b)))

    def __rtruediv__(self, other):
        return Value(other) / self

    def __pow__(self, k):
        if isinstance(k, Value):
            raise TypeError("the exponent must be a plain number")
        return Value(float(self) ** k, ((self, k * float(self) ** (k - 1)),))

    def __rpow__(self, base):
        raise TypeError("the exponent must be a plain number")

    def __abs__(self):
        return self * (1.0 if self > 0 else -1.0)

    def tanh(self):
        t = math.tanh(self)
        return Value(t, ((self, 1 - t * t),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if isinstance(node, Value) and id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                if isinstance(parent, Value):
                    parent.grad += slope * node.grad
