"""Proofs hold for right engines, and never for wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sympy
from click.testing import CliRunner

from verify.commands.prove import command
from verify.engines import load
from verify.expression.ops import FORMS
from verify.expression.reading import formula_text
from verify.prove.theorems import prove

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

ENGINE = """
import math

class Value:
    def __init__(self, data, _children=(), _local=()):
        self.data, self.grad = data, 0.0
        self._children, self._local = _children, _local

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t * t,))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def backward(self):
        order, seen = [], set()
        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for child in v._children:
                    visit(child)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for child, local in zip(v._children, v._local):
                child.grad += local * v.grad
"""

FAULTS = {
    "wrong local derivative": ("(1 - t * t,)", "(1 - t,)", "tanh"),
    "off by 0.1 %": ("(e,))", "(1.001 * e,))", "exp"),
    "overwrites instead of adding": (
        "child.grad += local * v.grad",
        "child.grad = local * v.grad",
        "add",
    ),
    "clamped": ("math.exp(self.data)", "math.exp(min(self.data, 1.0))", "exp"),
    "right on one side only": ("1.0 if self.data > 0 else 0.0", "1.0", "relu"),
    "upstream factor missing": ("local * v.grad", "local", "mul"),
}


def standings(path: Path) -> dict[str, set[str]]:
    """Every standing that some theorem gives an operation."""
    found: dict[str, set[str]] = {}
    with load(str(path), symbols=True) as engine:
        for theorem in prove(engine):
            found.setdefault(theorem.op, set()).add(theorem.standing)
    return found


@pytest.fixture
def engine_file(tmp_path: Path) -> Callable[[str], Path]:
    """A file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "engine.py"
        path.write_text(text)
        return path

    return write


def test_ours_is_proven_in_every_form() -> None:
    """Every way of writing every operation of our own engine is proven."""
    with load("micrograd.engine:Value", symbols=True) as engine:
        theorems = list(prove(engine))
    assert {t.standing for t in theorems} == {"proven"}
    assert {t.op for t in theorems} == {form.op for form in FORMS.values()}


def test_a_right_engine_is_proven(engine_file: Callable[[str], Path]) -> None:
    """What a right engine has is proven, what it lacks is missing, and nothing else is said."""
    found = standings(engine_file(ENGINE))
    assert {op for op, s in found.items() if s == {"proven"}} == {
        "add",
        "mul",
        "tanh",
        "relu",
        "exp",
        "sum",
    }
    assert found["sin"] == {"missing"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_engine_is_never_proven(fault: str, engine_file: Callable[[str], Path]) -> None:
    """The operation with the planted mistake is not proven, or on some path not."""
    right, wrong, op = FAULTS[fault]
    assert ENGINE.count(right) == 1
    assert standings(engine_file(ENGINE.replace(right, wrong)))[op] - {"proven", "missing"} != set()


@pytest.mark.parametrize(
    "lossy", ["float(str(self.data))", "round(self.data, 12)", "int(self.data * 8) / 8"]
)
def test_lost_symbols_are_never_a_proof(lossy: str, engine_file: Callable[[str], Path]) -> None:
    """An engine that loses the symbols is not provable, or not proven; never proven."""
    text = ENGINE.replace("math.exp(self.data)", f"math.exp({lossy})")
    assert "proven" not in standings(engine_file(text))["exp"]


@pytest.mark.parametrize(("slope", "standing"), [("e,", "proven"), ("e * 1.001,", "not proven")])
def test_functions_of_numpy_see_symbols_in_arrays_of_objects(
    slope: str, standing: str, engine_file: Callable[[str], Path]
) -> None:
    """An engine that keeps numbers in arrays of objects is proven, or not, like any other."""
    text = ENGINE.replace("import math", "import math\nimport numpy as np").replace(
        "e = math.exp(self.data)", "e = np.exp(np.array([self.data], dtype=object))[0]"
    )
    assert standings(engine_file(text.replace("(e,))", f"({slope}))")))["exp"] == {standing}


def test_the_paths_are_stated() -> None:
    """An engine that branches is proven path by path, each with its condition."""
    with load("micrograd.engine:Value", symbols=True) as engine:
        relu = [t for t in prove(engine) if t.op == "relu"]
    assert {t.conditions for t in relu} == {("a > 0",), ("a < 0",)}


def test_the_flawed_notebook_shows_its_formula() -> None:
    """The report shows the formula that the engine computes beside the one that is due; exit 3."""
    result = CliRunner().invoke(
        command, [str(ROOT / "examples/lecture_flawed.ipynb")], standalone_mode=False
    )
    assert "not proven   a.tanh()" in result.output
    assert result.return_value == 3


def test_formula_text_is_the_formula() -> None:
    """A formula prints as Python that SymPy reads back as the same expression."""
    tree = ("add", ("mul", "g", ("sub", 1.0, ("pow", ("tanh", "a"), 2.0))), ("neg", "h"))
    g, a, h = sympy.symbols("g a h")
    assert (
        sympy.simplify(sympy.sympify(formula_text(tree)) - (g * (1 - sympy.tanh(a) ** 2) - h)) == 0
    )
