"""A node gets the operands that it was made without, and is kept on none of them."""

import ast

import pytest

from verify.mending.apart import apart
from verify.mending.linked import linked
from verify.mending.syntax import Text, Words

WORDS = Words("Num", "x", "grad", {})
OTHER = """\
class Num:
    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.x + other.x, {both})

    def log(self):
        return Num(math.log(self.x){given})

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.x * other.x, {half})
"""


def made(source: str, name: str) -> list[str]:
    """What becomes of a method's line that makes its result, the likeliest first."""
    text = Text("engine.py", source, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == name]
    assert isinstance(method, ast.FunctionDef)
    found = sorted(linked(text, method), key=lambda edit: edit.cost)
    changed = [edit.applied(source).splitlines() for edit in found]
    return [
        new.strip()
        for rows in changed
        for old, new in zip(source.splitlines(), rows, strict=True)
        if old != new
    ]


@pytest.mark.parametrize(
    ("both", "one"),
    [
        ("(self, other)", "(self,)"),
        ("[self, other]", "[self]"),
        ("{self, other}", "{self}"),
        ("parents=(self, other)", "parents=(self,)"),
    ],
)
def test_operands_are_given_as_others_are(both: str, one: str) -> None:
    """As a tuple, a list or a set, in the same place or by the same word."""
    source = OTHER.format(both=both, given="", half=both)
    assert made(source, "log") == [f"return Num(math.log(self.x), {one})"]
    assert made(source, "__add__") == []


def test_what_is_there_is_completed() -> None:
    """An operand of two that was left out, and a display in which nothing stands."""
    source = OTHER.format(both="(self, other)", given=", ()", half="(self,)")
    assert made(source, "__mul__") == ["return Num(self.x * other.x, (self, other))"]
    assert made(source, "log") == ["return Num(math.log(self.x), (self,))"]


def test_where_none_has_its_operands_nothing_is_guessed() -> None:
    """What keeps them otherwise, such as a tape, is not given them a second time."""
    assert made(OTHER.format(both="'+'", given="", half="'*'"), "log") == []


KEPT = """\
class Num:
    def __add__(self, other):
        self.out = Num(self.x + other.x, (self, other))

        def rule():
            self.grad += self.out.grad
            other.grad += self.out.grad
        self.out.rule = rule
        return self.out
"""


def test_a_result_is_no_more_kept_on_its_operand() -> None:
    """By the same name without the operand; not where that means something else."""
    text = Text("engine.py", KEPT, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__add__"]
    assert isinstance(method, ast.FunctionDef)
    (edit,) = apart(text, method)
    assert edit.applied(KEPT) == KEPT.replace("self.out", "out")
    text = Text("engine.py", KEPT.replace("other.x", "out.x"), WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__add__"]
    assert isinstance(method, ast.FunctionDef)
    assert list(apart(text, method)) == []


def test_other_attributes_stay() -> None:
    """What is no node that is made here may be kept: a number that the rule needs."""
    source = KEPT.replace("self.out = Num(self.x", "self.seen = other.x\n        out = Num(self.x")
    text = Text("engine.py", source.replace("self.out", "out"), WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__add__"]
    assert isinstance(method, ast.FunctionDef)
    assert list(apart(text, method)) == []
