"""One tape for the whole program; nodes know their place on it."""

import math

TAPE = []


class Var:
    def __init__(self, value, pulls=()):
        self.val = float(value)
        self.adjoint = 0.0
        self.pulls = pulls
        self.index = len(TAPE)
        TAPE.append(self)

    def __add__(self, other):
        other = lift(other)
        return Var(self.val + other.val, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Var(self.val * other.val, ((self, other.val), (other, self.val)))

    def __sub__(self, other):
        return self + lift(other) * -1.0

    def __neg__(self):
        return self * -1.0

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return lift(other) - self

    def sin(self):
        return Var(math.sin(self.val), ((self, math.cos(self.val)),))

    def exp(self):
        e = math.exp(self.val)
        return Var(e, ((self, e),))

    def run_backpropagation(self):
        self.adjoint = 1.0
        reached = {self.index}  # other graphs on the tape keep out of it
        for node in reversed(TAPE[: self.index + 1]):
            if node.index in reached:
                for operand, slope in node.pulls:
                    operand.adjoint += node.adjoint * slope
                    reached.add(operand.index)


def lift(x):
    return x if isinstance(x, Var) else Var(x)
