"""Right: nodes are named tuples and never change; gradients are kept in a table beside them."""

import itertools
import math
from collections import namedtuple

_serial = itertools.count()
GRADIENTS = {}
_Node = namedtuple("_Node", "data serial parents slopes")


class Node(_Node):
    __slots__ = ()

    def __new__(cls, data, parents=(), slopes=()):
        return super().__new__(cls, float(data), next(_serial), parents, slopes)

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return self.serial

    @property
    def grad(self):
        return GRADIENTS.get(self.serial, 0.0)

    @grad.setter
    def grad(self, number):
        GRADIENTS[self.serial] = number

    def backward(self):
        todo, nodes = [self], {self.serial: self}
        while todo:
            for parent in todo.pop().parents:
                if parent.serial not in nodes:
                    nodes[parent.serial] = parent
                    todo.append(parent)
        for node in nodes.values():
            if node.parents:
                GRADIENTS[node.serial] = 0.0
        GRADIENTS[self.serial] = 1.0
        for serial in sorted(nodes, reverse=True):
            node = nodes[serial]
            for parent, slope in zip(node.parents, node.slopes):
                GRADIENTS[parent.serial] = parent.grad + slope * node.grad

    def __add__(self, other):
        other = node(other)
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = node(other)
        return Node(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = node(other)
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = node(other)
        inverse = 1 / other.data
        return Node(self.data / other.data, (self, other), (inverse, -self.data * inverse * inverse))

    def __pow__(self, other):
        other = node(other)
        a, b = self.data, other.data
        slopes = (b * a ** (b - 1) if b else 0.0, a**b * math.log(a) if a > 0 else 0.0)
        return Node(a**b, (self, other), slopes)

    def __radd__(self, other):
        return node(other) + self

    def __rsub__(self, other):
        return node(other) - self

    def __rmul__(self, other):
        return node(other) * self

    def __rtruediv__(self, other):
        return node(other) / self

    def __rpow__(self, other):
        return node(other) ** self

    def __neg__(self):
        return Node(-self.data, (self,), (-1.0,))

    def exp(self):
        return Node(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):
        return Node(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        return Node(math.tanh(self.data), (self,), (1 - math.tanh(self.data) ** 2,))

    def relu(self):
        return Node(max(self.data, 0.0), (self,), (1.0 * (self.data > 0),))

    def sin(self):
        return Node(math.sin(self.data), (self,), (math.cos(self.data),))

    def cos(self):
        return Node(math.cos(self.data), (self,), (-math.sin(self.data),))


def node(x):
    return x if isinstance(x, Node) else Node(x)
