"""One exam for all tests of this folder: drawing it takes longer than sitting it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verify.commands.grade import command
from verify.faults import CATALOGUE, SOURCE
from verify.grading.paper import Paper, kept


@pytest.fixture(scope="session")
def paper(exam: Path) -> Paper:
    """The exam of these tests, read."""
    return kept(str(exam), "tests")


FORMATS = ("--format=jsonl", "--format=csv", "--format=ctrf", "--format=junit")
"""What is written of a class."""


def handed_in(folder: Path) -> Path:
    """A class of four: right, a wrong rule, two mistakes nobody can run."""
    folder.mkdir()
    (folder / "ada_10001.py").write_text(SOURCE)
    (folder / "ben_10002.py").write_text(CATALOGUE["assign-in-mul"].source)
    (folder / "cy_10003.py").write_text("class Value:\n    def __init__(self, x)\n")
    (folder / "dot_10004.py").write_text(CATALOGUE["tanh-not-squared"].source)
    return folder


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """That class, not graded."""
    return handed_in(tmp_path / "class")


@pytest.fixture(scope="session")
def graded(exam: Path) -> Callable[..., Result]:
    """Runs the verb with the exam of these tests; more arguments follow."""

    def run(folder: Path, out: Path, *more: str) -> Result:
        words = [str(folder), "--out", str(out), "--jobs", "1", *more]
        if "--resume" not in more:
            words += ["--exam", str(exam)]
        return CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)

    return run


@pytest.fixture(scope="module")
def once(
    graded: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Result]:
    """Where that class was graded, and what was said: once for the tests of a file."""
    place = tmp_path_factory.mktemp("once")
    return place, graded(handed_in(place / "class"), place / "out", *FORMATS)


@pytest.fixture
def begun(once: tuple[Path, Result], tmp_path: Path) -> tuple[Path, Path, Result]:
    """The class and what was written of it in ``FORMATS``, copies; and what was said."""
    place, said = once
    for name in ("class", "out"):
        shutil.copytree(place / name, tmp_path / name)
    return tmp_path / "class", tmp_path / "out", said
