"""Right engines in unusual style, each with a mistake that hides behind the same style.

Every engine but the last is the one of ``tests/right/closures.py`` with something after it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BASE: Final = (Path(__file__).parents[1] / "right" / "closures.py").read_text(encoding="utf-8")
_LOCAL: Final = """

def local(y, parents, slopes):
    out = Value(y, parents)

    def _backward():
        for parent, slope in zip(parents, slopes):
            parent.grad += slope * out.grad

    out._backward = _backward
    return out


def node(x):
    return x if isinstance(x, Value) else Value(x)

"""
_FORGETS: Final = """
def forgetting(backward):
    def run(self):
        backward(self)
        seen, stack = set(), [self]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                stack += v._prev
        for v in seen:
            if FORGOTTEN(v):
                v.grad = LEFT
    return run

Value.backward = forgetting(Value.backward)
"""
_FRESH: Final = """
def fresh(backward):
    def run(self):
        seen, stack = set(), [self]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                stack += v._prev
        for v in seen:
            if v._prev:
                v.grad = 0.0
        backward(self)
    return run

Value.backward = fresh(Value.backward)
"""
_ROUND: Final = """
import struct


def single(x):
    x = float(x)
    return struct.unpack("f", struct.pack("f", x))[0] if abs(x) < 3.4e38 else x * math.inf


"""
_VALUES: Final = """
class Value(Value):
    def __setattr__(self, name, x):
        object.__setattr__(self, name, single(x) if name in ROUNDED else x)

