"""Everything that a graded class leaves in its folder, made from the kept results alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from verify.grading import formats, similar
from verify.grading.evidence import NOT_GRADED, Evidence
from verify.grading.marks import marks, overridden
from verify.grading.pages import Row, class_page, student_html, student_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from verify.grading.results import Results
    from verify.grading.rubric import Rubric

CLASS: Final = "index.html"
"""The teacher's page."""
STUDENTS: Final = "students"
_ENDS: Final = (".html", ".md", ".json")
"""Of the files that a submission has for itself."""
_NEW: Final = ".new"
"""In it the pages and files are made."""
_NOT_YET: Final = Evidence(NOT_GRADED, reason="not graded yet: go on with --resume")


def rows(results: Results, rubric: Rubric) -> Iterator[Row]:
    """The students by key, with their marks by this rubric."""
    by_hand = results.overrides()
    for who in results.submissions():
        evidence = results.evidence(who.key) or _NOT_YET
        made = marks(evidence, rubric)
        if who.key in by_hand:
            made = overridden(made, by_hand[who.key].points, by_hand[who.key].reason)
        yield Row(who, evidence, made)


def write(
    results: Results, rubric: Rubric, folder: Path, chosen: Sequence[str] = formats.USUAL
) -> list[str]:
    """Write the pages and files; the same results give the same bytes.

    Those of an earlier run stay as they are until all of the new ones are whole; then those of
    submissions that are no longer there are removed.

    Args:
        results: of the class.
        rubric: what is demanded, and what students see.
        folder: that holds it all.
        chosen: names in :data:`~verify.grading.formats.FORMATS`.

    Returns:
        Keys of the submissions whose pages were removed.
    """
    new = folder / _NEW
    shutil.rmtree(new, ignore_errors=True)  # of a run that was killed here
    try:
        new.mkdir()
        _write(results, rubric, new, chosen)
        for path in sorted(p for p in new.rglob("*") if p.is_file()):
            place = folder / path.relative_to(new)
            place.parent.mkdir(exist_ok=True)
            path.replace(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return [key for key in results.gone() if _removed(folder, key)]


def _removed(folder: Path, key: str) -> bool:
    """Remove what is there of one submission by itself; whether there was anything."""
    places = [folder / STUDENTS, *[folder / name for name in formats.FORMATS]]
    own = [path for place in places for end in _ENDS if (path := place / f"{key}{end}").is_file()]
    for path in own:
        path.unlink()
    return bool(own)


def _write(results: Results, rubric: Rubric, folder: Path, chosen: Sequence[str]) -> None:
    (folder / STUDENTS).mkdir()
    for row in rows(results, rubric):
        base = folder / STUDENTS / row.submission.key
        base.with_suffix(".html").write_text(student_html(row, rubric), "utf-8")
        base.with_suffix(".md").write_text(student_markdown(row, rubric), "utf-8")
    for name in chosen:
        formats.write(name, rows(results, rubric), rubric, folder)
    about = {"seed": results.noted("seed") or "", "exam": results.noted("exam") or ""}
    alike = similar.groups(results.submissions())
    with (folder / CLASS).open("w", encoding="utf-8") as file:
        file.writelines(class_page(lambda: rows(results, rubric), rubric, about, alike))
