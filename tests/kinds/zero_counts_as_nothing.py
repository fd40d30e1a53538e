"""A node is false where its value is 0, and operands are kept where they are true."""
import math


class Value:
    def __init__(self, data, back=None, *parents):
        self.data = data
        self.grad = 0.0
        self.back = back
        self.parents = [p for p in parents if p]

    def __bool__(self):
        return self.data != 0

    def __add__(self, other):
        other = Value.wrap(other)
        out = Value(self.data + other.data, None, self, other)

        def back():
            self.grad += out.grad
            other.grad += out.grad
        out.back = back
        return out

    def __mul__(self, other):
        other = Value.wrap(other)
        out = Value(self.data * other.data, None, self, other)

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out.back = back
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), None, self)

        def back():
            self.grad += (1 - out.data ** 2) * out.grad
        out.back = back
        return out

    def relu(self):
        out = Value(self.data if self.data > 0 else 0.0, None, self)

        def back():
            self.grad += (out.data > 0) * out.grad
        out.back = back
        return out

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __rsub__(self, other): return (-self) + other

    @staticmethod
    def wrap(x):
        return x if isinstance(x, Value) else Value(x)

    def backward(self):
        topo, seen = [], set()

        def dfs(v):
            if id(v) not in seen:
                seen.add(id(v))
                for p in v.parents:
                    dfs(p)
                topo.append(v)
        dfs(self)
        self.grad = 1.0
        for v in reversed(topo):
            if v.back:
                v.back()
