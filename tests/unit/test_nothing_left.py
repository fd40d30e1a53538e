"""A check leaves nothing in the folder of a submission and says nothing of this machine's paths."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verify.faults import CATALOGUE

ROOT = Path(__file__).parents[2]
ZOO = ROOT / "tests/zoo"
ENGINES = sorted(
    path
    for folder in ("zoo", "kinds", "right", "prove")
    for path in (ROOT / "tests" / folder).iterdir()
    if path.suffix in {".py", ".ipynb"} and path.name not in {"zoo.py", "apply_style.py"}
)
PATH = re.compile(r"(?<![\w.$:/])/(?!proc/)[\w.-]+/[\w./-]+")
"""An absolute path of a system like this one."""


def run(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """A command of this Python in a folder, with a folder of its own for temporary files."""
    temporary = folder.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    environment |= {"TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment | more, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert list(temporary.iterdir()) == []
    return done


def test_drawing_keeps_nothing(tmp_path: Path) -> None:
    """Hypothesis would keep what it read in modules of the current folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "student.py").write_text("LIMIT = 123456.5\n")
    program = (
        "import sys; sys.path.insert(0, '')\nimport student\n"
        "from hypothesis import strategies as st\n"
        "from verify.generators.random import sample\n"
        "print(len(sample(st.floats(), 30, 0)))"
    )
    done = run(folder, "-c", program)
    assert (done.stdout, done.stderr) == ("30\n", "")
    assert [path.name for path in folder.iterdir()] == ["student.py"]


def checked(folder: Path, name: str) -> str:
    """The report of a file of that folder, in which nothing is left."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    done = run(folder, "-m", "verify", "check", "--examples", "8", "--no-mend", "--verbose", name)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "harness" not in done.stderr
    return done.stdout + "".join(
        line for line in done.stderr.splitlines(keepends=True) if line.startswith("UNUSABLE")
    )


def unfit(text: str) -> list[str]:
    """Lines that are too wide or hold an absolute path."""
    return [line for line in text.splitlines() if len(line) > 80 or PATH.search(line)]


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["textbook.py", "python312.py", "functions_only.py"])
def test_a_check_leaves_nothing(tmp_path: Path, name: str) -> None:
    """No file, no wide line, no path: of a right engine, one that cannot be read, an odd one."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(ZOO / name, folder)
    assert unfit(checked(folder, name)) == []


@pytest.mark.search
@pytest.mark.parametrize("engine", ENGINES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_check_leaves_anything(tmp_path: Path, engine: Path) -> None:
    """The same for every engine that this repository has."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(engine, folder)
    assert unfit(checked(folder, engine.name)) == []


@pytest.mark.search
@pytest.mark.parametrize("fault", CATALOGUE)
def test_no_known_mistake_leaves_anything(tmp_path: Path, fault: str) -> None:
    """The same for every mistake of the catalogue, planted in a right engine."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "student.py").write_text(CATALOGUE[fault].source)
    assert unfit(checked(folder, "student.py")) == []
