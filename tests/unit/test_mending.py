"""Parts of mending: lines watched, suspicion, edits, diffs, and what of the source is read."""

import ast
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from verify.checking.assess import examine, finding
from verify.engines import EngineInfo, load
from verify.engines.process import ProcessEngine
from verify.engines.workshop import Bench, Graphs, Ran, Watched, edited, paste, watch
from verify.expression.graph import Case, Graph
from verify.faults.base import SOURCE
from verify.mending import edits, localise, methods, scope, sense
from verify.mending.clutter import plainest
from verify.mending.edits import of_site
from verify.mending.from_0 import from_0
from verify.mending.localise import (
    Spectrum,
    localised,
    most_suspicious,
    of_networks,
    spectrum,
)
from verify.mending.mend import Mended
from verify.mending.search import Search
from verify.mending.show import diff, moved_back
from verify.mending.source import Sources, sources, with_cells
from verify.mending.syntax import Edit, Site, Text, Words, deleted
from verify.mending.trial import is_less, network_mistakes, still

ENGINE = """\
import math


class Value:
    def __init__(self, data, _prev=()):
        self.data, self.grad, self._prev = data, 0.0, tuple(_prev)
        self._backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def _backward():
            self.grad += (1 - t**2) * out.grad
        out._backward = _backward
        return out

    def backward(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()
"""
WORDS = Words("Value", "data", "grad", {"tanh": ".tanh()", "backward": ".backward()"})
BACK = (("backward", -1), ("read",))


def line_of(text: str, source: str = ENGINE) -> int:
    """The number of the only line that holds a text."""
    (found,) = [n for n, line in enumerate(source.splitlines(), 1) if text in line]
    return found


def edits_of(function: str, line: str, source: str = ENGINE) -> set[str]:
    """What the line of a method may become by one small edit."""
    text = Text("engine.py", source, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == function][:1]
    assert isinstance(method, ast.FunctionDef)
    atoms, upstream = scope.atoms(text, method), scope.upstream(text, method)
    number = line_of(line, source)
    found = set()
    for node in ast.walk(method):
        if getattr(node, "lineno", None) == number:
            for edit in of_site(Site(text, node, method, atoms, upstream)):
                found.add(edit.applied(source).splitlines()[number - 1].strip())
    return found


@pytest.mark.parametrize(
    ("method", "line", "wanted"),
    [
        ("tanh", "(1 - t**2)", "self.grad = (1 - t**2) * out.grad"),
        ("tanh", "(1 - t**2)", "self.grad += (1 - t) * out.grad"),
        ("tanh", "(1 - t**2)", "self.grad += (1 + t**2) * out.grad"),
        ("tanh", "(1 - t**2)", "self.grad += (t**2 - 1) * out.grad"),
        ("tanh", "(1 - t**2)", "self.grad += 1 - t**2"),
        ("tanh", "(1 - t**2)", "self.grad += (1 - t**2) * out.grad**2"),
        ("tanh", "t = math.tanh(self.data)", "t = math.tanh(self.grad)"),
        ("tanh", "t = math.tanh(self.data)", "t = self.data"),
        ("__mul__", "self.grad += other.data", "self.grad += self.data * out.grad"),
        ("__mul__", "self.grad += other.data", "other.grad += other.data * out.grad"),
        ("__mul__", "self.grad += other.data", "self.grad += -other.data * out.grad"),
        ("backward", "if v not in seen", "if id(v) not in seen:"),
        ("backward", "for v in reversed", "for v in topo:"),
    ],
)
def test_small_edits(method: str, line: str, wanted: str) -> None:
    """The edits that people make by mistake are there, either way round."""
    assert wanted in edits_of(method, line)


@pytest.mark.parametrize(
    ("method", "line", "wanted"),
    [
        ("__rsub__", "return self + (-other)", "return other + (-self)"),
        ("__rtruediv__", "return self.other * other**-1", "return other.other * self**-1"),
        ("neg", "return Value(-self.data, (self, -1))", "return Value(-self.data, ((self, -1),))"),
        ("neg", "return Value(-self.dat, self.data)", "return Value(-self.data, self.data)"),
        ("p", "return 2 * self.data ** other - 1", "return 2 * self.data ** (other - 1)"),
        ("p", "return f(2 * self.data ** n - 1) * g", "return f(2 * self.data ** (n - 1)) * g"),
    ],
)
def test_small_edits_of_one_line(method: str, line: str, wanted: str) -> None:
    """Operands that stand for each other, a tuple of one, and a name that occurs nowhere else."""
    source = f"class Value:\n    def {method}(self, other=2):\n        {line}\n        self.data\n"
    text = Text("engine.py", source, WORDS)
    function = text.tree.body[0].body[0]  # type: ignore[attr-defined]  # a class
    found = set()
    for node in ast.walk(function):
        for edit in of_site(Site(text, node, function, (), ())):
            found.add(edit.applied(source).splitlines()[2].strip())
    assert wanted in found


def test_what_nobody_reads_is_stored_nowhere_else() -> None:
    """``ctx.prec = 10`` on another object is left out in hiding: only what is read may move."""
    marked = ENGINE.replace("        out._backward = _backward", "        out.mark = 10", 1)
    read = f"{marked}\nprint(Value(1.0).mark)\n"
    assert "self.mark = 10" not in edits_of("__add__", "out.mark = 10", marked)
    assert "self.mark = 10" in edits_of("__add__", "out.mark = 10", read)


def test_no_node_stands_where_a_number_stood() -> None:
    """``t`` may become the value of the result, never the result: the gradient would be a node."""
    made = edits_of("tanh", "(1 - t**2)")
    assert "self.grad += (1 - out.data**2) * out.grad" in made
    assert {f"self.grad += (1 - {node}**2) * out.grad" for node in ("out", "self")} & made == set()


