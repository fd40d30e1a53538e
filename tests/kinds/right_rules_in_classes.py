"""Right: classes hold rules, called by the usual names of operations; one cannot make a node."""


class Value:
    def __init__(self, data, rule=None, parts=()):
        self.data = data
        self.grad = 0.0
        self.rule = rule
        self.parts = parts

    def __add__(self, other):
        return made(Plus(), self, other)

    def __sub__(self, other):
        return made(Minus(), self, other)

    def __mul__(self, other):
        return made(Times(), self, other)

    def __radd__(self, other):
        return made(Plus(), other, self)

    def __rsub__(self, other):
        return made(Minus(), other, self)

    def __rmul__(self, other):
        return made(Times(), other, self)

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for part in node.parts:
                    visit(part)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            if node.rule is not None:
                slopes = node.rule.slopes(*[part.data for part in node.parts])
                for part, slope in zip(node.parts, slopes):
                    part.grad += slope * node.grad


class Plus:
    def value(self, a, b):
        return a + b

    def slopes(self, a, b):
        return 1.0, 1.0


class Minus:
    def value(self, a, b):
        return a - b

    def slopes(self, a, b):
        return 1.0, -1.0


class Times:
    def value(self, a, b):
        return a * b

    def slopes(self, a, b):
        return b, a


def made(rule, *parts):
    parts = tuple(part if isinstance(part, Value) else Value(part) for part in parts)
    return Value(rule.value(*[part.data for part in parts]), rule, parts)
