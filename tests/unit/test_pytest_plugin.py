"""The pytest plugin: light, any engine, skips with reasons, failures without our traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("hypothesis", "sympy", "flint", "numpy", "torch", "rich", "click", "verify.engines")
ENGINE = """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents, self.pull = data, 0.0, parents, None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def pull():
            self.grad += out.grad
            other.grad += out.grad
        out.pull = pull
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def pull():
            self.grad += other.data * out.grad
            other.grad += MISTAKE self.data * out.grad
        out.pull = pull
        return out

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()
        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for p in v.parents:
                    visit(p)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            if v.pull:
                v.pull()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of somebody else's: an engine, one with a mistake, and no configuration."""
    (tmp_path / "right.py").write_text(ENGINE.replace("MISTAKE", ""))
    (tmp_path / "flawed.py").write_text(ENGINE.replace("MISTAKE", "-"))
    return tmp_path


def run(project: Path, test: str, *options: str) -> tuple[int, str]:
    """Run pytest on one test file in that folder; its exit code and what it printed."""
    (project / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-p", "verify.pytest_plugin", "-rs", *options]
    # No variable of a CI service or of tox: Hypothesis keeps no database where it sees one.
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_loading_it_imports_nothing_heavy() -> None:
    """Whoever has the distribution installed pays nothing for it in every pytest run."""
    code = "import sys, pytest; before = set(sys.modules); import verify.pytest_plugin; "
    code += "print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "verify.pytest_plugin" in loaded
    assert loaded.isdisjoint(HEAVY)


GRAPHS = """
import pytest
from verify.checking.assess import examine
from verify.expression.graph import Case

def test_graph(engine, graph, point):
    assert not examine(engine, Case(graph, point)).judgement.wrong

@pytest.mark.forms("a.tanh()")
def test_needs_tanh():
    raise AssertionError("not reached")

@pytest.mark.milestone("order")
@pytest.mark.forms("a * b", "a + 2")
def test_has_these(engine_forms):
    assert {"a * b", "a + 2"} <= engine_forms
"""


@pytest.mark.slow
def test_any_engine_and_skips_with_reasons(project: Path) -> None:
    """``--engine`` runs the tests against a file; what it lacks is skipped, and named."""
    code, said = run(project, GRAPHS, "--engine", "right.py", "--strict-markers")
    assert code == 0
    assert "engine: right.py" in said
    assert "not implemented: a.tanh()" in said
    assert "not reached" not in said
    assert "test_it.py::test_has_these" not in said  # neither skipped nor failed


def test_a_wrong_engine_fails(project: Path) -> None:
    """The same tests fail against an engine with a mistake."""
    code, said = run(project, GRAPHS, "--engine", "flawed.py")
    assert code == 1
    assert "test_graph[a * b]" in said


def test_an_engine_that_cannot_be_used(project: Path) -> None:
    """One sentence, no traceback."""
    code, said = run(project, GRAPHS, "--engine", "nowhere.py")
    assert code == 1
    # Once on each stream, whatever the number of tests.
    assert said.count("the engine cannot be used: there is no file nowhere.py") == 2
    assert ("ERROR" in said, "FAILED" in said) == (False, False)


def test_an_engine_that_cannot_be_loaded_is_named(project: Path) -> None:
    """A line alone could be any file's."""
    (project / "broken.py").write_text("class Value:\n    def (\n")
    test = "def test_it(engine):\n    pass\n"
    _, said = run(project, test, "--engine", "broken.py")
    assert "the engine cannot be used: broken.py: line 2: SyntaxError" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["right.py", "nowhere.py"])
def test_a_name_cannot_steer_a_terminal(project: Path, name: str) -> None:
    """A file that is called like a verdict makes no line, no colour and no change of direction."""
    name = f"\x1b[31m\u202e\nCORRECT {name}"
    if name.endswith("right.py"):
        (project / "right.py").rename(project / name)
    _, said = run(project, "def test_it(engine):\n    pass\n", "--engine", name)
    assert r"\x1b[31m" in said
    assert [c for c in "\x1b\u202e" if c in said] == []
    assert [line for line in said.splitlines() if line.startswith("CORRECT")] == []


def test_what_the_engine_option_leaves_alone_is_said(project: Path) -> None:
    """A test that imports an engine tests that one, whatever ``--engine`` says."""
    test = "from flawed import Value\ndef test_it():\n    Value(1)\n"
    code, said = run(project, test, "--engine", "right.py")
    assert code == 0
    assert "1 test does not ask for the fixture engine" in said


def test_ours_is_the_default(project: Path) -> None:
    """Without ``--engine`` the fixture is this distribution's own engine."""
    test = "def test_it(engine):\n    assert engine.info.class_name == 'Value'\n"
    code, said = run(project, test)
    assert (code, "1 passed" in said) == (0, True)


ASSERTED = """
from hypothesis import given, settings
import verify
from flawed import Value

FORMS = ("a + b", "a * b")

@settings(max_examples=30, deadline=None)
@given(verify.cases(forms=FORMS, max_operations=6))
def test_gradients(case):
    verify.assert_gradients(Value, case.graph, case.point)
"""


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_failures_show_the_program(project: Path, workers: tuple[str, ...]) -> None:
    """The smallest program and what each oracle says; no line of the harness, with xdist too."""
    code, said = run(project, ASSERTED, *workers)
    assert code == 1
    assert "a * a   where a = 3.0" in said
    assert "print(a.grad)  # is 0.0, should be 6.0" in said
    assert "interval arithmetic" in said
    assert "verify.assert_gradients(Value, 'a * a', {'a': 3.0})" in said
    assert "Case.parse('a * a  at  a=3.0')" in said  # Hypothesis' own line, to paste
    assert "Graph(nodes=" not in said
    assert str(ROOT / "verify") not in said
    assert "raise WrongGradientError" not in said


@pytest.mark.slow
def test_hypothesis_remembers(project: Path) -> None:
    """A failure is kept in Hypothesis' database and tried first the next time."""
    run(project, ASSERTED)
    assert (project / ".hypothesis/examples").is_dir()
    replayed = ASSERTED.replace("max_examples=30", "max_examples=1, phases=[PHASE.reuse]").replace(
        "import given, settings", "import Phase as PHASE, given, settings"
    )
    code, said = run(project, replayed)
    assert (code, "backward()" in said) == (1, True)


def test_other_failures_keep_their_traceback(project: Path) -> None:
    """What is not a wrong gradient is shown as pytest shows it."""
    code, said = run(project, "def test_it():\n    assert [1] == [2], 'mine'\n")
    assert code == 1
    assert "test_it.py:2: AssertionError" in said
