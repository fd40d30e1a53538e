"""Right: an operation is a class without methods; what to do backwards is dispatched on its type."""

import math
from functools import singledispatch


class Op:
    def __init__(self, *inputs):
        self.inputs = inputs


class Add(Op): pass
class Sub(Op): pass
class Mul(Op): pass
class Div(Op): pass
class Power(Op): pass
class Neg(Op): pass
class Exp(Op): pass
class Log(Op): pass
class Tanh(Op): pass
class Relu(Op): pass


@singledispatch
def lift(x):
    raise TypeError(f"no number: {x!r}")


@lift.register(int)
@lift.register(float)
def _(x):
    return Value(x)


@singledispatch
def pull(op, g, y):
    raise NotImplementedError(type(op).__name__)


class Value:
    def __init__(self, data, op=None):
        self.data = data
        self.op = op
        self.grad = 0.0

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v in seen:
                return
            seen.add(v)
            for i in v.op.inputs if v.op else ():
                visit(i)
            order.append(v)

        visit(self)
        for v in order:
            if v.op:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            if v.op:
                for i, g in zip(v.op.inputs, pull(v.op, v.grad, v.data)):
                    i.grad += g

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, Add(self, other))

    def __sub__(self, other):
        other = lift(other)
        return Value(self.data - other.data, Sub(self, other))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, Mul(self, other))

    def __truediv__(self, other):
        other = lift(other)
        return Value(self.data / other.data, Div(self, other))

    def __pow__(self, other):
        other = lift(other)
        return Value(self.data**other.data, Power(self, other))

    def __radd__(self, other): return lift(other) + self
    def __rsub__(self, other): return lift(other) - self
    def __rmul__(self, other): return lift(other) * self
    def __rtruediv__(self, other): return lift(other) / self
    def __rpow__(self, other): return lift(other) ** self
    def __neg__(self): return Value(-self.data, Neg(self))
    def exp(self): return Value(math.exp(self.data), Exp(self))
    def log(self): return Value(math.log(self.data), Log(self))
    def tanh(self): return Value(math.tanh(self.data), Tanh(self))
    def relu(self): return Value(self.data if self.data > 0 else 0.0, Relu(self))


@lift.register(Value)
def _(x):
    return x


@pull.register(Add)
def _(op, g, y):
    return g, g


@pull.register(Sub)
def _(op, g, y):
    return g, -g


@pull.register(Mul)
def _(op, g, y):
    a, b = op.inputs
    return g * b.data, g * a.data


@pull.register(Div)
def _(op, g, y):
    a, b = op.inputs
    return g / b.data, -g * y / b.data


@pull.register(Power)
def _(op, g, y):
    a, b = (i.data for i in op.inputs)
    return (g * b * a ** (b - 1) if b else 0.0), (g * y * math.log(a) if a > 0 else 0.0)


@pull.register(Neg)
def _(op, g, y):
    return (-g,)


@pull.register(Exp)
def _(op, g, y):
    return (g * y,)


@pull.register(Log)
def _(op, g, y):
    return (g / op.inputs[0].data,)


@pull.register(Tanh)
def _(op, g, y):
    return (g * (1 - y * y),)


@pull.register(Relu)
def _(op, g, y):
    return (g if op.inputs[0].data > 0 else 0.0,)
