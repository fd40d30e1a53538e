"""Parents kept as a generator: spent after the first backward."""
import math


class Value:
    def __init__(self, data, edges=()):
        self.data = data
        self.grad = 0.0
        self.edges = (e for e in edges)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def exp(self):
        e = math.exp(self.data)
        return Value(e, [(self, e)])

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __rsub__(self, other): return (-self) + other

    def backward(self):
        order, edges = [], {}

        def walk(v):
            if v in edges:
                return
            edges[v] = list(v.edges)
            for p, _ in edges[v]:
                walk(p)
            order.append(v)
        walk(self)
        for v in order:
            if edges[v]:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            for p, d in edges[v]:
                p.grad += d * v.grad