def test_no_class_stands_where_something_else_stood() -> None:
    """As a condition it is always true: ``not cls`` takes a branch out, and says nothing."""
    pool = "class Value:\n    def __new__(cls, x, at=()):\n        if not at:\n            x = 1\n"
    made = edits_of("__new__", "not at", pool)
    assert "if not x" in {edit.partition(":")[0].strip() for edit in made}
    assert not any("cls" in edit.partition(":")[0] for edit in made)


def test_an_edit_keeps_what_brackets_hold_together() -> None:
    """Every edit of a line is Python, and none takes an expression apart."""
    for made in edits_of("tanh", "(1 - t**2)"):
        ast.parse(made)
    assert "self.grad += ((1 - t**2) * out.grad)**2" not in edits_of("tanh", "t = math.tanh")
    assert "self.grad += (1 - t)**2 * out.grad" not in {"", *edits_of("tanh", "out = Value(t, (")}


def test_the_right_formula_in_the_files_own_names() -> None:
    """The course's formula, with what the method itself calls its numbers."""
    text = Text("engine.py", ENGINE, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "tanh"]
    assert isinstance(method, ast.FunctionDef)
    line = line_of("(1 - t**2)")
    made = {edit.applied(ENGINE).splitlines()[line - 1].strip()
            for edit in methods.formulas(text, method, "tanh", {line})}  # fmt: skip
    assert "self.grad += (1 - math.tanh(self.data)**2) * out.grad" in made


def test_ochiai() -> None:
    """What all failing and no passing cases run is 1; what they share less, by the formula."""
    own, shared = ("e.py", 1), ("e.py", 2)
    bad = Watched((Ran("forward", 2, own), Ran("forward", 2, shared)))
    good = Watched((Ran("forward", 2, shared),))
    assert spectrum([bad], [good, good, good]).scores == {own: 1.0, shared: 0.5}


@pytest.mark.parametrize(
    ("text", "arithmetic", "expected"),
    [
        ("other = node(other)\nreturn Node(x * y, [(self, y)])", False, 2),
        ("a, b = lift(a), lift(b)\nreturn T(a.v + b.v)", False, 2),
        ("def exp(self): return Node(Exp(), self)\nif a > 20:", False, 2),
        ("e = math.exp(self.x)\nreturn Node(e, [(self, 2 * e)])", False, 1),
        ("e = math.exp(self.x)\nreturn Node(e, [(self, 2 * e)])", True, 2),
    ],
)
def test_of_equally_suspicious_lines_the_one_that_computes(
    text: str, arithmetic: bool, expected: int
) -> None:
    """A line that makes an operand a node is no rule; a local derivative has arithmetic."""
    texts = Sources(EngineInfo("e.py", "e.py", "Node", "3.11"), {"e.py": text})
    lines = [("e.py", 1), ("e.py", 2)]
    marked = Spectrum(dict.fromkeys(lines, 1.0))
    found = most_suspicious(marked, lines, texts, arithmetic=arithmetic)
    assert found is not None
    assert found.line == expected


def test_lines_that_run_and_the_line_that_writes(tmp_path: Path) -> None:
    """The operation's forward, its rule, and the line after which the gradient is another one."""
    path = tmp_path / "engine.py"
    path.write_text(ENGINE, encoding="utf-8")
    case = Case.parse("a * b", a=2.0, b=3.0)
    with load(str(path)) as engine:
        seen = watch(engine, Graphs(case.graph, case.point, BACK), 1)
    built = {ran.line[1] for ran in seen.ran if (ran.during, ran.node) == ("forward", 2)}
    assert line_of("self.data * other.data,") in built
    assert [line for _, line in seen.wrote] == [line_of("other.grad += self.data")]


def test_a_rule_that_other_forms_of_the_operation_run_as_well(tmp_path: Path) -> None:
    """Wrong at equal operands alone: ``a * 2`` runs the same rule, and does not acquit it."""
    path, rule = tmp_path / "engine.py", "            self.grad += other.data * out.grad\n"
    tied = rule.replace("+= ", "+= 0.0 if self is other else ")
    lost = tied + "            if self is not other:\n    "
    text = ENGINE.replace(rule, lost)
    path.write_text(text, encoding="utf-8")
    case = Case.parse("a * a", a=2.0)
    with load(str(path)) as engine:
        found = finding(engine, examine(engine, case), "small", case, needed=frozenset({"mul"}))
        (told,) = localised(engine, [found], {"a * 2": "correct", "a + b": "correct"})
    assert told.rule is not None
    assert "0.0 if self is other" in told.rule.text


BY_NAME = """\
import operator


class Num:
    def __init__(self, x, edges=()):
        self.x, self.grad, self.edges = x, 0.0, edges

    def backward(self):
        self.grad = 1.0
        for part, slope in self.edges:
            part.grad += slope


def rule(name, dx, dy):
    def method(self, other):
        other = other if isinstance(other, Num) else Num(other)
        out = getattr(operator, name)(self.x, other.x)
        return Num(out, [(self, dx(self.x, other.x)), (other, dy(self.x, other.x))])
    return method


for name, dx, dy in [
    ("sub", lambda a, b: 1.0, lambda a, b: -1.0),
    ("truediv", lambda a, b: 1 / b, lambda a, b: -a / b**2),
]:
    setattr(Num, f"__{name}__", rule(name, dx, dy))
"""


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ('    setattr(Num, f"__r{name}__", rule(name, dx, dy))\n', "setattr(Num, f"),
        ("Num.__rsub__, Num.__rtruediv__ = Num.__sub__, Num.__truediv__\n", None),
    ],
)
@pytest.mark.parametrize("text", ["2 - a", "2 / a"])
def test_what_runs_the_lines_of_a_right_operation_is_bound_wrongly(
    tmp_path: Path, bound: str, told: str | None, text: str
) -> None:
    """No line that ``a - b`` runs as well is to blame for ``2 - a``, nor the one that makes it."""
    path, case = tmp_path / "engine.py", Case.parse(text, a=3.0)
    path.write_text(BY_NAME + bound, encoding="utf-8")
    with load(str(path)) as engine:
        found = finding(engine, examine(engine, case), "forms", case)
        right = dict.fromkeys(("a - b", "a - 2", "a / b", "a / 2"), "correct")
        (where,) = localised(engine, [found], right)
    assert where.rule == where.forward
    assert (where.rule is None) == (told is None)
    assert where.rule is None or where.rule.text.strip().startswith(f'{told}"__r')


