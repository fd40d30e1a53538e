"""The adapter proves itself on an engine before anything is blamed, or says that it could not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import EngineError, load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CASE = Case.parse("(a * b + a) * c", a=1.5, b=-2.0, c=0.75)
SLOPES = (-0.75, 1.125, -1.5)
"""Of a, b and c, in any arithmetic."""
NUMBER = """
class Number:
    def __init__(self, v, TWO):
        self.v, self.t = v, t
    def __add__(self, other):
        other = of(other)
        return Number(self.v + other.v, SUM)
    def __mul__(self, other):
        other = of(other)
        return Number(self.v * other.v, PRODUCT)
    __radd__, __rmul__ = __add__, __mul__
def of(x):
    return x if isinstance(x, Number) else Number(x, ZERO)
"""
SCALAR = {
    "TWO": "t", "SUM": "self.t + other.t", "PRODUCT": "self.v * other.t + self.t * other.v",
    "ZERO": "0.0",
}  # fmt: skip
VECTOR = {
    "TWO": "t", "SUM": "[p + q for p, q in zip(self.t, other.t)]",
    "PRODUCT": "[self.v * q + p * other.v for p, q in zip(self.t, other.t)]",
    "ZERO": "[0.0] * N", "class Number": "N = 1\nclass Number",
}  # fmt: skip
PARTS = {
    "TWO": "t=()", "SUM": "((self, 1.0), (other, 1.0))",
    "PRODUCT": "((self, other.v), (other, self.v))", "ZERO": "()",
}  # fmt: skip
PER_PATH = """
    def SLOPE(self, leaf):
        return 1.0 if self is leaf else sum(k * n.SLOPE(leaf) for n, k in self.t)
"""
ONCE = """
def SLOPE(y, x):
    known = {x: 1.0}
    def of_node(n):
        if n not in known:
            known[n] = sum(k * of_node(p) for p, k in n.t)
        return known[n]
    return of_node(y)
"""

BOXED = """
class Box:
    def __init__(self):
        self.amount = 0.0
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.parents, self.slopes, self.grad = data, parents, slopes, Box()
    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))
    def backward(self, amount=1.0):
        self.grad.amount += amount
        for p, d in zip(self.parents, self.slopes):
            p.backward(amount * d)
"""


def changed(text: str, changes: Mapping[str, str]) -> str:
    """A text with words replaced, each of which must be there."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def slopes(path: Path, **options: Any) -> tuple[float | None, ...]:
    """What an engine says of the leaves of the case, twice over."""
    with load(str(path), **options) as engine:
        (first,), (again,) = (engine.run(CASE.graph, CASE.point) for _ in range(2))
    assert first == again
    assert first.raised is None
    assert first.values[-1] == -1.125
    return tuple(first.gradients[leaf] for leaf in CASE.graph.leaves)


def refused(path: Path) -> EngineError:
    """Why an engine cannot be judged."""
    with pytest.raises(EngineError) as caught:
        load(str(path))
    return caught.value


@pytest.mark.parametrize(
    ("changes", "more", "told"),
    [
        (SCALAR, "", {"leaf": "Number(x, 0.0)", "gradient": "output.t"}),
        ({**SCALAR, "TWO": "t=0.0"}, "", {"leaf": "Number(x)", "gradient": "output.t"}),
        ({**SCALAR, "TWO": "*, t"}, "", None),
        (VECTOR, "", {"leaf": "of(x)", "gradient": "output.t"}),
        (
            {**SCALAR, "self.v, self.t = v, t": "self.v, self.t = v, t or 0.0", "TWO": "t=None"},
            "",
            {"leaf": "Number(x)", "gradient": "output.t"},
        ),
        (
            {**SCALAR, "v, self.t = v, t": "v, self.__t = v, t", "TWO": "t", ".t": "._Number__t"},
            "def grad(f):\n    return lambda x: f(Number(x, 1.0))._Number__t\n",
            {"leaf": "Number(x, 0.0)"},
        ),
        (PARTS, ONCE.replace("SLOPE", "derivative"), {"backward": "derivative(output, node)"}),
        (PARTS, ONCE.replace("SLOPE(y, x)", "diff(x, y)"), {"backward": "diff(node, output)"}),
        (PARTS, ONCE.replace("SLOPE", "rate"), {"backward": "rate(output, node)"}),
    ],
    ids=[
        "dual", "derivative optional", "by keyword", "vector", "none is zero", "function of f",
        "derivative(y, x)", "diff(x, y)", "a name that says nothing",
    ],
)  # fmt: skip
def test_forward_mode_is_asked_in_its_own_way(
    changes: Mapping[str, str], more: str, told: Mapping[str, str] | None,
    write: Callable[..., Path],
) -> None:  # fmt: skip
    """A second number beside the value, a function of a function, an output and a leaf."""
    path = write(changed(NUMBER, changes) + more)
    if told is None:
        assert refused(path).kind == "construct"
        return
    assert slopes(path) == SLOPES
    with load(str(path)) as engine:
        assert engine.info.has_backward
        assert told.items() <= engine.info.adapter.items()


