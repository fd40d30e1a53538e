"""Operations are put into the class by a loop at the end of the file."""

import math
import operator
from dataclasses import dataclass, field


@dataclass(eq=False)
class Val:
    v: float
    edges: list = field(default_factory=list, repr=False)
    g: float = 0.0

    def backwards(self):
        def order(n, seen, out):
            if n not in seen:
                seen.add(n)
                for m, _ in n.edges:
                    order(m, seen, out)
                out.append(n)
            return out

        self.g = 1.0
        for n in reversed(order(self, set(), [])):
            for m, slope in n.edges:
                m.g += slope * n.g


def number(x):
    return x if isinstance(x, Val) else Val(x)


BINARY = {
    "add": (operator.add, lambda a, b: (1.0, 1.0)),
    "sub": (operator.sub, lambda a, b: (1.0, -1.0)),
    "mul": (operator.mul, lambda a, b: (b, a)),
    "truediv": (operator.truediv, lambda a, b: (1 / b, -a / b**2)),
}
UNARY = {
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "exp": (math.exp, math.exp),
}

for name, (f, slopes) in BINARY.items():

    def method(self, other, f=f, slopes=slopes):
        a, b = self, number(other)
        return Val(f(a.v, b.v), list(zip((a, b), slopes(a.v, b.v))))

    def reflected(self, other, method=method):
        return method(number(other), self)

    setattr(Val, f"__{name}__", method)
    setattr(Val, f"__r{name}__", reflected)

for name, (f, slope) in UNARY.items():
    setattr(Val, name, lambda self, f=f, slope=slope: Val(f(self.v), [(self, slope(self.v))]))
