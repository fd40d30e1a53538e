"""Engines whose rules are put into tables by statements of the file, or by decorators."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from verify.checking.assess import examine
from verify.engines import load
from verify.engines.worker.definitions import Definitions, defines
from verify.engines.worker.source import new_module
from verify.engines.worker.tables import Tables, given_rules
from verify.expression.graph import Case, Graph
from verify.faults import SOURCE
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGINE = """
class Value:
    def __init__(self, data, args=()):
        self.data, self.adjoint, self.args = data, 0.0, args
    def __add__(self, o): return Sum(self, lift(o))
    def __mul__(self, o): return Product(self, lift(o))
    __radd__, __rmul__ = __add__, __mul__
    def reverse(self):
        order, seen = [], set()
        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for a in v.args: visit(a)
                order.append(v)
        visit(self)
        self.adjoint = 1.0
        for v in reversed(order):
            if v.args:
                rule = RULES[type(v)]
                for a, d in zip(v.args, rule(*[a.data for a in v.args])):
                    a.adjoint += d * v.adjoint

def lift(x): return x if isinstance(x, Value) else Value(x)
class Sum(Value):
    def __init__(self, x, y): super().__init__(x.data + y.data, (x, y))
class Product(Value):
    def __init__(self, x, y): super().__init__(x.data * y.data, (x, y))

RULES = {}
def of_sum(x, y): return 1.0, 1.0
def of_product(x, y): return y, x
"""
RULES = {
    "call": """
def register(cls, rule): RULES[cls] = rule
register(Sum, lambda x, y: (1.0, 1.0))
register(Product, rule=of_product)
""",
    "call of what is returned": """
def rule_of(cls):
    def keep(rule):
        RULES[cls] = rule
        return rule
    return keep
rule_of(Sum)(of_sum)
keep_product = rule_of(Product)
keep_product(lambda x, y: (y, x))
""",
    "loop": """
for cls, rule in [(Sum, of_sum), (Product, of_product)]:
    RULES[cls] = rule
""",
    "loop of calls": """
def register(cls, rule): RULES.update({cls: rule})
for cls, rule in {Sum: of_sum, Product: of_product}.items():
    register(cls, rule)
""",
    "update": "RULES.update({Sum: of_sum, Product: of_product})\n",
    "decorator that sounds like a pass": """
RULES[Sum] = of_sum
def register_grad(rule):
    RULES[Product] = rule
    return rule
@register_grad
def _(x, y): return y, x
""",
    "decorator with an argument": """
def defgrad(cls):
    def keep(rule):
        RULES[cls] = rule
        return rule
    return keep
@defgrad(Sum)
def _(x, y): return 1.0, 1.0
@defgrad(Product)
def _(x, y): return y, x
""",
    "static method": """
class Grads:
    @staticmethod
    def backprop_by(rule):
        RULES[Product] = rule
        return rule
RULES[Sum] = of_sum
Grads.backprop_by(of_product)
""",
}
SIN = """def sin(self):
    out = Value(math.sin(self.data), (self,))
    def _backward(): self.grad += math.cos(self.data) * out.grad
    out._backward = _backward
    return out
"""
INDENTED = SIN.replace("\n", "\n    ").rstrip(" ")
BY_RULE = """def made(f, slope):
    def method(self):
        out = Value(f(self.data), (self,))
        def _backward(): self.grad += slope(self.data) * out.grad
        out._backward = _backward
        return out
    return method
