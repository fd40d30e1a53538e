"""One cause, one charge: what is built on a mistake, or shows it elsewhere, costs nothing more."""

from collections import Counter
from pathlib import Path

import pytest

from verify.engines import load
from verify.faults import CATALOGUE, SOURCE
from verify.grading.evidence import Evidence
from verify.grading.examine import examine
from verify.grading.marks import marks
from verify.grading.paper import Paper
from verify.grading.rubric import Rubric
from verify.grading.said import said

pytestmark = pytest.mark.slow

RETURNED = "        return out\n\n    def __pow__"
QUOTIENT = "return self * other**-1"
DIFFERENCE = "return self + (-other)"
RULE = "self.grad += other.data * out.grad"
_FROM, _TO = SOURCE.index("    def backward(self):"), SOURCE.index("    def __repr__(self):")
GLOBAL = """    def backward(self):
        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

"""
KEPT = """
topo, visited = [], set()


def build(v):
    if v not in visited:
        visited.add(v)
        for child in v._prev:
            build(child)
        topo.append(v)
"""


RECURSIVE = """
class Value:
    def __init__(self, data, made_of=()):
        self.data, self.grad, self.made_of = data, 0.0, made_of

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1), (other, 1)))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self, start=True):
        self.grad = 1.0 if start else self.grad
        for operand, slope in self.made_of:
            operand.grad += self.grad * slope
            operand.backward(False)
"""
"""Each path is followed, and what has come so far is handed on each time."""


def edited(*edits: tuple[str, str]) -> str:
    """The right engine with some of its text replaced."""
    source = SOURCE
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def sat(source: str, paper: Paper, folder: Path) -> Evidence:
    """What the exam shows of an engine."""
    (folder / "engine.py").write_text(source)
    with load(str(folder / "engine.py")) as engine:
        return examine(engine, paper)


def accused(evidence: Evidence) -> list[str]:
    """The criteria to which something is charged."""
    return [key for key, seen in evidence.criteria.items() if seen == "wrong"]


def unreached(evidence: Evidence, milestone: str) -> set[str]:
    """The criteria of a milestone that are not reached."""
    keys = [key for key, seen in evidence.criteria.items() if seen == "not reached"]
    return {key.partition("/")[2] for key in keys if key.startswith(f"{milestone}/")}


def test_what_is_built_on_an_operation_that_gives_none_follows(
    paper: Paper, tmp_path: Path
) -> None:
    """A product without ``return`` costs its value, and not all that is made of a product."""
    evidence = sat(edited((RETURNED, "\n    def __pow__")), paper, tmp_path)
    assert accused(evidence) == ["values/mul"]
    assert unreached(evidence, "arithmetic") == {"neg", "sub", "div"}


def test_a_rule_that_is_not_stored_is_charged_once(paper: Paper, tmp_path: Path) -> None:
    """A quotient made of such a product passes nothing on either, under whatever name."""
    stored = "            other.grad += self.data * out.grad\n\n        out._backward = _backward\n"
    evidence = sat(edited((stored, f"{stored.splitlines()[0]}\n\n")), paper, tmp_path)
    assert accused(evidence) == ["local/mul"]
    assert "div" in unreached(evidence, "arithmetic")


def test_two_that_give_none_by_themselves_are_two(paper: Paper, tmp_path: Path) -> None:
    """A quotient that does not call the product, and returns nothing either, is charged too."""
    own = "Value(self.data / other.data, (self, other)) if isinstance(other, Value) else None"
    evidence = sat(edited((RETURNED, "\n    def __pow__"), (QUOTIENT, own)), paper, tmp_path)
    assert accused(evidence) == ["values/mul", "arithmetic/div"]


def test_a_rule_that_cancels_in_what_is_made_of_it_is_charged_once(
    paper: Paper, tmp_path: Path
) -> None:
    """``-a`` is ``a * -1``: with ``+`` in the place of a factor, its gradient is 0, and follows."""
    wrong = (f"{RULE}\n", "self.grad += other.data + out.grad\n")
    evidence = sat(edited(wrong), paper, tmp_path)
    assert accused(evidence) == ["local/mul"]
    assert {"neg", "sub", "div"} <= unreached(evidence, "arithmetic")


