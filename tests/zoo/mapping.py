"""Gradients are returned by a function as a mapping from node to number, not stored in nodes."""

import math
from collections import defaultdict


class Variable:
    def __init__(self, value, local_gradients=()):
        self.value = value
        self.local_gradients = local_gradients

    def __add__(self, other):
        return add(self, node(other))

    def __mul__(self, other):
        return mul(self, node(other))

    def __sub__(self, other):
        return add(self, neg(node(other)))

    def __truediv__(self, other):
        return mul(self, inv(node(other)))


def node(x):
    return x if isinstance(x, Variable) else Variable(x)


def add(a, b):
    return Variable(a.value + b.value, ((a, 1), (b, 1)))


def mul(a, b):
    return Variable(a.value * b.value, ((a, b.value), (b, a.value)))


def neg(a):
    return Variable(-a.value, ((a, -1),))


def inv(a):
    return Variable(1 / a.value, ((a, -1 / a.value**2),))


def sin(a):
    return Variable(math.sin(a.value), ((a, math.cos(a.value)),))


def exp(a):
    e = math.exp(a.value)
    return Variable(e, ((a, e),))


def log(a):
    return Variable(math.log(a.value), ((a, 1 / a.value),))


def get_gradients(variable):
    gradients = defaultdict(lambda: 0)
    gradients[variable] = 1

    order, seen = [], set()

    def walk(node):
        if node not in seen:
            seen.add(node)
            for child, _ in node.local_gradients:
                walk(child)
            order.append(node)

    walk(variable)
    for node in reversed(order):
        for child, local in node.local_gradients:
            gradients[child] += gradients[node] * local
    return gradients
