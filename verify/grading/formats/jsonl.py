"""``grades.jsonl``: a student a line, with everything that was seen."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FILE: Final = "grades.jsonl"
SCHEMA: Final = "verify.grade/1"


def write(rows: Iterable[Row], _rubric: Rubric, folder: Path) -> None:
    """Write a line of JSON a student."""
    with (folder / FILE).open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(data(row), allow_nan=False) + "\n")


def data(row: Row) -> dict[str, Any]:
    """One student as plain data."""
    who = row.submission
    return {
        "schema": SCHEMA,
        "key": who.key,
        "student": who.student,
        "number": who.number,
        "file": who.shown,
        "digest": who.digest,
        "notes": list(who.notes),
        "marks": asdict(row.marks),
        "evidence": asdict(row.evidence),
    }
