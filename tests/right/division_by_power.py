"""Right: ``/`` is ``* b ** -1``, a power of a positive base is an exponential, ``sqrt`` a power."""

import math


class Var:
    def __init__(self, v, grad_fn=()):
        self.v = v
        self.grad_fn = grad_fn
        self.grad_value = 0.0

    def __add__(self, o):
        o = var(o)
        return Var(self.v + o.v, ((1.0, self), (1.0, o)))

    def __mul__(self, o):
        o = var(o)
        return Var(self.v * o.v, ((o.v, self), (self.v, o)))

    def __pow__(self, p):
        if isinstance(p, Var):
            w = math.exp(p.v * math.log(self.v)) if self.v > 0 else self.v**p.v
            edges = [(p.v * w / self.v if self.v else p.v * self.v ** (p.v - 1), self)]
            if self.v > 0:
                edges.append((w * math.log(self.v), p))
            return Var(w, tuple(edges))
        return Var(self.v**p, ((p * self.v ** (p - 1) if p else 0.0, self),))

    def __neg__(self):
        return Var(-self.v, ((-1.0, self),))

    def __sub__(self, o):
        return self + -var(o)

    def __truediv__(self, o):
        return self * var(o) ** -1

    def sqrt(self):
        return self**0.5

    def exp(self):
        w = math.exp(self.v)
        return Var(w, ((w, self),))

    def log(self):
        return Var(math.log(self.v), ((self.v**-1, self),))

    def tanh(self):
        w = math.tanh(self.v)
        return Var(w, ((1 - w**2, self),))

    def relu(self):
        return Var(self.v, ((1.0, self),)) if self.v > 0 else Var(0.0, ((0.0, self),))

    def sin(self):
        return Var(math.sin(self.v), ((math.cos(self.v), self),))

    def cos(self):
        return Var(math.cos(self.v), ((-math.sin(self.v), self),))

    def __radd__(self, o):
        return self + o

    def __rsub__(self, o):
        return -self + o

    def __rmul__(self, o):
        return self * o

    def __rtruediv__(self, o):
        return self**-1 * o

    def __rpow__(self, o):
        return var(o) ** self

    def backward(self):
        seen, topo = set(), []

        def go(x):
            if id(x) not in seen:
                seen.add(id(x))
                for _, y in x.grad_fn:
                    go(y)
                topo.insert(0, x)

        go(self)
        for x in topo:
            if x.grad_fn:
                x.grad_value = 0.0
        self.grad_value = 1.0
        for x in topo:
            for slope, y in x.grad_fn:
                y.grad_value += slope * x.grad_value


def var(x):
    return x if isinstance(x, Var) else Var(x)
