"""Right, if its own ``zero_grad`` is used between two passes over the same graph.

A mark says that a node was passed already; ``zero_grad`` takes gradients and marks away.
"""

import math


class Value:
    def __init__(self, data, prev=()):
        self.data = data
        self.grad = 0.0
        self.prev = prev
        self.passed = False
        self.step = None

    def zero_grad(self):
        stack, seen = [self], {self}
        while stack:
            v = stack.pop()
            v.grad, v.passed = 0.0, False
            for p in v.prev:
                if p not in seen:
                    seen.add(p)
                    stack.append(p)

    def backward(self):
        order = []

        def visit(v):
            if v.passed:
                return
            v.passed = True
            for p in v.prev:
                visit(p)
            order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            if v.step:
                v.step(v.grad)
            else:
                v.passed = False

    def __add__(self, other):
        other = wrap(other)
        out = Value(self.data + other.data, (self, other))

        def step(g):
            self.grad += g
            other.grad += g

        out.step = step
        return out

    def __mul__(self, other):
        other = wrap(other)
        out = Value(self.data * other.data, (self, other))

        def step(g):
            self.grad += other.data * g
            other.grad += self.data * g

        out.step = step
        return out

    def __pow__(self, n):
        assert isinstance(n, (int, float))
        out = Value(self.data**n, (self,))

        def step(g):
            self.grad += n * self.data ** (n - 1) * g

        out.step = step
        return out

    def tanh(self):
        y = math.tanh(self.data)
        out = Value(y, (self,))

        def step(g):
            self.grad += (1 - y * y) * g

        out.step = step
        return out

    def exp(self):
        y = math.exp(self.data)
        out = Value(y, (self,))

        def step(g):
            self.grad += y * g

        out.step = step
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -wrap(other)

    def __truediv__(self, other):
        return self * wrap(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return wrap(other) - self

    def __rtruediv__(self, other):
        return wrap(other) / self


def wrap(x):
    return x if isinstance(x, Value) else Value(x)
