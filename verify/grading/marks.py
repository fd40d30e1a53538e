"""Points from evidence, by a rubric: nothing is run, and no point is lost twice for one cause.

A milestone's points are shared evenly by its criteria that count.  A mistake costs the share of the
one criterion that it is charged to; what it leaves unjudged is *not reached* and, unless the rubric
says otherwise, left out of the sum: of the points there are, no more than half, since points for
what was not seen right are no points for what was.  What is demanded and missing costs its share, a
form of an operation its part of it.  What counts is then worth the rubric's total, so that the
points of the milestones add up to those of the submission.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from verify.expression.ops import FORMS, OPS
from verify.grading.cents import divided
from verify.grading.criteria import CRITERIA, DEMANDS, MILESTONES, SHOWN
from verify.grading.evidence import GRADED, IDLE, REACHES
from verify.grading.rubric import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.grading.criteria import Criterion
    from verify.grading.evidence import Evidence, Seen
    from verify.grading.rubric import Rubric

Standing = Literal["earned", "partly", "lost", "not reached", "left out"]
"""What became of a milestone's points."""

_ALWAYS: Final = frozenset({"graph", "backward", "accumulation", "order"})
"""Milestones without which there is no engine that differentiates."""
_BACKWARD: Final = "backward"
_UNSEEN: Final = "not seen, as there is no backward pass"
_UNMOVED: Final = f"not seen, as {IDLE}"
LEAST: Final = 0.5
"""The share of the points there are on which a grade rests at least."""


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
        absent: the forms that are demanded and not there.
    """

    criterion: str
    title: str
    seen: Seen
    points: float
    possible: float
    why: str = ""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one milestone earns.

    Attributes:
        key: of the milestone; ``conventions`` for those that the rubric demands.
        title: in words.
        standing: what became of its points.
        points: earned, in hundredths, on the scale on which all that counts is worth the total.
        possible: that could be earned, on the same scale; 0 where it is left out.
        marks: of its criteria, on the same scale.
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
        judged: the share of the points there are that was not left unjudged by mistakes, 0 to 1.
    """

    steps: tuple[Step, ...]
    points: float
    total: float
    verdict: str
    note: str = ""
    judged: float = 1.0


def marks(evidence: Evidence, rubric: Rubric) -> Marks:
    """What the evidence is worth."""
    if evidence.status != GRADED:
        return Marks((), 0.0, rubric.total, "not graded")
    steps = _steps(evidence, rubric, 0.0)
    seen, there = (sum(s.possible for s in made) for made in (steps, _steps(evidence, rubric, 1.0)))
    judged = seen / there if there else 1.0
    if judged < LEAST:
        steps = _steps(evidence, rubric, (LEAST * there - seen) / (there - seen))
    if rubric.not_reached != "left out":
        steps = _steps(evidence, rubric, 1.0)
    if rubric.conventions:
        steps.append(_conventions(evidence, rubric))
    earned, possible = sum(s.points for s in steps), sum(s.possible for s in steps)
    total = rubric.total
    points = round(earned / possible * total, 2) if possible else 0.0
    lost = any(mark.seen == "missing" and mark.possible for step in steps for mark in step.marks)
    doubtful = any(sign.kind == REACHES for sign in evidence.warnings)  # costs no points
    wrong = bool(evidence.found) or doubtful
    verdict = "wrong" if wrong else "incomplete" if lost else "correct"
    return Marks(_shared_out(steps, points, total), points, total, verdict, judged=judged)


def lacking(found: Marks, most: int | None = None) -> tuple[str, ...]:
    """What is demanded and not there, and conventions that are others than demanded, in words.

    Args:
        found: of a submission.
        most: how many things that are not there are named; the others are counted.
    """
    lost = [mark for step in found.steps for mark in step.marks if mark.points < mark.possible]
    gone = [m for m in lost if m.seen == "missing" and not m.why.endswith(_UNSEEN)]
    words = {word for m in gone for word in m.absent or (m.title,)}
    forms = [form for form in FORMS if form in words]
    absent = [*forms, *(m.title for m in lost if m.title in words and m.title not in FORMS)]
    if most is not None and len(absent) > most:
        absent = [*absent[:most], f"{len(absent) - most} more"]
    others = [f"{m.title}: {m.why}" for m in lost if m.criterion.startswith("conventions/")]
    return (*([f"not there: {', '.join(absent)}"] if absent else []), *others)


