"""Local derivatives kept beside the operands; the order is found without recursion."""

import math


class Scalar:
    __slots__ = ("value", "gradient", "operands", "slopes")

    def __init__(self, value, operands=(), slopes=()):
        self.value = value
        self.gradient = 0
        self.operands = operands
        self.slopes = slopes

    @staticmethod
    def wrap(x):
        return x if isinstance(x, Scalar) else Scalar(x)

    def __add__(self, other):
        other = Scalar.wrap(other)
        return Scalar(self.value + other.value, (self, other), (1, 1))

    def __sub__(self, other):
        other = Scalar.wrap(other)
        return Scalar(self.value - other.value, (self, other), (1, -1))

    def __mul__(self, other):
        other = Scalar.wrap(other)
        return Scalar(self.value * other.value, (self, other), (other.value, self.value))

    def __truediv__(self, other):
        other = Scalar.wrap(other)
        return Scalar(
            self.value / other.value, (self, other), (1 / other.value, -self.value / other.value / other.value)
        )

    def __pow__(self, other):
        other = Scalar.wrap(other)
        a, b = self.value, other.value
        return Scalar(a**b, (self, other), (b * a ** (b - 1), a**b * math.log(a) if a > 0 else 0.0))

    def __neg__(self):
        return Scalar(-self.value, (self,), (-1,))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Scalar.wrap(other) - self

    def __rtruediv__(self, other):
        return Scalar.wrap(other) / self

    def __rpow__(self, other):
        return Scalar.wrap(other) ** self

    def __abs__(self):
        return Scalar(abs(self.value), (self,), (math.copysign(1, self.value),))

    def sin(self):
        return Scalar(math.sin(self.value), (self,), (math.cos(self.value),))

    def cos(self):
        return Scalar(math.cos(self.value), (self,), (-math.sin(self.value),))

    def sqrt(self):
        root = math.sqrt(self.value)
        return Scalar(root, (self,), (0.5 / root,))

    def max(self, other):
        other = Scalar.wrap(other)
        first = self.value >= other.value
        return Scalar(max(self.value, other.value), (self, other), (float(first), float(not first)))

    def min(self, other):
        other = Scalar.wrap(other)
        first = self.value <= other.value
        return Scalar(min(self.value, other.value), (self, other), (float(first), float(not first)))

    def backprop(self):
        uses = {}
        stack, seen = [self], {id(self)}
        while stack:
            for operand in stack.pop().operands:
                uses[id(operand)] = uses.get(id(operand), 0) + 1
                if id(operand) not in seen:
                    seen.add(id(operand))
                    stack.append(operand)
        self.gradient = 1
        ready = [self]
        while ready:
            node = ready.pop()
            for operand, slope in zip(node.operands, node.slopes):
                operand.gradient += slope * node.gradient
                uses[id(operand)] -= 1
                if uses[id(operand)] == 0:
                    ready.append(operand)
