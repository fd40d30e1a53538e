"""Right: five primitives, and everything else is composed of them; huge arguments are guarded."""

import math


class Value:
    def __init__(self, data, _prev=()):
        self.data = float(data)
        self.grad = 0.0
        self._prev = _prev
        self._backward = None

    # the primitives ---------------------------------------------------------------------------
    def __add__(self, other):
        other = Value.of(other)
        out = Value(self.data + other.data, (self, other))

        def _backward(g):
            self.grad += g
            other.grad += g

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = Value.of(other)
        x, y = self.data, other.data
        out = Value(x * y, (self, other))

        def _backward(g):
            self.grad += y * g
            other.grad += x * g

        out._backward = _backward
        return out

    def exp(self):
        out = Value(math.exp(self.data), (self,))

        def _backward(g):
            self.grad += out.data * g

        out._backward = _backward
        return out

    def log(self):
        x = self.data
        out = Value(math.log(x), (self,))

        def _backward(g):
            self.grad += g / x

        out._backward = _backward
        return out

    def sin(self):
        x = self.data
        out = Value(math.sin(x), (self,))

        def _backward(g):
            self.grad += math.cos(x) * g

        out._backward = _backward
        return out

    def reciprocal(self):
        y = 1 / self.data
        out = Value(y, (self,))

        def _backward(g):
            self.grad -= y * y * g

        out._backward = _backward
        return out

    # the rest ---------------------------------------------------------------------------------
    @staticmethod
    def of(x):
        return x if isinstance(x, Value) else Value(x)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -Value.of(other)

    def __truediv__(self, other):
        return self * Value.of(other).reciprocal()

    def __pow__(self, n):
        if isinstance(n, Value):
            return (n * self.log()).exp()
        if n == int(n) and abs(n) <= 64:
            out = None
            for _ in range(abs(int(n))):
                out = self if out is None else out * self
            out = self * 0 + 1 if out is None else out
            return out.reciprocal() if n < 0 else out
        return (self.log() * n).exp()

    def tanh(self):
        if self.data > 20:  # 1 - tanh is below rounding there
            e = (self * -2).exp()
            return (1 - e) / (1 + e)
        if self.data < -20:
            e = (self * 2).exp()
            return (e - 1) / (e + 1)
        e = (self * 2).exp()
        return (e - 1) / (e + 1)

    def sigmoid(self):
        if self.data >= 0:
            return (1 + (-self).exp()).reciprocal()
        e = self.exp()
        return e / (1 + e)

    def cos(self):
        return (self + math.pi / 2).sin()

    def sqrt(self):
        return (self.log() * 0.5).exp()

    def relu(self):
        return self if self.data > 0 else self * 0

    def __abs__(self):
        return self if self.data > 0 else -self

    def max(self, other):
        other = Value.of(other)
        return (self + other + abs(self - other)) * 0.5

    def min(self, other):
        other = Value.of(other)
        return (self + other - abs(self - other)) * 0.5

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return other + -self

    def __rtruediv__(self, other):
        return other * self.reciprocal()

    def __rpow__(self, base):
        return (self * math.log(base)).exp()

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            v, leaving = stack.pop()
            if leaving:
                order.append(v)
                continue
            if v in seen:
                continue
            seen.add(v)
            stack.append((v, True))
            for p in v._prev:
                stack.append((p, False))
        self.grad = 1.0
        for v in reversed(order):
            if v._backward:
                v._backward(v.grad)