def details(step: Step, *, wrong: bool = True) -> list[str]:
    """Why a milestone has not earned all, a line for each criterion.

    Args:
        step: the milestone.
        wrong: whether criteria to which a mistake is charged are named.
    """
    found = []
    for mark in step.marks:
        if mark.points >= mark.possible:
            continue
        if mark.seen == "missing":
            found.append(mark.why)
        elif step.key == "conventions":
            found.append(f"{mark.title}: {mark.why}")
        elif wrong:
            found.append(f"{mark.title}: {mark.seen}")
    return found


def _shared_out(steps: Sequence[Step], points: float, total: float) -> tuple[Step, ...]:
    """On the scale on which all that counts is worth the total, in hundredths that add up."""
    possible = sum(step.possible for step in steps)
    if not possible:
        return tuple(steps)
    most = _most(steps, points, total)
    got, scale = _earned(steps, points, most), total / possible
    return tuple([
        replace(
            step, points=a / 100, possible=b / 100,
            marks=tuple([
                replace(m, points=m.points * scale, possible=m.possible * scale)
                for m in step.marks
            ]),
        )
        for step, a, b in zip(steps, got, most, strict=True)
    ])  # fmt: skip


def _most(steps: Sequence[Step], points: float, total: float) -> list[int]:
    """Hundredths that each may have.

    Where every milestone has all or nothing, those with all add up to the points: nothing is then
    left over for a milestone that is lost.
    """
    possible = [step.possible for step in steps]
    partly = any(0 < step.points < step.possible for step in steps)
    if partly or all(step.points for step in steps if step.possible):
        return divided(total, possible)
    got, cents = [s.possible if s.points else 0.0 for s in steps], round(100 * points)
    whole = divided(cents / 100, got)
    lost = [a - b for a, b in zip(possible, got, strict=True)]
    rest = divided(round(100 * total - cents) / 100, lost)
    return [a + b for a, b in zip(whole, rest, strict=True)]


def _earned(steps: Sequence[Step], points: float, most: Sequence[int]) -> list[int]:
    """Hundredths for each; a milestone that has earned all has all, wherever that adds up."""
    whole = [b if s.points == s.possible else 0 for s, b in zip(steps, most, strict=True)]
    others = [0.0 if s.points == s.possible else s.points for s in steps]
    room = [b if x else 0 for x, b in zip(others, most, strict=True)]
    left = round(100 * points) - sum(whole)
    if 0 <= left <= sum(room):
        rest = divided(left / 100, others, room)
        return [a + b for a, b in zip(whole, rest, strict=True)]
    return divided(points, [step.points for step in steps], most)


def overridden(found: Marks, points: float, reason: str) -> Marks:
    """The same, with points that a teacher set by hand."""
    return replace(found, points=points, verdict="overridden", note=reason)


def _steps(evidence: Evidence, rubric: Rubric, counted: float) -> list[Step]:
    """All milestones; of what is not reached, such a share counts, from 0 to 1."""
    return [
        _step(key, evidence, rubric, points, counted)
        for key, points in rubric.points.items() if points
    ]  # fmt: skip


def _step(key: str, evidence: Evidence, rubric: Rubric, points: float, counted: float) -> Step:
    milestone = MILESTONES[key]
    chosen = [
        (c, seen) for c in SHOWN[key] if (seen := _counted(c, evidence, rubric)) is not None
    ]  # fmt: skip
    share = points / len(chosen) if chosen else 0.0
    made = [
        _unreached(c, share * counted, rubric) if seen == "not reached" else
        _mark(c, seen, share, evidence)
        for c, seen in chosen
    ]  # fmt: skip
    earned, possible = sum(m.points for m in made), sum(m.possible for m in made)
    seen_of_it = {evidence.criteria.get(c.key) for c in SHOWN[key]}
    standing = "not reached" if not made and "not reached" in seen_of_it else _standing(made)
    return Step(
        key, milestone.title, standing, earned, possible, tuple(made),
        _why(key, standing, evidence, rubric),
    )  # fmt: skip


