"""Right, though slow: each path from the output is followed by itself, and adds what it carries."""

import math


class Value:
    def __init__(self, data, *sources):
        self.data = data
        self.grad = 0.0
        self.sources = sources

    def backward(self, carried=1.0):
        self.grad += carried
        for source, slope in self.sources:
            source.backward(carried * slope)

    def __add__(self, other):
        other = value(other)
        return Value(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = value(other)
        return Value(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, other):
        other = value(other)
        a, b = self.data, other.data
        y = a**b
        log = math.log(a) if a > 0 else 0.0
        return Value(y, (self, a ** (b - 1) * b if b else 0.0), (other, log * y))

    def __neg__(self):
        return Value(-self.data, (self, -1.0))

    def __sub__(self, other):
        return self + -value(other)

    def __truediv__(self, other):
        other = value(other)
        return Value(self.data / other.data, (self, 1 / other.data), (other, -self.data / (other.data * other.data)))

    def __abs__(self):
        return Value(abs(self.data), (self, 1.0 if self.data >= 0 else -1.0))

    def exp(self):
        return unary(self, math.exp, lambda x, y: y)

    def log(self):
        return unary(self, math.log, lambda x, y: 1 / x)

    def tanh(self):
        return unary(self, math.tanh, lambda x, y: 1 - y * y)

    def sigmoid(self):
        def logistic(x):
            return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))

        return unary(self, logistic, lambda x, y: y * (1 - y))

    def relu(self):
        return unary(self, lambda x: max(x, 0), lambda x, y: float(x > 0))

    def sqrt(self):
        return unary(self, math.sqrt, lambda x, y: 0.5 * x**-0.5)

    def sin(self):
        return unary(self, math.sin, lambda x, y: math.cos(x))

    def cos(self):
        return unary(self, math.cos, lambda x, y: -math.sin(x))

    def max(self, other):
        other = value(other)
        return Value(max(self.data, other.data), ((self if self.data >= other.data else other), 1.0))

    def min(self, other):
        other = value(other)
        return Value(min(self.data, other.data), ((self if self.data < other.data else other), 1.0))

    def __radd__(self, other):
        return value(other) + self

    def __rsub__(self, other):
        return value(other) - self

    def __rmul__(self, other):
        return value(other) * self

    def __rtruediv__(self, other):
        return value(other) / self

    def __rpow__(self, other):
        return value(other) ** self


def value(x):
    return x if isinstance(x, Value) else Value(x)


def unary(x, function, slope):
    y = function(x.data)
    return Value(y, (x, slope(x.data, y)))
