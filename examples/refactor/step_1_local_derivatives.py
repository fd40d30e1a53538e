"""Step 1: the closure is gone; a node keeps its local derivatives as numbers."""

import math


class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, parents=(), slopes=()):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.slopes = slopes  # the derivative of this node by each parent

    def __add__(self, other):  # self + other
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):  # self * other
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):  # self ** n, for a number n
        if not isinstance(n, (int, float)):
            raise TypeError("the exponent must be a number")
        return Value(float(self.data**n), (self,), (n * self.data ** (n - 1) if n else 0.0,))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def __neg__(self):  # -self
        return self * -1

    def __radd__(self, other):  # other + self
        return self + other

    def __sub__(self, other):  # self - other
        return self + (-other)

    def __rsub__(self, other):  # other - self
        return other + (-self)

    def __rmul__(self, other):  # other * self
        return self * other

    def __truediv__(self, other):  # self / other
        return self * other**-1

    def __rtruediv__(self, other):  # other / self
        return other * self**-1

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        order, stack, marks = [], [self], {}
        while stack:
            v = stack.pop()
            if marks.get(v) == "entered":  # here again, after all operands
                marks[v] = "done"
                order.append(v)
            elif v not in marks:
                marks[v] = "entered"
                stack.append(v)
                stack.extend(p for p in v.parents if p not in marks)
        for v in order:
            if v.parents:  # results of operations start afresh; leaves add up
                v.grad = 0.0
        self.grad += 1.0
        for v in reversed(order):
            for parent, slope in zip(v.parents, v.slopes):
                parent.grad += slope * v.grad
