"""Results as files that platforms read, one module a format.

Each has ``write(rows, rubric, folder)``: ``rows`` are the students, ``folder`` is where its file,
or its files by student, go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.grading.formats import ctrf, gradescope, junit, lines, prairielearn, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FORMATS: Final[dict[str, Callable[[Iterable[Row], Rubric, Path], None]]] = {
    "csv": table.write,
    "jsonl": lines.write,
    "junit": junit.write,
    "ctrf": ctrf.write,
    "gradescope": gradescope.write,
    "prairielearn": prairielearn.write,
}
"""How each format is written, by name."""
USUAL: Final = ("csv", "jsonl")
"""Those that are written unless others are named."""