def test_negation_that_is_wrong_itself_is_no_matter_of_the_product(
    paper: Paper, tmp_path: Path
) -> None:
    """Both are charged where the one is wrong with the other mended."""
    rule = (f"{RULE}\n", "self.grad += other.data + out.grad\n")
    evidence = sat(edited(rule, ("return self * -1", "return self * 1")), paper, tmp_path)
    assert accused(evidence) == ["local/mul", "arithmetic/neg"]


def test_a_pass_along_each_path_is_charged_once(paper: Paper, tmp_path: Path) -> None:
    """That recursion without an order never ends is no second mistake; it is told beside it."""
    evidence = sat(RECURSIVE, paper, tmp_path)
    assert accused(evidence) == ["order/shared"]
    (found,) = evidence.found
    assert "follows each path" in found.explanation
    assert evidence.criteria["robustness/time"] == "not reached"


def test_a_list_of_the_module_is_charged_as_state(paper: Paper, tmp_path: Path) -> None:
    """Single graphs are judged where nothing was asked before: a pass by itself is right."""
    source = f"{SOURCE[:_FROM]}{GLOBAL}{SOURCE[_TO:]}{KEPT}"
    few = paper.lines[::4]
    far = [q.entry for q in paper.questions
           if q.form == "2 / a" and abs(q.entry.case.point[0]) < 1e-150]  # fmt: skip
    evidence = sat(source, Paper(paper.seed, paper.text, (*few[:60], *far, *few[60:])), tmp_path)
    assert accused(evidence) == ["training/state"]
    assert evidence.found[0].fault == "order-on-class"
    earned = {key for key, seen in evidence.criteria.items() if seen == "right"}
    assert {"graph/kept", "local/mul", "backward/chain", "order/shared"} <= earned


def test_a_difference_that_adds_is_told_of_two_nodes(paper: Paper, tmp_path: Path) -> None:
    """``a - 2`` is wrong as ``a - b`` is: it is the operation, not the number beside it."""
    evidence = sat(edited((DIFFERENCE, "return self + other")), paper, tmp_path)
    assert accused(evidence) == ["arithmetic/sub"]
    assert [told.expression for told in evidence.found] == ["a - b"]
    assert unreached(evidence, "numbers") == {"sub"}


@pytest.mark.parametrize(
    ("fault", "operations", "shown"),
    [("assign-in-mul", ("mul",), "a * a"), ("breadth-first", (), ""), ("equal-by-value", (), "")],
)
def test_an_operation_is_named_where_it_is_to_blame(
    fault: str, operations: tuple[str, ...], shown: str, paper: Paper, tmp_path: Path
) -> None:
    """The smallest program needs some operation; a mistake that is in none names none."""
    (found,) = sat(CATALOGUE[fault].source, paper, tmp_path).found
    assert found.operations == operations
    assert found.expression == (shown or found.expression)


def test_what_is_right_by_luck_earns_nothing() -> None:
    """One number that comes out right speaks for no operation that is wrong, whatever the seed."""
    forms = {"a - 2": Counter(wrong=9), "2 - a": Counter(right=30)}
    assert said("arithmetic/div", Counter(right=1, wrong=26), {}, 26) == "not reached"
    assert said("numbers/sub", Counter(right=30, wrong=9), forms, 9) == "not reached"
    in_place = {"a += 2": Counter(wrong=9)}  # which is asked for by another criterion
    assert said("numbers/add", Counter(right=30), in_place, 0) == "right"
    assert said("order/shared", Counter(right=9, wrong=26), {}, 26) == "right"


LACKING = {
    "2 * a": (("def __rmul__", "def reflected"), ("return self * -1", "return -1 * self")),
    "-a": (("def __neg__", "def opposite"),),
}
"""Without a form that other operations come to."""


@pytest.mark.parametrize(
    ("form", "criterion"),
    [("2 * a", "numbers/mul"), ("-a", "arithmetic/neg")],
)
def test_what_needs_a_form_that_is_not_there_is_charged_once(
    paper: Paper, tmp_path: Path, form: str, criterion: str
) -> None:
    """To the form, under the name of it: that others raise for its lack follows."""
    evidence = sat(edited(*LACKING[form]), paper, tmp_path)
    assert accused(evidence) == [criterion]
    (found,) = evidence.found
    assert found.title == f"what comes to {form} raises TypeError: it is not there"
    assert found.formula.startswith("def __")


