"""Right: simplifies while it builds. Constants are folded, ``x + 0``, ``x * 1`` and ``--x`` are ``x``."""

import math
from numbers import Real


class Num:
    def __init__(self, value, terms=()):
        self.value = value
        self.terms = terms  # ((node, derivative), ...)
        self.grad = 0.0
        self.opposite = None

    def __add__(self, other):
        if isinstance(other, Real):
            return self if other == 0 else Num(self.value + other, ((self, 1.0),))
        if isinstance(other, Num):
            if other is self:
                return self * 2
            return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))
        return NotImplemented

    def __radd__(self, other):
        return self + other

    def __neg__(self):
        if self.opposite is None:
            y = Num(-self.value, ((self, -1.0),))
            y.opposite = self
            return y
        if self.opposite.value != -self.value:  # somebody changed it in between
            return Num(-self.value, ((self, -1.0),))
        return self.opposite

    def __sub__(self, other):
        if isinstance(other, Real):
            return self + (-other)
        if isinstance(other, Num):
            return Num(self.value - other.value, ((self, 1.0), (other, -1.0)))
        return NotImplemented

    def __rsub__(self, other):
        return Num(other - self.value, ((self, -1.0),))

    def __mul__(self, other):
        if isinstance(other, Real):
            if other == 1:
                return self
            if other == -1:
                return -self
            return Num(self.value * other, ((self, other),))
        if isinstance(other, Num):
            if other is self:
                return self**2
            return Num(self.value * other.value, ((self, other.value), (other, self.value)))
        return NotImplemented

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        if isinstance(other, Real):
            return self if other == 1 else Num(self.value / other, ((self, 1 / other),))
        if isinstance(other, Num):
            q = self.value / other.value
            return Num(q, ((self, 1 / other.value), (other, -q / other.value)))
        return NotImplemented

    def __rtruediv__(self, other):
        q = other / self.value
        return Num(q, ((self, -q / self.value),))

    def __pow__(self, n):
        if isinstance(n, Num):
            y = self.value**n.value
            return Num(y, (
                (self, n.value * self.value ** (n.value - 1) if n.value else 0.0),
                (n, y * math.log(self.value) if self.value > 0 else 0.0),
            ))
        if n == 1:
            return self
        return Num(self.value**n, ((self, n * self.value ** (n - 1)),))

    def __rpow__(self, base):
        y = base**self.value
        return Num(y, ((self, y * math.log(base)),))

    def exp(self):
        y = math.exp(self.value)
        return Num(y, ((self, y),))

    def log(self):
        return Num(math.log(self.value), ((self, 1 / self.value),))

    def tanh(self):
        y = math.tanh(self.value)
        return Num(y, ((self, (1 - y) * (1 + y)),))

    def relu(self):
        return self if self.value > 0 else Num(0.0, ((self, 0.0),))

    def __abs__(self):
        return self if self.value > 0 else -self

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) in seen:
                return
            seen.add(id(v))
            for p, _ in v.terms:
                visit(p)
            order.append(v)

        visit(self)
        for v in order:
            if v.terms:
                v.grad = 0.0
        self.grad = self.grad + 1.0
        while order:
            v = order.pop()
            for p, d in v.terms:
                p.grad += d * v.grad
