"""Gradescope's ``results.json``, one a student: what an autograder writes to ``/autograder``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from verify.grading.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.marks import Marks, Step
    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FOLDER: Final = "gradescope"


def write(rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write ``gradescope/KEY.json`` for each student."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for row in rows:
        text = json.dumps(data(row, rubric), indent=1, allow_nan=False)
        (folder / FOLDER / f"{row.submission.key}.json").write_text(text + "\n", "utf-8")


def data(row: Row, rubric: Rubric) -> dict[str, Any]:
    """The results of one student; who could not be graded has 0 points and is told why.

    The scores of the tests add up to the score.  Points that a teacher set by hand are those of no
    test: then tests have none.
    """
    marks = row.marks
    if marks.verdict == "not graded":
        return {
            "score": 0,
            "output": f"Not graded: {row.evidence.reason}",
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "extra_data": {"graded": False},
            "tests": [],
        }
    steps = zip(marks.steps, _scores(marks), strict=True)
    # The score stands by itself: what is left out would otherwise count as lost.
    return {
        "score": marks.points,
        "output": "\n".join(filter(None, [marks.note, *row.evidence.partly])),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"graded": True, "result": marks.verdict},
        "tests": [
            {
                "name": step.title,
                "number": str(number),
                **scores,
                **_status(step),
                "output": about(step, row, rubric),
                "output_format": "text",
                "tags": [step.key],
                "visibility": "visible",
            }
            for number, (step, scores) in enumerate(steps, 1)
            if "points" in rubric.show
        ],
    }


def _scores(marks: Marks) -> list[dict[str, float]]:
    if marks.verdict == "overridden" or not any(step.possible for step in marks.steps):
        return [{}] * len(marks.steps)
    return [
        {"score": step.points, "max_score": step.possible} if step.possible else {}
        for step in marks.steps
    ]


def _status(step: Step) -> dict[str, str]:
    """Passed or failed, where anything was seen of it or counts; else neither."""
    if step.standing == "earned":
        return {"status": "passed"}
    return {"status": "failed"} if step.possible else {}
