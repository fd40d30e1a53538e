"""Right, on numpy's scalars: every number is an ``np.float64``, and every function numpy's."""

import numpy as np


class Variable:
    def __init__(self, data, parents=(), op=""):
        self.data = np.float64(data)
        self.grad = np.float64(0.0)
        self.parents = parents
        self.op = op
        self._backward = lambda: None

    def _lift(self, other):
        return other if isinstance(other, Variable) else Variable(other)

    def __add__(self, other):
        other = self._lift(other)
        out = Variable(np.add(self.data, other.data), (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = self._lift(other)
        out = Variable(np.multiply(self.data, other.data), (self, other), "*")

        def _backward():
            self.grad += out.grad * other.data
            other.grad += out.grad * self.data

        out._backward = _backward
        return out

    def __truediv__(self, other):
        other = self._lift(other)
        if other.data == 0:
            raise ZeroDivisionError("division of a Variable by 0")
        out = Variable(np.divide(self.data, other.data), (self, other), "/")

        def _backward():
            self.grad += out.grad / other.data
            other.grad -= out.grad * out.data / other.data

        out._backward = _backward
        return out

    def __pow__(self, n):
        assert isinstance(n, (int, float)), "only numbers as exponents"
        out = Variable(np.power(self.data, np.float64(n)), (self,), f"**{n}")

        def _backward():
            self.grad += out.grad * n * np.power(self.data, np.float64(n - 1))

        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-self._lift(other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self._lift(other) - self

    def __rtruediv__(self, other):
        return self._lift(other) / self

    def _unary(self, value, slope, op):
        out = Variable(value, (self,), op)

        def _backward():
            self.grad += slope(out.data) * out.grad

        out._backward = _backward
        return out

    def exp(self):
        return self._unary(np.exp(self.data), lambda y: y, "exp")

    def log(self):
        return self._unary(np.log(self.data), lambda y: 1.0 / self.data, "log")

    def tanh(self):
        return self._unary(np.tanh(self.data), lambda y: 1.0 - np.square(y), "tanh")

    def relu(self):
        return self._unary(np.maximum(self.data, 0.0), lambda y: np.float64(self.data > 0), "relu")

    def sin(self):
        return self._unary(np.sin(self.data), lambda y: np.cos(self.data), "sin")

    def cos(self):
        return self._unary(np.cos(self.data), lambda y: -np.sin(self.data), "cos")

    def sqrt(self):
        return self._unary(np.sqrt(self.data), lambda y: 0.5 / y, "sqrt")

    def __abs__(self):
        return self._unary(np.abs(self.data), lambda y: np.sign(self.data), "abs")

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for p in v.parents:
                    build(p)
                topo.append(v)

        build(self)
        self.grad = np.float64(1.0)
        with np.errstate(all="ignore"):
            for v in reversed(topo):
                v._backward()
