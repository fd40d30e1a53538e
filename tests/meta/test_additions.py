"""What is added is one file, found by being there; what it leaves out is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verify.faults.base import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
VERB = """
import click


@click.command()
def command():
    \"\"\"Say something.\"\"\"
    click.echo("said")
"""
FORMAT = """
NAME = "names"


def write(rows, rubric, folder):
    (folder / "names.txt").write_text("".join(f"{row.submission.key}\\n" for row in rows))
"""
FAULT = """
[[fault]]
id = "tanh-halved"
family = "derivative"
title = "tanh passes half of its slope on"
explanation = "The rule of tanh halves what it passes on."
hints = ["What is the slope of tanh at 0?"]
witness = "a.tanh()"
point = [0.5]

[[fault.edit]]
where = "Value.tanh"
old = "(1 - t**2) * out.grad"
new = "(1 - t**2) * out.grad / 2"
"""


SOFTPLUS = {
    "expression/ops.py": ('    Operation(\n        "sum"', """    Operation(
        "softplus", 1, "method", "softplus", lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
        special=((800.0,), (-800.0,), (0.0,)), steps=("x.softplus()",),
    ),
"""),
    "oracles/balls.py": ('    "sum": Rule(', """    "softplus": Rule(
        lambda a: (1 + a.exp()).log() if a < 100 else a + (1 + (-a).exp()).log(), 8,
        (lambda r, y, a: r(_sigmoid(a), 8),),
    ),
"""),
    "oracles/slack.py": (
        '    "sqrt": _sqrt,\n',
        '    "softplus": lambda y, a: Slack(8.0 * max(abs(a), 1.0), 8.0, 8.0),\n',
    ),
    "oracles/symbolic.py": ('    "sqrt": sympy', """    "softplus": sympy.log(1 + sympy.exp(_X)),
"""),
    "oracles/difference.py": ('    "sqrt": ', """    "softplus": lambda a: (1 + a.exp()).log(),
"""),
    "oracles/torch_autograd.py": (
        '        "sqrt": torch',
        '        "softplus": lambda a: torch.logaddexp(a, torch.zeros_like(a)),\n',
    ),
}
"""The six files that a new operation takes: before which text stands what, as CONTRIBUTING says."""
ENGINE = """
    def softplus(self):
        out = Value(max(self.data, 0.0) + math.log1p(math.exp(-abs(self.data))), (self,))

        def _backward():
            self.grad += out.grad / (1 + math.exp(-max(self.data, -700.0)))

        out._backward = _backward
        return out

    def tanh("""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of both packages."""
    for package in ("verify", "micrograd"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / "copy" / package, ignore=ignored)
    return tmp_path / "copy"


@pytest.fixture
def verify(copy: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs the copy's command, and gives what it printed."""

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "verify", *words]
        environment = os.environ | {"PYTHONPATH": str(copy)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    return run


def test_a_verb_is_one_file(copy: Path, verify: Callable[..., str]) -> None:
    """A file in verify/commands is a verb."""
    assert "No such command" in verify("speak")
    (copy / "verify/commands/speak.py").write_text(VERB)
    assert verify("speak") == "said\n"


@pytest.mark.slow
def test_a_format_is_one_file(
    copy: Path, tmp_path: Path, verify: Callable[..., str], exam: Path
) -> None:
    """A file in verify/grading/formats is a format."""
    (copy / "verify/grading/formats/names.py").write_text(FORMAT)
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada_1.py").write_text("class Value:\n    pass\n")
    words = ("--out", str(tmp_path / "out"), "--exam", str(exam), "--format", "names", "-q")
    verify("grade", str(folder), *words)
    assert (tmp_path / "out/names.txt").read_text().startswith("ada-1")


@pytest.mark.slow
def test_a_fault_is_one_record(copy: Path, verify: Callable[..., str]) -> None:
    """A record in the catalogue is a fault, and planted like every other."""
    catalogue = copy / "verify/faults/catalogue.toml"
    catalogue.write_text(catalogue.read_text() + FAULT)
    assert "tanh-halved" in verify("faults", "tanh-halved")


def with_softplus(copy: Path, *, omitted: str = "") -> None:
    """Add an operation to a copy, but for one file."""
    for file, (before, lines) in SOFTPLUS.items():
        path = copy / "verify" / file
        text = path.read_text()
        assert text.count(before) == 1, file
        if file != omitted:
            path.write_text(text.replace(before, lines + before))


@pytest.mark.search
@pytest.mark.sample(2)
@pytest.mark.parametrize(("slope", "status"), [("1 + math", "correct"), ("2 + math", "wrong")])
def test_an_operation_takes_six_files(
    copy: Path, tmp_path: Path, verify: Callable[..., str], slope: str, status: str
) -> None:
    """It is found in an engine, judged, and blamed where it is wrong."""
    with_softplus(copy)
    source = SOURCE.replace("\n    def tanh(", ENGINE.replace("1 + math", slope))
    (tmp_path / "engine.py").write_text(source)
    verify("check", "--no-mend", "--examples", "60", "--json", "report.json", "engine.py")
    report = json.loads((tmp_path / "report.json").read_text())
    statuses = report["operations"]
    assert statuses.pop("softplus") == status
    assert set(statuses.values()) == {"correct"}
    assert report["disputes"] == []


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("file", SOFTPLUS)
def test_an_operation_that_is_left_out_is_told(
    copy: Path, verify: Callable[..., str], file: str
) -> None:
    """Whatever is forgotten, no engine is judged without it."""
    if file == "oracles/torch_autograd.py":
        pytest.importorskip("torch", reason="torch: not installed")
    with_softplus(copy, omitted=file)
    told = verify("explain", "a * b")
    assert "softplus" in told
    assert (file if file != "expression/ops.py" else "ops.py has no record") in told
