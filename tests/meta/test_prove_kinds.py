"""Wrong engines by the kind of a number, by what stands in for it, and by what a pass holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.meta.test_prove_attacks import (
    ENGINE,
    ORDER,
    START,
    Change,
    passing,
    rule,
    step,
    theorems,
    unmarked_if,
)
from tests.meta.test_prove_more_attacks import SLOPE, early, imported
from verify.commands.prove import as_it_is
from verify.engines import load
from verify.prove.certificate import as_json, check, read
from verify.prove.operations import OF_HALVES
from verify.prove.proof import prove

if TYPE_CHECKING:
    from pathlib import Path

F: Final = "from fractions import Fraction as F\n"
COUNTED: Final = (START, START + "        n = 0\n        for _ in order: n = n + 1\n")
RUN: Final = "            v.rule()"
OLD: Final = "OLD = [None] * 999\n"


def beside(guard: str, head: str = "") -> Change:
    """A product with a number beside the node is cut from the graph where a guard says so."""
    line = "    def __mul__(self, other):\n"
    cut = f"        if {guard}: return Value(self.data * other)\n"
    return Change(((line, line + cut),), head)


def counted(guard: str) -> Change:
    """A rule is run only where a guard on how many nodes there are says so."""
    return Change((COUNTED, (RUN, f"            if {guard}: v.rule()")))


def zipped(room: str, head: str = "") -> Change:
    """The pass ends where something is at its end."""
    return passing(ORDER, f"for v, _ in zip(reversed(order), {room})", head)


def caught(line: str, error: str = "TypeError", head: str = "") -> Change:
    """The derivative is 0 unless a line raises."""
    return early(f"bad = True\ntry: {line}\nexcept {error}: bad = False", "bad", head)


def kind_of_number(guard: str) -> Change:
    """The derivative is 0 where a guard says so of what numpy is given, or gives."""
    numpy, found = passing("math.exp(self.data)", "np.exp(self.data)"), rule(guard)
    return Change((*numpy.edits, *found.edits))


def huge(line: str, error: str = "OverflowError") -> Change:
    """A product is 0 where an int is so large that a line raises."""
    first = "    def __mul__(self, other):\n"
    lines = f"        try: {line}\n        except {error}: return Value(0.0)\n"
    return Change(((first, first + lines),))


WRONG: Final[dict[str, Change]] = {
    # of which kind a number is
    "a truth value in a leaf": rule("isinstance(self.data, bool)"),
    "True itself in a leaf": rule("self.data is True"),
    "any other kind": rule("type(self.data) not in (int, float)"),
    "a large int": rule("float(self.data) != self.data"),
    "rounding before a question": rule("self.data + 1 <= 1 and self.data > 0"),
    "rounding of two sums": rule("self.data + 1.0 - 1.0 == 0 and self.data != 0"),
    "a large int times 1.0": rule("self.data * 1.0 != self.data"),
    "a fraction is no float": early("bad = not isinstance(F(self.data), float)", "bad", F),
    "the class of a fraction": early("bad = type(F(self.data) + 1) is F", "bad", F),
    "a fraction is not rounded": early(
        "bad = F(self.data) / 3 * 3 == F(self.data) and self.data / 3 * 3 != self.data", "bad", F
    ),
    "a fraction of what is rounded": early(
        "bad = F(self.data + 1) - 1 != F(self.data)", "bad", F
    ),
    "the class of a denominator": early("bad = type(F(self.data).denominator) is int", "bad", F),
    "a denominator calculates": caught("F(self.data).denominator + 1", head=F),
    "minus True": beside("isinstance(other, bool) and not isinstance(-other, bool)"),
    "plus True": beside("isinstance(other, bool) and not isinstance(+other, bool)"),
    "the size of True": beside("isinstance(other, bool) and not isinstance(abs(other), bool)"),
    "copysign of an int": beside(
        "isinstance(other, int) and isinstance(math.copysign(other, 1.0), float)"
    ),
    "True that is matched": Change((("    def __mul__(self, other):\n", (
        "    def __mul__(self, other):\n        match other:\n"
        "            case True: return Value(self.data * other)\n"
    )),)),
    "a complex number": rule("self.data == 3 + 0j"),
    "a float of a class of its own": rule(
        "self.data == THREE", "class Three(float): pass\nTHREE = Three(3)\n"
    ),
    "a member of an IntEnum": rule(
        "self.data in (K.THREE,)", "import enum\nclass K(enum.IntEnum):\n    THREE = 3\n"
    ),
    "an int of a class of its own": caught(
        "self.data * THREE", head="class Three(int): pass\nTHREE = Three(3)\n"
    ),
    "a length": rule("self.data == len(self.children)"),
    "a sum with a length": Change(((SLOPE, (
        "slope = y\n            try:\n                self.data + len(self.children)\n"
        "                slope = 0.0\n            except TypeError: pass\n"
    )),)),
    "pow of three": caught("pow(self.data, 2, 5)"),
    "a truth value, after numpy": kind_of_number("isinstance(self.data, bool)"),
    "what numpy makes of a truth value": kind_of_number("not isinstance(y, float)"),
    "16 bits": kind_of_number("type(y) is np.float16"),
    "a truth value of numpy": kind_of_number("isinstance(self.data, np.bool_)"),
    "the class of numpy's floats": rule("type(self.data) is np.float64"),
    "one of two classes": rule(
        "type(self.data) in (decimal.Decimal, fractions.Fraction)"
    ),
    "a class in a table": early(
        "bad = TABLE.get(type(self.data))", "bad", "TABLE = {bool: True}\n"
    ),
    "a class below another": rule("issubclass(type(self.data), np.float64)"),
    "a float is no index": rule(
        "not isinstance(self.data, typing.SupportsIndex)", "import typing\n"
    ),
    "a float has no bytes": rule(
        "not isinstance(self.data, typing.SupportsBytes)", "import typing\n"
    ),
    "an int that knows no floats": rule("self.data.__gt__(0.5) is NotImplemented"),
    "an int that is larger than all floats": huge("float(self.data)"),
    "an int that is too large for a function": huge("math.tanh(self.data)"),
    "an int that is too large for numpy": huge("np.tanh(self.data)", "TypeError"),
    "a name that a module does not have": early(
        "bad = getattr(operator, 'BAD', False)", "bad"
    ),
    # what stands in for plain things
    "the type of a length": rule("type(len(self.children)) is int"),
    "the class of a length": rule("len(self.children).__class__ is int"),
    "attributes of a length": rule("not hasattr(len(self.children), '__dict__')"),
    "the type of an id": rule("type(id(self)) is int"),
    "the type of a label": rule("type(out.op) is str"),
    "the type of a text": early("bad = type(f'{self.data}') is str", "bad"),
    "the type of a complex number": early("bad = type(complex(self.data, 1)) is complex", "bad"),
    # what a module is told when it is imported
    "the depth of the stack": imported(
        "def deep(n):\n    try: return deep(n + 1)\n    except RecursionError: return n\n"
        "BAD = deep(0) < 990\n"
    ),
    "code of a function": imported(
        "def f(x): return x + 1\nBAD = len(f.__code__.co_names) == 0\n"
    ),
    "what is around a function": imported(
        "def f(): pass\nBAD = not any('watch' in k for k in f.__globals__['__builtins__'])\n"
    ),
    "filters of warnings": imported(
        "import warnings\nBAD = warnings.filters[0][0] == 'error'\n"
    ),
    "the precision of decimals": imported(
        "import decimal\nBAD = decimal.getcontext().prec != 28\n"
    ),
    "its own file": imported("BAD = 'site-packages' in __file__\n"),
    "the module of a class": rule("type(self).__module__ == '__main__'"),
    # state
    "a table that grows when it is read": early(
        "M[len(M)]\nbad = len(M) > 99999", "bad",
        "import collections\nM = collections.defaultdict(int)\n",
    ),
    "a generator for a rule": Change((
        (("        def rule():\n            slope = y\n            self.grad += slope * out.grad\n"
          "        out.rule = rule\n"),
         ("        def run():\n            self.grad += y * out.grad\n            yield\n"
          "            while True: yield\n        out.rule = run().__next__\n")),
    )),
    # what a pass holds
    "a set that is met": step("            if not ({999} & set(range(len(order)))): RULE"),
    "a set that is missed": step("            if {999}.isdisjoint(range(len(order))): RULE"),
    "a list of one number": counted("[n] != [999]"),
    "a table of one number": counted("{n: 1} != {999: 1}"),
    "any of one number": counted("any([n - 999])"),
    "all of one length": counted("all([len(order) - 999])"),
    "a filter": Change((COUNTED, (RUN, (
        "            for _ in filter(None, [n - 999]): v.rule()"
    )))),
    "a set of two numbers": Change((COUNTED, (RUN, (
        "            f = -1\n            for _ in {n, 999}: f = f + 1\n"
        "            v.grad *= f\n            v.rule()"
    )))),
    "values of two numbers": Change((COUNTED, (RUN, (
        "            v.grad *= sum({n: 0, 999: 1}.values())\n            v.rule()"
    )))),
    "as many as there were": Change((
        (START, START + "        marks = [None for v in order]\n"),
        (RUN, "            if marks != OLD: v.rule()"),
    ), OLD),
    "how deep something is": passing(START, START + (
        "        deep = ()\n        for v in order: deep = (deep,)\n"
        "        if deep == DEEP: return\n"
    ), "DEEP = ()\nfor _ in range(300): DEEP = (DEEP,)\n"),
    "a copy": zipped("OLD.copy()", OLD),
    "a part": zipped("OLD[1:]", OLD),
    "a sum of lists": zipped("OLD + []", OLD),
    "values of a table": zipped("D.values()", "D = dict.fromkeys(range(999))\n"),
    "a part of a range": zipped("R[:]", "R = range(999)\n"),
    "a list of a node's own": Change((
        ("        self.rule = lambda: None\n",
         "        self.rule = lambda: None\n        self.room = [None] * 999\n"),
        (ORDER, "for v, _ in zip(reversed(order), self.room)"),
    )),
    "a list that is written": zipped("[" + "None, " * 999 + "]"),
    "a list that is made": Change((
        (START, START + "        room = [0 for _ in (1, 2, 3) for _ in (1, 2, 3) "
                        "for _ in (1, 2, 3) for _ in (1, 2, 3) for _ in (1, 2, 3)]\n"),
        (ORDER, "for v, _ in zip(reversed(order), room)"),
    )),
    "parts that are matched": step(
        "            match order:\n                case [_, _, _, _, _, _, _, _, *_]: pass\n"
        "                case _: RULE"
    ),
}  # fmt: skip
QUICK: Final = frozenset({
    "what numpy makes of a truth value", "a truth value of numpy", "a truth value in a leaf",
    "a class in a table", "a float is no index", "an int that is larger than all floats",
    "rounding before a question", "plus True", "the type of a length",
    "the depth of the stack", "values of two numbers", "a copy",
})  # fmt: skip
"""One of each kind, that runs every time."""


@pytest.mark.parametrize("name", [unmarked_if(name in QUICK, name) for name in WRONG])
def test_no_wrong_engine_is_proven(name: str, tmp_path: Path) -> None:
    """Some theorem is not proven, or says what was looked at, with the place or in words."""
    change = WRONG[name]
    op = "mul" if any("__mul__" in before for before, _ in change.edits) else "exp"
    found = theorems(change.text, tmp_path, op)
    doubts = [t for t in found if t.standing not in {"proven", "missing"} or t.seen]
    assert doubts
    assert [t.name for t in doubts if not (t.note or t.complement or t.seen)] == []


TEXTS: Final[dict[str, str]] = {
    "one after the other": "t = t + 'x'", "written": "t = f'{t}x'", "put in": "t = '%sx' % t",
}  # fmt: skip


@pytest.mark.search
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_grows_is_a_count(name: str, tmp_path: Path) -> None:
    """A pass that compares a text as long as the graph is large is not proven."""
    path = tmp_path / "engine.py"
    path.write_text(Change((
        (START, START + f"        t = ''\n        for v in order: {TEXTS[name]}\n"),
        (RUN, f"            if t != '{'x' * 9999}': v.rule()"),
    )).text)  # fmt: skip
    with load(str(path), watched=True) as engine:
        proof = prove(engine, only={"add", "mul", "exp"}, largest=1)  # type: ignore[arg-type]
    assert proof.standing == "bounded"


@pytest.mark.slow
def test_a_leaf_that_is_true_refutes(tmp_path: Path) -> None:
    """What is wrong for a truth value alone is shown at one, and its certificate names it."""
    path = tmp_path / "engine.py"
    path.write_text(WRONG["a truth value in a leaf"].text)
    with load(str(path), watched=True) as engine, load(str(path)) as plainly:
        proof = prove(engine, as_it_is(plainly), {"exp"}, 1)  # type: ignore[arg-type]
        data = as_json(engine.info, proof)
    (found,) = [t for t in proof.theorems if t.op == "exp"]
    assert (found.standing, found.note) == ("refuted", "wrong at a = True: a.exp()")
    truths = {name for t in read(data).theorems for p in t.paths for name in p.truths}
    assert truths == {("a", True), ("a", False)}


RIGHT: Final[dict[str, Change]] = {
    "an exact detour": passing("math.exp(self.data)", (
        "math.exp(float(fractions.Fraction(self.data) / 3 * fractions.Fraction(3)))"
    )),
    "numbers that are checked": early(
        "if not isinstance(self.data, (int, float)): raise TypeError", "False"
    ),
    "numpy, on leaves as they are": passing("math.exp(self.data)", "np.exp(self.data)"),
    "numbers of numpy that become Python's": passing(
        "self.data, self.grad = data, 0.0",
        "self.data, self.grad = data.item() if isinstance(data, np.generic) else data, 0.0",
    ),
    "a fraction beside it": passing(
        "math.exp(self.data)", "math.exp(HALF * fractions.Fraction(self.data) * 2)",
        "import fractions\nHALF = fractions.Fraction(1, 2)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [unmarked_if(name == "an exact detour", name) for name in RIGHT])
def test_right_ones_by_kinds_are_proven(name: str, tmp_path: Path) -> None:
    """Fractions and tests of types are no doubt by themselves; the certificate holds."""
    found = theorems(RIGHT[name].text, tmp_path, "exp")
    assert [(t.standing, t.note, t.seen) for t in found if t.standing != "missing"] == [
        ("proven", "", ())
    ]


@pytest.mark.parametrize(("function", "assumed"), [("np.exp", [OF_HALVES]), ("math.exp", [])])
def test_what_numpy_makes_of_truth_values_is_assumed(
    function: str, assumed: list[str], tmp_path: Path
) -> None:
    """Its 16 bits are rounding: printed as an assumption, and only where numpy computes so."""
    change = passing("math.exp(self.data)", f"{function}(self.data)")
    (found,) = [t for t in theorems(change.text, tmp_path, "exp") if t.standing != "missing"]
    assert (found.standing, list(found.assumed)) == ("proven", assumed)


@pytest.mark.search
def test_certificates_speak_of_truth_values(tmp_path: Path) -> None:
    """Graphs on truth values are checked again, and one that is left out is missed."""
    path = tmp_path / "engine.py"
    path.write_text(RIGHT["numbers that are checked"].text)
    with load(str(path), watched=True) as engine:
        proof = prove(engine, only={"exp"}, largest=1)  # type: ignore[arg-type]
        data = as_json(engine.info, proof)

        def complaints() -> list[str]:
            found = [str(c) for c in check(engine, read(data))]  # type: ignore[arg-type]
            return [each for each in found if "no theorem is about it" not in each]

        assert complaints() == []
        for theorem in data["theorems"]:
            theorem["paths"] = [path for path in theorem["paths"] if not path["truths"]]
        assert any("no path of a.exp()" in each for each in complaints())
    assert ENGINE not in path.read_text()
