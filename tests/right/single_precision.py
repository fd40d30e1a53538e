"""Right, in 32 bits throughout: every result is rounded to a C float, gradients included."""

import math
import struct

_single = struct.Struct("f")


def f32(x):
    try:
        return _single.unpack(_single.pack(x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


class Float:
    __slots__ = ("data", "grad", "inputs", "partials")

    def __init__(self, data, inputs=(), partials=()):
        self.data = f32(data)
        self.grad = 0.0
        self.inputs = inputs
        self.partials = [f32(p) for p in partials]

    def __add__(self, other):
        other = as_float(other)
        return Float(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = as_float(other)
        return Float(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = as_float(other)
        return Float(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = as_float(other)
        q = f32(self.data / other.data)
        return Float(q, (self, other), (1 / other.data, -q / other.data))

    def __neg__(self):
        return Float(-self.data, (self,), (-1.0,))

    def __pow__(self, n):
        if isinstance(n, Float):
            return NotImplemented
        return Float(self.data**n, (self,), (n * self.data ** (n - 1) if n else 0.0,))

    def exp(self):
        y = f32(math.exp(self.data))
        return Float(y, (self,), (y,))

    def log(self):
        return Float(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = f32(math.tanh(self.data))
        return Float(y, (self,), ((1 - y) * (1 + y),))

    def relu(self):
        return Float(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def sqrt(self):
        y = f32(math.sqrt(self.data))
        return Float(y, (self,), (0.5 / y,))

    def __radd__(self, other):
        return as_float(other) + self

    def __rsub__(self, other):
        return as_float(other) - self

    def __rmul__(self, other):
        return as_float(other) * self

    def __rtruediv__(self, other):
        return as_float(other) / self

    def backward(self):
        order, seen, stack = [], set(), [(self, 0)]
        while stack:
            v, done = stack.pop()
            if done:
                order.append(v)
            elif id(v) not in seen:
                seen.add(id(v))
                stack.append((v, 1))
                stack.extend((i, 0) for i in v.inputs)
        for v in order:
            if v.inputs:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            for i, p in zip(v.inputs, v.partials):
                i.grad = f32(i.grad + f32(p * v.grad))


def as_float(x):
    return x if isinstance(x, Float) else Float(x)
