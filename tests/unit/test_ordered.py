"""A pass that is written anew goes through each node once, with the engine's own rules."""

import ast
from typing import Any

import pytest

from verify.mending.ordered import whole_pass
from verify.mending.syntax import Function, Text, Words

WORDS = Words("Num", "x", "grad", {})
PAIRS = """\
class Num:
    def __init__(self, x, edges=()):
        self.x, self.grad, self.edges = x, 0.0, edges

    def __add__(self, other):
        return Num(self.x + other.x, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Num(self.x * other.x, ((self, other.x), (other, self.x)))

    def backward(self, grad=1.0):
        self.grad += grad
        for part, slope in self.edges:
            part.backward(slope * grad)
"""
SIDES = """\
class Num:
    def __init__(self, x, kind="", left=None, right=None):
        self.x, self.grad, self.kind, self.left, self.right = x, 0.0, kind, left, right

    def __add__(self, other):
        return Num(self.x + other.x, "+", self, other)

    def __mul__(self, other):
        return Num(self.x * other.x, "*", self, other)

    def backward(self, grad=1.0):
        self.grad += grad
        if self.kind == "+":
            self.left.backward(grad)
            self.right.backward(grad)
        elif self.kind == "*":
            self.left.backward(grad * self.right.x)  # the other one's
            self.right.backward(grad * self.left.x)
"""
LISTED = """\
class Num:
    def __init__(self, x, parts=()):
        self.x, self.grad, self.parts, self.rule = x, 0.0, parts, lambda: None

    def __add__(self, other):
        out = Num(self.x + other.x, (self, other))

        def rule():
            self.grad += out.grad
            other.grad += out.grad

        out.rule = rule
        return out

    def __mul__(self, other):
        out = Num(self.x * other.x, (self, other))

        def rule():
            self.grad += other.x * out.grad
            other.grad += self.x * out.grad

        out.rule = rule
        return out

    def order(self):
        found = []
        for part in self.parts:
            found += part.order()
        return [*found, self]

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            node.rule()
"""


def mended(source: str) -> Any:
    """The class with the first pass that is written for it."""
    text = Text("engine.py", source, WORDS)
    methods = [n for n in ast.walk(text.tree) if isinstance(n, Function) and n.name == "backward"]
    space: dict[str, Any] = {}
    exec(next(whole_pass(text, methods[0])).applied(source), space)  # noqa: S102 - written above
    return space["Num"]


@pytest.mark.parametrize("source", [PAIRS, SIDES, LISTED])
def test_each_node_once(source: str) -> None:
    """Shares of what is used twice are added first; sixty doublings take no time."""
    num = mended(source)
    a, b = num(2.0), num(3.0)
    c = a * b
    (c * c + c).backward()
    assert (a.grad, b.grad) == (39.0, 26.0)
    top = a = num(1.0)
    for _ in range(60):
        top += top
    top.backward()
    assert a.grad == 2.0**60


def test_what_is_written_beside_a_rule_stays() -> None:
    """Comments, and the words of the engine."""
    text = Text("engine.py", SIDES, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if isinstance(n, Function) and n.name == "backward"]
    made = next(whole_pass(text, method)).new
    assert "            v.left.grad += v.grad * v.right.x  # the other one's\n" in made
    assert "for child in (v.left, v.right):" in made
