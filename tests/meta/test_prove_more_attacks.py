"""Further wrong engines that are never proven: what nobody calls, asks or sees in a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.meta.test_prove_attacks import ENGINE, TAPE, Change, passing, rule, theorems, unmarked_if
from verify.engines import load
from verify.prove.operations import operations
from verify.prove.structure import structure

if TYPE_CHECKING:
    from pathlib import Path

FIRST: Final = "        y = math.exp(self.data)\n"
SLOPE: Final = "slope = y\n"


def early(lines: str, guard: str, head: str = "") -> Change:
    """The derivative of exp is 0 where a guard says so, after some lines while exp is made."""
    shifted = "".join(f"        {line}\n" for line in lines.splitlines())
    return Change(((FIRST, shifted + FIRST), (SLOPE, f"slope = 0.0 if {guard} else y\n")), head)


def method(lines: str, guard: str, head: str = "", data: str = "") -> Change:
    """Likewise, with a method that nobody calls while it is proven."""
    shifted = "".join(f"    {line}\n" for line in lines.splitlines())
    edits = [
        ("    def exp(self)", f"{shifted}\n    def exp(self)"),
        (FIRST, f"        bad = {guard}\n{FIRST}"),
        (SLOPE, "slope = 0.0 if bad else y\n"),
    ]
    return Change((*edits, ("class Value:\n", f"class Value:\n    {data or 'pass'}\n")), head)


def imported(lines: str) -> Change:
    """Likewise, by a name that some lines of the module bind."""
    return early("bad = BAD", "bad", lines)


WRONG: Final[dict[str, Change]] = {
    # what some other line may change later
    "a counter of prints": method(
        "def __repr__(self):\n    Value.shown += 1\n    return ''", "Value.shown > 5", "",
        "shown = 0",
    ),
    "a counter by the type of self": method(
        "def __str__(self):\n    type(self).shown += 1\n    return ''", "self.shown > 5", "",
        "shown = 0",
    ),
    "a list of steps": method("def step(self): STEPS.append(1)", "bool(STEPS)", "STEPS = []\n"),
    "a list by another name": method(
        "def step(self):\n    s = STEPS\n    s.append(1)", "1 in STEPS", "STEPS = []\n"
    ),
    "a list in a dictionary": method(
        "def step(self): ALL['steps'].append(1)", "bool(ALL['steps'])", "ALL = {'steps': []}\n"
    ),
    "a name of the module": method(
        "def zero_grad(self):\n    global N\n    N += 1", "N > 3", "N = 0\n"
    ),
    "an object of the module's": method(
        "def zero_grad(self): CFG.n += 1", "CFG.n > 3", "class C: pass\nCFG = C()\nCFG.n = 0\n"
    ),
    "a slot of an object": method(
        "def zero_grad(self): setattr(CFG, 'n', 9)", "CFG.n > 3",
        "class C:\n    __slots__ = ('n',)\nCFG = C()\nCFG.n = 0\n",
    ),
    "a cell of a closure": method(
        "def zero_grad(self): bump()", "now() > 3",
        "def cell():\n    n = 0\n    def bump():\n        nonlocal n\n        n += 1\n"
        "    def now(): return n\n    return bump, now\nbump, now = cell()\n",
    ),
    "a handler of a signal": early("bad = bool(FLAG)", "bad", (
        "import signal\nFLAG = []\nsignal.signal(signal.SIGALRM, lambda *a: FLAG.append(1))\n"
    )),
    "a default that is changed elsewhere": Change((
        ("    def exp(self):", (
            "    def __repr__(self):\n        Value.exp.__defaults__[0].append(1)\n"
            "        return ''\n\n    def exp(self, n=[]):"
        )),
        (FIRST, f"        bad = bool(n)\n{FIRST}"),
        (SLOPE, "slope = 0.0 if bad else y\n"),
    )),
    "a text that runs": method(
        "def step(self): exec('STEPS.append(1)')", "bool(STEPS)", "STEPS = []\n"
    ),
    "a text that runs, and a name": method("def step(self): exec('N = 1')", "N > 3", "N = 0\n"),
    "a function of the class's": Change((
        ("    def exp(self)", ("    def scale(self, y): return y\n\n    def __repr__(self):\n"
                               "        Value.scale = lambda self, y: 0.0\n        return ''\n\n"
                               "    def exp(self)")),
        (SLOPE, "slope = self.scale(y)\n"),
    )),
    "the first one of a process": Change((
        (FIRST, f"        bad = not WARM\n        if bad: WARM.append(1)\n{FIRST}"),
        (SLOPE, "slope = 0.0 if bad else y\n"),
    ), "WARM = []\n"),
    "numbers of an array": early("N.flat[0] += 1\nbad = bool(N[0] > 99999)", "bad", (
        "import numpy as np\nN = np.zeros(1)\n"
    )),
    # iterators
    "an entry of a generator": early(
        "bad = 1 not in G", "bad", "def g():\n    for i in [1] * 9999: yield i\nG = g()\n"
    ),
    "the largest of an iterator": early("bad = max(G, default=0)", "bad", "G = iter([1])\n"),
    "a list that is extended": early("L = []\nL.extend(G)", "L", "G = iter([1])\n"),
    "a list that is added to": early("L = []\nL += G", "L", "G = iter([1])\n"),
    # what a number is in a proof, and what it is otherwise
    "an attribute of a symbol": rule("not hasattr(self.data, 'tree')"),
    "the module of a number": rule("not hasattr(self.data, '__module__')"),
    "numpy does not raise": passing(FIRST, (
        "        try:\n            t = np.sqrt(self.data)\n            x = t * t\n"
        "        except ValueError: x = self.data\n        y = math.exp(x)\n"
    )),
    "numpy divides by 0": early(
        "bad = True\ntry: 1 / (np.float64(self.data) - 3)\nexcept ZeroDivisionError: bad = False",
        "bad and self.data == 3",
    ),
    "math.pow raises another": early(
        "try: math.pow(self.data - 3, -1)\nexcept ZeroDivisionError: pass", "False"
    ),
    "an infinity": rule("self.data * 1e300 * 1e300 == math.inf"),
    "a test for infinities": rule("math.isinf(self.data * 1e300 * 1e300)"),
    "nan is not nan": early(
        "u = self.data * 1e300 * 1e300\nv = u - u\nbad = v != v", "bad"
    ),
    "the floor of an infinity": early(
        "bad = False\ntry: math.floor(self.data * 1e300 * 1e300)\nexcept OverflowError: bad = True",
        "bad",
    ),
    "rounding after a question": rule("self.data > 0 and self.data + 1 <= 1"),
    "an exception by rounding": early(
        "if self.data > 0 and self.data + 1 <= 1: raise ValueError", "False"
    ),
    "an exception where another number overflows": early("math.exp(1000 * self.data)", "False"),
    "the sign of 0": early(
        "bad = self.data == 0 and math.copysign(1.0, self.data) < 0", "bad"
    ),
    "what an exception says": early(
        "try: raise ValueError(f'{self.data}')\nexcept ValueError as e: text = e.args[0]",
        "text == '3.0'",
    ),
    "an exception in a text": early(
        "try: raise ValueError(f'{self.data}')\nexcept ValueError as e: text = f'{e}'",
        "text == '3.0'",
    ),
    "an exception of its own": early(
        "try: raise Told(f'{self.data}')\nexcept Told as e: text = e.text", "text == '3.0'",
        "class Told(Exception):\n    def __init__(self, text): self.text = text\n",
    ),
    "a method of a number that C calls": early(
        "bad = any([r is True for r in map((3.0).__eq__, [self.data])])", "bad"
    ),
    "a method of a kind that C calls": early(
        "try: bad = any(map(float.is_integer, [self.data]))\nexcept TypeError: bad = False", "bad"
    ),
    # when and where it is imported
    "modules that are there": imported(
        "import sys\nBAD = not any('opaque' in m for m in sys.modules)\n"
    ),
    "the limit of recursion": imported("import sys\nBAD = sys.getrecursionlimit() < 1500\n"),
    "what a program is told": early("bad = argv[1:]", "bad", "from sys import argv\n"),
    "what it is told, imported later": early("from sys import argv\nbad = argv[1:]", "bad"),
    "chance from elsewhere": imported("from numpy.random import rand\nBAD = rand() < 0.001\n"),
    "chance in a table": early(
        "bad = T['bad']", "bad", "import random\nT = {}\nT['bad'] = random.random() < 0.001\n"
    ),
    "a clock in a function": imported(
        "def f():\n    import time\n    return time.time() < 0\nBAD = f()\n"
    ),
    "the order of texts": imported("BAD = [*{'a', 'b', 'c', 'd', 'e', 'f'}][0] == 'c'\n"),
    "the order of texts in a rule": early(
        "bad = [*NAMES][0] == 'c'", "bad", "NAMES = {'a', 'b', 'c', 'd', 'e'}\n"
    ),
    "a module by its name": imported(
        "import importlib\nBAD = importlib.import_module('time').time() < 0\n"
    ),
    "a module in a module": imported(
        "import collections\nBAD = len(collections._sys.argv) > 5\n"
    ),
    "an address": imported("BAD = str(object())[-3:] == '7d>'\n"),
    "what is installed": imported(
        "try:\n    import no_such_package\n    BAD = True\nexcept ImportError:\n    BAD = False\n"
    ),
    "names of the environment": early(
        "bad = [k for k in environ if k == 'MODE']", "bad", "from os import environ\n"
    ),
    "the environment, poured": early(
        "bad = 'MODE' in {**environ}", "bad", "from os import environ\n"
    ),
    "the environment, joined": early(
        "bad = 'MODE' in (environ | {})", "bad", "from os import environ\n"
    ),
}  # fmt: skip
QUICK: Final = frozenset({
    "a counter of prints", "a list of steps", "a cell of a closure", "an entry of a generator",
    "an attribute of a symbol", "numpy does not raise", "an infinity", "rounding after a question",
    "the sign of 0", "a clock in a function", "names of the environment",
    "a method of a number that C calls",
})  # fmt: skip
"""One of each kind, that runs every time."""


@pytest.mark.parametrize("name", [unmarked_if(name in QUICK, name) for name in WRONG])
def test_no_wrong_engine_is_proven(name: str, tmp_path: Path) -> None:
    """Some theorem is not proven, or says what was looked at, with the place or in words."""
    found = theorems(WRONG[name].text, tmp_path, "exp")
    doubts = [t for t in found if t.standing not in {"proven", "missing"} or t.seen]
    assert doubts
    assert [t.name for t in doubts if not (t.note or t.complement or t.seen)] == []


VISIT: Final = "        visit(self)\n"
RUN: Final = "            v.rule()"
DEEP: Final = (
    "v.op == 'exp' and v.children[0].op == '*' and v.children[0].children[0].op == 'exp'"
    " and v.children[0].children[1].op == '+'"
)
FLAGS: Final = DEEP.replace("op == 'exp'", "e").replace("op == '*'", "m").replace("op == '+'", "p")
TOLD: Final = ("        self.rule = lambda: None\n", (
    "        self.rule = lambda: None\n"
    "        self.e, self.m, self.p = op == 'exp', op == '*', op == '+'\n"
))
PASSES: Final[dict[str, str]] = {
    "a pattern of names": Change((
        (VISIT, f"{VISIT}        bad = {{v for v in order if {DEEP}}}\n"),
        (RUN, f"            if v in bad: continue\n{RUN}"),
    )).text,
    "a pattern of truth values": Change((
        TOLD, (VISIT, f"{VISIT}        bad = {{v for v in order if {FLAGS}}}\n"),
        (RUN, f"            if v in bad: continue\n{RUN}"),
    )).text,
    "a pattern of truth values on the way": Change((
        TOLD, (RUN, f"            if {FLAGS}: continue\n{RUN}"),
    )).text,
    "a leaf that is the output": passing(
        "        self.grad = 1.0\n",
        "        if not self.children: return\n        self.grad = 1.0\n",
    ).text,
    "the last entry of a tape": TAPE.replace(
        "        self.adjoint = 1.0\n", "        TAPE[-1].adjoint = 1.0\n"
    ),
}  # fmt: skip


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", PASSES)
def test_no_wrong_pass_is_proven(name: str, tmp_path: Path) -> None:
    """Patterns of operations, a leaf alone, and an output that is used again are each told."""
    assert PASSES[name] not in {ENGINE, TAPE}
    path = tmp_path / "engine.py"
    path.write_text(PASSES[name])
    with load(str(path), watched=True) as engine:
        seen = [s for t in operations(engine, {"exp"}) for s in t.seen]  # type: ignore[arg-type]
        have = {"a + b", "a * b", "a.exp()"}
        found = structure(engine, have, seen, exhaust=not seen, largest=2)  # type: ignore[arg-type]
    assert found.standing in {"bounded", "open"}


RIGHT: Final[dict[str, Change]] = {
    "a table that is filled by a decorator": early("f = KNOWN['exp']", "f is None", (
        "KNOWN = {}\ndef known(f):\n    KNOWN[f.__name__] = f\n    return f\n"
        "@known\ndef exp(x): return x\n"
    )),
    "a table that is only looked at": early("f = KNOWN.get('exp', len(KNOWN))", "f is None", (
        "KNOWN = {'exp': 1}\n"
    )),
    "a name of a set": early("f = 'exp' in KNOWN", "f is None", "KNOWN = {'exp', 'log'}\n"),
    "weights by chance elsewhere": passing("class Value:\n", (
        "import random\ndef weights(n): return [random.random() for _ in range(n)]\nclass Value:\n"
    )),
    "numbers of numpy": passing(FIRST, "        y = np.exp(np.float64(self.data))\n"),
    "whether it is finite": early(
        "if not math.isfinite(self.data): raise ValueError", "False"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_ones_with_tables_are_proven(name: str, tmp_path: Path) -> None:
    """What nothing can change may be looked at."""
    found = theorems(RIGHT[name].text, tmp_path, "exp")
    assert [(t.standing, t.note, t.seen) for t in found if t.standing != "missing"] == [
        ("proven", "", ())
    ]
