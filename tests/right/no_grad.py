"""Right: a context manager turns recording off; backward itself runs inside it."""

import contextlib
import math

_recording = True


@contextlib.contextmanager
def no_grad():
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Value:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.inputs = ()
        self.rule = None

    def _of(self, data, inputs, rule):
        out = Value(data)
        if _recording:
            out.inputs, out.rule = inputs, rule
        return out

    def zero_grad(self):
        self.grad = None

    def accumulate(self, share):
        self.grad = share if self.grad is None else self.grad + share

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for i in v.inputs:
                    visit(i)
                order.append(v)

        visit(self)
        for v in order:
            if v.inputs:
                v.grad = 0.0
        self.grad = 1.0
        with no_grad():
            for v in reversed(order):
                if v.rule:
                    for i, share in zip(v.inputs, v.rule(Value(v.grad))):
                        i.accumulate(share.data if isinstance(share, Value) else share)

    def __add__(self, other):
        other = node(other)
        return self._of(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = node(other)
        return self._of(self.data * other.data, (self, other), lambda g: (g * other, g * self))

    def __neg__(self):
        return self._of(-self.data, (self,), lambda g: (-g,))

    def __sub__(self, other):
        return self + -node(other)

    def __truediv__(self, other):
        other = node(other)
        return self._of(
            self.data / other.data, (self, other), lambda g: (g / other, -g * self / (other * other))
        )

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return self._of(self.data**n, (self,), lambda g: (g * n * self ** (n - 1),) if n else (0.0,))

    def exp(self):
        y = math.exp(self.data)
        return self._of(y, (self,), lambda g: (g * y,))

    def log(self):
        return self._of(math.log(self.data), (self,), lambda g: (g / self,))

    def tanh(self):
        y = math.tanh(self.data)
        return self._of(y, (self,), lambda g: (g * (1 - y * y),))

    def relu(self):
        return self._of(max(self.data, 0.0), (self,), lambda g: (g * (1.0 if self.data > 0 else 0.0),))

    def __radd__(self, other):
        return node(other) + self

    def __rsub__(self, other):
        return node(other) - self

    def __rmul__(self, other):
        return node(other) * self

    def __rtruediv__(self, other):
        return node(other) / self


def node(x):
    return x if isinstance(x, Value) else Value(x)
