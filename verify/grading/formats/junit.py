"""``junit.xml``: a suite a student, a case a milestone.

A wrong milestone is a *failure*, a submission that could not be graded an *error*, what is not
reached or left out *skipped*; points are properties.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from verify.grading.evidence import GRADED
from verify.grading.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from verify.grading.marks import Step
    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

FILE: Final = "junit.xml"
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, however it is written."""
_SKIPPED: Final = frozenset({"not reached", "left out"})


def write(rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write one file for the class."""
    with (folder / FILE).open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n')
        for row in rows:
            file.writelines(_suite(row, rubric))
        file.write("</testsuites>\n")


def _suite(row: Row, rubric: Rubric) -> Iterator[str]:
    who, steps = row.submission, row.marks.steps
    failed = sum(step.standing in {"lost", "partly"} for step in steps)
    skipped = sum(step.standing in _SKIPPED for step in steps)
    graded = row.evidence.status == GRADED
    tests, errors = (len(steps), 0) if graded else (1, 1)
    yield (
        f'<testsuite name={_attribute(who.key)} tests="{tests}" failures="{failed}" '
        f'errors="{errors}" skipped="{skipped}" time="0">\n'
    )
    properties = {
        "student": who.student, "number": who.number, "file": who.shown,
        "points": f"{row.marks.points:g}", "total": f"{row.marks.total:g}",
        "result": row.marks.verdict,
    }  # fmt: skip
    yield "<properties>\n"
    for name, value in properties.items():
        yield f"<property name={_attribute(name)} value={_attribute(value)}/>\n"
    yield "</properties>\n"
    if not graded:
        reason = _attribute(row.evidence.reason)
        yield (
            f'<testcase classname={_attribute(who.key)} name="graded" time="0">'
            f'<error message={reason} type="not graded"/></testcase>\n'
        )
    for step in steps:
        yield from _case(step, row, rubric)
    yield "</testsuite>\n"


def _case(step: Step, row: Row, rubric: Rubric) -> Iterator[str]:
    name, key = _attribute(step.title), _attribute(row.submission.key)
    yield f'<testcase classname={key} name={name} time="0">'
    yield "<properties>"
    for word, value in (("points", step.points), ("possible", step.possible)):
        yield f'<property name="{word}" value="{value:g}"/>'
    yield "</properties>"
    if step.standing in _SKIPPED:
        yield f"<skipped message={_attribute(step.why or step.standing)}/>"
    elif step.standing != "earned":
        text = _clean(about(step, row, rubric))
        yield f'<failure message={name} type="{step.standing}">{escape(text)}</failure>'
    yield "</testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
