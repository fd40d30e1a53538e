"""Right: hash-consing. The same operation on the same operands is one and the same node.

The table belongs to the operands, so that it lives as long as they do.
"""

import math


class Expr:
    def __init__(self, data, op="leaf", args=()):
        self.data = data
        self.op = op
        self.args = args
        self.grad = 0.0
        self.made = {}

    @staticmethod
    def of(x):
        return x if isinstance(x, Expr) else Expr(x)

    def _node(self, op, value, *others):
        # a changed leaf makes a new node: the operands' values are part of the key
        key = (op, self.data, *[(o, o.data) for o in others])
        if key not in self.made:
            self.made[key] = Expr(value(self.data, *[o.data for o in others]), op, (self, *others))
        return self.made[key]

    def __add__(self, other):
        return self._node("add", lambda a, b: a + b, Expr.of(other))

    def __sub__(self, other):
        return self._node("sub", lambda a, b: a - b, Expr.of(other))

    def __mul__(self, other):
        return self._node("mul", lambda a, b: a * b, Expr.of(other))

    def __truediv__(self, other):
        return self._node("div", lambda a, b: a / b, Expr.of(other))

    def __pow__(self, other):
        return self._node("pow", lambda a, b: a**b, Expr.of(other))

    def __neg__(self):
        return self._node("neg", lambda a: -a)

    def __radd__(self, other):
        return Expr(other) + self

    def __rsub__(self, other):
        return Expr(other) - self

    def __rmul__(self, other):
        return Expr(other) * self

    def __rtruediv__(self, other):
        return Expr(other) / self

    def __rpow__(self, other):
        return Expr(other) ** self

    def exp(self):
        return self._node("exp", math.exp)

    def log(self):
        return self._node("log", math.log)

    def tanh(self):
        return self._node("tanh", math.tanh)

    def relu(self):
        return self._node("relu", lambda a: a if a > 0 else 0.0)

    def sin(self):
        return self._node("sin", math.sin)

    def cos(self):
        return self._node("cos", math.cos)

    def sqrt(self):
        return self._node("sqrt", math.sqrt)

    def local(self):
        x = [arg.data for arg in self.args]
        y = self.data
        if self.op == "add":
            return 1.0, 1.0
        if self.op == "sub":
            return 1.0, -1.0
        if self.op == "mul":
            return x[1], x[0]
        if self.op == "div":
            return 1 / x[1], -y / x[1]
        if self.op == "pow":
            return (x[1] * x[0] ** (x[1] - 1) if x[1] else 0.0), (y * math.log(x[0]) if x[0] > 0 else 0.0)
        return {
            "neg": lambda: (-1.0,),
            "exp": lambda: (y,),
            "log": lambda: (1 / x[0],),
            "tanh": lambda: (1 - y * y,),
            "relu": lambda: (1.0 if x[0] > 0 else 0.0,),
            "sin": lambda: (math.cos(x[0]),),
            "cos": lambda: (-math.sin(x[0]),),
            "sqrt": lambda: (0.5 / y,),
            "leaf": tuple,
        }[self.op]()

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for arg in v.args:
                    build(arg)
                topo.append(v)

        build(self)
        for v in topo:
            if v.args:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            for arg, d in zip(v.args, v.local()):
                arg.grad += d * v.grad
