"""What several formats say of a milestone, in the same words and at the rubric's level of help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verify.grading.marks import details
from verify.grading.spoken import gave
from verify.report import hints

if TYPE_CHECKING:
    from verify.grading.evidence import Told
    from verify.grading.marks import Step
    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric


def about(step: Step, row: Row, rubric: Rubric) -> str:
    """Why a milestone did not earn all its points, as plain text."""
    if step.standing == "earned":
        return ""
    lines = [step.why] if step.why else []
    lines += details(step, wrong=False)
    for told in row.evidence.found:
        if told.criterion.partition("/")[0] == step.key and "findings" in rubric.show:
            lines += _told(told, rubric)
    return "\n".join(lines)


def _told(told: Told, rubric: Rubric) -> list[str]:
    help_ = hints.shown(rubric.hints)
    lines = [told.title] if help_.mistake else []
    if help_.program:
        inputs = ", ".join(f"{name} = {value}" for name, value in told.inputs.items())
        lines += [f"{told.expression}{f' where {inputs}' if inputs else ''}"]
        said = f"yours {' '.join(gave(told))}, right is {told.want}" if told.want else told.got
        lines += [f"{told.where}: {said}"]
        if told.program and "program" in rubric.show:
            lines += ["", told.program, ""]
    if help_.mistake:
        lines += [told.question, told.explanation]
        lines += [f"Line {told.line}."] if told.line else []
    if help_.mending:
        lines += [part for part in (told.formula, hints.answer(told.fault), told.change) if part]
    return lines
