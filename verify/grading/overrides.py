"""Points that a teacher sets by hand, from a table with the columns student, points, reason."""

from __future__ import annotations

import csv
import difflib
import io
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from verify.grading.submission import Submission

COLUMNS: Final = ("student", "points", "reason")
_PARTED: Final = (",", ";", "\t")
"""What stands between the cells: spreadsheets of many countries write the second."""
_MORE: Final = "more"
"""Under which cells stand that belong to no column."""


class OverrideError(ValueError):
    """A table of overrides that cannot be used: the file, the line, and the reason."""


def read(path: Path, submissions: Iterable[Submission]) -> list[tuple[str, float | None, str]]:
    """The overrides of a file: key, points and reason; without either, what was set is taken back.

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
        raise OverrideError(f"{path}: not text in UTF-8: save it as CSV, UTF-8") from None
    parted = max(_PARTED, key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text), delimiter=parted, restkey=_MORE)
    found: dict[str, tuple[int, float | None, str]] = {}
    try:
        columns = [name.strip().casefold() for name in table.fieldnames or ()]
        if not set(COLUMNS) <= set(columns):
            raise OverrideError(f"{path}, line 1: the columns have to be {', '.join(COLUMNS)}")
        table.fieldnames = columns
        for row in table:
            place = f"{path}, line {table.line_num}"
            if not any(cell.strip() for cell in row.values() if isinstance(cell, str)):
                continue  # spreadsheets leave lines with nothing in their cells
            key, points, reason = _row(row, known, place, parted)
            if key in found:
                student, line = row["student"].strip(), found[key][0]
                raise OverrideError(f"{place}: {student!r} stands in line {line}, too")
            found[key] = (table.line_num, points, reason)
    except csv.Error as error:
        raise OverrideError(f"{path}, line {table.line_num}: {error}") from None
    return [(key, points, reason) for key, (_, points, reason) in found.items()]


def _row(
    row: dict[str, str], known: Mapping[str, set[str]], place: str, parted: str
) -> tuple[str, float | None, str]:
    student, reason = (row["student"] or "").strip(), (row["reason"] or "").strip()
    keys = known.get(student.casefold(), set())
    if not keys:
        close = difflib.get_close_matches(student.casefold(), known, 1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        raise OverrideError(f"{place}: there is no student {student!r}{hint}")
    if len(keys) > 1:
        raise OverrideError(f"{place}: {student!r} are several: {', '.join(sorted(keys))}")
    if any(cell.strip() for cell in row.get(_MORE, ())):
        raise OverrideError(
            f"{place}: there are more cells than columns; a reason with {parted!r} in it needs "
            'quotation marks: "..."'
        )
    (key,) = keys
    written = (row["points"] or "").strip()
    if not written and not reason:
        return key, None, ""
    if not written:
        raise OverrideError(
            f"{place}: there are no points; to take back what was set before, leave the reason "
            "empty, too"
        )
    try:
        points = float(written if parted == "," else written.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points < 1e9:
        raise OverrideError(f"{place}: points must be a number, 0 or more, not {written!r}")
    if not reason:
        raise OverrideError(f"{place}: an override needs a reason")
    return key, points, reason
