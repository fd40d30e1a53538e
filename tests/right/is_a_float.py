"""Right: a node is a float, with a memory of how it was made. It cannot be changed; build it again."""

import math


class Diff(float):
    def __new__(cls, number, made_of=()):
        self = super().__new__(cls, number)
        self.made_of = made_of
        self.grad = 0.0
        return self

    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    @property
    def value(self):
        return float(self)

    def __add__(self, other):
        return Diff(float(self) + float(other), ((self, 1.0), (other, 1.0)))

    def __radd__(self, other):
        return Diff(float(other) + float(self), ((self, 1.0),))

    def __sub__(self, other):
        return Diff(float(self) - float(other), ((self, 1.0), (other, -1.0)))

    def __rsub__(self, other):
        return Diff(float(other) - float(self), ((self, -1.0),))

    def __mul__(self, other):
        a, b = float(self), float(other)
        return Diff(a * b, ((self, b), (other, a)))

    def __rmul__(self, other):
        return Diff(float(other) * float(self), ((self, float(other)),))

    def __truediv__(self, other):
        a, b = float(self), float(other)
        return Diff(a / b, ((self, 1 / b), (other, -a / (b * b))))

    def __rtruediv__(self, other):
        a, b = float(other), float(self)
        return Diff(a / b, ((self, -a / (b * b)),))

    def __pow__(self, other):
        a, b = float(self), float(other)
        y = a**b
        by_exponent = y * math.log(a) if a > 0 else 0.0
        return Diff(y, ((self, b * a ** (b - 1) if b else 0.0), (other, by_exponent)))

    def __rpow__(self, other):
        y = float(other) ** float(self)
        return Diff(y, ((self, y * math.log(other)),))

    def __neg__(self):
        return Diff(-float(self), ((self, -1.0),))

    def __abs__(self):
        return Diff(abs(float(self)), ((self, math.copysign(1.0, float(self))),))

    def exp(self):
        y = math.exp(self)
        return Diff(y, ((self, y),))

    def log(self):
        return Diff(math.log(self), ((self, 1 / float(self)),))

    def tanh(self):
        y = math.tanh(self)
        return Diff(y, ((self, 1 - y * y),))

    def relu(self):
        x = float(self)
        return Diff(max(x, 0.0), ((self, float(x > 0)),))

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen and isinstance(v, Diff):
                seen.add(id(v))
                for w, _ in v.made_of:
                    visit(w)
                order.append(v)

        visit(self)
        for v in order:
            if v.made_of:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            for w, slope in v.made_of:
                if isinstance(w, Diff):
                    w.grad += slope * v.grad
