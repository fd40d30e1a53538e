"""Functions that are made in a loop keep the variables of their turn."""

import pytest

from verify.mending.captured import captured
from verify.mending.syntax import Text, Words

WORDS = Words("Value", "data", "grad", {})


def edited(source: str) -> list[str]:
    """The text with each edit by itself."""
    return [edit.applied(source) for edit in captured(Text("engine.py", source, WORDS))]


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        ("    made.append(lambda: x * 2)\n", "lambda x=x: x * 2"),
        ("    made.append(lambda g: x * g)\n", "lambda g, x=x: x * g"),
        ("    made.append(lambda g, d={1: 2}: x * g)\n", "lambda g, d={1: 2}, x=x: x * g"),
        ("    y = x + 1\n    made.append(lambda: x * y)\n", "lambda x=x, y=y: x * y"),
        ("    def f(): return x\n    made.append(f)\n", "def f(x=x): return x"),
        ("    def f(g=(1, 2)) -> int: return x\n    made.append(f)\n", "def f(g=(1, 2), x=x) ->"),
    ],
)
def test_a_function_takes_them_as_they_are(made: str, kept: str) -> None:
    """As arguments that have them for their values, beside those that it has."""
    (text,) = edited(f"made = []\nfor x in (1, 2):\n{made}")
    assert kept in text
    space: dict[str, list[object]] = {}
    exec(text, space)  # noqa: S102 - what was written here
    assert space["made"]


def test_a_comprehension_is_a_loop() -> None:
    """Each of its functions has the value of its turn."""
    (text,) = edited("made = [lambda: x for x in (1, 2)]\n")
    assert text == "made = [lambda x=x: x for x in (1, 2)]\n"


@pytest.mark.parametrize(
    "source",
    [
        "for x in (1, 2):\n    f = lambda x: x\n",  # its own
        "for x in (1, 2):\n    f = lambda *rest: x\n",
        "for x in (1, 2):\n    def f():\n        x = 3\n        return x\n",
        "for x in (1, 2):\n    f = lambda: y\n",  # not of the loop
        "x = 1\nf = lambda: x\n",
    ],
)
def test_nothing_else_is_touched(source: str) -> None:
    """What is no variable of the loop, or has no place for one."""
    assert edited(source) == []
