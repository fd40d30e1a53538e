"""Right: ``backward`` writes the graph down as straight-line Python, compiles it and runs it."""

import math

TEMPLATES = {  # value; contributions to the operands
    "add": ("{a} + {b}", "{g}", "{g}"),
    "sub": ("{a} - {b}", "{g}", "-{g}"),
    "mul": ("{a} * {b}", "{g} * {b}", "{g} * {a}"),
    "div": ("{a} / {b}", "{g} / {b}", "-{g} * {y} / {b}"),
    "pow": ("{a} ** {b}", "{g} * dpow({a}, {b})", "({g} * {y} * log({a}) if {a} > 0 else 0.0)"),
    "neg": ("-{a}", "-{g}"),
    "exp": ("exp({a})", "{g} * {y}"),
    "log": ("log({a})", "{g} / {a}"),
    "tanh": ("tanh({a})", "{g} * (1 - {y} * {y})"),
    "relu": ("({a} if {a} > 0 else 0.0)", "({g} if {a} > 0 else 0.0)"),
    "sin": ("sin({a})", "{g} * cos({a})"),
    "cos": ("cos({a})", "-{g} * sin({a})"),
}


def dpow(a, b):
    return b * a ** (b - 1) if b else 0.0


NAMES = {name: getattr(math, name) for name in ("exp", "log", "tanh", "sin", "cos")}
NAMES["dpow"] = dpow


class Value:
    def __init__(self, data, op=None, args=()):
        self.data = data
        self.op = op
        self.args = args
        self.grad = 0.0

    @staticmethod
    def make(op, *args):
        args = [x if isinstance(x, Value) else Value(x) for x in args]
        named = {letter: f"v[{i}]" for i, letter in zip(range(len(args)), "ab")}
        expression = TEMPLATES[op][0].format(**named)
        return Value(eval(expression, dict(NAMES, v=[x.data for x in args])), op, args)

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for x in node.args:
                    visit(x)
                order.append(node)

        visit(self)
        lines = []
        place = {n: i for i, n in enumerate(order)}
        for i in range(len(order) - 1, -1, -1):
            node = order[i]
            named = dict(zip("ab", (f"v[{place[x]}]" for x in node.args)), g=f"g[{i}]", y=f"v[{i}]")
            for x, share in zip(node.args, TEMPLATES[node.op][1:] if node.op else ()):
                lines.append(f"g[{place[x]}] += {share.format(**named)}")
        g = [0.0] * len(order)
        g[-1] = 1.0
        code = compile("\n".join(lines), "<backward>", "exec")
        exec(code, dict(NAMES, v=[n.data for n in order], g=g))
        for node, total in zip(order, g):
            node.grad = total if node.args else node.grad + total

    def __add__(self, other): return Value.make("add", self, other)
    def __radd__(self, other): return Value.make("add", other, self)
    def __sub__(self, other): return Value.make("sub", self, other)
    def __rsub__(self, other): return Value.make("sub", other, self)
    def __mul__(self, other): return Value.make("mul", self, other)
    def __rmul__(self, other): return Value.make("mul", other, self)
    def __truediv__(self, other): return Value.make("div", self, other)
    def __rtruediv__(self, other): return Value.make("div", other, self)
    def __pow__(self, other): return Value.make("pow", self, other)
    def __rpow__(self, other): return Value.make("pow", other, self)
    def __neg__(self): return Value.make("neg", self)
    def exp(self): return Value.make("exp", self)
    def log(self): return Value.make("log", self)
    def tanh(self): return Value.make("tanh", self)
    def relu(self): return Value.make("relu", self)
    def sin(self): return Value.make("sin", self)
    def cos(self): return Value.make("cos", self)
