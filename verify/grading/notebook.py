"""A grade for one class, in a notebook or in somebody else's test: ``verify.grade(Value)``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from verify.engines import load
from verify.grading import rubric as rubrics
from verify.grading.examine import examine
from verify.grading.marks import marks
from verify.grading.paper import draw, kept

if TYPE_CHECKING:
    from verify.grading.evidence import Evidence
    from verify.grading.marks import Marks, Step
    from verify.grading.paper import Paper
    from verify.grading.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Grade:
    """What an engine earns, milestone by milestone.

    Attributes:
        marks: the points.
        evidence: what was seen.
        rubric: what was demanded.
    """

    marks: Marks
    evidence: Evidence
    rubric: Rubric

    def points(self, milestone: str = "") -> float:
        """Points earned: of one milestone, on the scale of the rubric, or of all.

        What is not reached, or neither there nor demanded, earns what the rubric says; where that
        is *left out*, a test of its own has nothing to leave it out of, and it earns nothing.

        Raises:
            KeyError: if the rubric has no such milestone.
        """
        if not milestone:
            return self.marks.points
        step, worth = self._step(milestone), self.rubric.points.get(milestone, 0.0)
        possible = sum(mark.possible for mark in step.marks)
        earned = sum(mark.points for mark in step.marks)
        return round(earned / possible * worth, 4) if possible else 0.0

    def possible(self, milestone: str = "") -> float:
        """Points that there are: of one milestone, or of all.

        Raises:
            KeyError: if the rubric has no such milestone.
        """
        return self.rubric.points[self._step(milestone).key] if milestone else self.marks.total

    def earned(self, milestone: str) -> bool:
        """Whether a milestone has all its points.

        Raises:
            KeyError: if the rubric has no such milestone.
        """
        return self._step(milestone).standing == "earned"

    def _step(self, milestone: str) -> Step:
        for step in self.marks.steps:
            if step.key == milestone:
                return step
        raise KeyError(f"{milestone}: there are {', '.join(step.key for step in self.marks.steps)}")

    def __str__(self) -> str:
        lines = [f"{self.marks.points:g} of {self.marks.total:g} points"]
        lines += [
            f"{step.points:5.3g} / {step.possible:<5.3g} {step.title}: {step.standing}"
            for step in self.marks.steps
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def grade(
    engine: object, *, rubric: str | Path | None = None, seed: int = 0, exam: str | Path = ""
) -> Grade:
    """Grade an engine by the exam of a class.

    Args:
        engine: a class, a module, or what :func:`verify.load` takes.
        rubric: a TOML file; ``None`` for the default one.
        seed: draws the exam; the same seed, the same exam.
        exam: a file with an exam that was drawn before, in place of a seed.

    Raises:
        EngineError: if the engine cannot be used.
        RubricError: if the rubric is wrong.
        CorpusError: if the exam is damaged.
    """
    demanded = rubrics.Rubric() if rubric is None else rubrics.load(Path(rubric))
    seen = _seen(engine, seed, str(exam))
    return Grade(marks(seen, demanded), seen, demanded)


@functools.lru_cache(maxsize=8)
def _seen(engine: object, seed: int, exam: str) -> Evidence:
    """What was seen of an engine; asked once, however many tests ask for its points."""
    paper = kept(exam, _when(exam)) if exam else _drawn(seed)
    with load(engine) as loaded:
        return examine(loaded, paper)


def _when(exam: str) -> str:
    return str(Path(exam).stat().st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _drawn(seed: int) -> Paper:
    return draw(seed)