def test_copies_are_tried_without_a_file(tmp_path: Path) -> None:
    """An edited copy answers as edited; the file is as it was, and so is the engine."""
    path = tmp_path / "engine.py"
    path.write_text(ENGINE, encoding="utf-8")
    changed = ENGINE.replace("other.data * out.grad", "5 * out.grad")
    asked = Graphs(Graph.parse("a * b"), (2.0, 3.0), BACK)
    with load(str(path)) as engine, Bench(engine) as bench:
        said = bench.load({str(path): changed}, [asked])
        copy = edited(engine, {str(path): changed})
        assert copy is not None
        with copy:
            again = copy.run(asked.graph, asked.point)[-1]
        assert said is not None
        assert [said[0].gradients[0], again.gradients[0]] == [5.0, 5.0]
        assert engine.run(asked.graph, asked.point)[-1].gradients[0] == 3.0
    assert path.read_text(encoding="utf-8") == ENGINE


def test_a_plain_program_meets_the_copy(tmp_path: Path) -> None:
    """A program that imports the file of a copy gets the edited text, as any check of it does."""
    path = tmp_path / "engine.py"
    path.write_text(f"# coding: latin-1\n# \xe9\n{ENGINE}", encoding="latin-1")
    changed = path.read_text(encoding="latin-1").replace("other.data * out.grad", "5 * out.grad")
    program = "a = Value(2.0)\n(a * Value(3.0)).backward()\nprint(a.grad)"
    with load(str(path)) as engine:
        copy = edited(engine, {str(path): changed})
        assert isinstance(engine, ProcessEngine)
        assert isinstance(copy, ProcessEngine)
        with copy:
            printed = [one.as_program("Value", program) for one in (engine, copy)]
    assert printed == ["3.0\n", "5.0\n"]


@pytest.mark.slow
def test_a_copy_that_is_no_engine(tmp_path: Path) -> None:
    """A syntax error, and one that never comes back, are no copies; the next one is tried."""
    path = tmp_path / "engine.py"
    path.write_text(ENGINE, encoding="utf-8")
    with load(str(path)) as engine, Bench(engine) as bench:
        assert bench.load({str(path): "class Value("}, []) is None
        assert bench.load({str(path): "while True: pass"}, []) is None
        assert bench.load({str(path): ENGINE}, []) == []


BESIDE = """
class Value:
    def __init__(self, data, edges=()):
        self.data, self.edges, self.grad, self.adjoint = data, edges, 0.0, 0.0

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def push(self):
        for p, s in self.edges:
            p.adjoint += s * self.adjoint
            p.push()

    def backward(self):
        self.adjoint = 1.0
        self.push()
        self.move()

    def move(self):
        self.grad += self.adjoint
        for p, _ in self.edges:
            p.move()
"""


def test_a_copy_that_is_read_elsewhere_mends_nothing(tmp_path: Path) -> None:
    """Its gradients are wrong where they are read, and right in what they are summed in."""
    path = tmp_path / "engine.py"
    path.write_text(BESIDE, encoding="utf-8")
    graph = Graph.parse("a * b")
    asked = [Graphs(graph, (2.0, 3.0), (("backward", -1), ("read",)))]
    with load(str(path)) as engine, Bench(engine) as bench:
        texts = {str(path): BESIDE.replace("self.grad += self", "self.grad -= self")}
        assert bench.load(texts, asked) is None
        (reading,) = bench.load({str(path): BESIDE}, asked) or []
        assert reading.gradients == (3.0, 2.0, 1.0)


def test_a_program_is_run_where_the_engine_is(tmp_path: Path) -> None:
    """What it prints comes back, and what it raises."""
    path = tmp_path / "engine.py"
    path.write_text(ENGINE, encoding="utf-8")
    program = "from engine import Value\na = Value(2.0)\nb = a * a\nb.backward()\nprint(a.grad)"
    with load(str(path)) as engine:
        said = paste(engine, program, inside=False)
        bad = paste(engine, "print(1)\n1 / 0", inside=False)
    assert said is not None
    assert bad is not None
    assert bad.raised is not None
    assert (said.lines, said.raised) == (("4.0",), None)
    assert (bad.lines, bad.raised.type) == (("1",), "ZeroDivisionError")


def test_only_the_engines_own_files_are_read(tmp_path: Path) -> None:
    """A file that a worker names and that lies elsewhere is not believed to be the engine's."""
    folder = tmp_path / "student"
    folder.mkdir()
    path, secret = folder / "engine.py", tmp_path / "secret.py"
    path.write_text(ENGINE, encoding="utf-8")
    secret.write_text("PASSWORD = 1", encoding="utf-8")
    with load(str(path)) as engine:
        read = sources(engine.info, [str(path), str(secret), "/etc/hostname"])
    assert list(read.texts) == [str(path)]


def test_an_edit_after_others_in_the_lines_of_the_file() -> None:
    """The line numbers of a diff are those of the file as it is."""
    before = "a = 1\nb = 2\nc = 3\n"
    after = "zero = 0\na = 1\nb = 2\nc = 3\n"
    edit = Edit("f", after.index("3"), after.index("3") + 1, "4", 1.0, "", 4)
    back = moved_back(edit, before, after)
    assert back is not None
    assert (back.line, back.applied(before)) == (3, "a = 1\nb = 2\nc = 4\n")
    assert moved_back(Edit("f", 0, 4, "x", 1.0, "", 1), before, after) is None
    assert "-c = 3" in diff("f", before, back.applied(before)).splitlines()


