"""Folders, workflows and cells in which platforms want a grader, with the rubric and the exam."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.grading import rubric as rubrics
from verify.grading.criteria import MILESTONES
from verify.grading.paper import draw, write
from verify.grading.rubric import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.grading.rubric import Rubric

_TEMPLATES: Final = Path(__file__).with_name("templates") / "kits"
RUBRIC, EXAM = "rubric.toml", "exam.jsonl"


@dataclass(frozen=True, slots=True)
class Kit:
    """What a platform wants.

    Attributes:
        says: what it is, for the command line.
        then: what the teacher does with it, in sentences.
        make: writes it: rubric, seed and folder.
    """

    says: str
    then: str
    make: Callable[[Rubric, int, Path], None]


def _gradescope(rubric: Rubric, seed: int, folder: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        _program(folder / name, (_TEMPLATES / "gradescope" / name).read_text("utf-8"))
    _exam(rubric, seed, folder)


def _prairielearn(rubric: Rubric, seed: int, folder: Path) -> None:
    info: dict[str, Any] = {
        "uuid": _uuid(seed),
        "title": rubric.title,
        "topic": "Automatic differentiation",
        "tags": ["code"],
        "type": "v3",
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": "python:3.12",
            "entrypoint": "/grade/tests/run.sh",
            "timeout": 120,
            "enableNetworking": True,
        },
    }
    (folder / "info.json").write_text(json.dumps(info, indent=2) + "\n", "utf-8")
    question = (_TEMPLATES / "prairielearn" / "question.html").read_text("utf-8")
    (folder / "question.html").write_text(question, "utf-8")
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    _program(tests / "run.sh", (_TEMPLATES / "prairielearn" / "run.sh").read_text("utf-8"))
    _exam(rubric, seed, tests)


def _github(rubric: Rubric, _seed: int, folder: Path) -> None:
    """Students see the repository: the exam is drawn from a secret, and does not stand there."""
    place = folder / ".github" / "workflows"
    place.mkdir(parents=True, exist_ok=True)
    text = (_TEMPLATES / "github" / "grade.yml").read_text("utf-8")
    (place / "grade.yml").write_text(text, "utf-8")
    (folder / ".github" / RUBRIC).write_text(rubrics.text(rubric), "utf-8")


def _otter(rubric: Rubric, seed: int, folder: Path) -> None:
    """A test file in Otter's OK format for each milestone."""
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    for key, points in _counted(rubric):
        code = f">>> import verify\n>>> {_call(seed)}.earned({key!r})\nTrue"
        case = {"code": code, "hidden": False, "locked": False}
        suite = {
            "cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"
        }  # fmt: skip
        test = {"name": key, "points": points, "suites": [suite]}
        text = f"OK_FORMAT = True\n\ntest = {test!r}\n"
        (tests / f"{key}.py").write_text(text, "utf-8")
    (folder / RUBRIC).write_text(rubrics.text(rubric), "utf-8")


def _nbgrader(rubric: Rubric, seed: int, folder: Path) -> None:
    """A notebook with a cell for the engine, and a graded cell for each milestone."""
    cells = [
        _cell("markdown", f"# {rubric.title}", "title"),
        _cell("code", "# Your class Value\n", "engine", solution=True),
    ]
    cells += [
        _cell("code", f"import verify\n{_call(seed)}.points({key!r})", key, points=points)
        for key, points in _counted(rubric)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5
    }  # fmt: skip
    (folder / "engine.ipynb").write_text(json.dumps(book, indent=1) + "\n", "utf-8")
    (folder / RUBRIC).write_text(rubrics.text(rubric), "utf-8")


KITS: Final = {
    "gradescope": Kit(
        "a grader that Gradescope runs",
        "Zip what is in the folder, not the folder itself, and upload it as the autograder of a "
        "programming assignment.",
        _gradescope,
    ),
    "prairielearn": Kit(
        "a question with an external grader",
        "Put the folder among the questions of your course.",
        _prairielearn,
    ),
    "github": Kit(
        "a workflow for a repository of each student",
        "Put .github, a hidden folder that ls -a shows, into each student's repository, and a "
        "whole number into the secret VERIFY_SEED there.",
        _github,
    ),
    "otter": Kit(
        "a test for each milestone, in OK format",
        "Put tests and rubric.toml beside the notebook, and hand both to otter run or otter "
        "assign.",
        _otter,
    ),
    "nbgrader": Kit(
        "a notebook with a graded cell for each milestone",
        "Put engine.ipynb and rubric.toml into the source folder of an assignment.",
        _nbgrader,
    ),
}
"""The kits by platform."""


def _counted(rubric: Rubric) -> list[tuple[str, float]]:
    """Milestones with points; those that take more than a class only where they are demanded."""
    left_out = set(WHOLE) - set(rubric.require)
    return [
        (key, points) for key, points in rubric.points.items()
        if points and key in MILESTONES and key not in left_out
    ]  # fmt: skip


def _call(seed: int) -> str:
    return f"verify.grade(Value, rubric={RUBRIC!r}, seed={seed})"


def _cell(
    kind: str, source: str, name: str, *, points: float = 0.0, solution: bool = False
) -> dict[str, Any]:
    about: dict[str, Any] = {
        "grade": bool(points), "grade_id": name, "locked": not solution,
        "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip
    if points:
        about["points"] = points
    found: dict[str, Any] = {
        "cell_type": kind, "id": name, "metadata": {"nbgrader": about}, "source": source
    }  # fmt: skip
    return found | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _exam(rubric: Rubric, seed: int, folder: Path) -> None:
    (folder / RUBRIC).write_text(rubrics.text(rubric), "utf-8")
    write(draw(seed), folder / EXAM)


def _program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def _uuid(seed: int) -> str:
    import random
    import uuid

    chance = random.Random(f"kit {seed}")  # noqa: S311 - names a question, no secret
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
