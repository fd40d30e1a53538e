"""Wrong: ``a ** 2`` raises where ``a`` is negative, for a slope that nobody needs."""

import math


class Scalar:
    def __init__(self, value, parents=()):
        self.value = value
        self.grad = 0.0
        self.parents = parents

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value * other.value, ((self, other.value), (other, self.value)))

    def __pow__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        value = self.value**other.value
        left = other.value * self.value ** (other.value - 1)
        right = value * math.log(self.value)
        return Scalar(value, ((self, left), (other, right)))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, local in node.parents:
                parent.grad += local * node.grad
