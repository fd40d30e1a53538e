"""Right: forward mode. Each number carries its derivatives by the leaves it was made from, in a dict.

``backward`` only hands them out, so what is in between never has a gradient.
"""

import math


class Value:
    def __init__(self, data, tangent=None):
        self.data = data
        self.grad = 0.0
        self.tangent = {self: 1.0} if tangent is None else tangent

    def backward(self):
        for leaf, slope in self.tangent.items():
            leaf.grad += slope

    def __add__(self, other):
        if not isinstance(other, Value):
            return Value(self.data + other, self.tangent)
        return Value(self.data + other.data, combine(self, 1.0, other, 1.0))

    def __sub__(self, other):
        if not isinstance(other, Value):
            return Value(self.data - other, self.tangent)
        return Value(self.data - other.data, combine(self, 1.0, other, -1.0))

    def __mul__(self, other):
        if not isinstance(other, Value):
            return scaled(self, self.data * other, other)
        return Value(self.data * other.data, combine(self, other.data, other, self.data))

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return scaled(self, self.data / other, 1 / other)
        q = self.data / other.data
        return Value(q, combine(self, 1 / other.data, other, -q / other.data))

    def __pow__(self, n):
        if not isinstance(n, Value):
            return scaled(self, self.data**n, n * self.data ** (n - 1) if n else 0.0)
        x, k = self.data, n.data
        y = x**k
        by_exponent = y * math.log(x) if x > 0 else 0.0
        return Value(y, combine(self, k * x ** (k - 1) if k else 0.0, n, by_exponent))

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return scaled(self, other - self.data, -1.0)

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        q = other / self.data
        return scaled(self, q, -q / self.data)

    def __rpow__(self, base):
        y = base**self.data
        return scaled(self, y, y * math.log(base))

    def __neg__(self):
        return scaled(self, -self.data, -1.0)

    def __abs__(self):
        return scaled(self, abs(self.data), math.copysign(1.0, self.data))

    def exp(self):
        return scaled(self, math.exp(self.data), math.exp(self.data))

    def log(self):
        return scaled(self, math.log(self.data), 1 / self.data)

    def tanh(self):
        t = math.tanh(self.data)
        return scaled(self, t, 1 - t**2)

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data))
        return scaled(self, s, s * (1 - s))

    def relu(self):
        return scaled(self, max(self.data, 0.0), float(self.data > 0))

    def sqrt(self):
        r = math.sqrt(self.data)
        return scaled(self, r, 1 / (2 * r))

    def sin(self):
        return scaled(self, math.sin(self.data), math.cos(self.data))

    def cos(self):
        return scaled(self, math.cos(self.data), -math.sin(self.data))


def scaled(x, data, slope):
    return Value(data, {leaf: slope * t for leaf, t in x.tangent.items()})


def combine(a, by_a, b, by_b):
    total = {leaf: by_a * t for leaf, t in a.tangent.items()}
    for leaf, t in b.tangent.items():
        total[leaf] = total.get(leaf, 0.0) + by_b * t
    return total
