"""Right: gradients are nodes themselves, made with the same operations, so they have gradients too."""

import math


class Value:
    def __init__(self, data, parents=(), vjp=None):
        self.data = float(data)
        self.parents = parents
        self.vjp = vjp
        self.grad = None

    def __repr__(self):
        return f"Value({self.data:.4g})"

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, (self, other), lambda g: (g * other, g * self))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -lift(other)

    def __truediv__(self, other):
        other = lift(other)
        out = Value(self.data / other.data, (self, other))
        out.vjp = lambda g: (g / other, -(g * out / other))
        return out

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return Value(self.data**n, (self,), lambda g: (g * (n * self ** (n - 1)),) if n else (g * 0,))

    def exp(self):
        out = Value(math.exp(self.data), (self,))
        out.vjp = lambda g: (g * out,)
        return out

    def log(self):
        return Value(math.log(self.data), (self,), lambda g: (g / self,))

    def tanh(self):
        out = Value(math.tanh(self.data), (self,))
        out.vjp = lambda g: (g * (1.0 - out * out),)
        return out

    def sin(self):
        return Value(math.sin(self.data), (self,), lambda g: (g * self.cos(),))

    def cos(self):
        return Value(math.cos(self.data), (self,), lambda g: (-(g * self.sin()),))

    def relu(self):
        gate = 1.0 if self.data > 0 else 0.0
        return self * gate

    def __radd__(self, other):
        return lift(other) + self

    def __rmul__(self, other):
        return lift(other) * self

    def __rsub__(self, other):
        return lift(other) - self

    def __rtruediv__(self, other):
        return lift(other) / self

    def backward(self):
        order, seen = [], set()

        def build(v):
            if id(v) not in seen:
                seen.add(id(v))
                for p in v.parents:
                    build(p)
                order.append(v)

        build(self)
        for v in order:
            if v.parents:
                v.grad = None
        self.grad = Value(1.0)
        for v in reversed(order):
            if v.vjp is None or v.grad is None:
                continue
            for p, share in zip(v.parents, v.vjp(v.grad)):
                p.grad = share if p.grad is None else p.grad + share


def lift(x):
    return x if isinstance(x, Value) else Value(x)
