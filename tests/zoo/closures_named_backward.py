"""Each node has a closure called ``backward``; the way in is called something else."""

import math


class Value:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self.children = list(children)
        self.backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, [self, other])

        def backward():
            self.grad += out.grad
            other.grad += out.grad

        out.backward = backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, [self, other])

        def backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.backward = backward
        return out

    def exp(self):
        out = Value(math.exp(self.data), [self])

        def backward():
            self.grad += out.data * out.grad

        out.backward = backward
        return out

    def full_sweep_backwards(self):
        order, seen = [], set()

        def visit(node):
            if node in seen:
                return
            seen.add(node)
            for child in node.children:
                visit(child)
            order.append(node)

        visit(self)
        self.grad = 1.0
        for node in order[::-1]:
            node.backward()
