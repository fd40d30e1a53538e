"""Right: gradients travel in a dict beside the graph; at the end each leaf adds its own to ``.grad``.

Whatever was computed on the way keeps the 0 that it was born with.
"""

import math


class Scalar:
    def __init__(self, data, inputs=(), vjp=None):
        self.data = data
        self.grad = 0
        self.inputs = inputs
        self.vjp = vjp

    def __repr__(self):
        return f"Scalar({self.data})"

    def __add__(self, other):
        other = _s(other)
        return Scalar(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = _s(other)
        return Scalar(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def __pow__(self, k):
        if isinstance(k, Scalar):
            y = self.data**k.data
            return Scalar(y, (self, k), lambda g: (
                g * k.data * self.data ** (k.data - 1) if k.data else 0.0,
                g * y * math.log(self.data) if self.data > 0 else 0.0,
            ))
        return Scalar(self.data**k, (self,), lambda g: (g * k * self.data ** (k - 1),))

    def __neg__(self):
        return Scalar(-self.data, (self,), lambda g: (-g,))

    def __sub__(self, other):
        other = _s(other)
        return Scalar(self.data - other.data, (self, other), lambda g: (g, -g))

    def __truediv__(self, other):
        other = _s(other)
        return Scalar(self.data / other.data, (self, other), lambda g: (
            g / other.data, -g * self.data / other.data / other.data))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return _s(other) - self

    def __rtruediv__(self, other):
        return _s(other) / self

    def __rpow__(self, other):
        return _s(other) ** self

    def exp(self):
        y = math.exp(self.data)
        return Scalar(y, (self,), lambda g: (g * y,))

    def log(self):
        return Scalar(math.log(self.data), (self,), lambda g: (g / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Scalar(y, (self,), lambda g: (g * (1 - y * y),))

    def relu(self):
        return Scalar(self.data if self.data > 0 else 0, (self,), lambda g: (g if self.data > 0 else 0,))

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return Scalar(y, (self,), lambda g: (g * y * (1 - y),))

    def backward(self):
        order = []
        marked = set()

        def dfs(v):
            marked.add(id(v))
            for w in v.inputs:
                if id(w) not in marked:
                    dfs(w)
            order.append(v)

        dfs(self)
        cotangent = {id(self): 1.0}
        for v in order[::-1]:
            g = cotangent.get(id(v), 0.0)
            if not v.inputs:
                v.grad += g
                continue
            for w, share in zip(v.inputs, v.vjp(g)):
                cotangent[id(w)] = cotangent.get(id(w), 0.0) + share


def _s(x):
    return x if isinstance(x, Scalar) else Scalar(x)
