"""Each node asks those that use it: seed the output, then call ``grad()`` on an input."""

import math
import weakref


class Var:
    def __init__(self, value, *inputs):
        self.value = value
        self.inputs = inputs  # keeps what this was made of alive
        self.users = []  # does not keep alive what was made of this: an old graph goes when it is dropped
        self.grad_value = None

    def used(self, weight, user):
        self.users.append((weight, weakref.ref(user)))

    def grad(self):
        if self.grad_value is None:
            alive = [(weight, user()) for weight, user in self.users if user() is not None]
            self.grad_value = sum(weight * user.grad() for weight, user in alive)
        return self.grad_value

    def __add__(self, other):
        if not isinstance(other, Var):
            return NotImplemented
        z = Var(self.value + other.value, self, other)
        self.used(1.0, z)
        other.used(1.0, z)
        return z

    def __mul__(self, other):
        if not isinstance(other, Var):
            return NotImplemented
        z = Var(self.value * other.value, self, other)
        self.used(other.value, z)
        other.used(self.value, z)
        return z

    def sin(self):
        z = Var(math.sin(self.value), self)
        self.used(math.cos(self.value), z)
        return z


def sin(x):
    return x.sin()
