"""Points from evidence, by a rubric: nothing is run, and no point is lost twice for one cause.

A milestone's points are shared evenly by its criteria that count.  A mistake costs the share of the
one criterion that it is charged to; what it leaves unjudged is *not reached* and, unless the rubric
says otherwise, left out of the sum.  What is demanded and missing costs its share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from verify.expression.ops import OPS
from verify.grading.criteria import CRITERIA, MILESTONES
from verify.grading.evidence import GRADED
from verify.grading.rubric import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.grading.criteria import Criterion
    from verify.grading.evidence import Evidence, Seen
    from verify.grading.rubric import Rubric

Standing = Literal["earned", "partly", "lost", "not reached", "left out"]
"""What became of a milestone's points."""

_ALWAYS: Final = frozenset({"graph", "backward", "accumulation", "order"})
"""Milestones without which there is no engine that differentiates."""
_QUIET: Final = frozenset({"numbers/sum", "numbers/in place", "robustness"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What one criterion earns.

    Attributes:
        criterion: its key.
        title: in words.
        seen: what was seen.
        points: earned.
        possible: that could be earned; 0 where it does not count.
        why: in a few words, where not all was earned.
    """

    criterion: str
    title: str
    seen: Seen
    points: float
    possible: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one milestone earns.

    Attributes:
        key: of the milestone; ``conventions`` for those that the rubric demands.
        title: in words.
        standing: what became of its points.
        points: earned.
        possible: that could be earned here; less than in the rubric where something is left out.
        marks: of its criteria.
        why: in a sentence, where not all was earned.
    """

    key: str
    title: str
    standing: Standing
    points: float
    possible: float
    marks: tuple[Mark, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a submission earns.

    Attributes:
        steps: by milestone, in the order of the course.
        points: earned, on the scale of the rubric's total.
        total: the rubric's total.
        verdict: ``correct``, ``wrong``, ``incomplete``, ``not graded``; ``overridden``.
        note: why, where a teacher set the points by hand.
    """

    steps: tuple[Step, ...]
    points: float
    total: float
    verdict: str
    note: str = ""


def marks(evidence: Evidence, rubric: Rubric) -> Marks:
    """What the evidence is worth."""
    if evidence.status != GRADED:
        return Marks((), 0.0, rubric.total, "not graded")
    steps = [
        _step(key, evidence, rubric, points) for key, points in rubric.points.items() if points
    ]
    if rubric.conventions:
        steps.append(_conventions(evidence, rubric))
    earned, possible = sum(s.points for s in steps), sum(s.possible for s in steps)
    total = rubric.total
    points = round(earned / possible * total, 2) if possible else 0.0
    lost = any(mark.seen == "missing" and mark.possible for step in steps for mark in step.marks)
    verdict = "wrong" if evidence.found else "incomplete" if lost else "correct"
    return Marks(tuple(steps), points, total, verdict)


def overridden(found: Marks, points: float, reason: str) -> Marks:
    """The same, with points that a teacher set by hand."""
    return Marks(found.steps, points, found.total, "overridden", reason)


def _step(key: str, evidence: Evidence, rubric: Rubric, points: float) -> Step:
    milestone = MILESTONES[key]
    chosen = [
        (c, seen) for c in CRITERIA.values()
        if c.milestone == key and (seen := _counted(c, evidence.criteria, rubric)) is not None
    ]  # fmt: skip
    share = points / len(chosen) if chosen else 0.0
    made = [_mark(c, seen, share, evidence, rubric) for c, seen in chosen]
    earned, possible = sum(m.points for m in made), sum(m.possible for m in made)
    return Step(
        key, milestone.title, _standing(made), earned, possible, tuple(made),
        _why(key, made, rubric),
    )  # fmt: skip


def _counted(criterion: Criterion, seen: Mapping[str, Seen], rubric: Rubric) -> Seen | None:
    """What was seen of a criterion; ``None`` where it does not count.

    What is not demanded counts where it is there: what is there has to be right.
    """
    found = seen.get(criterion.key, "undecided")
    if found == "undecided":
        return None
    if found == "missing" and not _demanded(criterion, rubric):
        return None
    if found == "not reached" and criterion.op and not _demanded(criterion, rubric):
        return None
    return found


def _demanded(criterion: Criterion, rubric: Rubric) -> bool:
    if criterion.op in OPS:
        return criterion.op in rubric.require
    if criterion.milestone in WHOLE:
        return criterion.milestone in rubric.require
    return criterion.milestone in _ALWAYS


def _mark(
    criterion: Criterion, seen: Seen, share: float, evidence: Evidence, rubric: Rubric
) -> Mark:
    if seen == "right":
        return Mark(criterion.key, criterion.title, seen, share, share)
    if seen == "wrong":
        causes = [t.title for t in evidence.found if t.criterion == criterion.key]
        return Mark(criterion.key, criterion.title, seen, 0.0, share, "; ".join(causes[:2]))
    if seen == "missing":
        return Mark(criterion.key, criterion.title, seen, 0.0, share, "not there")
    worth = {"left out": (0.0, 0.0), "no points": (0.0, share), "all points": (share, share)}
    return Mark(criterion.key, criterion.title, seen, *worth[rubric.not_reached], "not reached")


def _standing(made: Sequence[Mark]) -> Standing:
    seen = {mark.seen for mark in made}
    if not seen:
        return "left out"
    if seen <= {"not reached"}:
        return "not reached"
    if seen <= {"right", "not reached"}:
        return "earned"
    return "partly" if "right" in seen else "lost"


def _why(key: str, made: Sequence[Mark], rubric: Rubric) -> str:
    if not made:
        return "There is nothing of it, and it is not demanded."
    if all(mark.seen == "not reached" for mark in made):
        before = [MILESTONES[need].title for need in rubric.needs.get(key, ())]
        first = f" (first: {', '.join(before)})" if before else ""
        return f"Not reached: an earlier mistake leaves nothing to judge it by{first}."
    return ""


def _conventions(evidence: Evidence, rubric: Rubric) -> Step:
    made = []
    for name, due in rubric.conventions.items():
        is_so = evidence.conventions.get(name, "")
        met, share = is_so == due, rubric.convention_points
        why = "" if met else f"demanded: {due}; here: {is_so or 'nothing'}"
        made.append(Mark(
            f"conventions/{name}", name, "right" if met else "wrong", share * met, share, why
        ))  # fmt: skip
    earned, possible = sum(m.points for m in made), sum(m.possible for m in made)
    return Step("conventions", "Conventions", _standing(made), earned, possible, tuple(made))
