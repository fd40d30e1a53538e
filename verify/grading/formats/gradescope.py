"""Gradescope's ``results.json``, one a student: what an autograder writes to ``/autograder``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from verify.grading.evidence import GRADED
from verify.grading.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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
    """The results of one student; who could not be graded has 0 points and is told why."""
    if row.evidence.status != GRADED:
        return {
            "score": 0,
            "output": f"Not graded: {row.evidence.reason}",
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "extra_data": {"graded": False},
            "tests": [],
        }
    # The score stands by itself: what is left out would otherwise count as lost.
    return {
        "score": row.marks.points,
        "output": row.marks.note,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"graded": True, "result": row.marks.verdict},
        "tests": [
            {
                "name": step.title,
                "number": str(number),
                "score": round(step.points, 4),
                "max_score": round(step.possible, 4),
                "status": "failed" if step.standing in {"lost", "partly"} else "passed",
                "output": about(step, row, rubric),
                "output_format": "text",
                "tags": [step.key],
                "visibility": "visible",
            }
            for number, step in enumerate(row.marks.steps, 1)
            if "points" in rubric.show
        ],
    }
