"""Points that a teacher sets by hand, from a table with the columns student, points, reason."""

from __future__ import annotations

import csv
import difflib
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.submission import Submission

COLUMNS: Final = ("student", "points", "reason")


class OverrideError(ValueError):
    """A table of overrides that cannot be used: the file, the line, and the reason."""


def read(path: Path, submissions: Iterable[Submission]) -> list[tuple[str, float, str]]:
    """The overrides of a file: key, points and reason.

    Args:
        path: CSV; a student is a key, a number, a name or a file.
        submissions: of the class.

    Raises:
        OverrideError: for the first line that is wrong. ``OSError`` passes.
    """
    known: dict[str, set[str]] = {}
    for who in submissions:
        for word in (who.key, who.number, who.student, who.shown):
            if word:
                known.setdefault(word.casefold(), set()).add(who.key)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise OverrideError(f"{path}: not text in UTF-8") from None
    table = csv.DictReader(text.splitlines())
    if not set(COLUMNS) <= set(table.fieldnames or ()):
        raise OverrideError(f"{path}, line 1: the columns have to be {', '.join(COLUMNS)}")
    return [_row(row, known, f"{path}, line {number}") for number, row in enumerate(table, 2)]


def _row(row: dict[str, str], known: dict[str, set[str]], place: str) -> tuple[str, float, str]:
    student, reason = (row["student"] or "").strip(), (row["reason"] or "").strip()
    keys = known.get(student.casefold(), set())
    if not keys:
        close = difflib.get_close_matches(student.casefold(), known, 1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        raise OverrideError(f"{place}: there is no student {student!r}{hint}")
    if len(keys) > 1:
        raise OverrideError(f"{place}: {student!r} are several: {', '.join(sorted(keys))}")
    try:
        points = float(row["points"])
    except (TypeError, ValueError):
        points = math.nan
    if not 0 <= points < 1e9:
        raise OverrideError(f"{place}: points must be a number, 0 or more, not {row['points']!r}")
    if not reason:
        raise OverrideError(f"{place}: an override needs a reason")
    return keys.pop(), points, reason
