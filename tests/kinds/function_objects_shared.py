"""One object for all calls of tanh, and one for exp, keeps the result: the last call wins."""

import math


class Plus:
    def forward(self, x, y):
        return Value(x.data + y.data, (x, y), self)

    def backward(self, grad, out):
        for operand in out.operands:
            operand.grad += grad


class Tanh:
    def __call__(self, x):
        out = Value(math.tanh(x.data), (x,), self)
        self.t = out.data
        return out

    def backward(self, grad, out):
        (x,) = out.operands
        x.grad += (1 - self.t**2) * grad


class Exp:
    def __call__(self, x):
        self.e = math.exp(x.data)
        return Value(self.e, (x,), self)

    def backward(self, grad, out):
        (x,) = out.operands
        x.grad += self.e * grad


class Value:
    def __init__(self, data, operands=(), rule=None):
        self.data, self.grad = data, 0.0
        self.operands, self.rule = operands, rule

    def __add__(self, other):
        return PLUS.forward(self, other if isinstance(other, Value) else Value(other))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), Times(self, other))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def tanh(self):
        return TANH(self)

    def exp(self):
        return EXP(self)

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            if node.rule is not None:
                node.rule.backward(node.grad, node)


class Times:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def backward(self, grad, out):
        self.x.grad += self.y.data * grad
        self.y.grad += self.x.data * grad


PLUS, TANH, EXP = Plus(), Tanh(), Exp()
