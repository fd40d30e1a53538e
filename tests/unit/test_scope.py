"""What a rule calls numbers, and the edits that can be written with them."""

import ast
from collections.abc import Iterator

import pytest

from verify.mending import scope
from verify.mending.edits import of_site
from verify.mending.methods import formulas
from verify.mending.syntax import Edit, Function, Site, Text, Words

WORDS = Words("Num", "x", "grad", {})
RULE = """\
class Num:
    def exp(self):
        e = math.exp(self.x)
        out = Num(e)
        out.edges = [(self, lambda d: {})]
        return out
"""
POWER = """\
class Num:
    def __pow__(self, k):
        return record(self.x ** k, (self, {}))
"""
KINDS = """\
class Product(Num):
    def __init__(self, a, b):
        self.args = a, b
        self.x = a.x * b.x

    def slopes(self):
        a, b = self.args
        return b.x, a.x


class Log(Num):
    def slopes(self):
        return ({},)
"""


def changed(source: str, name: str, op: str = "") -> set[str]:
    """What the lines of a function become, edit by edit; the last one of that name."""
    text = Text("engine.py", source, WORDS)
    found = [n for n in ast.walk(text.tree) if isinstance(n, Function) and n.name == name]
    rows = source.splitlines()
    return {
        new.strip()
        for edit in _edits(text, found[-1], op)
        for old, new in zip(rows, edit.applied(source).splitlines(), strict=False)
        if old != new
    }


def _edits(text: Text, function: Function, op: str) -> Iterator[Edit]:
    atoms, upstream = scope.atoms(text, function), scope.upstream(text, function)
    for node in ast.walk(function):
        yield from of_site(Site(text, node, function, atoms, upstream))
    if op:
        yield from formulas(text, function, op, range(1, len(text.lines) + 1))


@pytest.mark.parametrize(
    ("source", "wrong", "name", "op", "right"),
    [
        (RULE, "e", "exp", "", "e * d"),
        (RULE, "2 * e * d", "exp", "exp", "e * d"),
        (RULE, "d * e * (1 + e)", "exp", "", "d * e * (1 - e)"),
        (POWER, "k * self.x", "__pow__", "pow", "k * self.x**(k - 1)"),
        (KINDS, "1 / self.x", "slopes", "", "1 / self.args[0].x"),
    ],
    ids=["a lambda's gradient", "a lambda's formula", "a sign", "an exponent", "by place"],
)
def test_numbers_under_their_names(
    source: str, wrong: str, name: str, op: str, right: str
) -> None:
    """Whatever a rule may compute with, it is found and put in."""
    last = [row.strip() for row in source.format(right).splitlines() if row != "{}"]
    assert any(row in changed(source.format(wrong), name, op) for row in last)


def test_a_sign_is_written_once() -> None:
    """Never ``1 + -s`` where ``1 - s`` says the same."""
    made = changed(RULE.format("d * e * (1 + e)"), "exp")
    assert not [row for row in made if "+ -" in row]


@pytest.mark.parametrize(
    ("share", "names"),
    [("k.x * self.x", ["self.x", "k.x"]), ("k * self.x", ["self.x", "k"])],
)
def test_an_exponent_is_a_number_as_it_is(share: str, names: list[str]) -> None:
    """An operand whose number is asked for is a node, and one that is computed with is none."""
    source = POWER.replace("self.x ** k, ", "").format(share)
    text = Text("engine.py", source, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if isinstance(n, Function)]
    assert scope.numbers(text, method) == names


def test_no_loop_goes_through_a_set() -> None:
    """Nodes lie in a set as their addresses have it: by chance the order that is wanted."""
    source = (
        "class Num:\n    def backward(self):\n        order, seen = [], set()\n        known = []\n"
        "        visit(self, order, seen, known)\n        for v in order:\n            v.rule()\n"
    )
    made = changed(source, "backward")
    assert "for v in reversed(order):" in made
    assert "for v in known:" in made
    assert "for v in seen:" not in made


def test_a_table_of_lambdas_is_edited() -> None:
    """Rules that stand in the module are rules: a table by operation holds nothing else."""
    source = """SLOPES = {
    "div": lambda y, a, b: (1 / b, a / b**2),
    "sigmoid": lambda y, a: (y * (1 - a),),
}
"""
    text = Text("engine.py", source, WORDS)
    made = set()
    for function in text.functions([2, 3]):
        edits = _edits(text, function, "")
        made |= {row.strip() for edit in edits for row in edit.applied(source).splitlines()}
    assert '"div": lambda y, a, b: (1 / b, -a / b**2),' in made
    assert '"sigmoid": lambda y, a: (y * (1 - y),),' in made
    assert text.functions([1]) == []


@pytest.mark.parametrize(
    ("wrong", "right"), [("(1 / self.x,)", "(g / self.x,)"), ("(0.0, 1.0)", "(0.0, self.x * g)")]
)
def test_what_comes_from_above_is_a_factor(wrong: str, right: str) -> None:
    """``g / x`` and not ``1 * g / x``; of a formula beside others as of one alone."""
    source = f"class Num:\n    def backward(self, g):\n        return {wrong}\n"
    made = changed(source, "backward", "mul")
    assert f"return {right}" in made
    assert not [row for row in made if "1 * g /" in row]


def test_a_gradient_is_never_a_node() -> None:
    """Each pass would make more of them than the one before, and never come back."""
    source = (
        "class Num:\n    def backward(self):\n        for out, pairs in reversed(TAPE):\n"
        "            for n, slope in pairs:\n                n.grad += slope * out.grad\n"
    )
    made = changed(source, "backward", "pow")
    assert "out.grad += slope * out.grad" in made
    nodes = ("slope * out", "n * out.grad", "out * out.grad", "Num(slope)", "Num(out.grad)")
    assert not [row for row in made if row.endswith(nodes) or "n**" in row]
