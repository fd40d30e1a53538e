"""A result is a shallow copy of its first operand: it begins with that one's gradient."""
import copy
import math


class Value:
    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.parents = ()

    def _new(self, data, *parents):
        out = copy.copy(self)
        out.data = data
        out.parents = parents
        return out

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._new(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._new(self.data * other.data, (self, other.data), (other, self.data))

    def __neg__(self): return self._new(-self.data, (self, -1.0))
    def __sub__(self, other): return self + (-other)
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __rsub__(self, other): return (-self) + other

    def tanh(self):
        t = math.tanh(self.data)
        return self._new(t, (self, 1 - t * t))

    def backward(self):
        topo, seen = [], set()

        def dfs(v):
            if v in seen:
                return
            seen.add(v)
            for p, _ in v.parents:
                dfs(p)
            topo.append(v)
        dfs(self)
        self.grad = 1.0
        for v in reversed(topo):
            for p, d in v.parents:
                p.grad += d * v.grad
