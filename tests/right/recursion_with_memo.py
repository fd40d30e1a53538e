"""Right: the gradient of a node is asked of its users, recursively, and each answer is remembered."""

import math


class Value:
    def __init__(self, data, deps=()):
        self.data = data
        self.deps = deps
        self.grad = 0.0

    def backward(self):
        users = {id(self): []}
        nodes = [self]
        for node in nodes:  # grows while it is read
            for dep, slope in node.deps:
                if id(dep) not in users:
                    users[id(dep)] = []
                    nodes.append(dep)
                users[id(dep)].append((node, slope))
        memo = {id(self): 1.0}

        def gradient(node):
            if id(node) not in memo:
                memo[id(node)] = sum(gradient(user) * slope for user, slope in users[id(node)])
            return memo[id(node)]

        for node in nodes:
            g = gradient(node)
            node.grad = g if node.deps else node.grad + g

    def __add__(self, other):
        other = _v(other)
        return Value(self.data + other.data, [(self, 1), (other, 1)])

    def __mul__(self, other):
        other = _v(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def __truediv__(self, other):
        other = _v(other)
        return Value(
            self.data / other.data, [(self, 1 / other.data), (other, -self.data / other.data**2)]
        )

    def __pow__(self, k):
        assert isinstance(k, (int, float)), "only supporting int/float powers for now"
        return Value(self.data**k, [(self, k * self.data ** (k - 1))])

    def __neg__(self):
        return Value(-self.data, [(self, -1)])

    def __sub__(self, other):
        return self + (-_v(other))

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return (-self) + other

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return _v(other) / self

    def exp(self):
        y = math.exp(self.data)
        return Value(y, [(self, y)])

    def log(self):
        return Value(math.log(self.data), [(self, 1 / self.data)])

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, [(self, 1 - y**2)])

    def relu(self):
        return Value(self.data if self.data > 0 else 0, [(self, 1 if self.data > 0 else 0)])


def _v(x):
    return x if isinstance(x, Value) else Value(x)