def test_forward_mode_with_a_wrong_rule_is_adapted_and_judged(write: Callable[..., Path]) -> None:
    """A sum that carries what is called a derivative is enough: the product is what is wrong."""
    wrong = {**SCALAR, "PRODUCT": "self.t * other.t", ".t": ".grad"}
    with load(str(write(changed(NUMBER, wrong)))) as engine:
        assert engine.info.adapter["backward"] == "none: forward mode, Number(x, 1.0)"
    unnamed = {**SCALAR, "PRODUCT": "self.t * other.t", ".t": ".weight"}
    with load(str(write(changed(NUMBER, unnamed)))) as engine:
        assert not engine.info.has_backward


def test_what_is_no_node_in_forward_mode_is_told(write: Callable[..., Path]) -> None:
    """``a + 2`` that gives ``None`` is that, and no error of the backward pass."""
    rule = "        return Number(self.v + other.v"
    nothing = "if not isinstance(other, Number): return None"
    forgets = {**SCALAR, f"other = of(other)\n{rule}": f"{nothing}\n{rule}"}
    with load(str(write(changed(NUMBER, forgets)))) as engine:
        (reading,) = engine.run(Case.parse("a + 2", a=1.5).graph, (1.5,))
    assert (reading.raised, reading.cut) == (None, {1: "NoneType"})


def test_a_gradient_that_is_an_object_is_not_read_as_nothing(write: Callable[..., Path]) -> None:
    """What cannot be read is told, and no engine is blamed for it."""
    error = refused(write(BOXED))
    assert (error.kind, "no way to a right gradient" in error.message) == ("not adapted", True)