def test_cells_of_a_notebook_are_changed_in_a_copy(tmp_path: Path) -> None:
    """The copy is the same notebook with that cell; the notebook is not written."""
    path = tmp_path / "engine.ipynb"
    text = '{"cells": [{"cell_type": "markdown", "source": ["# Title"]}, {"cell_type": "code",'
    text += ' "outputs": [], "source": ["a = 1\\n", "b = 2"]}], "nbformat": 4}'
    path.write_text(text, encoding="utf-8")
    copy = with_cells(str(path), {"<cell 2>": "a = 1\nb = 3"})
    assert '"b = 3"' in copy
    assert '"# Title"' in copy
    assert path.read_text(encoding="utf-8") == text


def test_a_file_beside_a_notebook_is_read_as_well(tmp_path: Path) -> None:
    """The engine that its cells import is where the line is; the copy is then of that file."""
    book, file = tmp_path / "hw.ipynb", str(tmp_path / "engine.py")
    cell = '{"cell_type": "code", "source": "from engine import Value"}'
    book.write_text(f'{{"cells": [{cell}], "nbformat": 4}}', encoding="utf-8")
    Path(file).write_text("a = 1\n", encoding="utf-8")
    info = EngineInfo(str(book), str(book), "Value", "3.11", {}, "", (), has_backward=True)
    read = sources(info, [file, "<cell 1>"])
    assert dict(read.texts) == {"<cell 1>": "from engine import Value", file: "a = 1\n"}
    assert read.shown(file) == "engine.py"
    changed = {**read.texts, file: "a = 2\n"}
    assert Mended((), changed, read).copy() == "a = 2\n"
    assert "import Scalar" in Mended((), {**read.texts, "<cell 1>": "import Scalar"}, read).copy()
    with pytest.raises(ValueError, match="2 files"):
        Mended((), {**changed, "<cell 1>": "b = 3"}, read).copy()


GUARDED = """\
class Value:
    def log(self):
        out = Value(1, (self,))

        def _backward():
            if abs(self.data) < 1e-6:
                g = 0.0
            else:
                g = 1 / self.data
            if out.grad > 5: out.grad = 5
            self.grad += g * out.grad * (self.data < 9)
            self.grad += 0.0 if self.data > 3 else out.grad
        return out
"""


def guarded(name: str) -> set[str]:
    """The texts after edits of that name."""
    text = Text("engine.py", GUARDED, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "log"]
    assert isinstance(method, ast.FunctionDef)
    found = list(methods.guards(text, method))
    for node in ast.walk(method):
        found += of_site(Site(text, node, method, [], []))
    made = {edit.applied(GUARDED) for edit in found if edit.name == name}
    for each in made:
        ast.parse(each)
    return made


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{' ' * 12}if abs(self.data) < 1e-6:\n{' ' * 16}g = 0.0\n{' ' * 12}else:\n    ", ""),
        (" * (self.data < 9)", ""),
        ("0.0 if self.data > 3 else ", ""),
        ("            if out.grad > 5: out.grad = 5\n", ""),
        ("if out.grad > 5: ", ""),
    ],
)
def test_a_guard_is_taken_away(before: str, after: str) -> None:
    """A condition and what hangs on it: a branch, a factor, a statement."""
    assert before in GUARDED
    assert GUARDED.replace(before, after) in guarded(edits.GUARD)


KEPT = """\
order, limits = [], (1, 2)


class Value:
    topo, names = [], 3
    seen = set()

    def build(self, visited=set(), trace=dict(), depth=0):
        self.topo.append(self)

    def backward(self, found=[]):
        \"""The pass.\"""
        self.build()
        for v in (found, order, self.seen, limits):
            v.rule()
"""


def test_what_outlives_a_pass_is_emptied_when_it_begins() -> None:
    """Lists of the module, of the class, of a default: all of them, as the pass names them."""
    text = Text("engine.py", KEPT, WORDS)
    (function,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "backward"]
    assert isinstance(function, ast.FunctionDef)
    first, *alone = [edit.applied(KEPT) for edit in methods.emptied(text, function)]
    kept = ["found", "order", "self.seen", "self.topo"]
    lines = "".join(f"        {name}.clear()\n" for name in kept)
    assert first == KEPT.replace("        self.build()\n", f"{lines}        self.build()\n")
    assert len(alone) == len(kept)


MARKED = """
class Value:
    seen: bool = False

    def __init__(self, data):
        self.data, self.label = data, ""
        self.grad = 0.0
        self.done = None
        self.steps = 0

    def order(self, found):
        if self.done is None and not self.seen:
            self.done = self.seen = True
            self.grad = 1.0
            self.label = "met"
            found.append(self)
        return found

    def backward(self):
        for v in self.order([]):
            v.step()
"""


def test_marks_on_nodes_are_set_back_by_the_pass() -> None:
    """Those that begin as nothing and that a condition asks for; no number, and no name."""
    text = Text("engine.py", MARKED, WORDS)
    (function,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "backward"]
    assert isinstance(function, ast.FunctionDef)
    made = {edit.applied(MARKED) for edit in methods.emptied(text, function)}
    step = "            v.step()\n"
    lines = {f"            v.{line}\n{step}" for line in ("seen = False", "done = None")}
    assert made == {MARKED.replace(step, line) for line in lines}


HELD = """
class Value:
    _one = [None]

    def _unary(self, y, slope):
        self._one[0] = self
        return Value(y, self._one, (slope,))

    def gradients(self, root):
        grads = {root: 1.0}
        for v, p in self.edges:
            if p not in grads:
                grads[p] = 1.0
            elif v is not root:
                grads[p] += 1.0
"""


def test_a_list_is_no_number_and_no_node() -> None:
    """What a node keeps of it is a copy; twice as long it would be right by chance."""
    made = edits_of("_unary", "return", HELD)
    assert "return Value(y, list(self._one), (slope,))" in made
    assert not any("self._one *" in each or "-self._one" in each for each in made)
    made = edits_of("gradients", "is not root", HELD)
    assert not any("grads" in each for each in made)