def test_a_name_that_is_nearly_right_keeps_its_own_words(paper: Paper, tmp_path: Path) -> None:
    """Who wrote ``_neg__`` is told of that."""
    evidence = sat(edited(("def __neg__", "def _neg__")), paper, tmp_path)
    assert accused(evidence) == ["arithmetic/neg"]
    assert [found.fault for found in evidence.found] == ["neg-misspelt"]


def test_a_rule_for_numbers_alone_is_no_matter_of_two_nodes(paper: Paper, tmp_path: Path) -> None:
    """A branch for numbers that loses what comes back leaves the product of nodes as it is."""
    branch = """
        if not isinstance(other, Value):
            out = Value(self.data * other, (self,))

            def _backward():
                self.grad += other

            out._backward = _backward
            return out
        out = Value(self.data * other.data, (self, other))
"""
    head = """
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
"""
    evidence = sat(edited((head, branch), ("return self * -1", "return Value(0) - self"),
                          ("return self + (-other)", "return Value.minus(self, other)"),
                          ("    def __neg__", MINUS)), paper, tmp_path)  # fmt: skip
    assert accused(evidence) == ["numbers/mul"]


MINUS = """    def minus(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data - other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad -= out.grad

        out._backward = _backward
        return out

    def __neg__"""
PAIRED = (
    ("self._prev = tuple(children)", "self._prev = set(children)"),
    ("self.grad += other.data * out.grad\n            other.grad += self.data * out.grad",
     """for operand, slope in zip(out._prev, (other.data, self.data)):
                operand.grad += slope * out.grad"""),
)  # fmt: skip
"""Operands out of a set, paired with the derivatives in their order."""


def test_what_is_wrong_every_other_time_is_no_small_matter(paper: Paper, tmp_path: Path) -> None:
    """An operation that is wrong by chance is wrong, and not merely unsteady."""
    evidence = sat(edited(*PAIRED), paper, tmp_path)
    assert accused(evidence) == ["local/mul"]
    assert marks(evidence, Rubric()).points < 95


def test_what_is_made_of_a_number_on_the_left_follows(paper: Paper, tmp_path: Path) -> None:
    """``2 - a`` is ``2 + (-a)``: where that gets no gradient, one mistake is charged."""
    added = ("return self + other\n", "return Value(other + self.data)\n")
    less = ("return Value(other) - self\n", "return other + (-self)\n")
    evidence = sat(edited(added, less), paper, tmp_path)
    assert accused(evidence) == ["numbers/add"]
    assert "sub" in unreached(evidence, "numbers")


def test_a_pass_that_does_nothing_is_told_as_that(paper: Paper, tmp_path: Path) -> None:
    """It sets no first gradient, and nothing is said of operations that nobody saw."""
    source = f"{SOURCE[:_FROM]}    def backward(self):\n        pass\n\n{SOURCE[_TO:]}"
    evidence = sat(source, paper, tmp_path)
    assert accused(evidence) == ["backward/chain"]
    assert [found.title for found in evidence.found] == ["backward leaves every gradient at 0"]
    assert "seed" not in evidence.conventions
    none = sat(SOURCE[:_FROM] + SOURCE[_TO:], paper, tmp_path)
    earned = marks(evidence, Rubric()), marks(none, Rubric())
    assert earned[0].points == earned[1].points > 30  # its values count, as where there is none
    whys = [m.why for step in earned[0].steps for m in step.marks if m.seen == "missing"]
    assert any("not seen, as backward leaves every gradient at 0" in why for why in whys)
    assert not any("there is no backward pass" in why for why in whys)


def test_the_question_is_about_what_is_wrong(paper: Paper, tmp_path: Path) -> None:
    """Of time nobody asks for a derivative; nor is the line of an exception that of a mistake."""
    paths = "    def backward(self, upstream=1.0):\n        self.grad += upstream\n"
    paths += "        for operand, slope in self._prev:\n"
    paths += "            operand.backward(upstream * slope)\n"
    found = {one.criterion: one for one in sat(f"{PATHS}{paths}", paper, tmp_path).found}
    assert "derivative" not in found["robustness/time"].question
    assert found["numbers/add"].got.endswith("(line 7)")
    assert found["numbers/add"].line is None


PATHS = """
class Value:
    def __init__(self, data, pairs=()):
        self.data, self.grad, self._prev = data, 0.0, pairs

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

"""
