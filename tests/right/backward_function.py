"""Right: the pass is a function of the module, ``backward(y)``; a node only remembers."""

import math


class Node:
    def __init__(self, value, inputs=(), pull=None):
        self.value = value
        self.inputs = inputs
        self.pull = pull
        self.grad = 0.0

    def __add__(self, other):
        other = const(other)
        return Node(self.value + other.value, (self, other), lambda g: (g, g))

    def __sub__(self, other):
        other = const(other)
        return Node(self.value - other.value, (self, other), lambda g: (g, -g))

    def __mul__(self, other):
        other = const(other)
        return Node(self.value * other.value, (self, other), lambda g: (g * other.value, g * self.value))

    def __truediv__(self, other):
        other = const(other)
        q = self.value / other.value
        return Node(q, (self, other), lambda g: (g / other.value, -g * q / other.value))

    def __pow__(self, n):
        if isinstance(n, Node):
            return NotImplemented
        return Node(self.value**n, (self,), lambda g: (g * n * self.value ** (n - 1) if n else 0.0,))

    def __neg__(self):
        return Node(-self.value, (self,), lambda g: (-g,))

    def __radd__(self, other):
        return const(other) + self

    def __rsub__(self, other):
        return const(other) - self

    def __rmul__(self, other):
        return const(other) * self

    def __rtruediv__(self, other):
        return const(other) / self


def const(x):
    return x if isinstance(x, Node) else Node(x)


def exp(x):
    y = math.exp(x.value)
    return Node(y, (x,), lambda g: (g * y,))


def log(x):
    return Node(math.log(x.value), (x,), lambda g: (g / x.value,))


def tanh(x):
    y = math.tanh(x.value)
    return Node(y, (x,), lambda g: (g * (1 - y * y),))


def relu(x):
    return Node(max(x.value, 0.0), (x,), lambda g: (g * (x.value > 0),))


def backward(output):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for i in node.inputs:
                visit(i)
            order.append(node)

    visit(output)
    for node in order:
        if node.inputs:
            node.grad = 0.0
    output.grad = 1.0
    for node in reversed(order):
        if node.pull:
            for i, g in zip(node.inputs, node.pull(node.grad)):
                i.grad += g