KEYED = """
class Value:
    def __init__(self, data, pairs):
        self.data, self.shares = data, {}
        for operand, share in pairs:
            self.shares[operand] = share
            self.shares[0:1] = share
"""


def test_of_two_shares_under_one_key_both_are_kept() -> None:
    """An operand that is given twice has one key, and the sum of its shares."""
    text = Text("engine.py", KEYED, WORDS)
    (function,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__init__"]
    assert isinstance(function, ast.FunctionDef)
    (made,) = [edit.applied(KEYED) for edit in methods.accumulated(text, function)]
    both = "self.shares[operand] = self.shares.get(operand, 0) + share"
    assert made == KEYED.replace("self.shares[operand] = share", both)


def test_a_branch_is_taken_whatever_it_asks() -> None:
    """`elif` becomes `else`."""
    text = Text("engine.py", HELD, WORDS)
    (function,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "gradients"]
    assert isinstance(function, ast.FunctionDef)
    made = {edit.applied(HELD) for edit in methods.guards(text, function)}
    assert HELD.replace("elif v is not root", "else") in made


COMMENTED = "def f(a, b):\n    if a == b:\n        return 1  # one\n    return 2\n"


def test_the_comment_behind_what_is_taken_away_goes_with_it() -> None:
    """It would stand alone, where it says nothing."""
    text = Text("engine.py", COMMENTED, WORDS)
    (function,) = [n for n in text.tree.body if isinstance(n, ast.FunctionDef)]
    made = {edit.applied(text.text) for edit in methods.guards(text, function)}
    assert "def f(a, b):\n    return 2\n" in made


def test_a_function_is_given_lists_of_its_own() -> None:
    """A default is made once, when the function is defined: a call brings new ones."""
    text = Text("engine.py", KEPT, WORDS)
    (function,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "backward"]
    assert isinstance(function, ast.FunctionDef)
    statement = function.body[1]
    assert isinstance(statement, ast.Expr)
    call = statement.value
    made = [e.new for e in of_site(Site(text, call, function, [], [])) if "own" in e.name]
    assert made == ["self.build(visited=set(), trace=dict())"]


def test_all_gradients_of_a_rule_are_added_at_once() -> None:
    """Both assignments become sums in one edit; a lone one is left to the edit of one statement."""
    assigned = ENGINE.replace("self.grad += out.grad", "self.grad = out.grad")
    both = assigned.replace("other.grad += out.grad", "other.grad = out.grad")
    made = []
    for source in (assigned, both):
        text = Text("engine.py", source, WORDS)
        methods_ = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__add__"]
        assert isinstance(methods_[0], ast.FunctionDef)
        made.append([e.applied(source) for e in methods.accumulated(text, methods_[0])])
    assert made == [[], [ENGINE]]


def test_of_a_guard_and_its_limit_the_guard_goes() -> None:
    """``abs(x) < 0`` passes as well as no condition at all, and nobody would write it."""
    text = Text("engine.py", GUARDED, WORDS)
    test = next(n for n in ast.walk(text.tree) if isinstance(n, ast.If)).test
    assert isinstance(test, ast.Compare)
    moved = text.replacing(test.comparators[0], "0", 2.0, "a limit moved")
    method = text.functions({2})[0]
    removed = next(iter(methods.guards(text, method)))
    assert moved is not None
    search = Search(Bench(None), None, [], {"engine.py": GUARDED})  # type: ignore[arg-type]
    assert search._nearest([(1.0, moved), (2.0, removed)]) is removed
    assert search._nearest([(1.0, moved)]) is moved


@pytest.mark.parametrize(
    ("line", "chosen", "others"),
    [
        ("1.0 if n % 7 else 1.5", "1.0", ["1.0 if n else 1.5", "1.0 if n % 7 else 1"]),
        ("t * (1 if s < 9 else 1.5)", "t", ["t * (1)", "t * (1 if s < 9 else 1)"]),
        ("(g(n) if n < 10 else n)", "g(n)", ["(n if n < 10 else n)", "(g(n) if n < 0 else n)"]),
        ("1 / (x + (2 if x > 3 else 0))", "1 / x", ["1 / (x + (0 if x > 3 else 0))"]),
        ("1 / max(x, 0.02)", "1 / x", ["1 / max(x, -0.02)"]),
    ],
)
def test_of_changes_that_pass_the_plainest_is_shown(
    line: str, chosen: str, others: list[str]
) -> None:
    """None that leaves a half of a condition, or a limit, which never counts, or a factor of 1."""
    source = f"def f():\n    return {line}\n"
    text = Text("f.py", source, WORDS)
    (function,) = text.functions({2})
    made = [e for n in ast.walk(function) for e in of_site(Site(text, n, function, [], []))]
    values = {e.applied(source).partition("return ")[2].strip(): (e.cost, e) for e in made}
    passing = [values[value] for value in (*others, chosen)]
    assert plainest(passing, {"f.py": source}) == [values[chosen]]
    assert plainest(passing[:1], {"f.py": source}) == passing[:1]


def test_nothing_is_put_into_a_question() -> None:
    """``isinstance(x**2, Value)`` is another way of never asking."""
    source = "def f(x):\n    x = x if isinstance(x, Value) else Value(x)\n"
    text = Text("f.py", source, WORDS)
    (function,) = text.functions({2})
    made = [e for n in ast.walk(function) for e in of_site(Site(text, n, function, ["x"], []))]
    assert [e.new for e in made if "isinstance(x*" in e.applied(source)] == []


FORGETS = ENGINE + "            v._backward = lambda: None\n"


def test_a_statement_is_deleted_and_not_moved_where_both_pass() -> None:
    """Rules that a pass throws away: a person deletes that line, and does not move it elsewhere."""
    text = Text("engine.py", FORGETS, WORDS)
    method = text.functions({FORGETS.count("\n")})[0]
    last = max(
        (n for n in ast.walk(method) if isinstance(n, ast.Assign)), key=lambda node: node.lineno
    )
    moved = [e for e in methods.moves(text, method) if e.line == last.lineno]
    left_out = [e for e in of_site(Site(text, last, method, [], [])) if e.name == edits.LEFT_OUT]
    search = Search(Bench(None), None, [], {"engine.py": FORGETS})  # type: ignore[arg-type]
    passing = [(edit.cost, edit) for edit in (*moved, *left_out)]
    assert {edit.name for edit in moved} == {methods.MOVED, methods.OUT_OF}
    assert search._nearest(passing) is left_out[0]
    assert search._nearest(passing[:1]) is moved[0]


def test_of_equal_changes_the_one_in_the_rule_is_shown() -> None:
    """Not the one to what is kept for it: ``save(y**2)`` is right, and leaves the rule wrong."""
    text = "def forward(y):\n    save(y)\n\ndef backward(g, y):\n    return -g * y\n"
    at = text.index("y)\n"), text.index("y\n")
    made = zip(at, (2, 5), strict=True)
    kept, rule = (Edit("engine.py", x, x + 1, "y**2", 2.0, "", n) for x, n in made)
    search = Search(Bench(None), None, [], {"engine.py": text})  # type: ignore[arg-type]  # no engine is asked
    assert search._nearest([(1.0, kept), (1.0, rule)]) is kept
    search.late = {("engine.py", rule.line)}
    assert search._nearest([(1.0, kept), (1.0, rule)]) is rule


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("def f(x):\n    a = x\n    # why\n    b = 1  # not so\n    return a\n",
         "def f(x):\n    a = x\n    # why\n    return a\n"),
        ("if x:\n    b = 1\n", "if x:\n    pass\n"),
        ("a = 2; b = 1\n", "a = 2; pass\n"),
        ("a = 2\nb = 1", "a = 2\n"),
    ],
)  # fmt: skip
def test_what_is_left_out_leaves_no_line_behind(text: str, after: str) -> None:
    """``pass`` stands only where a block would have nothing in it."""
    start = text.index("b = 1")
    edit = Edit("engine.py", start, start + 5, "pass", 4.0, edits.LEFT_OUT, 1)
    assert deleted(edit, text).applied(text) == after


