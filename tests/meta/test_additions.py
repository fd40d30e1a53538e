"""What is added is one file, found by being there; what it leaves out is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
def test_a_format_is_one_file(copy: Path, tmp_path: Path, verify: Callable[..., str]) -> None:
    """A file in verify/grading/formats is a format."""
    (copy / "verify/grading/formats/names.py").write_text(FORMAT)
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada_1.py").write_text("class Value:\n    pass\n")
    verify("grade", str(folder), "--out", str(tmp_path / "out"), "--format", "names", "-q")
    assert (tmp_path / "out/names.txt").read_text().startswith("ada-1")


def test_a_fault_is_one_record(copy: Path, verify: Callable[..., str]) -> None:
    """A record in the catalogue is a fault, and planted like every other."""
    catalogue = copy / "verify/faults/catalogue.toml"
    catalogue.write_text(catalogue.read_text() + FAULT)
    assert "tanh-halved" in verify("faults", "tanh-halved")