def _counted(criterion: Criterion, evidence: Evidence, rubric: Rubric) -> Seen | None:
    """What was seen of a criterion; ``None`` where it does not count.

    What is not demanded counts where it is there: what is there has to be right.
    """
    found = evidence.criteria.get(criterion.key, "undecided")
    if found == "undecided":
        return None
    if found == "right" and _demanded(criterion, rubric) and _absent(criterion, evidence):
        return "missing"
    if found == "missing" and not _demanded(criterion, rubric):
        return None
    if found == "not reached" and criterion.op and not _demanded(criterion, rubric):
        return None
    return found


def _demanded(criterion: Criterion, rubric: Rubric) -> bool:
    if criterion.op in OPS or criterion.key == "numbers/sum":
        word = criterion.op or "sum"
        return word in rubric.require and bool(DEMANDS[criterion.key])
    if criterion.milestone in WHOLE:
        return criterion.milestone in rubric.require
    return criterion.milestone in _ALWAYS


def _absent(criterion: Criterion, evidence: Evidence) -> tuple[str, ...]:
    """The forms that a criterion demands and that are not there."""
    return tuple([text for text in DEMANDS[criterion.key] if text in evidence.absent])


def _mark(criterion: Criterion, seen: Seen, share: float, evidence: Evidence) -> Mark:
    if seen == "right":
        return Mark(criterion.key, criterion.title, seen, share, share)
    if seen == "wrong":
        causes = [t.title for t in evidence.found if t.criterion == criterion.key]
        return Mark(criterion.key, criterion.title, seen, 0.0, share, "; ".join(causes[:2]))
    absent, demanded = _absent(criterion, evidence), DEMANDS[criterion.key]
    there = 1 - len(absent) / len(demanded) if absent else 0.0
    why = f"{', '.join(absent) or criterion.title}: not there"
    if criterion.milestone != _BACKWARD and not absent and (unseen := _unseen(evidence)):
        why = f"{criterion.title}: {unseen}"
    return Mark(criterion.key, criterion.title, seen, share * there, share, why, absent)


def _unseen(evidence: Evidence) -> str:
    """Why nobody sees what a pass would show: there is none, or it does nothing; ``""`` else."""
    seen = {said for key, said in evidence.criteria.items() if CRITERIA[key].milestone == _BACKWARD}
    if seen == {"missing"}:
        return _UNSEEN
    return _UNMOVED if any(told.title == IDLE for told in evidence.found) else ""


def _unreached(criterion: Criterion, possible: float, rubric: Rubric) -> Mark:
    points = possible if rubric.not_reached == "all points" else 0.0
    return Mark(criterion.key, criterion.title, "not reached", points, possible, "not reached")


def _standing(made: Sequence[Mark]) -> Standing:
    seen = {mark.seen for mark in made}
    if not seen:
        return "left out"
    if seen <= {"not reached"}:
        return "not reached"
    if seen <= {"right", "not reached"} and all(m.points == m.possible for m in made):
        return "earned"
    return "partly" if any(mark.points for mark in made) else "lost"


def _why(key: str, standing: Standing, evidence: Evidence, rubric: Rubric) -> str:
    if standing == "left out" and key == "networks" and evidence.unjudged:
        return ""  # a remark says it
    if standing == "left out":
        return "There is nothing of it, and it is not demanded."
    if standing == "not reached":
        wrong = {k.partition("/")[0] for k, seen in evidence.criteria.items() if seen == "wrong"}
        needs = set(rubric.needs.get(key, ()))
        first = [m.title for m in MILESTONES.values() if m.key in (wrong & needs or wrong)]
        words = f" (first: {', '.join(first)})" if first else ""
        return f"An earlier mistake leaves nothing to judge it by{words}."
    return ""


def _conventions(evidence: Evidence, rubric: Rubric) -> Step:
    made = []
    for name, expected in rubric.conventions.items():
        if not (is_so := evidence.conventions.get(name, "")):
            continue  # of an operation that is not there
        met, share = is_so == expected, rubric.convention_points
        why = "" if met else f"demanded {expected}, here {is_so}"
        made.append(Mark(
            f"conventions/{name}", name, "right" if met else "wrong", share * met, share, why
        ))  # fmt: skip
    earned, possible = sum(m.points for m in made), sum(m.possible for m in made)
    why = "" if made else "They are about operations that are not there."
    return Step("conventions", "Conventions", _standing(made), earned, possible, tuple(made), why)
