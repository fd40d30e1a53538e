"""Right: a flag says whether a number needs a gradient. Constants do not, and cost nothing."""

import math


class Value:
    def __init__(self, data, requires_grad=True):
        self.data = data
        self.requires_grad = requires_grad
        self.grad = 0.0
        self._history = []

    def _result(self, data, *history):
        history = [(v, d) for v, d in history if v.requires_grad]
        out = Value(data, requires_grad=bool(history))
        out._history = history
        return out

    @staticmethod
    def _constant(x):
        return x if isinstance(x, Value) else Value(x, requires_grad=False)

    def detach(self):
        return Value(self.data, requires_grad=False)

    def __add__(self, other):
        other = self._constant(other)
        return self._result(self.data + other.data, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = self._constant(other)
        return self._result(self.data - other.data, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = self._constant(other)
        return self._result(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = self._constant(other)
        return self._result(
            self.data / other.data, (self, 1 / other.data), (other, -self.data / other.data**2)
        )

    def __pow__(self, other):
        other = self._constant(other)
        a, b = self.data, other.data
        y = a**b
        by_exponent = y * math.log(a) if other.requires_grad and a > 0 else 0.0
        return self._result(y, (self, b * a ** (b - 1) if b else 0.0), (other, by_exponent))

    def __neg__(self):
        return self._result(-self.data, (self, -1.0))

    def __radd__(self, other):
        return self._constant(other) + self

    def __rsub__(self, other):
        return self._constant(other) - self

    def __rmul__(self, other):
        return self._constant(other) * self

    def __rtruediv__(self, other):
        return self._constant(other) / self

    def __rpow__(self, other):
        return self._constant(other) ** self

    def exp(self):
        y = math.exp(self.data)
        return self._result(y, (self, y))

    def log(self):
        return self._result(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        y = math.tanh(self.data)
        return self._result(y, (self, 1 - y * y))

    def relu(self):
        return self._result(max(0.0, self.data), (self, float(self.data > 0)))

    def sigmoid(self):
        y = 1 / (1 + math.exp(-self.data))
        return self._result(y, (self, y * (1 - y)))

    def backward(self):
        if not self.requires_grad:
            raise RuntimeError("this number needs no gradient")
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent, _ in v._history:
                    visit(parent)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for parent, d in v._history:
                parent.grad += d * v.grad
