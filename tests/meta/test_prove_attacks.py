"""Wrong engines of many kinds are never called proven, right ones in odd styles never refuted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from verify.commands.prove import as_it_is
from verify.engines import load
from verify.prove.operations import operations
from verify.prove.proof import prove
from verify.prove.structure import structure

if TYPE_CHECKING:
    from verify.prove.theorem import Theorem

ENGINE: Final = (Path(__file__).parents[1] / "prove" / "right_small.py").read_text()
MODULES: Final = (
    "datetime", "random", "os", "sys", "gc", "operator", "fractions", "collections", "decimal",
    "cmath", "itertools", "array", "functools", "bisect", "inspect",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """The engine with some lines changed.

    Attributes:
        edits: each a text and what is written in its place.
        head: lines before the engine.
    """

    edits: tuple[tuple[str, str], ...]
    head: str = ""

    @property
    def text(self) -> str:
        """The source."""
        found = ENGINE
        for before, after in self.edits:
            assert before in found, before
            found = found.replace(before, after)
        text = self.head + found
        imports = [f"import {name}\n" for name in MODULES if f"{name}." in text]
        return "".join([*imports, "import numpy as np\n" * ("np." in text), text])


def rule(guard: str, head: str = "") -> Change:
    """The derivative of exp is 0 where a guard says so."""
    return Change((("slope = y\n", f"slope = 0.0 if {guard} else y\n"),), head)


def step(lines: str, head: str = "") -> Change:
    """Other lines in the place of the one that runs a rule; RULE stands for it."""
    return Change((("            v.rule()", lines.replace("RULE", "v.rule()")),), head)


def passing(before: str, after: str, head: str = "") -> Change:
    """One other change, mostly of the pass."""
    return Change(((before, after),), head)


EXP: Final = "math.exp(self.data)"
FIRST: Final = "        y = math.exp(self.data)\n"
START: Final = "        self.grad = 1.0\n"
ORDER: Final = "for v in reversed(order)"
COUNTING: Final = (
    "def g():\n    n = 0\n    while True:\n        n += 1\n        yield n\nG = g()\n"
)
QUIET: Final = (
    "class Quiet:\n    def __enter__(self): return self\n"
    "    def __exit__(self, *why): return True\n"
)
WRONG: Final[dict[str, Change]] = {
    # numbers: their kind, their bits, what only rounding can answer
    "an int inside of a graph": rule("isinstance(self.data, int) and out.grad != 1.0"),
    "an exact float": rule("self.data == 0.1"),
    "a chained comparison": rule("2.0 < self.data <= 2.5"),
    "a huge upstream": rule("out.grad > 1e100"),
    "a tiny upstream": rule("0 < abs(out.grad) < 1e-100"),
    "an upstream of one value": rule("-out.grad == 7"),
    "a gradient that is there already": rule("self.grad == 5.5"),
    "a number that is absorbed": rule("self.data + 1e16 - 1e16 != self.data"),
    "thirds": rule("self.data * 3 / 3 != self.data"),
    "a large number": rule("self.data + 1.0 == self.data"),
    "an underflow": rule("y == 0"),
    "fsum": rule("math.fsum([self.data, 1e16, -1e16]) != self.data"),
    "nextafter": rule("math.nextafter(self.data, 9) > 8"),
    "modf": rule("math.modf(self.data)[0] == 0.5"),
    "bits of an int": rule("isinstance(self.data, int) and self.data & 1"),
    "a range": rule("isinstance(self.data, int) and self.data in range(40, 50)"),
    "a dict of numbers": rule("TABLE.get(self.data)", "TABLE = {1.5: True}\n"),
    "a fraction": rule("fractions.Fraction(self.data).denominator == 1"),
    "a floor division": rule("self.data // 7 == 3"),
    "truncation": rule("int(self.data) == 12"),
    "a complex number": rule("complex(self.data).real > 40"),
    "bisection": rule("bisect.bisect([1.0, 40.0], self.data) == 2"),
    "an array": rule("array.array('d', [self.data])[0] > 40"),
    "operator.gt": rule("operator.gt(self.data, 40)"),
    "numpy's where": rule("np.where(self.data > 40, True, False)"),
    "numpy's float32": passing("y = math.exp(", "y = 0.0 + np.float32(1.0) * math.exp("),
    "a number that is clipped": passing(EXP, "math.exp(np.clip(self.data, -9, 9))"),
    "a match on a number": passing(
        "            slope = y\n",
        "            match self.data:\n                case 3.0: slope = 0.0\n"
        "                case _: slope = y\n",
    ),
    "an exception that is caught": passing(
        "y = math.exp(self.data)",
        "try: y = math.exp(self.data + [] if self.data == 4 else self.data)\n"
        "        except TypeError: y = 0.0",
    ),
    # when and where it runs
    "the day of the import": rule(
        "FRIDAY", "import datetime\nFRIDAY = datetime.date.today().weekday() == 4\n"
    ),
    "chance at the import": rule("BAD", "import random\nBAD = random.random() < 0.001\n"),
    "the environment": rule("'MODE' in environ", "from os import environ\n"),
    "the environment at the import": passing(
        "slope = y\n", "slope = scale(y)\n",
        "import os\nif os.environ.get('MODE'):\n    def scale(y): return 0.0\n"
        "else:\n    def scale(y): return y\n",
    ),
    "an attribute by the environment": Change((
        ("class Value:\n", "class Value:\n    mode = os.environ.get('MODE')\n"),
        ("slope = y\n", "slope = 0.0 if self.mode else y\n"),
    )),
    "the name of the module": rule("__name__ == '__main__'"),
    "a frame": Change((
        (FIRST, "        try: raise ValueError\n        except ValueError as e:\n"
                "            frame = e.__traceback__.tb_frame\n" + FIRST),
        ("slope = y\n", "slope = 0.0 if frame.f_back.f_code.co_name == 'loss' else y\n"),
    )),
    "the stack": rule("len(inspect.stack()) > 90"),
    "the count of references": rule("sys.getrefcount(self) > 1000"),
    "a clock by another name": rule("clock() < 0", "from time import perf_counter as clock\n"),
    # what outlives an operation
    "a finalizer": Change((
        ("    def exp(self)",
         "    def __del__(self): DEAD.append(1)\n\n    def exp(self)"),
        ("slope = y\n", "slope = 0.0 if len(DEAD) > 100000 else y\n"),
    ), "DEAD = []\n"),
    "a thread": rule("FLAG", (
        "import threading\nFLAG = []\nt = threading.Timer(3600, FLAG.append, [1])\n"
        "t.daemon = True\nt.start()\n"
    )),
    "a hook of the collector": rule(
        "len(FLAG) > 100000", "FLAG = []\ngc.callbacks.append(lambda *a: FLAG.append(1))\n"
    ),
    "a thread's own attribute": Change((
        (FIRST, "        LOCAL.n = getattr(LOCAL, 'n', 0) + 1\n" + FIRST),
        ("slope = y\n", "slope = 0.0 if LOCAL.n > 100000 else y\n"),
    ), "import threading\nLOCAL = threading.local()\n"),
    "a cache around a method": passing(
        "    def exp(self)", "    @functools.lru_cache(maxsize=100)\n    def exp(self)"
    ),
    "a default that changes": Change((
        ("def exp(self):", "def exp(self, n=[0]):\n        n[0] += 1"),
        ("slope = y\n", "slope = 0.0 if n[0] > 100000 else y\n"),
    )),
    "an attribute of a function": Change((
        (FIRST, "        Value.exp.n = getattr(Value.exp, 'n', 0) + 1\n" + FIRST),
        ("slope = y\n", "slope = 0.0 if Value.exp.n > 100000 else y\n"),
    )),
    "a generator": rule("next(G) > 100000", COUNTING),
    "a generator inside of another": rule(
        "sum(f()) < 0", COUNTING + "def f():\n    yield from (next(G) for _ in (1,))\n"
    ),
    # other nodes
    "the depth at birth": Change((
        ("        self.children, self.op = children, op\n",
         ("        self.children, self.op = children, op\n"
          "        self.depth = 1 + max([c.depth for c in children], default=0)\n")),
        ("slope = y\n", "slope = 0.0 if self.depth > 1000 else y\n"),
    )),
    "a gradient as a mark": Change((
        ("        y = math.exp", "        deep = type(self.grad) is int\n        y = math.exp"),
        ("slope = y\n", "slope = 0.0 if deep and self.children[0].children else y\n"),
        ('"exp")\n', '"exp")\n        out.grad = 0\n'),
    )),
    "a match on an operand": passing(
        "            slope = y\n",
        "            match self:\n                case Value(op='exp'): slope = 0.0\n"
        "                case _: slope = y\n",
    ),
    "the code of another rule": rule("self.rule.__code__.co_firstlineno > 1000"),
    "the cells of another rule": rule("len(self.rule.__closure__ or ()) > 5"),
    "code from a text": passing(
        "    def backward", "    exec('def f(self): pass')\n    def backward"
    ),
    "operands with the same number": Change((
        ("        out = Value(self.data * other.data",
         ("        twin = self is not other and self.data == other.data\n"
          "        out = Value(self.data * other.data")),
        ("self.grad += other.data * out.grad",
         "self.grad += (0.0 if twin else other.data) * out.grad"),
    )),
    # the pass: how many there are
    "a division by a count": step(
        "            try:\n                1 / (len(order) - 999)\n                RULE\n"
        "            except ZeroDivisionError: pass"
    ),
    "a root of a count": step(
        "            try:\n                math.sqrt(999 - sum(1 for w in order))\n"
        "                RULE\n            except ValueError: pass"
    ),
    "a power of 0": Change((
        (START, START + "        n = sum(1 for v in order)\n"),
        ("            v.rule()", "            v.rule()\n            v.grad *= 0.0 ** (n // 999)"),
    )),
    "a bit of a count": step("            if not sum(1 for w in order) & 512: RULE"),
    "a count as a text": step("            if '%d' % len(order) != '999': RULE"),
    "a count in a text": step("            if '{}'.format(len(order)) != '999': RULE"),
    "a loop of a length": passing(
        ORDER, "for v, _ in zip(reversed(order), LIMIT)", "LIMIT = range(999)\n"
    ),
    "a text of a length": passing(ORDER, "for v, _ in zip(reversed(order), 'x' * 999)"),
    "a queue of a length": passing(ORDER, "for v in reversed(collections.deque(order, 999))"),
    "a list that is cut": passing(START, START + "        del order[:-999]\n"),
    "names of a number": passing(START, START + (
        "        try: a, b, c, d, e, f, g, h, i, j, k, l, m, *order = order\n"
        "        except ValueError: pass\n"
    )),
    "half of a list": passing(START, START + "        order = order[len(order) // 999:]\n"),
    "a context that swallows": passing(
        "        visit(self)\n", "        with Quiet():\n            visit(self)\n", QUIET
    ),
    "an __exit__ that is no definition": passing(
        "        visit(self)\n", "        with Quiet():\n            visit(self)\n",
        QUIET.replace("def __exit__(self, *why): return True", "__exit__ = lambda *why: True"),
    ),
    "a finally that is left": passing(
        "        visit(self)\n",
        "        while True:\n            try: visit(self)\n            finally: break\n",
    ),
    "an exception under another name": passing(
        "        visit(self)\n",
        "        try: visit(self)\n        except ValueError: pass\n",
        "ValueError = RecursionError\n",
    ),
    "a method from outside of the class": Change((
        ("slope = y\n", "slope = y * SCALE[0]\n"),
        ("class Value:\n", "class Value:\n    shown = shown\n"),
    ), "SCALE = [1.0]\ndef shown(self): SCALE[0] = 2.0\n"),
    "a limit that is caught": passing(
        "        visit(self)\n",
        "        try: visit(self)\n        except RecursionError: pass\n",
    ),
}  # fmt: skip
QUICK: Final = frozenset({
    "an int inside of a graph", "an underflow", "the day of the import", "a frame", "a finalizer",
    "code from a text", "a power of 0", "a loop of a length", "a list that is cut",
})  # fmt: skip
"""One of each kind, that runs every time."""


def theorems(text: str, folder: Path, *only: str) -> list[Theorem]:
    """What is said of some operations of an engine with this text."""
    path = folder / "engine.py"
    path.write_text(text)
    with load(str(path), watched=True) as engine:
        return list(operations(engine, set(only)))  # type: ignore[arg-type]


def unmarked_if(quick: bool, name: str) -> object:
    """A case that runs every time, or only in a full search."""
    return pytest.param(name, marks=() if quick else pytest.mark.search)


@pytest.mark.parametrize("name", [unmarked_if(name in QUICK, name) for name in WRONG])
def test_no_wrong_engine_is_proven(name: str, tmp_path: Path) -> None:
    """Some theorem is not proven, or says what was looked at, with the place or in words."""
    op = "mul" if "operands" in name else "exp"
    found = theorems(WRONG[name].text, tmp_path, op)
    doubts = [t for t in found if t.standing not in {"proven", "missing"} or t.seen]
    assert doubts
    assert [t.name for t in doubts if not (t.note or t.complement or t.seen)] == []


TAPE: Final = (Path(__file__).parents[1] / "zoo" / "tape.py").read_text()
LIST: Final = "reversed(TAPE[: self.index + 1])"
OFF_TAPE: Final[dict[str, tuple[str, str]]] = {
    "its length": ("e = math.exp(self.val)", "e = math.exp(self.val) if len(TAPE) < 999 else 0.0"),
    "a length by a bit": ("e = math.exp(", "e = 0.0 if len(TAPE) & 512 else math.exp("),
    "its last entry": ("e = math.exp(", "e = 0.0 if TAPE[-1].index == 999 else math.exp("),
    "whether it is long": ("e = math.exp(", "e = 0.0 if TAPE[999:] else math.exp("),
    "whether it is empty": ("e = math.exp(", "e = math.exp(" + "0 if not TAPE else "),
    "a sum over it": ("e = math.exp(", "e = 0.0 if sum(1 for n in TAPE) > 999 else math.exp("),
    "its copy": ("e = math.exp(", "e = 0.0 if TAPE.copy()[999:] else math.exp("),
    "the end of it alone": (LIST, "reversed(TAPE[: self.index + 1][-999:])"),
    "a place that is counted": (LIST, "[n for n in TAPE[::-1] if n.index < 999]"),
    "other entries removed": ("        self.adjoint = 1.0\n",
                              "        self.adjoint = 1.0\n        del TAPE[:-999]\n"),
    "places as numbers": ("operand.adjoint += node.adjoint * slope",
                          "operand.adjoint += node.adjoint * slope * 0.0 ** (node.index // 999)"),
    "forwards": (LIST, "TAPE[: self.index + 1]"),
}  # fmt: skip


@pytest.mark.parametrize("name", [
    unmarked_if(name in {"its length", "the end of it alone"}, name) for name in OFF_TAPE
])  # fmt: skip
def test_a_tape_is_a_list_of_edges_and_nothing_else(name: str, tmp_path: Path) -> None:
    """What is looked at on a tape, but for the operands of each entry, is told."""
    before, after = OFF_TAPE[name]
    assert TAPE.count(before) == 1
    found = theorems(TAPE.replace(before, after), tmp_path, "exp")
    doubts = [t for t in found if t.standing not in {"proven", "missing"} or t.seen]
    assert doubts


def test_a_tape_is_proven_and_what_is_assumed_of_it_is_said(tmp_path: Path) -> None:
    """A right engine with a tape is proven, if there is nothing else on the tape."""
    found = [t for t in theorems(TAPE, tmp_path, "exp") if t.standing != "missing"]
    assert [(t.standing, t.seen) for t in found] == [("proven", ())]
    assert ["the tape" in words for words in found[0].assumed] == [True]


MISORDERED: Final[dict[str, Change]] = {
    "breadth first": passing(
        "        for v in reversed(order):\n            v.rule()",
        "        queue, met = [self], {self}\n        while queue:\n            v = queue.pop(0)\n"
        "            v.rule()\n            for c in v.children:\n"
        "                if c not in met:\n                    met.add(c)\n"
        "                    queue.append(c)",
    ),
    "a set in the order of addresses": passing(ORDER, "for v in iter(seen)"),
    "a set that is unpacked": passing(ORDER, "for v in [*seen]"),
    "a set that is poured into a list": passing(
        "        for v in reversed(order):",
        "        order.clear()\n        order.extend(seen)\n        for v in reversed(order):",
    ),
    "the last one is left out": passing(
        START, START + "        order[:] = order[:-2] + order[-1:]\n"
    ),
    "one operand of a product": passing(
        "in v.children:", "in v.children[:1] if v.op == '*' else v.children:"
    ),
}  # fmt: skip


@pytest.mark.search
@pytest.mark.parametrize("name", MISORDERED)
def test_no_wrong_order_is_proven(name: str, tmp_path: Path) -> None:
    """A pass in another order is found on small graphs."""
    path = tmp_path / "engine.py"
    path.write_text(MISORDERED[name].text)
    with load(str(path), watched=True) as engine:
        have = {"a + b", "a * b", "a.exp()"}
        found = structure(engine, have, (), exhaust=True, largest=3)  # type: ignore[arg-type]
    assert (found.standing, bool(found.complement)) == ("open", True)


RIGHT: Final[dict[str, Change]] = {
    "a power of e": passing(EXP, "math.e ** self.data"),
    "a quotient": passing(EXP, "1 / math.exp(-self.data)"),
    "base 2": passing(EXP, "2 ** (self.data / math.log(2))"),
    "expm1": passing(EXP, "math.expm1(self.data) + 1"),
    "by cmath": passing(EXP, "cmath.exp(self.data).real"),
    "by a complex detour": passing(EXP, "(cmath.exp(self.data + 0j) * complex(0, 1)).imag"),
    "numpy": passing(EXP, "np.exp(np.float64(self.data))"),
    "numpy squared": passing(EXP, "np.square(np.exp(self.data / 2))"),
    "a fraction": passing(EXP, "math.exp(fractions.Fraction(self.data))"),
    "operators as functions": passing(
        "self.grad += slope * out.grad",
        "self.grad = operator.add(self.grad, operator.mul(slope, out.grad))",
    ),
    "a reduction": passing(
        "slope * out.grad", "functools.reduce(lambda p, q: p * q, (slope, out.grad))"
    ),
    "a loop by hand": passing(
        "        for v in reversed(order):\n            v.rule()",
        "        left = iter(reversed(order))\n        while True:\n"
        "            try: v = next(left)\n            except StopIteration: break\n"
        "            v.rule()",
    ),
    "chained lists": passing(ORDER, "for v in itertools.chain([], reversed(order))"),
    "a stack": passing(
        "        for v in reversed(order):\n            v.rule()",
        "        stack = collections.deque(order)\n        while stack: stack.pop().rule()",
    ),
    "a generator": passing(
        "        for v in reversed(order):",
        "        def back():\n            yield from reversed(order)\n        for v in back():",
    ),
    "a name in the middle": passing(
        "            slope = y\n", "            if (slope := y) is None: pass\n"
    ),
    "a match on a text": passing(
        "            v.rule()",
        "            match v.op:\n                case '': pass\n                case _: v.rule()",
    ),
    "a text for people": passing('"exp")\n', '"exp")\n        out.label = f"exp({self.data})"\n'),
    "numbers computed late": Change((
        ("class Value:\n",
         ("class Value:\n    @property\n    def data(self):\n"
          "        if self._data is None: self._data = self.late()\n"
          "        return self._data\n\n")),
        ("self.data, self.grad = data, 0.0", "self._data, self.grad, self.late = data, 0.0, None"),
        ('        y = math.exp(self.data)\n        out = Value(y, (self,), "exp")\n',
         ('        out = Value(None, (self,), "exp")\n'
          "        out.late = lambda: math.exp(self.data)\n")),
        ("slope = y\n", "slope = out.data\n"),
    )),
}  # fmt: skip
UNUSUAL: Final[dict[str, Change]] = {
    "a counter for people": passing(
        "    def exp(self):", "    made = 0\n\n    def exp(self):\n        Value.made += 1"
    ),
    "a memory by identity": Change((
        (FIRST, "        if id(self) in KEPT: return KEPT[id(self)]\n" + FIRST),
        ("        return out\n\n    def backward",
         "        KEPT[id(self)] = out\n        return out\n\n    def backward"),
    ), "KEPT = {}\n"),
    "a pass that counts uses": passing(
        "        self.grad = 1.0\n", "        uses = {}\n        for v in order:\n"
        "            for c in v.children: uses[c] = uses.get(c, 0) + 1\n"
        "        if max(uses.values(), default=0) < 0: return\n        self.grad = 1.0\n",
    ),
    "a word that is printed": passing("slope = y\n", "slope = y\n            print(end='')\n"),
    "a number that is checked": passing(
        FIRST, FIRST + "        assert math.isfinite(float(repr(y)))\n"
    ),
    "a cache by number": passing(
        EXP, "e(self.data)", "@functools.lru_cache\ndef e(x): return math.exp(x)\n"
    ),
    "decimals": passing(EXP, "math.exp(float(decimal.Decimal(self.data)))"),
}  # fmt: skip
ALWAYS: Final = frozenset({"by a complex detour", "numbers computed late", "a generator"})


@pytest.mark.parametrize("name", [unmarked_if(name in ALWAYS, name) for name in RIGHT])
def test_right_ones_in_odd_styles_are_proven(name: str, tmp_path: Path) -> None:
    """Whatever is right, local and can be followed is proven, without condition."""
    found = theorems(RIGHT[name].text, tmp_path, "exp")
    assert [(t.standing, t.note, t.seen) for t in found if t.standing != "missing"] == [
        ("proven", "", ())
    ]


@pytest.mark.search
@pytest.mark.parametrize("name", UNUSUAL)
def test_right_ones_are_never_refuted(name: str, tmp_path: Path) -> None:
    """What cannot be followed is open or bounded, and nobody is accused."""
    path = tmp_path / "engine.py"
    path.write_text(UNUSUAL[name].text)
    with load(str(path), watched=True) as engine, load(str(path)) as plainly:
        proof = prove(engine, as_it_is(plainly), frozenset({"exp"}), 2)  # type: ignore[arg-type]
    assert proof.standing in {"open", "bounded", "conditional"}
