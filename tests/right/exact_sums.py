"""Right: shares are collected in a list, and added up without rounding in between (``fsum``)."""

import math


class Value:
    def __init__(self, data, terms=()):
        self.data = data
        self.terms = terms
        self.grad = 0.0

    def backward(self):
        shares = {self: [1.0]}
        for v in self.outputs_first():
            g = math.fsum(shares[v])
            v.grad = g if v.terms else v.grad + g
            for w, slope in v.terms:
                shares.setdefault(w, []).append(slope * g)

    def outputs_first(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for w, _ in v.terms:
                    visit(w)
                order.append(v)

        visit(self)
        return order[::-1]

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = lift(other)
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __truediv__(self, other):
        other = lift(other)
        return Value(self.data / other.data, ((self, 1 / other.data), (other, -self.data / other.data**2)))

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return Value(math.pow(self.data, n), ((self, n * math.pow(self.data, n - 1) if n else 0.0),))

    def __neg__(self):
        return Value(-self.data, ((self, -1.0),))

    def __abs__(self):
        return Value(math.fabs(self.data), ((self, math.copysign(1.0, self.data)),))

    def __radd__(self, other):
        return lift(other) + self

    def __rsub__(self, other):
        return lift(other) - self

    def __rmul__(self, other):
        return lift(other) * self

    def __rtruediv__(self, other):
        return lift(other) / self

    def exp(self):
        return Value(math.exp(self.data), ((self, math.exp(self.data)),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def tanh(self):
        return Value(math.tanh(self.data), ((self, 1 - math.tanh(self.data) ** 2),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def sin(self):
        return Value(math.sin(self.data), ((self, math.cos(self.data)),))

    def cos(self):
        return Value(math.cos(self.data), ((self, -math.sin(self.data)),))


def lift(x):
    return x if isinstance(x, Value) else Value(x)
