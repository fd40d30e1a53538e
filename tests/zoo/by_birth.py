"""Nodes are numbered as they are born; the sweep takes the youngest first from a heap."""

import heapq
import itertools
import math

BORN = itertools.count()


class Value:
    def __init__(self, data, parents={}):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.born = next(BORN)

    def _combine(self, other, data, mine, theirs):
        parents = {self: mine}
        parents[other] = parents.get(other, 0.0) + theirs
        return Value(data, parents)

    def __add__(self, other):
        other = Value.of(other)
        return self._combine(other, self.data + other.data, 1.0, 1.0)

    def __mul__(self, other):
        other = Value.of(other)
        return self._combine(other, self.data * other.data, other.data, self.data)

    @classmethod
    def of(cls, x):
        return x if isinstance(x, cls) else cls(x)

    def __radd__(self, other):
        return Value.of(other) + self

    def __rmul__(self, other):
        return Value.of(other) * self

    def __sub__(self, other):
        return self + Value.of(other) * -1

    def __rsub__(self, other):
        return Value.of(other) - self

    def sigmoid(self):
        x = self.data
        s = 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
        return Value(s, {self: s * (1 - s)})

    def log(self):
        if self.data <= 0:
            raise ValueError(f"log of {self.data}")
        return Value(math.log(self.data), {self: 1 / self.data})

    def backward(self):
        self.grad = 1.0
        heap, queued = [(-self.born, self)], {self}
        while heap:
            _, node = heapq.heappop(heap)
            for parent, slope in node.parents.items():
                parent.grad += slope * node.grad
                if parent not in queued:
                    queued.add(parent)
                    heapq.heappush(heap, (-parent.born, parent))