@pytest.mark.parametrize(
    ("line", "old", "new", "after"),
    [
        ("v.grad = min(9.0, v.grad)", "min(9.0, v.grad)", "v.grad", ""),
        ("v.grad = min(9.0, v.data)", "min(9.0, v.data)", "v.data", "    v.grad = v.data\n"),
        ("v.grad += min(9.0, v.grad)", "min(9.0, v.grad)", "v.grad", "    v.grad += v.grad\n"),
    ],
)
def test_what_is_stored_where_it_came_from_leaves_no_line_behind(
    line: str, old: str, new: str, after: str
) -> None:
    """``v.grad = v.grad`` does nothing."""
    text = f"for v in topo:\n    {line}\n    v.rule()\n"
    start = text.index(old)
    edit = Edit("engine.py", start, start + len(old), new, 2.0, "a clamp removed", 2)
    assert deleted(edit, text).applied(text) == f"for v in topo:\n{after}    v.rule()\n"


def test_limits_on_both_sides_are_taken_away_at_once() -> None:
    """One alone would leave the other one, where numbers are wrong all the same."""
    limited = ENGINE.replace("math.tanh(self.data)", "math.tanh(max(-5.0, min(self.data, 5.0)))")
    assert "t = math.tanh(self.data)" in edits_of("tanh", "t = math.tanh", limited)


def test_no_table_of_results_is_emptied_by_the_operation_that_fills_it() -> None:
    """It would never be used: that is no mend but the table in another form."""
    kept = ENGINE.replace("class Value:\n", "class Value:\n    known = {}\n\n").replace(
        "        out = Value(t, (self,))\n",
        "        if t in Value.known:\n            return Value.known[t]\n"
        "        out = Value.known[t] = Value(t, (self,))\n",
    )
    text = Text("engine.py", kept, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "tanh"]
    assert isinstance(method, ast.FunctionDef)
    assert scope.outliving(text, method) == ["Value.known"]
    assert not list(methods.emptied(text, method))


