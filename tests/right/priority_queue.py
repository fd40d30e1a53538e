"""Right: a heap of nodes, the youngest first. Every node is younger than what it was made of."""

import heapq
import math


class Scalar:
    count = 0

    def __init__(self, value, args=(), rule=None):
        Scalar.count += 1
        self.rank = -Scalar.count
        self.value = value
        self.args = args
        self.rule = rule
        self.gradient = 0.0

    def __lt__(self, other):
        return self.rank < other.rank

    def backward(self):
        heap, queued = [self], {self.rank}
        fresh = {self.rank: 1.0}
        while heap:
            v = heapq.heappop(heap)
            g = fresh.pop(v.rank)
            if not v.args:
                v.gradient += g
                continue
            v.gradient = g
            for arg, share in zip(v.args, v.rule(g)):
                fresh[arg.rank] = fresh.get(arg.rank, 0.0) + share
                if arg.rank not in queued:
                    queued.add(arg.rank)
                    heapq.heappush(heap, arg)

    def __add__(self, other):
        other = scalar(other)
        return Scalar(self.value + other.value, (self, other), lambda g: (g, g))

    def __sub__(self, other):
        other = scalar(other)
        return Scalar(self.value - other.value, (self, other), lambda g: (g, -g))

    def __mul__(self, other):
        other = scalar(other)
        return Scalar(self.value * other.value, (self, other), lambda g: (g * other.value, g * self.value))

    def __truediv__(self, other):
        other = scalar(other)
        return Scalar(
            self.value / other.value,
            (self, other),
            lambda g: (g / other.value, g * -self.value / other.value**2),
        )

    def __pow__(self, other):
        other = scalar(other)
        y = self.value**other.value

        def rule(g):
            a, b = self.value, other.value
            return (g * b * a ** (b - 1) if b else 0.0), (g * y * math.log(a) if a > 0 else 0.0)

        return Scalar(y, (self, other), rule)

    def __neg__(self):
        return Scalar(-self.value, (self,), lambda g: (-g,))

    def __abs__(self):
        return Scalar(abs(self.value), (self,), lambda g: (g if self.value >= 0 else -g,))

    def __radd__(self, other):
        return scalar(other) + self

    def __rsub__(self, other):
        return scalar(other) - self

    def __rmul__(self, other):
        return scalar(other) * self

    def __rtruediv__(self, other):
        return scalar(other) / self

    def __rpow__(self, other):
        return scalar(other) ** self

    def exp(self):
        y = math.exp(self.value)
        return Scalar(y, (self,), lambda g: (g * y,))

    def log(self):
        return Scalar(math.log(self.value), (self,), lambda g: (g / self.value,))

    def tanh(self):
        y = math.tanh(self.value)
        return Scalar(y, (self,), lambda g: (g * (1 - y * y),))

    def relu(self):
        return Scalar(max(self.value, 0.0), (self,), lambda g: (g if self.value > 0 else 0.0,))

    def sin(self):
        return Scalar(math.sin(self.value), (self,), lambda g: (g * math.cos(self.value),))

    def cos(self):
        return Scalar(math.cos(self.value), (self,), lambda g: (-g * math.sin(self.value),))


def scalar(x):
    return x if isinstance(x, Scalar) else Scalar(x)
