"""Right: a node knows the name of its operation; what that means stands in two dicts."""

import math

FORWARD = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "neg": lambda a: -a,
    "abs": lambda a: abs(a),
    "exp": lambda a: math.exp(a),
    "log": lambda a: math.log(a),
    "tanh": lambda a: math.tanh(a),
    "relu": lambda a: a if a > 0 else 0.0,
    "sqrt": lambda a: math.sqrt(a),
    "max": lambda a, b: a if a >= b else b,
    "min": lambda a, b: a if a <= b else b,
}
BACKWARD = {
    "+": lambda g, y, a, b: (g, g),
    "-": lambda g, y, a, b: (g, -g),
    "*": lambda g, y, a, b: (g * b, g * a),
    "/": lambda g, y, a, b: (g / b, -g * a / b**2),
    "**": lambda g, y, a, b: (
        g * b * a ** (b - 1) if b else 0.0,
        g * y * math.log(a) if a > 0 else 0.0,
    ),
    "neg": lambda g, y, a: (-g,),
    "abs": lambda g, y, a: (g if a > 0 else -g if a < 0 else 0.0,),
    "exp": lambda g, y, a: (g * y,),
    "log": lambda g, y, a: (g / a,),
    "tanh": lambda g, y, a: (g * (1 - y * y),),
    "relu": lambda g, y, a: (g if a > 0 else 0.0,),
    "sqrt": lambda g, y, a: (g / (2 * y),),
    "max": lambda g, y, a, b: (g, 0.0) if a >= b else (0.0, g),
    "min": lambda g, y, a, b: (g, 0.0) if a <= b else (0.0, g),
}


class Value:
    def __init__(self, data, op=None, inputs=()):
        self.data = data
        self.op = op
        self.inputs = inputs
        self.grad = 0.0

    @classmethod
    def call(cls, op, *inputs):
        inputs = [i if isinstance(i, cls) else cls(i) for i in inputs]
        return cls(FORWARD[op](*(i.data for i in inputs)), op, inputs)

    def backward(self):
        order, visited = [], set()

        def walk(v):
            visited.add(id(v))
            for i in v.inputs:
                if id(i) not in visited:
                    walk(i)
            order.append(v)

        walk(self)
        self.grad = 1.0
        for v in reversed(order):
            if v.op is not None:
                shares = BACKWARD[v.op](v.grad, v.data, *(i.data for i in v.inputs))
                for i, share in zip(v.inputs, shares):
                    i.grad += share

    def __add__(self, other): return Value.call("+", self, other)
    def __radd__(self, other): return Value.call("+", other, self)
    def __sub__(self, other): return Value.call("-", self, other)
    def __rsub__(self, other): return Value.call("-", other, self)
    def __mul__(self, other): return Value.call("*", self, other)
    def __rmul__(self, other): return Value.call("*", other, self)
    def __truediv__(self, other): return Value.call("/", self, other)
    def __rtruediv__(self, other): return Value.call("/", other, self)
    def __pow__(self, other): return Value.call("**", self, other)
    def __rpow__(self, other): return Value.call("**", other, self)
    def __neg__(self): return Value.call("neg", self)
    def __abs__(self): return Value.call("abs", self)
    def exp(self): return Value.call("exp", self)
    def log(self): return Value.call("log", self)
    def tanh(self): return Value.call("tanh", self)
    def relu(self): return Value.call("relu", self)
    def sqrt(self): return Value.call("sqrt", self)
    def max(self, other): return Value.call("max", self, other)
    def min(self, other): return Value.call("min", self, other)
