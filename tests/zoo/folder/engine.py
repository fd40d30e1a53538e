"""The class; this folder is no package."""

from rules import RULES


class Value:
    def __init__(self, data, links=()):
        self.data, self.grad, self.links = data, 0.0, tuple(links)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    __radd__, __rmul__ = __add__, __mul__

    def _unary(self, name):
        value, slope = RULES[name]
        y = value(self.data)
        return Value(y, [(self, slope(self.data, y))])

    def tanh(self):
        return self._unary("tanh")

    def exp(self):
        return self._unary("exp")

    def log(self):
        return self._unary("log")

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child, _ in node.links)
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in node.links:
                child.grad += slope * node.grad
