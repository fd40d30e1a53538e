"""PrairieLearn's ``results.json``, one a student: what an external grader writes to ``/grade``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from verify.grading.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FOLDER: Final = "prairielearn"
_MOST_OUTPUT: Final = 20_000
"""Characters of what is said of one milestone: PrairieLearn takes 1 MB in all."""


def write(rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write ``prairielearn/KEY.json`` for each student."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for row in rows:
        text = json.dumps(data(row, rubric), indent=1, allow_nan=False)
        (folder / FOLDER / f"{row.submission.key}.json").write_text(text + "\n", "utf-8")


def data(row: Row, rubric: Rubric) -> dict[str, Any]:
    """The results of one student; what cannot be graded is not 0 points but ungradable."""
    if row.marks.verdict == "not graded":
        return {"gradable": False, "message": row.evidence.reason[:_MOST_OUTPUT], "score": 0.0}
    total = row.marks.total
    return {
        "gradable": True,
        "score": min(max(row.marks.points / total, 0.0), 1.0) if total else 0.0,
        "message": row.marks.note,
        "output": "",
        "tests": [
            {
                "name": step.title,
                "points": round(step.points, 4),
                "max_points": round(step.possible, 4),
                "message": step.standing,
                "output": about(step, row, rubric)[:_MOST_OUTPUT],
            }
            for step in row.marks.steps
            if "points" in rubric.show
        ],
    }
