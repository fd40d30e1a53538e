"""What README.md promises of a fresh clone, and what each package promises of its imports."""

import ast
import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL = {"draw": {"graphviz"}, "trace": {"numba", "numpy"}}  # extras, imported where used
NOTEBOOKS = sorted((ROOT / "examples").rglob("*.ipynb"))
WORKER = sorted((ROOT / "verify/engines/worker").rglob("*.py"))
STDLIB_ONLY = [*sorted((ROOT / "micrograd").rglob("*.py")), *WORKER]


def commands() -> list[str]:
    """The one-line commands of README.md."""
    return re.findall(r"^python3\.11 .*$", (ROOT / "README.md").read_text(), re.MULTILINE)


def imported(path: Path) -> Iterator[str]:
    """Top-level names of what a file imports, at any depth; its own package is left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def test_readme_has_two_commands() -> None:
    """Two commands, each one line: the first checks both notebooks, the second runs tox."""
    check, tests = commands()
    for notebook in ("lecture_flawed", "lecture_fixed"):
        assert f"verify check examples/{notebook}.ipynb" in check
        assert (ROOT / f"examples/{notebook}.ipynb").is_file()
    assert tests.endswith("tox")


@pytest.mark.parametrize(
    ("status", "said"), [(0, "3 passed in 0.10s"), (1, "1 failed, 2 passed in 61.00s (0:01:01)")]
)
def test_ci_runs_the_second_command(tmp_path: Path, status: int, said: str) -> None:
    """``.ci/run`` runs that command word for word, ends with pytest's line, keeps the status."""
    script = tmp_path / ".ci/run"
    script.parent.mkdir()
    script.write_bytes((ROOT / ".ci/run").read_bytes())
    second = f"python3.11 second && echo '== {said} ==' && echo congratulations; exit {status}"
    (tmp_path / "README.md").write_text(f"# x\n\npython3.11 first\n\n{second}\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, body in {"python3.11": 'echo "python3.11 $*" >>called', "id": "echo 1000"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    path = os.pathsep.join([str(programs), os.defpath])
    result = subprocess.run(
        ["sh", str(script)], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert result.returncode == status
    assert result.stdout.splitlines()[-1] == f"== {said} =="
    assert ("failed: exit status" in result.stderr) == (status != 0)
    assert f"+ {second}" in result.stdout
    assert (tmp_path / "called").read_text() == "python3.11 second\n"


def test_no_test_of_micrograd_is_lost_between_two_runs() -> None:
    """What tox leaves out of one run is what it counts lines of in the other, and is there."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini", encoding="utf-8")
    run, left = (re.findall(r"tests/\S+", settings["micrograd"][key]) for key in ("tests", "once"))
    assert run == left
    assert [name for name in run if not (ROOT / name).is_file()] == []


def test_twins_differ_in_one_line() -> None:
    """The flawed notebook and its corrected twin are alike but for one line of ``tanh``."""
    flawed, fixed = (
        (ROOT / f"examples/lecture_{twin}.ipynb").read_text().splitlines()
        for twin in ("flawed", "fixed")
    )
    assert len(flawed) == len(fixed)
    ((wrong, right),) = [(a, b) for a, b in zip(flawed, fixed, strict=True) if a != b]
    assert (wrong.replace("self.grad =", "self.grad +="), "self.grad +=" in wrong) == (right, False)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_well_formed(path: Path) -> None:
    """Format 4.5: every cell has an id of its own, code cells have outputs, sources are lines."""
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"] >= 5) == (4, True)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in ids)
    for cell in notebook["cells"]:
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert ("outputs" in cell, "execution_count" in cell) == (cell["cell_type"] == "code",) * 2


@pytest.mark.parametrize("path", STDLIB_ONLY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_standard_library_only(path: Path) -> None:
    """``micrograd`` and the worker import the standard library, extras apart, and themselves."""
    package, *inside = path.relative_to(ROOT).with_suffix("").parts
    own = {"micrograd"} if package == "micrograd" else set()
    allowed = sys.stdlib_module_names | own | OPTIONAL.get(inside[0], set())
    assert set(imported(path)) - allowed == set()


def test_worker_shadows_no_module() -> None:
    """While Python starts the worker's folder, it looks there for the standard library too."""
    assert {path.stem for path in WORKER} & sys.stdlib_module_names == set()


@pytest.mark.parametrize("package", ["micrograd", "verify"])
def test_typed(package: str) -> None:
    """Both packages tell type checkers that they carry types."""
    assert (ROOT / package / "py.typed").is_file()
