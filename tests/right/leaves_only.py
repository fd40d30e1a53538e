"""Right, after PyTorch: only leaves keep a gradient, and ``None`` stands for one that is not there."""

import math


class Tensor:
    def __init__(self, value, requires_grad=True, grad_fn=None):
        self.value = float(value)
        self.requires_grad = requires_grad
        self.grad_fn = grad_fn  # list of (input, local gradient)
        self.grad = None

    @property
    def is_leaf(self):
        return self.grad_fn is None

    @staticmethod
    def ensure(x):
        return x if isinstance(x, Tensor) else Tensor(x, requires_grad=False)

    @staticmethod
    def apply(value, *inputs):
        kept = [(t, d) for t, d in inputs if t.requires_grad]
        return Tensor(value, bool(kept), kept or None)

    def __add__(self, other):
        other = Tensor.ensure(other)
        return Tensor.apply(self.value + other.value, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = Tensor.ensure(other)
        return Tensor.apply(self.value - other.value, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = Tensor.ensure(other)
        return Tensor.apply(self.value * other.value, (self, other.value), (other, self.value))

    def __truediv__(self, other):
        other = Tensor.ensure(other)
        q = self.value / other.value
        return Tensor.apply(q, (self, 1.0 / other.value), (other, -q / other.value))

    def __neg__(self):
        return Tensor.apply(-self.value, (self, -1.0))

    def __pow__(self, other):
        other = Tensor.ensure(other)
        x, n = self.value, other.value
        y = x**n
        dx = n * x ** (n - 1) if n != 0 else 0.0
        return Tensor.apply(y, (self, dx), (other, y * math.log(x) if x > 0 else 0.0))

    def __abs__(self):
        return Tensor.apply(abs(self.value), (self, math.copysign(1.0, self.value) if self.value else 0.0))

    def exp(self):
        y = math.exp(self.value)
        return Tensor.apply(y, (self, y))

    def log(self):
        return Tensor.apply(math.log(self.value), (self, 1.0 / self.value))

    def tanh(self):
        y = math.tanh(self.value)
        return Tensor.apply(y, (self, 1.0 - y * y))

    def relu(self):
        return Tensor.apply(max(self.value, 0.0), (self, 1.0 if self.value > 0 else 0.0))

    def sigmoid(self):
        y = 0.5 * (math.tanh(0.5 * self.value) + 1.0)
        return Tensor.apply(y, (self, y * (1.0 - y)))

    def sqrt(self):
        y = math.sqrt(self.value)
        return Tensor.apply(y, (self, 0.5 / y))

    def sin(self):
        return Tensor.apply(math.sin(self.value), (self, math.cos(self.value)))

    def cos(self):
        return Tensor.apply(math.cos(self.value), (self, -math.sin(self.value)))

    def max(self, other):
        other = Tensor.ensure(other)
        if self.value == other.value:
            return Tensor.apply(self.value, (self, 0.5), (other, 0.5))
        big = self if self.value > other.value else other
        return Tensor.apply(big.value, (big, 1.0))

    def min(self, other):
        return -((-self).max(-Tensor.ensure(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Tensor.ensure(other) - self

    def __rtruediv__(self, other):
        return Tensor.ensure(other) / self

    def __rpow__(self, other):
        return Tensor.ensure(other) ** self

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            t, done = stack.pop()
            if done:
                order.append(t)
            elif id(t) not in seen:
                seen.add(id(t))
                stack.append((t, True))
                stack.extend((p, False) for p, _ in t.grad_fn or ())
        upstream = {id(self): 1.0}
        for t in reversed(order):
            g = upstream.pop(id(t), 0.0)
            if t.is_leaf:
                t.grad = g if t.grad is None else t.grad + g
            for p, local in t.grad_fn or ():
                upstream[id(p)] = upstream.get(id(p), 0.0) + local * g
