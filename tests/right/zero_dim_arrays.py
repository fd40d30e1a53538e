"""Right: numbers are arrays without axes, and gradients too; operations are numpy's own."""

import numpy as np


class Tensor:
    def __init__(self, data, ctx=None):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros_like(self.data)
        self._ctx = ctx

    def __repr__(self):
        return f"Tensor({self.data!r})"

    @classmethod
    def wrap(cls, x):
        return x if isinstance(x, cls) else cls(x)

    def __add__(self, other):
        other = Tensor.wrap(other)
        return Tensor(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])

    def __sub__(self, other):
        other = Tensor.wrap(other)
        return Tensor(self.data - other.data, [(self, lambda g: g), (other, lambda g: -g)])

    def __mul__(self, other):
        other = Tensor.wrap(other)
        x, y = self.data.copy(), other.data.copy()
        return Tensor(x * y, [(self, lambda g: g * y), (other, lambda g: g * x)])

    def __truediv__(self, other):
        return self * Tensor.wrap(other).reciprocal()

    def reciprocal(self):
        if not self.data:
            raise ZeroDivisionError("1 / 0")
        y = 1.0 / self.data
        return Tensor(y, [(self, lambda g: -g * y * y)])

    def __neg__(self):
        return Tensor(-self.data, [(self, lambda g: -g)])

    def exp(self):
        y = np.exp(self.data)
        return Tensor(y, [(self, lambda g: g * y)])

    def log(self):
        x = self.data.copy()
        return Tensor(np.log(x), [(self, lambda g: g / x)])

    def tanh(self):
        y = np.tanh(self.data)
        return Tensor(y, [(self, lambda g: g * (1 - y * y))])

    def relu(self):
        mask = self.data > 0
        return Tensor(np.where(mask, self.data, 0.0), [(self, lambda g: g * mask)])

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Tensor.wrap(other) - self

    def __rtruediv__(self, other):
        return Tensor.wrap(other) * self.reciprocal()

    def backward(self):
        with np.errstate(all="ignore"):
            self._backward()

    def _backward(self):
        seen, order = set(), []

        def deepwalk(node):
            seen.add(node)
            for parent, _ in node._ctx or ():
                if parent not in seen:
                    deepwalk(parent)
            order.append(node)

        deepwalk(self)
        for node in order:
            if node._ctx:
                node.grad = np.zeros_like(node.data)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            for parent, vjp in node._ctx or ():
                parent.grad = parent.grad + vjp(node.grad)
