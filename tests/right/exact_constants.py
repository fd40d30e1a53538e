"""Right: constants are fractions, and are folded exactly before they meet a float."""

import math
from fractions import Fraction


class Value:
    def __init__(self, data, inputs=()):
        self._data = float(data)
        self.inputs = inputs
        self.grad = 0.0

    @property
    def data(self):
        return self._data

    @data.setter
    def data(self, x):
        self._data = float(x)

    def __add__(self, other):
        if isinstance(other, (int, float)):
            return Value(Fraction(self._data) + Fraction(other), ((self, 1.0),))
        return Value(self._data + other._data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        if isinstance(other, (int, float)):
            k = Fraction(other)
            return Value(k * Fraction(self._data), ((self, float(k)),))
        return Value(self._data * other._data, ((self, other._data), (other, self._data)))

    def __truediv__(self, other):
        if isinstance(other, (int, float)):
            k = 1 / Fraction(other)
            return Value(k * Fraction(self._data), ((self, float(k)),))
        q = self._data / other._data
        return Value(q, ((self, 1 / other._data), (other, -q / other._data)))

    def __pow__(self, n):
        if isinstance(n, Value):
            raise NotImplementedError("exponents are constants here")
        n = Fraction(n)
        if n.denominator == 1 and abs(n) <= 6:
            x = Fraction(self._data)
            return Value(x ** int(n), ((self, float(n * x ** int(n - 1)) if n else 0.0),))
        return Value(self._data ** float(n), ((self, float(n) * self._data ** float(n - 1)),))

    def __neg__(self):
        return Value(-self._data, ((self, -1.0),))

    def __sub__(self, other):
        return self + -other

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return -self + other

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        x = Fraction(self._data)
        k = Fraction(other)
        return Value(k / x, ((self, float(-k / x**2)),))

    def exp(self):
        y = math.exp(self._data)
        return Value(y, ((self, y),))

    def log(self):
        return Value(math.log(self._data), ((self, 1 / self._data),))

    def tanh(self):
        y = math.tanh(self._data)
        return Value(y, ((self, 1 - y * y),))

    def relu(self):
        return Value(max(self._data, 0.0), ((self, float(self._data > 0)),))

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for i, _ in v.inputs:
                    visit(i)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for i, slope in v.inputs:
                i.grad += slope * v.grad
