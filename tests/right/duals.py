"""Right, in forward mode: a number carries its derivatives by all that it was made from."""

import math


class Value:
    def __init__(self, data, *slopes):
        self.data = data
        self.grad = 0.0
        self.tangents = {}  # node -> d(self)/d(node)
        for x, slope in slopes:
            for node, tangent in x.tangents.items():
                self.tangents[node] = self.tangents.get(node, 0.0) + slope * tangent
        self.tangents[self] = 1.0

    def backward(self):
        for node, tangent in self.tangents.items():
            node.grad += tangent

    def __add__(self, other):
        other = number(other)
        return Value(self.data + other.data, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = number(other)
        return Value(self.data - other.data, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = number(other)
        return Value(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = number(other)
        y = self.data / other.data
        return Value(y, (self, 1 / other.data), (other, -y / other.data))

    def __pow__(self, other):
        other = number(other)
        a, b = self.data, other.data
        y = a**b
        return Value(y, (self, b * a ** (b - 1) if b else 0.0), (other, y * math.log(a) if a > 0 else 0.0))

    def __neg__(self):
        return Value(-self.data, (self, -1.0))

    def __abs__(self):
        return self * 1.0 if self.data > 0 else -self

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self, y))

    def log(self):
        return Value(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self, 1 - y * y))

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return Value(y, (self, y * (1 - y)))

    def relu(self):
        return Value(self.data if self.data > 0 else 0.0, (self, 1.0 if self.data > 0 else 0.0))

    def sqrt(self):
        y = math.sqrt(self.data)
        return Value(y, (self, 1 / (2 * y)))

    def sin(self):
        return Value(math.sin(self.data), (self, math.cos(self.data)))

    def cos(self):
        return Value(math.cos(self.data), (self, -math.sin(self.data)))

    def max(self, other):
        other = number(other)
        return Value(max(self.data, other.data), (self if self.data > other.data else other, 1.0))

    def min(self, other):
        other = number(other)
        return Value(min(self.data, other.data), (self if self.data < other.data else other, 1.0))

    def __radd__(self, other):
        return number(other) + self

    def __rsub__(self, other):
        return number(other) - self

    def __rmul__(self, other):
        return number(other) * self

    def __rtruediv__(self, other):
        return number(other) / self

    def __rpow__(self, other):
        return number(other) ** self


def number(x):
    return x if isinstance(x, Value) else Value(x)
