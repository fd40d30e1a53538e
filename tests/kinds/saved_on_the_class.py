"""Each operation is a class, and what its rule needs is saved on that: the last call wins."""

import math


class Function:
    kept = ()

    @classmethod
    def apply(cls, *operands):
        nodes = [x if isinstance(x, Tensor) else Tensor(x) for x in operands]
        out = Tensor(cls.forward(*[n.data for n in nodes]))
        out.function, out.inputs = cls, nodes
        return out


class Add(Function):
    @classmethod
    def forward(cls, a, b):
        return a + b

    @classmethod
    def backward(cls, grad):
        return grad, grad


class Mul(Function):
    @classmethod
    def forward(cls, a, b):
        cls.kept = a, b
        return a * b

    @classmethod
    def backward(cls, grad):
        a, b = cls.kept
        return grad * b, grad * a


class Tanh(Function):
    @classmethod
    def forward(cls, a):
        cls.kept = (math.tanh(a),)
        return cls.kept[0]

    @classmethod
    def backward(cls, grad):
        (t,) = cls.kept
        return (grad * (1 - t * t),)


class Tensor:
    def __init__(self, data):
        self.data, self.grad = float(data), 0.0
        self.function, self.inputs = None, []

    def __add__(self, other):
        return Add.apply(self, other)

    def __radd__(self, other):
        return Add.apply(other, self)

    def __mul__(self, other):
        return Mul.apply(self, other)

    def __rmul__(self, other):
        return Mul.apply(other, self)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def tanh(self):
        return Tanh.apply(self)

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node.inputs:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            if node.function is not None:
                shares = node.function.backward(node.grad)
                for child, share in zip(node.inputs, shares):
                    child.grad += share
