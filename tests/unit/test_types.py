"""What type checkers say of programs that use us: a misspelt keyword is no secret."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USED = """
import verify
from micrograd.engine import Value

outcome: verify.Outcome = verify.check(Value, examples=3, python="3.11", report=False)
explained: verify.Explanation = verify.explain("a * b", Value, a=2.0, b=3.0)
verify.assert_gradients(Value, "a * a", {"a": 3.0})
engine: verify.Engine = verify.load("engine.py", isolation="weak", overrides={"value": "data"})
points = verify.grade(Value, seed=3).points()
cases = verify.cases(forms=verify.forms(Value), max_operations=4)
graphs = verify.graphs(max_operations=4)
case: verify.Case = verify.Case.parse("a * a", a=3.0)
"""
MISUSED = (
    "verify.check(Value, exmaples=3)",
    "verify.check(Value, examples='3')",
    "verify.check(Value, pyhton='3.11')",
    "verify.load(Value, isolaton='weak')",
    "verify.grade(Value, sead=3)",
    "verify.cases(max_operation=3)",
    "verify.assert_gradients(Value, 'a', {'a': 'two'})",
)


@pytest.mark.slow
def test_mypy_knows_our_keywords(tmp_path: Path) -> None:
    """Right uses of every public function pass; each misspelt keyword is an error of its line."""
    pytest.importorskip("mypy", reason="pip install --group types")
    lines = [*USED.strip().splitlines(), *MISUSED]
    file = tmp_path / "use.py"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context",
            "--cache-dir", str(tmp_path / "cache"), "--ignore-missing-imports",
            "--follow-imports", "silent", str(file),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wrong = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert wrong == set(range(len(lines) - len(MISUSED) + 1, len(lines) + 1)), done.stdout


@pytest.mark.slow
def test_pyright_knows_our_keywords(tmp_path: Path) -> None:
    """The same for the checker that editors have: wrong lines, and no others."""
    pytest.importorskip("pyright", reason="pip install pyright")
    lines = [*USED.strip().splitlines(), *MISUSED]
    file = tmp_path / "use.py"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
            str(file),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)["generalDiagnostics"]
    wrong = {each["range"]["start"]["line"] + 1 for each in told if each["severity"] == "error"}
    assert wrong == set(range(len(lines) - len(MISUSED) + 1, len(lines) + 1)), done.stdout
