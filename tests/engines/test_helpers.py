"""What stands beside an engine and is none of its operations: helpers, protocols, loops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from verify.checking.assess import examine
from verify.engines import Engine, load
from verify.expression.graph import Case
from verify.faults import SOURCE
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUE, _, _ = SOURCE.partition("class Neuron")
NO_SIN = VALUE.replace("def sin(", "def no_sin(").replace("def log(", "def no_log(")
HELPERS = {
    "of numbers": "def sin(x):\n    return math.sin(x)\n",
    "for floats": "def sin(x: float):\n    return x - x**3 / 6\n",
    "a lambda": "sin = lambda x: math.sin(float(x))\n",
    "of two": "def sin(a, b):\n    return a[0] * b[0]\n",
    "of text": "def log(text, level='info'):\n    print(level, text)\n",
    "of lists": "def sin(layer):\n    return [math.sin(x) for x in layer]\n",
    "not written": "def sin(x):\n    ...\n",
    "of helpers": "def turn(x): return math.sin(x)\ndef sin(x): return turn(x) + 0\n",
    "static": "class Value(Value):\n    @staticmethod\n    def sin(x): return math.sin(x)\n",
}
FUNCTIONS = """
import math
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents
def node(data, parents=()): return Value(data, parents)
def add(a, b): return node(a.data + b.data, ((a, 1.0), (b, 1.0)))
def mul(a, b): return node(a.data * b.data, ((a, b.data), (b, a.data)))
def backward(output):
    order = []
    def visit(v):
        if v not in order:
            for p, _ in v.parents: visit(p)
            order.append(v)
    visit(output)
    output.grad = 1.0
    for v in reversed(order):
        for p, d in v.parents: p.grad += d * v.grad
"""
BROKEN = {
    "gives None": "def sin(a): node(math.sin(a.data), ((a, math.cos(a.data)),))\n",
    "raises": "def sin(a): return node(math.sin(a), ((a, math.cos(a.data)),))\n",
    "by its type": "def sin(a): return type(a)(math.sin(a), ((a, 1.0),))\n",
    "by another": "def sin(a): return add(a, missing(a))\n",
}


def seen(engine: Engine, text: str) -> Verdict:
    """The verdict on an expression at 0.5."""
    return examine(engine, Case.parse(text, a=0.5)).judgement.verdict


@pytest.mark.parametrize("helper", list(HELPERS.values()), ids=list(HELPERS))
def test_a_helper_is_no_operation(helper: str, write: Callable[..., Path]) -> None:
    """An engine without sin has none, whatever a function for numbers beside it is called."""
    with load(str(write(f"{NO_SIN}\n\n{helper}", "engine.py"))) as engine:
        assert "sin" not in engine.info.adapter
        assert "log" not in engine.info.adapter
        assert seen(engine, "a.sin()") is Verdict.UNDECIDED
        assert seen(engine, "a.exp() * a") is Verdict.CORRECT


@pytest.mark.parametrize("broken", list(BROKEN.values()), ids=list(BROKEN))
def test_a_broken_operation_is_one(broken: str, write: Callable[..., Path]) -> None:
    """A function that means to make nodes, and does not, is wrong and not missing."""
    with load(str(write(f"{FUNCTIONS}{broken}", "engine.py"))) as engine:
        assert seen(engine, "a * a") is Verdict.CORRECT
        assert engine.info.adapter["sin"] == "sin()"
        assert seen(engine, "a.sin()") is Verdict.WRONG


def test_a_method_that_only_getattr_finds_is_an_operation(write: Callable[..., Path]) -> None:
    """A registry by name: what fills it bears the names of operations, and is none."""
    registry = (
        "def kept(f): RULES[f.__name__.strip('_')] = f()\nRULES = {}\n"
        "@kept\ndef _sin(): return math.sin, math.cos\n"
    )
    found = (
        "class Value(Value):\n    def __getattr__(self, name):\n        if name not in RULES:\n"
        "            raise AttributeError(name)\n        f, slope = RULES[name]\n"
        "        def call():\n            out = Value(f(self.data), (self,))\n"
        "            def _backward(): self.grad += slope(self.data) * out.grad\n"
        "            out._backward = _backward\n            return out\n        return call\n"
    )
    with load(str(write(f"{NO_SIN}\n\n{registry}\n\n{found}", "engine.py"))) as engine:
        assert engine.info.adapter["sin"] == ".sin()"
        assert seen(engine, "a.sin()") is Verdict.CORRECT


@pytest.mark.parametrize(
    "beside",
    [
        "class Scalar(typing.Protocol):\n    data: float\n",
        "class Config(typing.TypedDict):\n    rate: float\n",
        "class Row(typing.NamedTuple):\n    rate: float\n",
    ],
)
def test_a_class_of_typing_is_no_matter(beside: str, write: Callable[..., Path]) -> None:
    """``issubclass`` raises for a protocol: it is not asked."""
    with load(str(write(f"import typing\n{beside}\n\n{SOURCE}", "engine.py"))) as engine:
        assert engine.info.class_name == "Value"
        assert seen(engine, "a * a") is Verdict.CORRECT


def test_a_loop_that_trains_in_a_cell_is_not_judged_and_that_is_said(
    write: Callable[..., Path],
) -> None:
    """It is left out; a mistake in it, such as zeroing before the step, is nobody's here."""
    loop = "for k in range(20):\n    loss = Value(2.0) * k\n    loss.backward()\n"
    cells = [{"cell_type": "code", "source": text} for text in (SOURCE, loop)]
    with load(str(write(json.dumps({"cells": cells, "nbformat": 4}), "n.ipynb"))) as engine:
        told = [note for note in engine.info.notes if note.endswith("was not judged")]
    assert "the use of a backward pass in a loop (cell 2) was not judged" in told


def test_what_a_method_hands_on_to_is_the_pass_itself(write: Callable[..., Path]) -> None:
    """``backward`` calls ``run_pass``: that is judged, and no note says that it is not."""
    text = VALUE.replace("def backward(self)", "def walk(self)") + (
        "\n\ndef run_pass(output):\n    output.walk()\n    output.backward\n\n\n"
        "class Value(Value):\n    def backward(self):\n        run_pass(self)\n"
    )
    with load(str(write(text, "engine.py"))) as engine:
        assert seen(engine, "a * a") is Verdict.CORRECT
        assert [note for note in engine.info.notes if "run_pass" in note] == []
