"""Right: nodes are numbered as they are made, and the pass goes by falling numbers; no search order."""

import math
from operator import attrgetter


class Value:
    _next = 0

    def __init__(self, data, children=(), grads=()):
        self.data = float(data)
        self.grad = 0.0
        self.children = children
        self.grads = grads
        self.number = Value._next
        Value._next += 1

    def reachable(self):
        found, stack = {self.number: self}, [self]
        while stack:
            for c in stack.pop().children:
                if c.number not in found:
                    found[c.number] = c
                    stack.append(c)
        return found.values()

    def zero_grad(self):
        for v in self.reachable():
            v.grad = 0.0

    def backward(self, seed=1.0):
        nodes = sorted(self.reachable(), key=attrgetter("number"), reverse=True)
        inner = {v.number: 0.0 for v in nodes if v.children}
        if self.children:
            inner[self.number] = seed
        else:
            self.grad += seed
        for v in nodes:
            if not v.children:
                continue
            g = v.grad = inner[v.number]
            for c, d in zip(v.children, v.grads):
                if c.children:
                    inner[c.number] += d * g
                else:
                    c.grad += d * g

    def __add__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data + o.data, (self, o), (1.0, 1.0))

    __radd__ = __add__

    def __mul__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data * o.data, (self, o), (o.data, self.data))

    __rmul__ = __mul__

    def __neg__(self):
        return self * -1.0

    def __sub__(self, o):
        return self + (-o)

    def __rsub__(self, o):
        return (-self) + o

    def __pow__(self, n):
        if isinstance(n, Value):
            return (n * self.log()).exp()
        return Value(self.data**n, (self,), (n * self.data ** (n - 1) if n else 0.0,))

    def __truediv__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data / o.data, (self, o), (1 / o.data, -self.data / (o.data * o.data)))

    def __rtruediv__(self, o):
        return Value(o) / self

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def sigmoid(self):
        z = math.exp(-abs(self.data))
        y = 1 / (1 + z) if self.data >= 0 else z / (1 + z)
        return Value(y, (self,), (z / (1 + z) ** 2,))
