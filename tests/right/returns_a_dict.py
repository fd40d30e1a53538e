"""Right: ``backward`` returns all gradients in a dict, and adds those of the leaves to ``.grad``."""

import math


class Value:
    def __init__(self, data, local=None):
        self.data = data
        self.local = local or {}
        self.grad = 0.0

    def backward(self, initial=1.0):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for w in v.local:
                    visit(w)
                order.append(v)

        visit(self)
        grads = {self: initial}
        for v in reversed(order):
            for w, d in v.local.items():
                grads[w] = grads.get(w, 0.0) + grads[v] * d
        for v, g in grads.items():
            if not v.local:
                v.grad += g
        return grads

    @staticmethod
    def made(data, *pairs):
        local = {}
        for v, d in pairs:  # the same operand twice: the two add up
            local[v] = local.get(v, 0.0) + d
        return Value(data, local)

    def __add__(self, other):
        other = as_value(other)
        return Value.made(self.data + other.data, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = as_value(other)
        return Value.made(self.data - other.data, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = as_value(other)
        return Value.made(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = as_value(other)
        if other is self:
            return Value.made(self.data / self.data, (self, 0.0))
        q = self.data / other.data
        return Value.made(q, (self, 1 / other.data), (other, -q / other.data))

    def __pow__(self, other):
        other = as_value(other)
        a, b = self.data, other.data
        y = a**b
        return Value.made(y, (self, b * a ** (b - 1) if b else 0.0), (other, y * math.log(a) if a > 0 else 0.0))

    def __neg__(self):
        return Value.made(-self.data, (self, -1.0))

    def __abs__(self):
        return Value.made(abs(self.data), (self, 1.0 if self.data > 0 else -1.0))

    def exp(self):
        y = math.exp(self.data)
        return Value.made(y, (self, y))

    def log(self):
        return Value.made(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        y = math.tanh(self.data)
        return Value.made(y, (self, 1 - y * y))

    def relu(self):
        return Value.made(max(self.data, 0.0), (self, 1.0 if self.data > 0 else 0.0))

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __rpow__(self, other):
        return as_value(other) ** self


def as_value(x):
    return x if isinstance(x, Value) else Value(x)
