"""Right: the graph is taken apart while it is walked; what is used up has neither gradient nor rule."""

import math


class Value:
    def __init__(self, data, *parents):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.rule = None
        self.leaf = not parents

    def _made(self, rule):
        self.rule = rule
        return self

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, self, other)._made(lambda g: (g, g))

    def __mul__(self, other):
        other = lift(other)
        x, y = self.data, other.data
        return Value(x * y, self, other)._made(lambda g: (y * g, x * g))

    def __neg__(self):
        return Value(-self.data, self)._made(lambda g: (-g,))

    def __sub__(self, other):
        return self + (-lift(other))

    def __truediv__(self, other):
        other = lift(other)
        x, y = self.data, other.data
        return Value(x / y, self, other)._made(lambda g: (g / y, -g * x / (y * y)))

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        x = self.data
        return Value(x**n, self)._made(lambda g: (g * n * x ** (n - 1) if n else 0.0,))

    def __radd__(self, other):
        return lift(other) + self

    def __rsub__(self, other):
        return lift(other) - self

    def __rmul__(self, other):
        return lift(other) * self

    def __rtruediv__(self, other):
        return lift(other) / self

    def exp(self):
        y = math.exp(self.data)
        return Value(y, self)._made(lambda g: (y * g,))

    def log(self):
        x = self.data
        return Value(math.log(x), self)._made(lambda g: (g / x,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, self)._made(lambda g: (g * (1 - y * y),))

    def relu(self):
        x = self.data
        return Value(max(0.0, x), self)._made(lambda g: (g if x > 0 else 0.0,))

    def backward(self):
        order, seen = [], set()

        def walk(v):
            if v not in seen:
                seen.add(v)
                for p in v.parents:
                    walk(p)
                order.append(v)

        walk(self)
        for v in order:
            if not v.leaf:
                v.grad = 0.0
        self.grad = 1.0 if not self.leaf else self.grad + 1.0
        while order:
            v = order.pop()
            if v.leaf:
                continue
            if v.rule is None:
                raise RuntimeError("backward through a graph that was used up")
            for p, share in zip(v.parents, v.rule(v.grad)):
                p.grad += share
            v.parents, v.rule, v.grad = (), None, None


def lift(x):
    return x if isinstance(x, Value) else Value(x)