def test_a_path_at_a_time_is_told_and_not_blamed(write: Callable[..., Path]) -> None:
    """A derivative that is right and walks every path may not be what is meant for a graph."""
    text = changed(NUMBER, PARTS)
    text = text.replace("\ndef of", PER_PATH.replace("SLOPE", "slope") + "\ndef of")
    error = refused(write(text))
    assert error.kind == "not adapted"
    assert "output.slope(node) gives right gradients, in a time that doubles" in error.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({'_children=(), _op="", label=""': "_children, _op", "self.label = label": "pass",
          "Value(other)": "Value(other, (), None)"}, {"leaf": "Value(x, (), None)"}),
        ({'_children=(), _op="", label=""': "_children, _op", "self.label = label": "pass",
          "Value(other)": "Value.constant(other)",
          "    def __add__": "    @classmethod\n    def constant(cls, x):\n"
          "        return cls(x, *[(), None])\n\n    def __add__"},
         {"leaf": "Value.constant(x)"}),
        ({"self.data = data": "self.data = data\n        self.visits = 0", ".grad": ".amount",
          "v._backward()": "v.visits += 1\n            v._backward()"}, {"gradient": "amount"}),
        ({".grad": ".amount", "def backward(": "def flow("},
         {"backward": ".flow()", "gradient": "amount"}),
        ({"self.grad = 0.0": "pass", "self.grad = 1.0":
          "for v in topo:\n            v.grad = getattr(v, 'grad', 0.0)\n        self.grad = 1.0"},
         {"gradient": "grad"}),
        ({"def backward(self)": "def _order(self)", "self.grad = 1.0": "return topo",
          "        for v in reversed(topo):\n            v._backward()": "",
          "import math": "import math\nclass Machine:\n    def backprop(self, out):\n"
          "        out.grad = 1.0\n        for v in reversed(out._order()):\n"
          "            v._backward()\n"}, {"backward": "Machine().backprop(output)"}),
    ],
    ids=[
        "made as in its own code", "made by its own method", "a counter beside it",
        "names that say nothing", "a gradient that appears with the pass", "another object's",
    ],
)  # fmt: skip
def test_it_is_read_as_it_is_meant(
    changes: Mapping[str, str], told: Mapping[str, str], textbook: str, write: Callable[..., Path]
) -> None:
    """What gives right gradients is chosen, whatever else has a likely name."""
    path = write(changed(textbook, changes))
    assert slopes(path) == SLOPES
    with load(str(path)) as engine:
        assert told.items() <= engine.info.adapter.items()


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        ({'_children=(), _op="", label=""': "_children, _op", "self.label = label": "pass",
          "Value(other)": "Value(other, *[(), None])"}, "construct", "missing 2 required"),
        ({"out = Value(": "out = Valeu("}, "not adapted", "every operation raises NameError: add "),
        ({"out = Value(": "raise NotImplementedError\n        out = Value("}, "not adapted",
         "every operation raises NotImplementedError"),
        ({"self.data = data": "self.data = data\n        self.shown = 1.4375",
          "return out": "return str(out.data)"}, "not adapted", "gives a str without data"),
        ({"def backward(self)": "def sweep(self, order)",
          "build_topo(self)": "build_topo(order[0])",
          "self.grad = 1.0": "order[0].grad = 1.0"}, "not adapted", "there are .sweep()"),
    ],
    ids=["arguments required", "every operation raises", "nothing yet", "texts", "told a list"],
)  # fmt: skip
def test_what_could_not_be_adapted_is_said(
    changes: Mapping[str, str], kind: str, says: str, textbook: str, write: Callable[..., Path]
) -> None:
    """What was tried and what was read, never a wrong engine."""
    error = refused(write(changed(textbook, changes)))
    assert (error.kind, says in error.message) == (kind, True), error.message


@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.id)
def test_every_mistake_of_the_catalogue_is_read_as_it_is_meant(fault: Any) -> None:
    """A wrong engine is never excused: the names that it uses say what it means."""
    with load(module(fault.source, fault.id)) as engine:
        told = engine.info.adapter
    keys = ("leaf", "value", "gradient", "backward")
    assert [told[key] for key in keys] == ["Value(x)", "data", "grad", ".backward()"]


def test_a_backward_pass_to_be_written_is_none_yet(
    textbook: str, write: Callable[..., Path]
) -> None:
    """NotImplementedError in backward alone: values can be judged, and the reason is told."""
    text = textbook.replace("        topo = []\n", "        raise NotImplementedError\n", 1)
    with load(str(write(text))) as engine:
        assert not engine.info.has_backward
        assert "raises NotImplementedError" in engine.info.notes[0]


def test_its_own_way_to_set_back_is_used_where_no_other_will_do(
    textbook: str, write: Callable[..., Path]
) -> None:
    """A pass that leaves marks which its own zero_grad takes away is right, and only with it."""
    marks = {"        visited = set()\n": "        visited = Value.seen\n"}
    own = "\nValue.seen = set()\n\n\ndef zero_grad(root):\n    Value.seen.clear()\n"
    own += "    for v in [root, *root._prev]:\n        v.grad = 0.0\n"
    steps = (("backward", -1), ("zero", "all"), ("backward", -1), ("read",))
    case = Case.parse("a * b", a=1.5, b=-2.0)
    found = []
    for more in ("\nValue.seen = set()\n", own):
        with load(str(write(changed(textbook, marks) + more))) as engine:
            found.append(engine.run(case.graph, case.point, steps)[-1].gradients[:2])
    assert found == [(0.0, 0.0), (-2.0, 1.5)]


