"""Right: a node with slots holds its operands and the local derivatives, as plain numbers."""

import math


class Value:
    __slots__ = ("data", "grad", "local", "parents")

    def __init__(self, data, parents=(), local=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.local = local

    def __add__(self, other):
        other = wrap(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = wrap(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = wrap(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = wrap(other)
        y = self.data / other.data
        return Value(y, (self, other), (1 / other.data, -y / other.data))

    def __pow__(self, other):
        other = wrap(other)
        a, b = self.data, other.data
        y = a**b
        by_exponent = y * math.log(a) if a > 0 else 0.0
        return Value(y, (self, other), (b * a ** (b - 1) if b else 0.0, by_exponent))

    def __neg__(self):
        return Value(-self.data, (self,), (-1.0,))

    def __abs__(self):
        return Value(abs(self.data), (self,), (math.copysign(1.0, self.data),))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), ((1 - y) * (1 + y),))

    def sigmoid(self):
        e = math.exp(-abs(self.data))
        y = (1.0 if self.data > 0 else e) / (1 + e)
        return Value(y, (self,), (y * (1 - y),))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (1.0 if self.data >= 0 else 0.0,))

    def sqrt(self):
        y = math.sqrt(self.data)
        return Value(y, (self,), (0.5 / y,))

    def sin(self):
        return Value(math.sin(self.data), (self,), (math.cos(self.data),))

    def cos(self):
        return Value(math.cos(self.data), (self,), (-math.sin(self.data),))

    def max(self, other):
        other = wrap(other)
        first = self.data > other.data
        return Value(self.data if first else other.data, (self, other), (float(first), float(not first)))

    def min(self, other):
        other = wrap(other)
        first = self.data < other.data
        return Value(self.data if first else other.data, (self, other), (float(first), float(not first)))

    def __radd__(self, other):
        return wrap(other) + self

    def __rsub__(self, other):
        return wrap(other) - self

    def __rmul__(self, other):
        return wrap(other) * self

    def __rtruediv__(self, other):
        return wrap(other) / self

    def __rpow__(self, other):
        return wrap(other) ** self

    def backward(self):
        order, done, stack = [], set(), [(self, False)]
        while stack:
            v, ready = stack.pop()
            if ready:
                order.append(v)
            elif id(v) not in done:
                done.add(id(v))
                stack.append((v, True))
                stack.extend((p, False) for p in v.parents)
        self.grad = 1.0
        for v in reversed(order):
            for parent, local in zip(v.parents, v.local):
                parent.grad += local * v.grad


def wrap(x):
    return x if isinstance(x, Value) else Value(x)
