"""The main job from end to end: an engine goes in, a verdict comes out, whatever the engine."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.short import in_short
from verify import cli
from verify.expression.ops import OPS
from verify.oracles import torch_autograd
from verify.oracles.registry import ORACLES, present

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PATIENCE = 120
"""Seconds after which a test gives up; how long a check may take is measured in bench/."""


def verify(*arguments: str) -> Result:
    """Run the command line in this process, on a wide terminal."""
    return CliRunner(env={"COLUMNS": "1000"}).invoke(cli.main, arguments)


def report(*arguments: str) -> dict[str, Any]:
    """The JSON report of a check."""
    told = verify("check", "--no-mend", "--json", "-", *arguments).stdout
    data: dict[str, Any] = json.loads(told)
    return data


pytestmark = pytest.mark.xdist_group("main job")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Text and JSON of one check of the notebook with a mistake in ``tanh``.

    Of one, since its nodes keep their children in a set: what is found changes from run to run.
    """
    file = tmp_path_factory.mktemp("flawed") / "report.json"
    flawed = str(EXAMPLES / "lecture_flawed.ipynb")
    with in_short():
        result = verify("check", "--no-mend", "--json", str(file), flawed)
    return result.stdout, json.loads(file.read_text())


@pytest.fixture(scope="module")
def flawed(both: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The JSON."""
    return both[1]


@pytest.mark.slow
def test_flawed_notebook_is_wrong(flawed: dict[str, Any]) -> None:
    """The notebook with a mistake: wrong, code 1, a counterexample of at most three operations."""
    assert (flawed["verdict"], flawed["exit_code"]) == ("wrong", 1)
    smallest = flawed["findings"][0]
    assert smallest["operations"] <= 3
    assert "tanh" in smallest["expression"]
    assert smallest["triage"]["forward"] is True


@pytest.mark.slow
def test_corrected_twin_is_correct() -> None:
    """The twin, with that one line corrected: correct, code 0, everything accounted for."""
    result = verify("check", "--json", "-", str(EXAMPLES / "lecture_fixed.ipynb"))
    data = json.loads(result.stdout)
    assert (data["verdict"], result.exit_code) == ("correct", 0)
    assert data["findings"] == []
    counts = data["counts"]
    assert counts["judged"] == counts["correct"] + counts["imprecise"]
    assert counts["gradients"] > 1000
    assert counts["undecided"] == sum(counts["reasons"]["undecided"].values())
    assert counts["skipped"] == sum(counts["reasons"]["skipped"].values())


@pytest.mark.slow
def test_every_oracle_speaks_of_every_finding(flawed: dict[str, Any]) -> None:
    """Each finding has a reading of every oracle that is installed, and they agree."""
    assert {name for name, there in flawed["oracles"].items() if there} == set(present())
    for finding in flawed["findings"]:
        readings = finding["readings"]
        assert set(ORACLES) <= set(readings)
        for oracle in present():
            assert readings[oracle] == pytest.approx(finding["want"], rel=1e-12)


@pytest.mark.slow
def test_the_report_shows_every_reading(both: tuple[str, dict[str, Any]]) -> None:
    """In the text, too: the engine's number and each oracle's, for each finding."""
    text, flawed = both
    for finding in flawed["findings"]:
        assert finding["expression"] in text
        assert f"{finding['got']!r}" in text
    for label in ("interval arithmetic", "symbolic (SymPy)", "differences, 640 bits", "torch"):
        assert text.count(label) >= len(flawed["findings"])


@pytest.mark.slow
def test_the_program_shows_the_mistake(flawed: dict[str, Any]) -> None:
    """The program of a finding, run below the notebook's class, prints the wrong number."""
    cells = json.loads((EXAMPLES / "lecture_flawed.ipynb").read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    engine = [source for source in sources if "class Value" in source][-1]
    smallest = flawed["findings"][0]
    program = f"import math\n{engine}\n{smallest['python']}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(done.stdout.split()[-1]) == smallest["got"]


@pytest.mark.slow
@pytest.mark.sample(3)
@pytest.mark.parametrize("spec", ["micrograd.engine:Value", "micrograd.engine", "micrograd"])
def test_our_own_engine_is_correct(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    """The engine in the box is correct, and has every operation, however it is named."""
    monkeypatch.chdir(ROOT)
    data = report("--examples", "40", spec)
    assert (data["verdict"], data["engine"]["class"]) == ("correct", "Value")
    assert data["operations"] == dict.fromkeys(OPS, "correct")


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the micrograd of PyPI."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=True)
    command = [folder / "bin/python", "-m", "pip", "install", "micrograd==0.1.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("spec", ["micrograd.engine:Value", "micrograd"])
def test_engine_of_another_environment(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, spec: str
) -> None:
    """``--python`` checks what is installed there: correct, and what it lacks is missing."""
    monkeypatch.chdir(ROOT)
    data = report("--python", str(elsewhere), spec)
    assert data["verdict"] == "correct"
    has = {"add", "sub", "mul", "div", "neg", "pow", "relu", "sum"}
    expected = {op: "correct" if op in has else "missing" for op in OPS}
    assert data["operations"] == expected
    assert data["forms"]["2 ** a"] == "missing"
    assert data["counts"]["reasons"]["skipped"]["not implemented"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch is an extra: without it three oracles judge, and the report says so."""
    monkeypatch.setattr(torch_autograd, "available", lambda: False)
    told = "torch: not installed, 3 of 4 oracles"
    short = ("check", "--no-mend", "--examples", "40")
    flawed = verify(*short, str(EXAMPLES / "lecture_flawed.ipynb"))
    assert (flawed.exit_code, told in flawed.stdout) == (1, True)
    fixed = verify(*short, str(EXAMPLES / "lecture_fixed.ipynb"))
    assert (fixed.exit_code, told in fixed.stdout) == (0, True)
    assert told in verify("doctor").stdout


ENGINE = """
class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self.children = data, 0.0, children
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

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
"""
LOOP = "while True: pass"
SHOUT = 'print("x" * 1_000_000)'


def spoilt(old: str, new: str) -> str:
    """The engine with one line replaced."""
    assert old in ENGINE
    return ENGINE.replace(old, new, 1)


USELESS = {
    "no class": ("x = 1\n", "no class here behaves like a number with a gradient"),
    "empty": ("", "no class here behaves like a number with a gradient"),
    "syntax error": ("def f(:\n", "line 1: SyntaxError: invalid syntax"),
    "raises on construction": (
        spoilt("self._backward = lambda: None", 'raise RuntimeError("not today")'),
        "raises RuntimeError: not today",
    ),
    "loops on construction": (
        spoilt("self._backward = lambda: None", LOOP),
        "Value(x) does not come back",
    ),
    "loops backward": (spoilt("visit(self)", LOOP), "backward() does not come back"),
    "not text": ("\0\0\0", "null bytes"),
}


def tried(file: Path) -> "subprocess.CompletedProcess[str]":
    """Check a file in a process of its own, which has to come back."""
    return subprocess.run(
        [sys.executable, "-m", "verify", "check", "--no-mend", "--examples", "20", str(file)],
        cwd=ROOT,
        env={"COLUMNS": "1000", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("fault", USELESS)
def test_useless_engine_is_one_message(tmp_path: Path, fault: str) -> None:
    """What cannot be used: code 2 and one line that names the file and the reason."""
    text, reason = USELESS[fault]
    file = tmp_path / "student.py"
    file.write_text(text)
    done = tried(file)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.startswith(f"UNUSABLE  {file}: ")
    assert reason in line
    assert "Traceback" not in done.stderr


def test_missing_file_is_one_message(tmp_path: Path) -> None:
    """A file that is not there: code 2, its name, and what may be given."""
    done = tried(tmp_path / "nobody.py")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "there is no file" in line, "Give a .py file" in line) == (
        2,
        True,
        True,
    )


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        f"{ENGINE}\n{LOOP}\n",
        f"{SHOUT}\n{ENGINE}",
        spoilt("self.grad = 1.0", f"self.grad = 1.0; {SHOUT}"),
    ],
    ids=["loops at import", "prints at import", "prints backward"],
)
def test_noise_is_no_mistake(tmp_path: Path, text: str) -> None:
    """A right engine that prints a megabyte, or never finishes importing, is judged as usual."""
    file = tmp_path / "student.py"
    file.write_text(text)
    done = tried(file)
    told = [line for line in done.stderr.splitlines() if not line.startswith("verify: ")]
    assert (done.returncode, told) == (0, [])  # but for what is said while it takes long
    assert "xxx" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"CORRECT  {file}")


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_unusable_engine_has_a_report(tmp_path: Path) -> None:
    """The JSON of an engine that cannot be used has every key, and the verdict says it."""
    file = tmp_path / "student.py"
    file.write_text("def f(:\n")
    data = report(str(file))
    good = report("--examples", "0", str(EXAMPLES / "lecture_fixed.ipynb"))
    assert (data["verdict"], data["exit_code"]) == ("unusable", 2)
    assert set(data) == set(good)
    assert set(data["counts"]) == set(good["counts"])
    assert data["reason"].startswith("line 1: SyntaxError: invalid syntax")


def test_an_engine_without_backward_is_inconclusive(tmp_path: Path) -> None:
    """Values alone are no gradients: code 3, never 0, and the reason."""
    file = tmp_path / "student.py"
    file.write_text(ENGINE.replace("def backward", "def show").replace("_backward", "_rule"))
    result = verify("check", "--no-mend", "--examples", "20", str(file))
    assert result.exit_code == 3
    assert "INCONCLUSIVE" in result.stdout
    assert "no backward pass" in result.stdout