@pytest.mark.parametrize(
    ("special", "rule"), [("__mul__", True), ("__sub__", False), ("__pow__", True)]
)
def test_an_operator_with_a_rule_of_its_own_is_mended_there_first(
    special: str, *, rule: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To write it from others throws the rule away: that is a method written anew."""
    monkeypatch.setitem(methods.DERIVED, special, ("self + other",))
    source = ENGINE + "\n    def __sub__(self, other):\n        return self + other * 1\n"
    source += "\n    def __pow__(self, n):\n        return Value(self.data**n, (self,), (2.0,))\n"
    (made,) = [e for e in methods.derived(Text("engine.py", source, WORDS), special)
               if e.name == "from others"]  # fmt: skip
    assert made.rewritten is rule
    assert (made.cost > 4.5) is rule


def test_what_was_made_a_node_is_no_number() -> None:
    """After ``other = other if … else Value(other)`` a formula says ``other.data``."""
    text = Text("engine.py", ENGINE, WORDS)
    functions = {n.name: n for n in ast.walk(text.tree) if isinstance(n, ast.FunctionDef)}
    assert "other" not in scope.atoms(text, functions["__mul__"])
    assert "other.data" in scope.atoms(text, functions["__mul__"])
    power = ENGINE + "\n    def __pow__(self, other):\n        return Value(self.data**other)\n"
    text = Text("engine.py", power, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__pow__"]
    assert isinstance(method, ast.FunctionDef)
    assert "other" in scope.atoms(text, method)


def test_what_has_a_gradient_has_a_number() -> None:
    """``a.data``, which a wrong rule does not read, is what the right one asks for."""
    rule = "def pull(self):\n    a, = self.prev\n    a.grad += 1 * self.grad\n"
    text = Text("engine.py", rule, WORDS)
    (method,) = text.tree.body
    assert isinstance(method, ast.FunctionDef)
    assert "a.data" in scope.atoms(text, method)


@pytest.mark.parametrize(
    "wrong",
    ["other = Value(other.data if isinstance(other, Value) else other)", "other = Value(other)"],
)
def test_a_node_is_wrapped_no_second_time(wrong: str) -> None:
    """A copy of an operand gets the gradient, and nobody holds the copy."""
    right = "other = other if isinstance(other, Value) else Value(other)"
    source = ENGINE.replace(right, wrong, 1)
    text = Text("engine.py", source, WORDS)
    (method,) = [n for n in ast.walk(text.tree) if getattr(n, "name", "") == "__add__"]
    assert isinstance(method, ast.FunctionDef)
    made = {edit.applied(source): edit.cost for edit in methods.insertions(text, method, "add")}
    assert made[ENGINE] == 2.0


def test_a_search_ends_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many groups fail, no edit is tried after the time of all findings."""
    clock = itertools.count()
    tried: list[str] = []
    groups = iter([("a + b", "alone"), ("a * b", "alone"), ("a - b", "alone")])
    monkeypatch.setattr(Search, "_clock", lambda _: float(next(clock)))
    monkeypatch.setattr(Search, "_next", lambda _: next(groups))
    monkeypatch.setattr(Search, "_mend", lambda _, group, __: tried.append(group))
    search = Search(Bench(None), None, [], {}, most=2.5)  # type: ignore[arg-type]
    assert list(search.steps()) == []
    assert tried == ["a + b", "a * b"]


@pytest.mark.parametrize(
    ("known", "now", "breaks"),
    [
        (set(), {("gradient", 0)}, True),
        ({("gradient", 1)}, {("gradient", 0)}, False),  # two mistakes made up for each other
        ({("gradient", 1)}, {("gradient", 0), ("gradient", 1)}, True),
    ],
)
def test_what_is_right_by_two_mistakes_may_become_wrong(
    known: set[tuple[str, int]], now: set[tuple[str, int]], *, breaks: bool
) -> None:
    """Both gradients of a product swapped: a quotient made of it was right in one by chance."""
    asked = SimpleNamespace(graph=Graph.parse("2 / a"))
    task = SimpleNamespace(level="alone", asked=asked)
    judging = SimpleNamespace(wrong=lambda _, said: frozenset(said))
    bench = SimpleNamespace(ask=lambda _: [now])
    search = Search(bench, judging, [task], {})  # type: ignore[arg-type, list-item]
    search.wrong = {0: frozenset(known)} if known else {}  # type: ignore[arg-type]
    assert search._breaks([0]) is breaks


def test_a_network_that_was_right_stays_right() -> None:
    """What is asked last may come out where something was wrong, and nowhere else."""
    output, training = ((2, 2, 1), "output of MLP(2, [2, 1])"), (2, 2, 1)
    assert is_less({(training, "training of MLP(2, [2, 1])")}, {output})
    assert is_less(set(), {output})
    assert not is_less({((1, 1), "training of MLP(1, [1])")}, {output})
    assert not is_less({(training, "parameters of MLP(2, [2, 1])")}, {output})
    assert not is_less({output}, {output})
    zeroed, moved = "zero_grad (.zero_grad()) of MLP", "parameter after an update of MLP"
    assert is_less({(training, moved)}, {(training, zeroed)})
    assert not is_less({(training, zeroed)}, {(training, moved)})


def test_what_is_wrong_of_a_network_is_looked_for_in_the_method_of_that_name() -> None:
    """Lines of ``parameters`` are suspicious where parameters are wrong, others less."""
    made, listed = "def __init__(self):\n        pass", "def parameters(self):\n        return []"
    text = Text("net.py", f"class Net:\n    {made}\n\n    {listed}\n", WORDS)
    scores = of_networks(text, ["parameters of Net(2, [1])"])
    assert {line for line, score in scores.items() if score > 0.1} == {5, 6}
    assert set(of_networks(text, ["training of Net(2, [1])"]).values()) == {0.1}


@pytest.mark.parametrize(("layered", "lines"), [(False, {2, 3, 6, 7}), (True, {6, 7})])
def test_what_is_right_of_one_layer_is_not_looked_for_in_it(layered: bool, lines: set[int]) -> None:
    """A class that another makes is not suspected where networks of one layer are right."""
    call = "    def __call__(self, x):\n        return {}\n"
    source = f"class Layer:\n{call.format('x')}\nclass Net:\n{call.format('Layer()(x)')}"
    text = Text("net.py", source, WORDS)
    scores = of_networks(text, ["output of Net(2, [2, 1])"], layered=layered)
    assert {line for line, score in scores.items() if score > 0.1} == lines


def test_what_ends_the_exercise_is_not_asked_later() -> None:
    """Behind it nothing was judged: what was wrong before may be wrong still."""
    output = ((1, 1), "output of MLP(1, [1])")
    assert is_less({((1, 1), "training of MLP(1, [1])")}, {output})
    assert not is_less({((1, 1), "ended: training of MLP(1, [1])")}, {output})


def test_a_copy_that_zeroes_nothing_for_want_of_a_list_has_the_mistake_before_it(
    tmp_path: Path,
) -> None:
    """A neuron without its bias is not mended by a ``zero_grad`` that raises."""
    bias, zeroed = "total = self.b", "in self.parameters():"
    assert bias in SOURCE
    assert zeroed in SOURCE
    wrong = SOURCE.replace(bias, "total = Value(0.0)")
    found = []
    for name, text in (("wrong", wrong), ("copy", wrong.replace(zeroed, "in self:"))):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        with load(str(path)) as engine:
            found.append(network_mistakes(engine, [(1, 1)]))
    before, after = found
    assert before
    assert after
    assert not is_less(after, before)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return total.tanh() if", "return -total.tanh() if"),  # nobody's usual network
        ("zip(self.w, x)", "zip(-self.w, x)"),  # cannot be called
    ],
)
@pytest.mark.parametrize("network", ["class MLP", "class Another"])
def test_a_copy_whose_networks_cannot_be_judged_mends_nothing(
    tmp_path: Path, old: str, new: str, network: str
) -> None:
    """What is wrong in a network, or in a neuron where there is none, may be wrong still."""
    assert old in SOURCE
    wrong = SOURCE.replace("total = self.b", "total = Value(0.0)").replace("class MLP", network)
    found = []
    for name, text in (("wrong", wrong), ("copy", wrong.replace(old, new))):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        with load(str(path)) as engine:
            found.append(network_mistakes(engine, [(2,), (2, 2, 1)]))
    before, after = found
    assert before
    assert not is_less(after, before)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("total = Value(0)", "total = self.b", False), ("self.layers = [", "self.layers = -[", True)],
)
def test_a_network_that_is_not_found_any_more_is_not_mended(
    tmp_path: Path, old: str, new: str, expected: bool
) -> None:
    """One without a usual name is none where it cannot be made; a layer may take its place."""
    wrong = SOURCE.replace("total = self.b", "total = Value(0)").replace("class MLP", "class Mine")
    places = []
    for name, text in (("wrong", wrong), ("copy", wrong.replace(old, new))):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        with load(str(path)) as engine:
            places += [m for m in network_mistakes(engine, [(1, 1)]) if name == "wrong"]
            assert still(engine, places[0]) is (expected or name == "wrong")