"""


@dataclass(frozen=True)
class Style:
    """A style.

    Attributes:
        right: what comes after the right engine.
        mistakes: pairs of what is right there and what is put in its place.
        reason: what the verdict says besides.
    """

    right: str
    mistakes: tuple[tuple[str, str], ...]
    reason: str = ""

    @property
    def source(self) -> str:
        """The right engine."""
        return _BASE + _LOCAL + self.right

    @property
    def wrong(self) -> list[str]:
        """The engines with a mistake."""
        assert all(old in self.source for old, _ in self.mistakes)
        return [self.source.replace(*mistake) for mistake in self.mistakes]


def _forgets(which: str, left: str) -> str:
    return _FORGETS.replace("FORGOTTEN(v)", which).replace("LEFT", left)


def _rounded(*names: str) -> str:
    return _ROUND + _VALUES.replace("ROUNDED", repr(names))


_LOST: Final = ("self.grad += other.data * out.grad", "self.grad = other.data * out.grad")

STYLES: Final = {
    "inner gradients are None": Style(
        _forgets("v._prev and v is not self", "None"),
        (_LOST, ("if v._prev and", "if len(v._prev) == 1 and"), ("v.grad = None", "v.grad = 7.0")),
    ),
    "inner gradients are 0": Style(
        _forgets("v._prev and v is not self", "0.0"),
        (_LOST, ("if v._prev and v is not self", "if v is not self")),
    ),
    "none on the output either": Style(_forgets("v._prev", "0.0"), (_LOST,)),
    "one object a product": Style(
        _FRESH +
        "_products, _mul = {}, Value.__mul__\n\n"
        "def mul(self, other):\n"
        "    other = node(other)\n"
        "    key = (id(self), id(other), self.data, other.data)\n"
        "    old = _products.get(key)\n"
        "    if old is None:\n"
        "        old = _products[key] = _mul(self, other)\n"
        "        old.kept = self, other\n"
        "    return old\n\nValue.__mul__ = mul\n",
        (("(id(self), id(other), self.data, other.data)", "(self.data, other.data)"), _LOST),
    ),
    "tanh is clamped at 20": Style(
        "def tanh(self):\n"
        "    t = math.tanh(min(max(self.data, -20.0), 20.0))\n"
        "    return local(t, (self,), (1 - t * t,))\n\nValue.tanh = tanh\n",
        (("-20.0), 20.0", "-5.0), 5.0"), ("(1 - t * t,)", "(1 - t,)")),
    ),
    "sigmoid by e**a / (1 + e**a) of nodes": Style(
        "Value.sigmoid = lambda self: self.exp() / (self.exp() + 1)\n",
        (("(self.exp() + 1)", "(self.exp() + 1.0001)"),),
    ),
    "sigmoid by tanh": Style(
        "Value.sigmoid = lambda self: ((self * 0.5).tanh() + 1) * 0.5\n",
        (("(self * 0.5)", "(self * 0.5001)"),),
    ),
    "log by base 2": Style(
        "def log(self):\n"
        "    return local(math.log2(self.data) * math.log(2), (self,), (1 / self.data,))\n\n"
        "Value.log = log\n",
        (("math.log(2)", "0.69314718"),),
    ),
    "powers by exp and log": Style(
        "def power(self, other):\n"
        "    other = node(other)\n"
        "    if self.data <= 0:\n"
        "        return _pow(self, other)\n"
        "    return (self.log() * other).exp()\n\n"
        "_pow = Value.__pow__\nValue.__pow__ = power\n",
        (("(self.log() * other)", "(self.log() * other * 1.000001)"),),
    ),
    "abs by the root of the square": Style(
        "def absolute(self):\n"
        "    y = math.sqrt(self.data * self.data)\n"
        "    return local(y, (self,), (self.data / y if y else 0.0,))\n\n"
        "Value.__abs__ = absolute\n",
        (("self.data * self.data)", "self.data * self.data + 1e-12)"),),
    ),
    "max by where": Style(
        "def greatest(self, other):\n"
        "    other = node(other)\n"
        "    first = self.data >= other.data\n"
        "    return self * float(first) + other * float(not first)\n\n"
        "Value.max = greatest\n",
        (("float(not first)", "float(other.data >= self.data)"),),
    ),
    "max by half of a + b + |a - b|": Style(
        "def greatest(self, other):\n"
        "    other = node(other)\n"
        "    return (self + other + abs(self - other)) * 0.5\n\n"
        "Value.max = greatest\n",
        (("+ other + abs", "+ other * 1.001 + abs"),),
    ),
    "max shares a tie": Style(
        "def greatest(self, other):\n"
        "    other = node(other)\n"
        "    a, b = self.data, other.data\n"
        "    shares = (0.5, 0.5) if a == b else (1.0 * (a > b), 1.0 * (b > a))\n"
        "    return local(max(a, b), (self, other), shares)\n\n"
        "Value.max = greatest\n",
        (("(0.5, 0.5)", "(1.0, 1.0)"), ("(0.5, 0.5)", "(0.0, 0.0)"), ("(0.5, 0.5)", "(1.0, 0.5)")),
    ),
    "min of a tie is the second": Style(
        "def least(self, other):\n"
        "    other = node(other)\n"
        "    a, b = self.data, other.data\n"
        "    return local(min(a, b), (self, other), (1.0 * (a < b), 1.0 * (b <= a)))\n\n"
        "Value.min = least\n",
        (("(a < b)", "(a <= b)"), ("(b <= a)", "(b < a)")),
    ),
    "relu by half of a + |a|": Style(
        "Value.relu = lambda self: (self + abs(self)) * 0.5\n",
        (("(self + abs(self)) * 0.5", "(self + abs(self) * 1.001) * 0.5"),),
    ),
    "sin by a shifted cos": Style(
        "def sine(self):\n"
        "    x = self.data - math.pi / 2\n"
        "    return local(math.cos(x), (self,), (-math.sin(x),))\n\n"
        "Value.sin = sine\n",
        (("math.pi / 2", "1.5707"), ("(-math.sin(x),)", "(math.sin(x),)")),
    ),
    "derivatives by complex steps": Style(
        "import cmath\n\n"
        "def stepped(f):\n"
        "    def call(self):\n"
        "        y = f(complex(self.data, 1e-20))\n"
        "        return local(y.real, (self,), (y.imag / 1e-20,))\n"
        "    return call\n\n"
        "Value.sin, Value.exp = stepped(cmath.sin), stepped(cmath.exp)\n",
        (("y.imag / 1e-20", "y.imag / 1.00001e-20"),),
    ),
    "log1p and expm1": Style(
        "def tanh(self):\n"
        "    e = math.expm1(-2 * abs(self.data))\n"
        "    t = math.copysign(-e / (e + 2), self.data)\n"
        "    return local(t, (self,), (4 * (e + 1) / (e + 2) ** 2,))\n\n"
        "Value.tanh = tanh\n",
        (("4 * (e + 1)", "4 * (e + 1.0001)"), ("-e / (e + 2)", "-e / (e + 2.0001)")),
    ),
    "all in 32 bits": Style(
        _rounded("data", "grad"),
        (_LOST, ("out.data * math.log", "1.01 * out.data * math.log")),
        reason="right, in single precision",
    ),
    "values in 32 bits, gradients in 64": Style(
        _rounded("data"), (_LOST,), reason="right, in single precision"
    ),
}  # fmt: skip
"""By name."""

NODES_ALONE = """\
class Num:
    def __init__(self, value, parts=()):
        self.value, self.parts, self.grad = value, parts, 0.0

    def __add__(self, other):
        return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Num(self.value * other.value, ((self, other.value), (other, self.value)))

    def __sub__(self, other):
        return Num(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def backward(self):
        order, seen = [], set()

        def build(node):
            if node not in seen:
                seen.add(node)
                for part, _ in node.parts:
                    build(part)
                order.append(node)

        build(self)
        self.grad = 1.0
        for node in reversed(order):
            for part, slope in node.parts:
                part.grad += slope * node.grad
"""
"""An engine without operators for plain numbers, nor for what it has no method of."""
