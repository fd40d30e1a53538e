"""Every operation is a class of its own; ``backward`` of a class is its local rule."""

import math


class Node:
    def __init__(self, value, *parents):
        self._value = value
        self.parents = parents
        self._grad = 0.0

    @property
    def value(self):
        return self._value

    @property
    def grad(self):
        return self._grad

    def __add__(self, other):
        return Add(self, as_node(other))

    def __radd__(self, other):
        return Add(as_node(other), self)

    def __mul__(self, other):
        return Mul(self, as_node(other))

    def __rmul__(self, other):
        return Mul(as_node(other), self)

    def __sub__(self, other):
        return Sub(self, as_node(other))

    def __rsub__(self, other):
        return Sub(as_node(other), self)

    def __neg__(self):
        return Sub(Node(0.0), self)

    def local(self):
        return ()

    def compute_gradients(self):
        pending = [self]
        order = []
        marks = set()
        while pending:
            node = pending.pop()
            if node is None:
                order.append(pending.pop())
            elif id(node) not in marks:
                marks.add(id(node))
                pending += [node, None]
                pending += node.parents
        self._grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.local()):
                parent._grad += slope * node._grad


def as_node(x):
    return x if isinstance(x, Node) else Node(x)


class Add(Node):
    def __init__(self, a, b):
        super().__init__(a.value + b.value, a, b)

    def local(self):
        return 1.0, 1.0


class Sub(Node):
    def __init__(self, a, b):
        super().__init__(a.value - b.value, a, b)

    def local(self):
        return 1.0, -1.0


class Mul(Node):
    def __init__(self, a, b):
        super().__init__(a.value * b.value, a, b)

    def local(self):
        a, b = self.parents
        return b.value, a.value


class Tanh(Node):
    def __init__(self, a):
        super().__init__(math.tanh(a.value), a)

    def local(self):
        return (1 - self.value**2,)


class Exp(Node):
    def __init__(self, a):
        super().__init__(math.exp(a.value), a)

    def local(self):
        return (self.value,)
