"""Levels of help: each level of a report shows what it should, and nothing of the next."""

from dataclasses import replace

import pytest

from verify.checking.assess import examine, finding
from verify.engines import EngineError, load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, module
from verify.report import hints
from verify.report.json import unusable
from verify.report.text import report
from verify.verdict.outcome import Mend, Outcome, SourceLine

PARTS = {
    "program": "b = a.tanh()",
    "title": "tanh: the derivative is 1 - t, without the square",
    "question": hints.question("tanh-not-squared"),
    "line": "This line: line 12 of student.py",
    "excerpt": "12 |     self.grad += (1 - t) * out.grad",
    "change": "+    self.grad += (1 - t**2) * out.grad",
}
NOTHING = EngineError("accident", "nothing happened")
LINE = SourceLine("student.py", 12, "    self.grad += (1 - t) * out.grad", column=4, width=31)
MEND = Mend("--- a\n+++ b\n@@ -12 +12 @@\n+    self.grad += (1 - t**2) * out.grad", 3, 3, 0, 1)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """One finding with a line and a change."""
    fault = CATALOGUE["tanh-not-squared"]
    with load(module(fault.source, "student")) as engine:
        case = Case.parse("a.tanh()", a=0.5)
        found = finding(engine, examine(engine, case), "forms", case, fault=fault)
        refused = unusable(engine.info, NOTHING, seed=0, examples=0, seconds=0.0)
    told = replace(found, rule=LINE, mend=replace(MEND, confirmed=True))
    return replace(refused, verdict="wrong", findings=(told,))


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0, 0), (1, 1), (2, 5), (3, 6)],
)
def test_each_level_adds_its_parts(outcome: Outcome, level: int, expected: int) -> None:
    """0 the milestone; 1 the program; 2 the mistake, the question and this line; 3 the change."""
    text = " ".join("\n".join(line.plain for line in report(outcome, 200, "", level)).split())
    shown = [name for name, part in PARTS.items() if " ".join(part.split()) in text]
    if level == hints.MOST:  # who is told all needs no question
        shown = [name for name in PARTS if name in shown or name == "question"]
    assert shown == list(PARTS)[:expected]
