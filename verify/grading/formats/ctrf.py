"""``ctrf-report.json``: the Common Test Report Format, a test a milestone, a suite a student."""

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

FILE: Final = "ctrf-report.json"
SPEC: Final = "0.0.0"
_STATUS: Final = {
    "earned": "passed", "partly": "failed", "lost": "failed",
    "not reached": "skipped", "left out": "skipped",
}  # fmt: skip
_COUNTED: Final = ("passed", "failed", "pending", "skipped", "other")


def write(rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write one file for the class; times are 0, so that the same grades are the same bytes."""
    tests = [test for row in rows for test in _tests(row, rubric)]
    counts = {status: sum(t["status"] == status for t in tests) for status in _COUNTED}
    summary = {"tests": len(tests), **counts, "start": 0, "stop": 0}
    results = {"tool": {"name": "verify grade"}, "summary": summary, "tests": tests}
    report = {"reportFormat": "CTRF", "specVersion": SPEC, "results": results}
    text = json.dumps(report, indent=1, allow_nan=False)
    (folder / FILE).write_text(text + "\n", "utf-8")


def _tests(row: Row, rubric: Rubric) -> list[dict[str, Any]]:
    who = row.submission
    shared = {"duration": 0, "suite": [who.key], "filePath": who.shown}
    if row.evidence.status != GRADED:
        extra = {"student": who.student, "number": who.number}
        return [{
            "name": f"{who.key}: graded", "status": "other", "message": row.evidence.reason,
            **shared, "extra": extra,
        }]  # fmt: skip
    found = []
    for step in row.marks.steps:
        test: dict[str, Any] = {
            "name": f"{who.key}: {step.title}", "status": _STATUS[step.standing], **shared,
            "extra": {
                "student": who.student, "number": who.number, "milestone": step.key,
                "points": round(step.points, 4), "possible": round(step.possible, 4),
            },
        }  # fmt: skip
        if message := about(step, row, rubric):
            test["message"] = message
        found.append(test)
    return found
