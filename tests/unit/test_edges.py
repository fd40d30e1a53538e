"""A share that was left out of a display is put there, beside the one that stands in it."""

import ast

import pytest

from verify.mending.edges import completed
from verify.mending.syntax import Function, Text, Words

WORDS = Words("Num", "x", "grad", {})
SOURCE = """\
import math


class Num:
    def rule(self, other):
        y = self.x
        return {}
"""


def becomes(wrong: str, op: str) -> set[str]:
    """What a line that returns an operation's result is made into."""
    source = SOURCE.format(wrong)
    text = Text("engine.py", source, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if isinstance(n, Function)]
    made = [edit.applied(source).splitlines()[-1].strip() for edit in completed(text, method, op)]
    return {row.removeprefix("return ") for row in made}


@pytest.mark.parametrize(
    ("op", "wrong", "right"),
    [
        ("sub", "Num(y, ((self, 1.0),))", "Num(y, ((self, 1.0), (other, -1.0)))"),
        ("mul", "Num(y, [(self, other.x)])", "Num(y, [(self, other.x), (other, self.x)])"),
        ("mul", "Num(y, [[self.x, other]])", "Num(y, [[self.x, other], [other.x, self]])"),
        ("sub", "record(y, (self, 1.0))", "record(y, (self, 1.0), (other, -1.0))"),
        ("sub", "Num(y, {self: 1.0})", "Num(y, {self: 1.0, other: -1.0})"),
        ("sub", "Num(y, (self,), (1.0,))", "Num(y, (self, other), (1.0, -1.0))"),
        ("mul", "(other.x,)", "(other.x, self.x)"),
        ("sub", "1.0, 0.0", "1.0, -1.0"),
        ("mul", "lambda g: (g * other.x,)", "lambda g: (g * other.x, self.x * g)"),
        ("pow", "Num(y, ((self, other.x * self.x ** (other.x - 1)),))",
         "Num(y, ((self, other.x * self.x ** (other.x - 1)), (other, y * math.log(self.x))))"),
    ],
)  # fmt: skip
def test_the_other_operand_gets_its_share(op: str, wrong: str, right: str) -> None:
    """In pairs, dictionaries and lists side by side; as a method returns it, and as a lambda."""
    assert right in becomes(wrong, op)


@pytest.mark.parametrize(
    ("op", "right"),
    [
        ("sub", "Num(y, ((self, 1.0), (other, -1.0)))"),
        ("add", "Num(y, (self, other))"),
        ("exp", "Num(y, ((self, y),))"),
        ("sub", "Num(y, {self: 1.0, other: -1.0})"),
    ],
)
def test_where_nothing_is_missing_nothing_is_added(op: str, right: str) -> None:
    """Two operands with their shares, operands alone, and an operation of one operand."""
    assert becomes(right, op) == set()
