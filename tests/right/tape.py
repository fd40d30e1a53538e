"""Right: every operation goes on a tape, and the tape is read backwards."""

import math

TAPE = []


class Value:
    def __init__(self, data, rule=None, operands=()):
        self.data = float(data)
        self.grad = 0.0
        self.rule = rule
        self.operands = operands
        if operands:
            self.place = len(TAPE)
            TAPE.append(self)

    def backward(self):
        self.grad = 1.0
        try:
            for entry in reversed(TAPE[: self.place + 1] if self.operands else ()):
                if entry.grad != 0.0:
                    slopes = entry.rule(*[x.data for x in entry.operands], entry.data)
                    for x, slope in zip(entry.operands, slopes):
                        x.grad += entry.grad * slope
        finally:
            TAPE.clear()


def lift(x):
    return x if isinstance(x, Value) else Value(x)


def logistic(x):
    return 0.5 * (1 + math.tanh(x / 2)) if x > -5 else math.exp(x) / (1 + math.exp(x))


TABLE = {
    "__add__": (lambda a, b: a + b, lambda a, b, y: (1, 1)),
    "__sub__": (lambda a, b: a - b, lambda a, b, y: (1, -1)),
    "__mul__": (lambda a, b: a * b, lambda a, b, y: (b, a)),
    "__truediv__": (lambda a, b: a / b, lambda a, b, y: (b**-1, -a / b**2)),
    "__pow__": (
        lambda a, b: math.pow(a, b),
        lambda a, b, y: (b * y / a if a else b * a ** (b - 1), y * math.log(a) if a > 0 else 0.0),
    ),
    "max": (max, lambda a, b, y: (0.5, 0.5) if a == b else (a > b, a < b)),
    "min": (min, lambda a, b, y: (0.5, 0.5) if a == b else (a < b, a > b)),
    "__neg__": (lambda a: -a, lambda a, y: (-1,)),
    "__abs__": (math.fabs, lambda a, y: ((a > 0) - (a < 0),)),
    "exp": (math.exp, lambda a, y: (y,)),
    "log": (math.log, lambda a, y: (a**-1,)),
    "tanh": (math.tanh, lambda a, y: (1 / math.cosh(a) ** 2,)),
    "sigmoid": (logistic, lambda a, y: (math.exp(-abs(a)) / (1 + math.exp(-abs(a))) ** 2,)),
    "relu": (lambda a: a * (a > 0), lambda a, y: (0.5 * (1 + (a > 0) - (a < 0)),)),
    "sqrt": (math.sqrt, lambda a, y: (1 / (2 * y),)),
    "sin": (math.sin, lambda a, y: (math.cos(a),)),
    "cos": (math.cos, lambda a, y: (-math.sin(a),)),
}


def install(name, value, rule):
    def method(*operands):
        nodes = tuple(lift(x) for x in operands)
        return Value(value(*[x.data for x in nodes]), rule, nodes)

    setattr(Value, name, method)
    if name in ("__add__", "__sub__", "__mul__", "__truediv__", "__pow__"):
        setattr(Value, "__r" + name[2:], lambda self, other: method(other, self))


for name, (value, rule) in TABLE.items():
    install(name, value, rule)
