"""One exam for all tests of this folder: drawing it takes longer than sitting it."""

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


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A class of four: right, a wrong rule, two mistakes nobody can run."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada_10001.py").write_text(SOURCE)
    (folder / "ben_10002.py").write_text(CATALOGUE["assign-in-mul"].source)
    (folder / "cy_10003.py").write_text("class Value:\n    def __init__(self, x)\n")
    (folder / "dot_10004.py").write_text(CATALOGUE["tanh-not-squared"].source)
    return folder


@pytest.fixture
def graded(exam: Path) -> Callable[..., Result]:
    """Runs the verb with the exam of these tests; more arguments follow."""

    def run(folder: Path, out: Path, *more: str) -> Result:
        words = [str(folder), "--out", str(out), "--jobs", "1", *more]
        if "--resume" not in more:
            words += ["--exam", str(exam)]
        return CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)

    return run
