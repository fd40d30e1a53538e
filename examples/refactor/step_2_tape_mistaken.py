"""Step 2, as it was first written: nodes lie on a tape, which is read from the end."""

import math

TAPE = []  # results of operations, in the order in which they were made


class Value:
    """A number that remembers how it was made."""

    __slots__ = ("data", "grad", "parents", "slopes")

    def __init__(self, data, parents=(), slopes=()):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.slopes = slopes  # the derivative of this node by each parent
        if parents:
            TAPE.append(self)

    def __add__(self, other):  # self + other
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):  # self * other
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):  # self ** n, for a number n
        if not isinstance(n, (int, float)):
            raise TypeError("the exponent must be a number")
        return Value(float(self.data**n), (self,), (n * self.data ** (n - 1) if n else 0.0,))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def __neg__(self):  # -self
        return self * -1

    def __radd__(self, other):  # other + self
        return self + other

    def __sub__(self, other):  # self - other
        return self + (-other)

    def __rsub__(self, other):  # other - self
        return other + (-self)

    def __rmul__(self, other):  # other * self
        return self * other

    def __truediv__(self, other):  # self / other
        return self * other**-1

    def __rtruediv__(self, other):  # other / self
        return other * self**-1

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        for v in TAPE:
            v.grad = 0.0
        self.grad += 1.0
        for v in reversed(TAPE):  # made last, used by none that comes after it
            for parent, slope in zip(v.parents, v.slopes):
                parent.grad += slope * v.grad
        TAPE.clear()  # or it would grow for ever
