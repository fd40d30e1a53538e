"""Right: depth first without recursion; the stack holds iterators, as a recursion would."""

import math


class Var:
    def __init__(self, data, operands=()):
        self.data = data
        self.grad = 0
        self.operands = operands
        self.push = lambda: None

    def topological(self):
        done = {self}
        stack = [(self, iter(self.operands))]
        while stack:
            node, rest = stack[-1]
            for operand in rest:
                if operand not in done:
                    done.add(operand)
                    stack.append((operand, iter(operand.operands)))
                    break
            else:
                stack.pop()
                yield node

    def backward(self):
        order = list(self.topological())
        for node in order:
            if node.operands:
                node.grad = 0
        self.grad = 1
        for node in reversed(order):
            node.push()

    def __add__(self, other):
        return sum_of(self, other, 1)

    def __radd__(self, other):
        return sum_of(other, self, 1)

    def __sub__(self, other):
        return sum_of(self, other, -1)

    def __rsub__(self, other):
        return sum_of(other, self, -1)

    def __mul__(self, other):
        return product(self, other)

    def __rmul__(self, other):
        return product(other, self)

    def __truediv__(self, other):
        return quotient(self, other)

    def __rtruediv__(self, other):
        return quotient(other, self)

    def __pow__(self, other):
        return power(self, other)

    def __rpow__(self, other):
        return power(other, self)

    def __neg__(self):
        return product(-1, self)

    def exp(self):
        return chain(self, math.exp(self.data), lambda x, y: y)

    def log(self):
        return chain(self, math.log(self.data), lambda x, y: 1 / x)

    def tanh(self):
        return chain(self, math.tanh(self.data), lambda x, y: 1 - y * y)

    def relu(self):
        return chain(self, self.data * (self.data > 0), lambda x, y: 1 if x > 0 else 0)

    def sqrt(self):
        return chain(self, math.sqrt(self.data), lambda x, y: 1 / (2 * y))

    def __abs__(self):
        return chain(self, abs(self.data), lambda x, y: x / y if y else 0)


def number(x):
    return x.data if isinstance(x, Var) else x


def nodes(*operands):
    return tuple(x for x in operands if isinstance(x, Var))


def give(x, share):
    if isinstance(x, Var):
        x.grad += share


def sum_of(a, b, sign):
    out = Var(number(a) + sign * number(b), nodes(a, b))

    def push():
        give(a, out.grad)
        give(b, sign * out.grad)

    out.push = push
    return out


def product(a, b):
    out = Var(number(a) * number(b), nodes(a, b))

    def push():
        give(a, number(b) * out.grad)
        give(b, number(a) * out.grad)

    out.push = push
    return out


def quotient(a, b):
    out = Var(number(a) / number(b), nodes(a, b))

    def push():
        give(a, out.grad / number(b))
        give(b, -out.grad * number(a) / number(b) ** 2)

    out.push = push
    return out


def power(a, b):
    out = Var(number(a) ** number(b), nodes(a, b))

    def push():
        x, n = number(a), number(b)
        if isinstance(a, Var) and n != 0:
            a.grad += out.grad * n * x ** (n - 1)
        if isinstance(b, Var) and x > 0:
            b.grad += out.grad * out.data * math.log(x)

    out.push = push
    return out


def chain(x, y, slope):
    out = Var(y, (x,))

    def push():
        x.grad += slope(x.data, y) * out.grad

    out.push = push
    return out
