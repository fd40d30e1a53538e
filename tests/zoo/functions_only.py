"""No operators at all: add(a, b), mul(a, b), tanh(a), and grad(output) that fills in ``.grad``."""

import math


class Num:
    def __init__(self, v):
        self.v = v
        self.grad = 0.0
        self.inputs = []


def make(v, *inputs):
    out = Num(v)
    out.inputs = list(inputs)
    return out


def as_num(x):
    return x if isinstance(x, Num) else Num(x)


def add(a, b):
    a, b = as_num(a), as_num(b)
    return make(a.v + b.v, (a, 1.0), (b, 1.0))


def subtract(a, b):
    a, b = as_num(a), as_num(b)
    return make(a.v - b.v, (a, 1.0), (b, -1.0))


def multiply(a, b):
    a, b = as_num(a), as_num(b)
    return make(a.v * b.v, (a, b.v), (b, a.v))


def divide(a, b):
    a, b = as_num(a), as_num(b)
    return make(a.v / b.v, (a, 1 / b.v), (b, -a.v / b.v**2))


def tanh(a):
    t = math.tanh(a.v)
    return make(t, (a, 1 - t * t))


def grad(out):
    order, seen = [], set()

    def visit(n):
        if id(n) in seen:
            return
        seen.add(id(n))
        for child, _ in n.inputs:
            visit(child)
        order.append(n)

    visit(out)
    out.grad = 1.0
    for n in reversed(order):
        for child, slope in n.inputs:
            child.grad += slope * n.grad
