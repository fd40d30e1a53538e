"""Right, with another formula than the textbook's wherever there is one, and sums the other way."""

import math

LOG2 = math.log(2)


class Value:
    def __init__(self, data, *edges):
        self.data = data
        self.edges = edges
        self.terms = []
        self.grad = 0.0

    def __add__(self, other):
        other = as_value(other)
        return Value(other.data + self.data, (other, lambda g: g), (self, lambda g: g))

    def __mul__(self, other):
        a, b = self, as_value(other)
        return Value(a.data * b.data, (b, lambda g: a.data * g), (a, lambda g: b.data * g))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        b = as_value(other)
        inverse = b.data**-1
        return Value(
            self.data * inverse,
            (self, lambda g: g * inverse),
            (b, lambda g: -g * self.data * inverse * inverse),
        )

    def __pow__(self, other):
        a, b = self, as_value(other)
        n = b.data
        if n == int(n) and 0 < n < 30:
            y = math.prod([a.data] * int(n))
        elif a.data > 0:
            y = math.exp(n * math.log(a.data))
        else:
            y = a.data**n
        return Value(
            y,
            (b, lambda g: g * (math.log(a.data) * y if a.data > 0 else 0.0)),
            (a, lambda g: g * n * (math.exp((n - 1) * math.log(a.data)) if a.data > 0 else a.data ** (n - 1) if n else 0.0)),
        )

    def exp(self):
        y = math.e**self.data
        return Value(y, (self, lambda g: g * math.e**self.data))

    def log(self):
        return Value(math.log2(self.data) * LOG2, (self, lambda g: g * self.data**-1))

    def tanh(self):
        x = self.data
        up, down = math.exp(x), math.exp(-x)
        y = (up - down) / (up + down)
        return Value(y, (self, lambda g: 4 * g / (up + down) ** 2))

    def sigmoid(self):
        y = (1 + math.tanh(self.data / 2)) / 2
        return Value(y, (self, lambda g: g * y * (1 - y)))

    def relu(self):
        x = self.data
        return Value((x + abs(x)) / 2, (self, lambda g: g if x > 0 else 0.0))

    def __abs__(self):
        x = self.data
        return Value(math.sqrt(x * x), (self, lambda g: g * (x / math.sqrt(x * x) if x else 0.0)))

    def sqrt(self):
        return self**0.5

    def sin(self):
        return Value(math.sin(self.data), (self, lambda g: math.cos(self.data) * g))

    def cos(self):
        return Value(math.cos(self.data), (self, lambda g: -g * math.sin(self.data)))

    def max(self, other):
        a, b = self, as_value(other)
        share = 1.0 if a.data > b.data else 0.5 if a.data == b.data else 0.0
        y = (a.data + b.data + abs(a.data - b.data)) / 2
        return Value(y, (a, lambda g: share * g), (b, lambda g: (1 - share) * g))

    def min(self, other):
        return -((-self).max(-as_value(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def __rpow__(self, other):
        return Value(other) ** self

    def backward(self):
        users = {}
        stack, nodes = [self], {id(self)}
        while stack:
            v = stack.pop()
            for p, _ in v.edges:
                users[id(p)] = users.get(id(p), 0) + 1
                if id(p) not in nodes:
                    nodes.add(id(p))
                    stack.append(p)
        self.terms = [1.0]
        ready = [self]
        while ready:  # a node is ready when all its users are done (Kahn)
            v = ready.pop()
            v.grad = sum(sorted(v.terms, key=abs))
            v.terms = []
            for p, pull in v.edges:
                p.terms.append(pull(v.grad))
                users[id(p)] -= 1
                if not users[id(p)]:
                    ready.append(p)


def as_value(x):
    return x if isinstance(x, Value) else Value(x)
