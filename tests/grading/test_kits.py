"""Kits: each runs in the layout that its platform documents."""

import doctest
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import verify
from verify.commands.kit import command
from verify.faults import CATALOGUE, SOURCE, module
from verify.grading import kits, notebook
from verify.grading.paper import Paper
from verify.grading.rubric import Rubric, parse

LAYOUTS = {
    "gradescope": ("AUTOGRADER", "submission", "source", "run_autograder"),
    "prairielearn": ("GRADE", "student", "tests", "tests/run.sh"),
}
"""Of each platform: the variable that names its root, folders of work and tests, the program."""


@pytest.fixture
def made(paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a kit, with the exam of these tests in every kit."""
    monkeypatch.setattr(kits, "draw", lambda _: paper)
    monkeypatch.setattr(notebook, "_drawn", lambda _: paper)
    return tmp_path / "kit"


def kit(platform: str, folder: Path) -> str:
    """Write a kit; what is said."""
    words = [platform, "--out", str(folder), "--seed", "7"]
    done = CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    assert done.exit_code == 0
    return done.output


def program(folder: Path) -> Path:
    """A ``verify`` as it would be installed there."""
    path = folder / "verify"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m verify "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("platform", ["gradescope", "prairielearn"])
def test_an_autograder_runs(platform: str, made: Path, tmp_path: Path) -> None:
    """In the folders of the platform the program leaves the results where they are looked for.

    A milestone that was not asked for has no points there, and cannot lose any.
    """
    variable, work, tests, start = LAYOUTS[platform]
    kit(platform, made)
    root = tmp_path / "root"
    (root / work).mkdir(parents=True)
    (root / work / "engine.py").write_text(CATALOGUE["assign-in-mul"].source)
    if platform == "gradescope":
        shutil.copytree(made, root / tests)
    else:
        shutil.copytree(made / tests, root / tests)
        assert json.loads((made / "info.json").read_text())["gradingMethod"] == "External"
    environment = os.environ | {variable: str(root), "VERIFY": str(program(tmp_path))}
    subprocess.run(
        [str(made / start)], check=True, env=environment, cwd=Path(verify.__file__).parents[1],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    results = json.loads((root / "results" / "results.json").read_text())
    most, got = {"gradescope": ("max_score", "score")}.get(platform, ("max_points", "points"))
    counted = [test for test in results["tests"] if most in test]
    assert len(counted) > 1
    lost = [test["name"] for test in counted if test[got] < test[most]]
    assert lost == ["Accumulation on reuse"]


def test_otter_tests_run(made: Path) -> None:
    """Each test is a doctest in OK format, and fails where its milestone is not earned."""
    kit("otter", made)
    value = module(CATALOGUE["assign-in-mul"].source, "student").Value
    failed = []
    here = Path.cwd()
    os.chdir(made)
    try:
        for path in sorted((made / "tests").iterdir()):
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            loaded: Any = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
            assert loaded.OK_FORMAT
            (suite,) = loaded.test["suites"]
            (case,) = suite["cases"]
            parsed = doctest.DocTestParser().get_doctest(
                case["code"], {"Value": value}, path.stem, str(path), 0
            )
            if doctest.DocTestRunner(verbose=False).run(parsed, out=lambda _: None).failed:
                failed.append(path.stem)
    finally:
        os.chdir(here)
    assert failed == ["accumulation"]


def test_nbgrader_cells_give_points(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each graded cell's last expression is the points of its milestone: partial credit."""
    kit("nbgrader", made)
    monkeypatch.chdir(made)
    book = json.loads((made / "engine.ipynb").read_text())
    value = module(SOURCE, "student").Value
    graded = [c for c in book["cells"] if c["metadata"]["nbgrader"]["grade"]]
    assert len(graded) == len(Rubric().points) - 2  # a class alone has no networks
    for cell in graded:
        about = cell["metadata"]["nbgrader"]
        assert about["schema_version"] == 3
        *before, last = cell["source"].splitlines()
        names: dict[str, Any] = {"Value": value}
        exec("\n".join(before), names)  # noqa: S102 - our own cell
        assert eval(last, names) == about["points"]  # noqa: S307 - likewise


def test_github_keeps_the_exam_secret(made: Path) -> None:
    """The workflow takes the seed from a secret; no exam stands in the repository."""
    kit("github", made)
    text = (made / ".github" / "workflows" / "grade.yml").read_text()
    assert "secrets.VERIFY_SEED" in text
    assert "verify grade" in text
    assert not list(made.rglob("*.jsonl"))
    rubric = parse((made / ".github" / "rubric.toml").read_text())
    assert rubric.points == Rubric().points


@pytest.mark.parametrize("platform", kits.KITS)
def test_a_kit_names_its_files_and_the_next_step(platform: str, made: Path) -> None:
    """Each file that was written stands in a line, also where its folder is hidden."""
    told = kit(platform, made).splitlines()
    written = sorted(str(path) for path in made.rglob("*") if path.is_file())
    assert [line.strip() for line in told if line.startswith("  ")] == written
    assert [line for line in told if line.startswith("Next: ")]


def test_a_kit_overwrites_nothing(made: Path) -> None:
    """A folder with something in it is refused."""
    made.mkdir()
    (made / "mine").touch()
    with pytest.raises(Exception, match="something already"):
        kit("otter", made)


def test_points_of_a_class(made: Path) -> None:
    """verify.grade(Value) gives points by milestone; a name that is none is told the others."""
    found = verify.grade(module(CATALOGUE["tanh-not-squared"].source, "student").Value)
    assert found.points("accumulation") == found.possible("accumulation") == 12
    assert 0 < found.points("activations") < found.possible("activations")
    assert "Activations" in str(found)
    with pytest.raises(KeyError, match="accumulation"):
        found.points("acumulation")
    assert made.name == "kit"