def test_an_output_without_a_gradient_has_the_one_that_it_must_have(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Of itself, 1: an engine that never writes it there is asked for nothing else."""
    text = textbook + (
        "\n\ndef backward(self, inner=Value.backward):\n    inner(self)\n    self.grad = None\n\n\n"
        "Value.backward = backward\n"
    )
    with load(str(write(text))) as engine:
        (reading,) = engine.run(CASE.graph, CASE.point)
    assert reading.gradients[-1] == 1.0


def test_operations_that_nobody_knows_are_named(textbook: str, write: Callable[..., Path]) -> None:
    """What else gives a new node, and was not judged, is told; copies are no operations."""
    more = """
    def cube(self):
        return self * self * self

    def copy(self):
        return Value(self.data)

    def scaled(self, by):
        return self * by

    def leaky(self, slope=0.1, *, floor=0.0):
        return self * (1.0 if self.data > floor else slope)

    @staticmethod
    def square(node):
        return node * node

    def tanh("""
    with load(str(write(textbook.replace("\n    def tanh(", more)))) as engine:
        words = "what else a node can do (.cube(), .leaky(), Value.square()) was not judged"
        assert words in engine.info.notes
    with load(str(write(textbook))) as engine:
        assert not any("what else" in note for note in engine.info.notes)


MORE = """
    def cube(self):
        out = Value(self.data**3, (self,))
        def _backward():
            self.grad += CUBE
        out._backward = _backward
        return out

    def detached(self):
        return Value(self.data)

    def noisy(self):
        return self * random.random()

    def tanh("""


TRAINS = """

def train(model, data, rate):
    for x, y in data:
        loss = (model(x) - y)**2
        loss.backward()


def fit(loss):
    loss.backward()


def draw_all(root):
    root.backward()


def test_it():
    train(None, [], 0.1)
    Value(1.0).backward()


def shown(node):
    return f"{node.data} {node.grad}"
"""


def test_a_function_that_trains_is_told(textbook: str, write: Callable[..., Path]) -> None:
    """What runs a backward pass beside the engine is not judged, and told; tests are not."""
    with load(str(write(textbook + TRAINS))) as engine:
        told = [n for n in engine.info.notes if "backward pass" in n]
    assert told == ["the use of a backward pass in train(), fit() was not judged"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("3 * self.data**2 * out.grad", ""),
        ("3 * out.data**2 * out.grad", "at 0.7341 its gradient is 0.4695, and the slope of its"),
        ("2 * self.data**2 * out.grad + self.data**2", "-3 from above, and the slope of its"),
    ],
)
def test_an_unknown_operation_is_held_against_its_own_slopes(
    rule: str, said: str, textbook: str, write: Callable[..., Path]
) -> None:
    """It is not judged, and a person is told where its rule cannot be that of its values."""
    text = "import random\n" + textbook.replace("\n    def tanh(", MORE.replace("CUBE", rule))
    with load(str(write(text))) as engine:
        odd = [n for n in engine.info.notes if " was not judged: " in n]
    assert [n.startswith(".cube()") and said in n for n in odd] == [True] * bool(said)


@pytest.mark.parametrize("kind", ["static", "class"])
def test_an_operation_of_the_class_is_called_on_the_class(
    kind: str, textbook: str, write: Callable[..., Path]
) -> None:
    """``Value.tanh(x)`` is how a static method is meant, and ``x.tanh()`` no operation at all."""
    first = "cls, " * (kind == "class")
    text = textbook.replace("    def tanh(self", f"    @{kind}method\n    def tanh({first}self")
    with load(str(write(text))) as engine:
        assert engine.info.adapter["tanh"] == "Value.tanh()"
        (reading,) = engine.run(Case.parse("a.tanh()", a=0.5).graph, (0.5,))
    assert reading.raised is None
    assert reading.gradients[0] == pytest.approx(1 - reading.values[-1] ** 2)  # other last bits


PULLED = """
class Num:
    def __init__(self, value):
        self.value, self.users = value, []
    def grad(self):
        return sum(slope * user.grad() for slope, user in self.users) if self.users else 1.0
    def __add__(self, other):
        return self.used(other, Num(self.value + other.value), 1.0, 1.0)
    def __mul__(self, other):
        return self.used(other, Num(self.value * other.value), other.value, self.value)
    def used(self, other, out, mine, others):
        self.users.append((mine, out))
        other.users.append((others, out))
        return out
"""


@pytest.mark.parametrize(
    ("more", "spelt", "node"),
    [
        ("    def power(self, b):\n        return Num(self.value + b.value)\n", ".power()", 7.0),
        ("def pow(a, exponent):\n    return Num(a.value)\n", "__pow__", None),
    ],
)
def test_an_operator_that_takes_numbers_alone_is_one(
    more: str, spelt: str, node: float | None, write: Callable[..., Path]
) -> None:
    """A method of that name may be there for nodes; a function is what ``a ** b`` never calls."""
    power = "    def __pow__(self, n):\n        assert isinstance(n, (int, float))\n"
    source = PULLED + power + "        return self.used(self, Num(self.value**n), n, 0.0)\n" + more
    with load(str(write(source))) as engine:
        assert engine.info.adapter["pow"] == spelt
        for text, due in (("a ** 2", 25.0), ("a ** b", node)):
            point = {"a": 5.0, "b": 2.0} if "b" in text else {"a": 5.0}
            case = Case.parse(text, **point)
            (reading,) = engine.run(case.graph, case.point, (("read",),))
            assert (reading.values[-1] if reading.raised is None else None) == due


def test_an_output_that_needs_no_seed_is_given_none(write: Callable[..., Path]) -> None:
    """Where a node that nothing uses is the output, no attribute is made up to say so."""
    with load(str(write(PULLED))) as engine:
        assert engine.info.adapter["backward"] == "node.grad()"
        (reading,) = engine.run(CASE.graph, CASE.point)
    assert tuple(reading.gradients[i] for i in CASE.graph.leaves) == SLOPES


FLAGGED = """
class Term:
    def __init__(self, v, active=OFF):
        self.v, self.grad, self.terms, self.active = v, 0.0, (), active
    def backward(self):
        order = []
        def visit(term):
            if term not in order:
                for other, _ in term.terms:
                    visit(other)
                order.append(term)
        visit(self)
        self.grad = 1.0
        for term in reversed(order):
            for other, slope in term.terms:
                if other.active:
                    other.grad += slope * term.grad
def joined(v, *terms):
    out = Term(v)
    out.terms, out.active = terms, MARK(term.active for term, _ in terms)
    return out
def add(p, q):
    return joined(p.v + q.v, (p, 1.0), (q, 1.0))
def sub(p, q):
    return joined(p.v - q.v, (p, 1.0), (q, -1.0))
"""
FACTORY = "def variable(v):\n    term = Term(v)\n    term.active = ON\n    return term\n"


@pytest.mark.parametrize(
    ("flag", "changes", "leaf"),
    [
        ({"OFF": "False", "ON": "True", "MARK": "any"}, {}, "variable(x)"),
        ({"OFF": "0", "ON": "1", "MARK": "max"}, {}, "variable(x)"),
        ({"OFF": "False", "ON": "True", "MARK": "any"}, {"variable": "_"}, "Term(x, active=True)"),
    ],
    ids=["made by a function", "a number for a flag", "made by a switch"],
)
def test_what_switches_gradients_on_is_no_derivative(
    flag: Mapping[str, str], changes: Mapping[str, str], leaf: str, write: Callable[..., Path]
) -> None:
    """A mark that operands hand on is what a leaf is made with, where gradients then are right."""
    path = write(changed(changed(FLAGGED + FACTORY, flag), changes))
    case = Case.parse("a + b - c + a", a=1.5, b=-2.0, c=0.75)
    with load(str(path)) as engine:
        (reading,) = engine.run(case.graph, case.point)
        assert engine.info.adapter["leaf"] == leaf
    assert [reading.gradients[leaf] for leaf in case.graph.leaves] == [2.0, 1.0, -1.0]


def test_a_mark_alone_proves_nothing(write: Callable[..., Path]) -> None:
    """In a sum of different leaves a mark is 1 as a derivative is: an engine is not held to it."""
    text = changed(FLAGGED, {"OFF": "0", "MARK": "max", "def backward": "def _"})
    with load(str(write(text))) as engine:
        assert engine.info.adapter["backward"] == "none"


KEPT = """
    def sweep(self):
        order, self.SLOPES = [], {}
        def visit(n):
            if n not in order:
                for p, _ in n.t:
                    visit(p)
                order.append(n)
        visit(self)
        self.SLOPES[self] = 1.0
        for n in reversed(order):
            for p, k in n.t:
                self.SLOPES[p] = self.SLOPES.get(p, 0.0) + k * self.SLOPES[n]
"""
TOLD = "    def of_leaf(self, leaf):\n        return self.SLOPES[leaf]\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (KEPT + TOLD, ".sweep(); output.of_leaf(node)"),
        (KEPT, ".sweep(); output.slopes[node]"),
        (KEPT.replace("sweep", "backward") + TOLD, ".backward(); output.of_leaf(node)"),
    ],
    ids=["told by a method", "in a mapping", "after a pass with the usual name"],
)
def test_gradients_that_the_output_keeps_are_asked_of_it(
    more: str, told: str, write: Callable[..., Path]
) -> None:
    """After the pass, leaf by leaf, and a leaf that the output is not made of has none."""
    text = changed(NUMBER, PARTS).replace("self.v, self.t = v, t", "self.v, self.t = v, t\nINIT")
    kept_in = "_known" if TOLD in more else "slopes"
    start, more = f"        self.{kept_in} = {{}}", more.replace("SLOPES", kept_in)
    path = write(text.replace("INIT", start).replace("\ndef of(", more + "\ndef of("))
    assert slopes(path) == SLOPES
    with load(str(path)) as engine:
        assert engine.info.adapter["backward"] == told


PATHS = """
def grad(y):
    found = {}
    def walk(n, slope):
        for p, k in n.t:
            found[p] = found.get(p, 0.0) + slope * k
            walk(p, slope * k)
    walk(y, 1.0)
    return found
"""


def test_all_gradients_along_every_path_are_judged(write: Callable[..., Path]) -> None:
    """What returns them all is the pass that is meant, and its time is no reason to refuse it."""
    path = write(changed(NUMBER, PARTS) + PATHS)
    assert slopes(path) == SLOPES
    with load(str(path)) as engine:
        assert engine.info.adapter["backward"] == "grad(output) returns them"


def test_a_leaf_may_have_to_be_a_number_of_numpy(write: Callable[..., Path]) -> None:
    """Where a pass asks its output for a shape, a float has none."""
    once = PATHS.replace("walk(y, 1.0)", "walk(y, y.v.dtype.type(1.0))")
    path = write("import numpy as np\n" + changed(NUMBER, PARTS) + once)
    assert slopes(path) == SLOPES
    with load(str(path)) as engine:
        assert engine.info.adapter["leaf"] == "Number(np.float64(x))"


LATE = """
class Node:
    t, grad = (), 0.0
    def __add__(self, other):
        return Late(lambda a, b: a + b, lambda a, b: (1.0, 1.0), self, other)
    def __mul__(self, other):
        return Late(lambda a, b: a * b, lambda a, b: (b.v, a.v), self, other)
    def backward(self):
        order, waiting = [], [(self, False)]
        while waiting:
            n, opened = waiting.pop()
            if opened:
                order.append(n)
            elif n not in order:
                waiting += [(n, True), *((p, False) for p in n.t)]
        self.grad = 1.0
        for n in reversed(order):
            for p, k in zip(n.t, n.slopes(*n.t) if n.t else ()):
                p.grad += k * n.grad
class Number(Node):
    def __init__(self, v):
        self.v = v
class Late(Node):
    kept = None
    def __init__(self, f, slopes, *t):
        self.f, self.slopes, self.t = f, slopes, t
    @property
    def v(self):
        if self.kept is None:
            self.kept = self.f(*(n.v for n in self.t))
        return self.kept
"""


def test_a_value_too_deep_to_compute_is_a_node_all_the_same(write: Callable[..., Path]) -> None:
    """Its pass is run: recursion that ends in the value is no sign of something else."""
    deep = Case.parse("y = x + b; " + "y = y + b; " * 600 + "y", x=1.0, b=0.5)
    with load(str(write(LATE))) as engine:
        answer = engine.run(deep.graph, deep.point, (("backward", -1), ("read",)))[-1]
    assert answer.raised is None
    assert answer.gradients[:2] == (1.0, 601.0)
