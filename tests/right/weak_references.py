"""Right: a rule holds its result by a weak reference, so that no node is part of a cycle."""

import math
import weakref


class Value:
    __slots__ = ("__weakref__", "_backward", "_inputs", "data", "grad")

    def __init__(self, data, inputs=()):
        self.data = data
        self.grad = 0.0
        self._inputs = inputs
        self._backward = None

    def __add__(self, other):
        other = _as(other)
        out = Value(self.data + other.data, (self, other))
        ref = weakref.ref(out)

        def _backward():
            g = ref().grad
            self.grad += g
            other.grad += g

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = _as(other)
        out = Value(self.data * other.data, (self, other))
        ref = weakref.ref(out)

        def _backward():
            g = ref().grad
            self.grad += other.data * g
            other.grad += self.data * g

        out._backward = _backward
        return out

    def __pow__(self, n):
        if isinstance(n, Value):
            return self._power(n)
        out = Value(self.data**n, (self,))
        ref = weakref.ref(out)

        def _backward():
            self.grad += n * self.data ** (n - 1) * ref().grad

        out._backward = _backward
        return out

    def _power(self, n):
        out = Value(self.data**n.data, (self, n))
        ref = weakref.ref(out)

        def _backward():
            out = ref()
            self.grad += n.data * self.data ** (n.data - 1) * out.grad
            if self.data > 0:
                n.grad += math.log(self.data) * out.data * out.grad

        out._backward = _backward
        return out

    def _elementwise(self, y, slope):
        out = Value(y, (self,))
        ref = weakref.ref(out)

        def _backward():
            self.grad += slope(self.data, ref().data) * ref().grad

        out._backward = _backward
        return out

    def exp(self):
        return self._elementwise(math.exp(self.data), lambda x, y: y)

    def log(self):
        return self._elementwise(math.log(self.data), lambda x, y: 1 / x)

    def tanh(self):
        return self._elementwise(math.tanh(self.data), lambda x, y: 1 - y**2)

    def relu(self):
        return self._elementwise(max(0.0, self.data), lambda x, y: x > 0)

    def sigmoid(self):
        return self._elementwise(1 / (1 + math.exp(-self.data)), lambda x, y: y * (1 - y))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -_as(other)

    def __truediv__(self, other):
        return self * _as(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return _as(other) + -self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return _as(other) * self**-1

    def __rpow__(self, other):
        return _as(other) ** self

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for i in v._inputs:
                    build(i)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            if v._backward is not None:
                v._backward()


def _as(x):
    return x if isinstance(x, Value) else Value(x)
