"""Right: operations are members of an enumeration, told apart by ``match``."""

import math
from enum import Enum, auto


class Kind(Enum):
    LEAF = auto()
    ADD = auto()
    MUL = auto()
    POW = auto()
    EXP = auto()
    LOG = auto()
    TANH = auto()
    RELU = auto()
    SIN = auto()
    COS = auto()


class Value:
    def __init__(self, data, kind=Kind.LEAF, left=None, right=None):
        self.data, self.kind, self.left, self.right = data, kind, left, right
        self.grad = 0.0

    def __add__(self, other):
        other = to(other)
        return Value(self.data + other.data, Kind.ADD, self, other)

    def __mul__(self, other):
        other = to(other)
        return Value(self.data * other.data, Kind.MUL, self, other)

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return Value(self.data**n, Kind.POW, self, n)

    def exp(self):
        return Value(math.exp(self.data), Kind.EXP, self)

    def log(self):
        return Value(math.log(self.data), Kind.LOG, self)

    def tanh(self):
        return Value(math.tanh(self.data), Kind.TANH, self)

    def relu(self):
        return Value(max(0.0, self.data), Kind.RELU, self)

    def sin(self):
        return Value(math.sin(self.data), Kind.SIN, self)

    def cos(self):
        return Value(math.cos(self.data), Kind.COS, self)

    def sqrt(self):
        return self**0.5

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -to(other)

    def __truediv__(self, other):
        return self * to(other) ** -1

    def __radd__(self, other):
        return to(other) + self

    def __rsub__(self, other):
        return to(other) - self

    def __rmul__(self, other):
        return to(other) * self

    def __rtruediv__(self, other):
        return to(other) / self

    def inputs(self):
        return [x for x in (self.left, self.right) if isinstance(x, Value)]

    def differentiate(self):
        g, a, b = self.grad, self.left, self.right
        match self.kind:
            case Kind.ADD:
                a.grad += g
                b.grad += g
            case Kind.MUL:
                a.grad += g * b.data
                b.grad += g * a.data
            case Kind.POW if b == 0:
                pass
            case Kind.POW:
                a.grad += g * b * a.data ** (b - 1)
            case Kind.EXP:
                a.grad += g * self.data
            case Kind.LOG:
                a.grad += g / a.data
            case Kind.TANH:
                a.grad += g * (1 - self.data**2)
            case Kind.RELU if a.data > 0:
                a.grad += g
            case Kind.SIN:
                a.grad += g * math.cos(a.data)
            case Kind.COS:
                a.grad -= g * math.sin(a.data)

    def backward(self):
        order, seen = [], set()

        def walk(v):
            if v not in seen:
                seen.add(v)
                for x in v.inputs():
                    walk(x)
                order.append(v)

        walk(self)
        self.grad = 1.0
        for v in reversed(order):
            v.differentiate()


def to(x):
    return x if isinstance(x, Value) else Value(x)
