"""Operations are objects that are called: ``Tanh()(a)``; nodes keep the object that made them."""

import math


class Op:
    def __call__(self, *nodes):
        nodes = [n if isinstance(n, Val) else Val(n) for n in nodes]
        out = Val(self.value(*[n.val for n in nodes]))
        out.op, out.args = self, nodes
        return out


class Plus(Op):
    def value(self, a, b):
        return a + b

    def slopes(self, out, a, b):
        return 1.0, 1.0


class Times(Op):
    def value(self, a, b):
        return a * b

    def slopes(self, out, a, b):
        return b, a


class Tanh(Op):
    def value(self, a):
        return math.tanh(a)

    def slopes(self, out, a):
        return (1 - out * out,)


class Ln(Op):
    def value(self, a):
        return math.log(a)

    def slopes(self, out, a):
        return (1 / a,)


class Val:
    def __init__(self, val):
        self.val = val
        self.grad = 0.0
        self.op = None
        self.args = []

    def __add__(self, other):
        return Plus()(self, other)

    def __mul__(self, other):
        return Times()(self, other)

    def backpropagate(self):
        order = []

        def walk(node):
            if node not in order:
                for arg in node.args:
                    walk(arg)
                order.append(node)

        walk(self)
        self.grad = 1.0
        for node in order[::-1]:
            if node.op:
                for arg, slope in zip(node.args, node.op.slopes(node.val, *[a.val for a in node.args])):
                    arg.grad += slope * node.grad
