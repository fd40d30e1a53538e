"""Right: counts how often each node is used in the graph; one is done when all its uses are (Kahn)."""

import math
from collections import Counter, deque


class Node:
    def __init__(self, val, *edges):
        self.val = val
        self.grad = 0.0
        self.edges = edges

    def backward(self):
        uses = Counter()
        frontier, reached = deque([self]), {self}
        while frontier:
            for child, _ in frontier.popleft().edges:
                uses[child] += 1
                if child not in reached:
                    reached.add(child)
                    frontier.append(child)
        for node in reached:
            if node.edges:
                node.grad = 0.0
        self.grad = 1.0
        ready = deque([self])
        while ready:
            node = ready.popleft()
            for child, partial in node.edges:
                child.grad += partial * node.grad
                uses[child] -= 1
                if uses[child] == 0:
                    ready.append(child)

    def __add__(self, other):
        other = as_node(other)
        return Node(self.val + other.val, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.val - other.val, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.val * other.val, (self, other.val), (other, self.val))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.val / other.val, (self, 1.0 / other.val), (other, -self.val / other.val**2))

    def __pow__(self, other):
        other = as_node(other)
        y = self.val**other.val
        edges = [(self, other.val * self.val ** (other.val - 1) if other.val else 0.0)]
        if self.val > 0:
            edges.append((other, y * math.log(self.val)))
        return Node(y, *edges)

    def __neg__(self):
        return Node(-self.val, (self, -1.0))

    def __abs__(self):
        return Node(abs(self.val), (self, 1.0 if self.val > 0 else -1.0))

    def __radd__(self, other):
        return as_node(other) + self

    def __rsub__(self, other):
        return as_node(other) - self

    def __rmul__(self, other):
        return as_node(other) * self

    def __rtruediv__(self, other):
        return as_node(other) / self

    def __rpow__(self, other):
        return as_node(other) ** self

    def exp(self):
        y = math.exp(self.val)
        return Node(y, (self, y))

    def ln(self):
        return Node(math.log(self.val), (self, 1.0 / self.val))

    def tanh(self):
        y = math.tanh(self.val)
        return Node(y, (self, 1.0 - y * y))

    def relu(self):
        return Node(max(0.0, self.val), (self, 1.0 if self.val > 0.0 else 0.0))

    def maximum(self, other):
        other = as_node(other)
        return Node(max(self.val, other.val), (self if self.val >= other.val else other, 1.0))

    def minimum(self, other):
        other = as_node(other)
        return Node(min(self.val, other.val), (self if self.val <= other.val else other, 1.0))


def as_node(x):
    return x if isinstance(x, Node) else Node(x)
