import math


class Expression:
    def __init__(self, *operands):
        self.operands, self.result, self.grad = operands, None, 0.0

    def __add__(self, other):
        return Sum(self, expression(other))

    def __mul__(self, other):
        return Product(self, expression(other))

    def __pow__(self, exponent):
        return Power(exponent, self)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -expression(other)

    def __rsub__(self, other):
        return expression(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        return Exponential(self)

    def ordered(self):
        order, entered, stack = [], set(), [(self, False)]
        while stack:
            node, left = stack.pop()
            if left:
                order.append(node)
            elif node not in entered:
                entered.add(node)
                stack += [(node, True), *((each, False) for each in node.operands)]
        return order

    def forward(self):
        for node in self.ordered():
            if node.operands:
                node.result = node.computed(*[each.result for each in node.operands])
        return self.result

    def backward(self):
        order = self.ordered()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            numbers = [each.result for each in node.operands]
            for each, slope in zip(node.operands, node.slopes(*numbers)):
                each.grad += slope * node.grad

    def slopes(self):
        return ()


class Input(Expression):
    def __init__(self, number):
        super().__init__()
        self.result = number


class Sum(Expression):
    def computed(self, a, b):
        return a + b

    def slopes(self, a, b):
        return 1.0, 1.0


class Product(Expression):
    def computed(self, a, b):
        return a * b

    def slopes(self, a, b):
        return b, a


class Power(Expression):
    def __init__(self, exponent, base):
        super().__init__(base)
        self.exponent = exponent

    def computed(self, a):
        return a**self.exponent

    def slopes(self, a):
        return (self.exponent * a**self.exponent,)


class Exponential(Expression):
    def computed(self, a):
        return math.exp(a)

    def slopes(self, a):
        return (self.result,)


def expression(thing):
    return thing if isinstance(thing, Expression) else Input(thing)