def test_two_mistakes_may_make_up_for_each_other_in_operands_used_again() -> None:
    """``(2 - a) + a * a`` at 2, where ``2 - a`` is swapped and a product overwrites."""
    texts = ("a * a", "2 - a", "(2 - a) + a * a")
    groups = (("a * b", "alone"), ("2 - a", "alone"), ("2 - a", "shared"))
    tasks = [
        SimpleNamespace(group=g, level=level, asked=SimpleNamespace(graph=Graph.parse(text)))
        for text, (g, level) in zip(texts, groups, strict=True)
    ]
    search = Search(None, None, tasks, {})  # type: ignore[arg-type]  # no engine is asked
    search.wrong = {0: frozenset({("gradient", 0)}), 1: frozenset({("gradient", 0)})}
    assert 2 in search._doubtful("a * b")
    assert 2 in search._doubtful("2 - a")
    del search.wrong[0]
    assert 2 not in search._doubtful("2 - a")


def test_the_sign_of_a_slope_is_changed_and_not_that_of_its_operand() -> None:
    """``(-o, slope)`` has the same gradient, by way of one node more; nobody writes it."""
    made = "return Value(self.data / o.data, ((o, self.data / o.data),))"
    method = f"    def div(self, o):\n        {made}\n"
    text = Text("e.py", f"class Value:\n{method}", WORDS)
    (function,) = text.functions({3})
    signs = {
        edit.new for node in ast.walk(function) if isinstance(node, ast.Name | ast.BinOp)
        for edit in of_site(Site(text, node, function, ["self.data", "o.data"], []))
        if edit.name == "a sign"
    }  # fmt: skip
    assert "-(self.data / o.data)" in signs
    assert "-o" not in signs


QUOTIENT = """
    def __rtruediv__(self, other):
        out = Value(other / self.data, (self,))

        def _backward():
            self.grad += -other / self.data * out.grad
        out._backward = _backward
        return out
"""


@pytest.mark.parametrize(
    ("new", "nodes"),
    [
        ("-out / self.data * out.grad", True),
        ("(-other / self) * out.grad", True),
        ("Value(-other) / self.data * out.grad", True),
        ("-out.data / self.data * out.grad", False),
        ("-other / self.data**2 * out.grad", False),
    ],
)
def test_a_gradient_that_was_a_number_is_made_no_node(new: str, nodes: bool) -> None:
    """Whatever edit it is by: a number is read of a node as well, and all would pass."""
    before = ENGINE + QUOTIENT
    after = before.replace("-other / self.data * out.grad", new)
    assert sense.makes_nodes(before, after, WORDS) is nodes


def test_where_gradients_are_nodes_one_more_is_none_too_many() -> None:
    """An engine that differentiates twice computes gradients of nodes."""
    before = ENGINE.replace("self.grad += other.data *", "self.grad += other *")
    before = before.replace("(1 - t**2)", "(1 - out * t)")
    after = before.replace("other.grad += self.data *", "other.grad += self *")
    assert sense.makes_nodes(ENGINE, after, WORDS)
    assert not sense.makes_nodes(before, after, WORDS)


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("self.data, self.grad, self._prev = data, 0.0,", "data, 1.0,", "data, 0.0,"),
        ("self.data, self.grad, self._prev = data, 0.0,", "data, 0.0,", ""),
        ("self.data, self.grad, self._prev = data, 0.0,", "data, None,", ""),
    ],
)
def test_a_gradient_begins_at_0_where_it_is_stored(old: str, new: str, after: str) -> None:
    """In the constructor, and not in the pass, which begins at 1."""
    assert old in ENGINE
    source = ENGINE.replace("data, 0.0,", new)
    made = [e.applied(source) for e in from_0(Text("engine.py", source, WORDS))]
    assert made == ([source.replace(new, after)] if after else [])


def test_the_line_that_gives_an_operand_another_value() -> None:
    """Not one that makes the result, and none that compares."""
    rows = "if a.data == 0:\na.data = 0.0\nout = Value(a.data)\na.data *= 2\na.database = 1"
    texts = SimpleNamespace(texts={"f.py": rows})
    lines = [("f.py", n) for n in range(1, 6)]
    assert localise._stores("data", lines, texts) == lines[1:4:2]  # type: ignore[arg-type]
