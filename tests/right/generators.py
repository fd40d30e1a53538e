"""Right: an operation is a generator that yields its result, and is sent the gradient later."""

import functools
import math


class Value:
    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.operands = ()
        self.resume = None  # the operation, to be run a second time from its beginning

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for o in v.operands:
                    visit(o)
                order.append(v)

        visit(self)
        for v in order:
            if v.resume:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            if v.resume:
                step = v.resume()
                next(step)
                try:
                    step.send(v.grad)
                except StopIteration:
                    pass


def operation(generator):
    @functools.wraps(generator)
    def build(*operands):
        operands = tuple(o if isinstance(o, Value) else Value(o) for o in operands)
        out = Value(next(generator(*operands)))
        out.operands = operands
        out.resume = functools.partial(generator, *operands)
        return out

    return build


@operation
def add(a, b):
    g = yield a.data + b.data
    a.grad += g
    b.grad += g


@operation
def sub(a, b):
    g = yield a.data - b.data
    a.grad += g
    b.grad -= g


@operation
def mul(a, b):
    g = yield a.data * b.data
    a.grad += b.data * g
    b.grad += a.data * g


@operation
def div(a, b):
    y = a.data / b.data
    g = yield y
    a.grad += g / b.data
    b.grad -= y / b.data * g


@operation
def power(a, b):
    y = a.data**b.data
    g = yield y
    if b.data:
        a.grad += b.data * a.data ** (b.data - 1) * g
    if a.data > 0:
        b.grad += y * math.log(a.data) * g


@operation
def neg(a):
    g = yield -a.data
    a.grad -= g


@operation
def exp(a):
    y = math.exp(a.data)
    g = yield y
    a.grad += y * g


@operation
def log(a):
    g = yield math.log(a.data)
    a.grad += g / a.data


@operation
def tanh(a):
    y = math.tanh(a.data)
    g = yield y
    a.grad += (1 - y * y) * g


@operation
def relu(a):
    g = yield a.data if a.data > 0 else 0.0
    a.grad += g if a.data > 0 else 0.0


@operation
def sigmoid(a):
    y = 0.5 + 0.5 * math.tanh(0.5 * a.data)
    g = yield y
    a.grad += y * (1 - y) * g


Value.__add__, Value.__radd__ = add, lambda a, b: add(b, a)
Value.__sub__, Value.__rsub__ = sub, lambda a, b: sub(b, a)
Value.__mul__, Value.__rmul__ = mul, lambda a, b: mul(b, a)
Value.__truediv__, Value.__rtruediv__ = div, lambda a, b: div(b, a)
Value.__pow__, Value.__rpow__ = power, lambda a, b: power(b, a)
Value.__neg__ = neg
Value.exp, Value.log, Value.tanh, Value.relu, Value.sigmoid = exp, log, tanh, relu, sigmoid
