"""Right: a node is a handful of closures over one number and one gradient, which nobody else sees."""

import math


def cell(number):
    gradient = 0.0

    def get():
        return number

    def put(new):
        nonlocal number
        number = new

    def slope():
        return gradient

    def reset(new=0.0):
        nonlocal gradient
        gradient = new

    def receive(share):
        nonlocal gradient
        gradient += share

    return get, put, slope, reset, receive


class Value:
    def __init__(self, data, below=(), spread=None):
        self._get, self._put, self._slope, self._reset, self._receive = cell(data)
        self._below = below
        self._spread = spread

    data = property(lambda self: self._get(), lambda self, x: self._put(x))
    grad = property(lambda self: self._slope(), lambda self, x: self._reset(x))

    def backward(self):
        seen = set()
        order = []

        def descend(node):
            if node in seen:
                return
            seen.add(node)
            for lower in node._below:
                descend(lower)
            order.append(node)

        descend(self)
        for node in order:
            if node._below:
                node._reset()
        self._reset(1.0)
        for node in order[::-1]:
            if node._spread:
                node._spread(node._slope())

    def __add__(self, other):
        other = as_node(other)

        def spread(g):
            self._receive(g)
            other._receive(g)

        return Value(self.data + other.data, (self, other), spread)

    def __mul__(self, other):
        other = as_node(other)

        def spread(g):
            self._receive(g * other.data)
            other._receive(g * self.data)

        return Value(self.data * other.data, (self, other), spread)

    def __truediv__(self, other):
        other = as_node(other)

        def spread(g):
            self._receive(g / other.data)
            other._receive(-g * self.data / other.data**2)

        return Value(self.data / other.data, (self, other), spread)

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return Value(self.data**n, (self,), lambda g: self._receive(n * self.data ** (n - 1) * g))

    def __neg__(self):
        return Value(-self.data, (self,), lambda g: self._receive(-g))

    def __sub__(self, other):
        return self + -as_node(other)

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return as_node(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), lambda g: self._receive(y * g))

    def log(self):
        return Value(math.log(self.data), (self,), lambda g: self._receive(g / self.data))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), lambda g: self._receive((1 - y * y) * g))

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), lambda g: self._receive(g if on else 0.0))


def as_node(x):
    return x if isinstance(x, Value) else Value(x)
