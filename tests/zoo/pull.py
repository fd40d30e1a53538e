"""Each node asks those that use it: seed the output, then call ``grad()`` on an input."""

import math


class Var:
    def __init__(self, value):
        self.value = value
        self.users = []
        self.grad_value = None

    def grad(self):
        if self.grad_value is None:
            self.grad_value = sum(weight * user.grad() for weight, user in self.users)
        return self.grad_value

    def __add__(self, other):
        if not isinstance(other, Var):
            return NotImplemented
        z = Var(self.value + other.value)
        self.users.append((1.0, z))
        other.users.append((1.0, z))
        return z

    def __mul__(self, other):
        if not isinstance(other, Var):
            return NotImplemented
        z = Var(self.value * other.value)
        self.users.append((other.value, z))
        other.users.append((self.value, z))
        return z

    def sin(self):
        z = Var(math.sin(self.value))
        self.users.append((math.cos(self.value), z))
        return z


def sin(x):
    return x.sin()