"""
ATTACHED = {
    "by a function": f"def install():\n    {INDENTED}    Value.sin = sin\ninstall()\n",
    "where it lacks": "try:\n    Value.sin\nexcept AttributeError:\n"
    f"    {INDENTED}    Value.sin = sin\n",
    "under a condition": "if not hasattr(Value, 'sin'):\n"
    f"    {INDENTED}    setattr(Value, 'sin', sin)\n",
    "made": f"{BY_RULE}Value.sin = made(math.sin, math.cos)\n",
    "made in a loop": f"{BY_RULE}for name, f, df in [('sin', math.sin, lambda x: math.cos(x))]:\n"
    "    method = made(f, df)\n    method.__name__ = name\n    setattr(Value, name, method)\n",
    "defined in a loop": "for f, slope in [(math.sin, lambda x: math.cos(x))]:\n"
    "    def method(self, f=f, slope=slope):\n        out = Value(f(self.data), (self,))\n"
    "        def _backward(): self.grad += slope(self.data) * out.grad\n"
    "        out._backward = _backward\n        return out\n"
    "    setattr(Value, f.__name__, method)\n",
}
CASES = ("a + b", "a * b", "c = a * b; d = c + a; d * c")


@pytest.mark.parametrize("suffix", ["py", "ipynb"])
@pytest.mark.parametrize("rules", list(RULES.values()), ids=list(RULES))
def test_a_table_is_filled_and_left_alone(
    rules: str, suffix: str, write: Callable[..., Path]
) -> None:
    """Also in a notebook, of which only definitions are run; no search gives it a node as a rule.

    The pass has a name that says nothing, so that everything else is tried first.
    """
    cells = [{"cell_type": "code", "source": text} for text in (ENGINE, rules)]
    text = ENGINE + rules if suffix == "py" else json.dumps({"cells": cells, "nbformat": 4})
    with load(str(write(text, f"engine.{suffix}"))) as engine:
        assert engine.info.adapter["backward"].endswith(".reverse()")
        found = [examine(engine, Case(Graph.parse(c), (3.0, -2.0))) for c in CASES]
    assert [seen.judgement.verdict for seen in found] == [Verdict.CORRECT] * len(CASES)


@pytest.mark.parametrize("attached", list(ATTACHED.values()), ids=list(ATTACHED))
def test_a_method_that_is_attached_in_a_cell_is_judged(
    attached: str, write: Callable[..., Path]
) -> None:
    """However that is written: what is not run is not seen, and passes for missing."""
    engine_cell = SOURCE.partition("class Neuron")[0].replace("def sin(", "def no_sin(")
    wrong = attached.replace("math.cos", "math.sin")
    for text, verdict in ((attached, Verdict.CORRECT), (wrong, Verdict.WRONG)):
        cells = [{"cell_type": "code", "source": source} for source in (engine_cell, text)]
        path = write(json.dumps({"cells": cells, "nbformat": 4}), "engine.ipynb")
        with load(str(path)) as engine:
            found = examine(engine, Case(Graph.parse("a.sin()"), (0.5,)))
        assert found.judgement.verdict is verdict


def test_a_class_that_a_function_makes_is_an_engine(write: Callable[..., Path]) -> None:
    """``Value = make_engine()`` in a notebook, where other calls are left out."""
    body = SOURCE.partition("class Neuron")[0].replace("import math\n", "")
    indented = "\n".join(f"    {line}" if line else "" for line in body.splitlines())
    maker = f"import math\ndef make_engine():\n{indented}\n    return Value\n"
    text = f"{maker}Value = make_engine()\n"
    cells = [{"cell_type": "code", "source": text}]
    path = write(json.dumps({"cells": cells, "nbformat": 4}), "engine.ipynb")
    with load(str(path)) as engine:
        found = examine(engine, Case(Graph.parse("a * a"), (0.5,)))
    assert found.judgement.verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    "statement",
    [
        "train(model)",
        "print(Value)",
        "test_all(Value)",
        "losses.append(1.0)",
        "RULES.clear()",
        "for i in range(3): losses.append(step())",
        "for x in load(): RULES[x] = 1",
        "for x in [1, 2]:\n    y = step(x)\n    RULES[x] = y",
        "for x in [1, 2]:\n    y = x",
        "if __name__ == '__main__':\n    RULES.update({})",
        "if ready():\n    RULES.update({})",
        "for p in [train]:\n    setattr(p, 'grad', 0)",
        "try:\n    print(train)\nexcept NameError:\n    RULES.update({})",
        "model.fit(Value)",
    ],
)
def test_a_demonstration_is_not_run(statement: str) -> None:
    """What calls anything else, or fills what no definition refers to, is left out as before."""
    text = (
        "RULES, losses = {}, []\n"
        "def test_all(cls): cls(1.0)\n"
        "def train(model): model.kept = RULES\n"
        f"{statement}\n"
    )
    tree = ast.parse(text)
    assert not Tables([tree], {"RULES"}).filled_by(tree.body[-1])


def test_what_a_statement_needs_is_run_too() -> None:
    """A name that a filling call refers to is bound, though no definition refers to it."""
    text = "RULES = {}\ndef f(): return RULES\nfactor = max(2, 1)\nRULES.update({1: factor})\n"
    tree, module = ast.parse(text), new_module("tables_of_a_test.py", "engine")
    assert not defines(tree.body[2], {"RULES"})
    Definitions([("tables", tree)], module)
    assert module.RULES == {1: 2}


def test_a_list_filled_by_a_demonstration_is_no_news(write: Callable[..., Path]) -> None:
    """Losses of a training loop that was left out on purpose are left out without a word."""
    use = "losses = []\ndef plot(): return losses\nloss = Value(1.0)\nlosses.append(loss.data)\n"
    cells = [{"cell_type": "code", "source": t} for t in (ENGINE, RULES["update"], use)]
    path = write(json.dumps({"cells": cells, "nbformat": 4}), "engine.ipynb")
    with load(str(path)) as engine:
        assert [note for note in engine.info.notes if "left out" in note] == []


def test_functions_that_are_given_rules_are_those_used_so(tmp_path: Path) -> None:
    """Decorators and functions called with functions of the file; not those called with a node."""
    file = tmp_path / "engine.py"
    file.write_text(
        "def grads(f): return f\ndef backprop(output): return 1\ndef defgrad(c, f): return f\n"
        "@grads\ndef rule(): pass\nbackprop(rule())\ndefgrad(int, lambda x: x)\n"
    )
    broken = tmp_path / "broken.py"
    broken.write_text("def (")
    assert given_rules([str(file), str(broken), "nowhere.py"]) == {"grads", "defgrad"}
