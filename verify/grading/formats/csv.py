"""``grades.csv``: a line a student, a column a milestone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from verify.grading.marks import lacking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FILE: Final = "grades.csv"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write(rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write the table; text that a spreadsheet would take for a formula begins with an apostrophe.

    Points of a milestone that is left out are empty, as are those of who could not be graded.
    """
    keys = [key for key, points in rubric.points.items() if points]
    keys += ["conventions"] * bool(rubric.conventions)
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        who = ("key", "student", "number", "file")
        writer.writerow([*who, "result", "points", "of", *keys, "mistakes", "note"])
        for row in rows:
            writer.writerow(_line(row, keys))


def _line(row: Row, keys: list[str]) -> list[str]:
    who, marks = row.submission, row.marks
    steps = {step.key: step for step in marks.steps}
    graded = marks.verdict != "not graded"
    cells = [
        f"{step.points:g}" if (step := steps.get(key)) and step.possible else "" for key in keys
    ]
    mistakes = "; ".join(told.title for told in row.evidence.found)
    refused = f"{row.evidence.reason} {row.evidence.advice}".strip()
    told = [marks.note, *lacking(marks), refused, *row.evidence.partly, *who.notes]
    note = "; ".join(filter(None, told))
    points = f"{marks.points:g}" if graded else ""
    texts = [who.key, who.student, who.number, who.shown, marks.verdict]
    return [*map(_text, texts), points, f"{marks.total:g}", *cells, _text(mistakes), _text(note)]


def _text(words: str) -> str:
    return f"'{words}" if words.startswith(_FORMULA) else words
