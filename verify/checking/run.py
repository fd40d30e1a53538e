"""A check, as a stream of events: from single operations to networks and other processes.

Nothing is printed here, and no listener is known.  The same seed and number of examples give the
same cases; what the engine does with them is its own affair.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.checking import arithmetic
from verify.checking.assess import examine
from verify.checking.conventions import conventions
from verify.checking.diagnose import blamed
from verify.checking.judging import Judging
from verify.checking.plan import Plan
from verify.checking.promise import promise
from verify.checking.stages import AFTER, BEFORE, GRAPHS, Course
from verify.checking.told import begins_wrongly
from verify.engines.engine import EngineError, Spent, broke_off
from verify.expression.formats import SINGLE
from verify.expression.ops import FORMS
from verify.faults.match import NEEDS
from verify.generators import special
from verify.oracles.registry import present, stored
from verify.verdict.conclusion import concluded, of_operations
from verify.verdict.control import control
from verify.verdict.outcome import Control, Finished, Outcome, Started
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.expression.reading import Reading
    from verify.oracles.registry import Testimony
    from verify.verdict.outcome import EngineVerdict, Event, Finding, Status

__all__ = ["Plan", "check", "outcome"]


def check(engine: Engine, plan: Plan | None = None) -> Iterator[Event]:
    """Check an engine.

    Args:
        engine: loaded, and closed by the caller.
        plan: how hard to look.

    Yields:
        Events; the last one is :class:`~verify.verdict.outcome.Finished` with the outcome.
    """
    return _Check(engine, plan or Plan()).events()


def outcome(engine: Engine, plan: Plan | None = None) -> Outcome:
    """Check an engine and return the outcome alone."""
    for event in check(engine, plan):
        if isinstance(event, Finished):
            return event.outcome
    raise AssertionError("a check ends with its outcome")


@dataclass(slots=True)
class _Check:
    engine: Engine
    plan: Plan
    omitted: frozenset[str] = frozenset()
    control: Control = field(default_factory=lambda: Control(0, 0))
    judging: Judging = field(init=False)
    course: Course = field(init=False)
    broken: list[str] = field(default_factory=list)
    spent: bool = False

    def __post_init__(self) -> None:
        self.judging = Judging(self.engine, self.plan.seed)
        self.course = Course(self.judging, self.plan, omitted=self.omitted)

    def events(self) -> Iterator[Event]:
        begun = time.perf_counter()
        plan, course = self.plan, self.course
        yield Started(self.engine.info, present(), plan.seed, plan.examples)
        with stored(), self.judging.stack:
            for stage in BEFORE:
                yield from self._guarded(stage(course))
            yield from self._guarded(self._control())
            for stage in GRAPHS if course.usable else ():
                yield from self._guarded(self._rested(stage(course)))
            yield from self._guarded(self.judging.catch_up())
            for stage in AFTER:
                yield from self._guarded(stage(course))
        yield from self._guarded(self._conventions())
        yield Finished(self._outcome(time.perf_counter() - begun))

    def _guarded(self, part: Iterator[Event]) -> Iterator[Event]:
        """A part of the check: what breaks it off ends this part, and the engine is not correct.

        Nothing that was found before is lost, and where no time is left no other part begins.
        """
        if self.spent:
            return
        try:
            yield from part
        except Spent as spent:
            self.spent = True
            self.broken.append(spent.message)
        except EngineError as error:
            self.broken.append(error.message)
        except Exception as error:  # noqa: BLE001 - whatever the engine brought about
            self.broken.append(broke_off(error).message)

    def _rested(self, part: Iterator[Event]) -> Iterator[Event]:
        self.judging.rest()
        yield from part

    def _conventions(self) -> Iterator[Event]:
        self.judging.accounts.conventions.update(conventions(self.engine))
        yield from ()

    def _control(self) -> Iterator[Event]:
        """Plant mistakes in right readings of single forms.

        An unstable engine may now be wrong where it was right: that is a finding, and no reading to
        plant in, since a mistake more may set it right.
        """
        right: list[tuple[Reading, Testimony]] = []
        for text, status in self.judging.forms.items():
            if status in {"correct", "imprecise"}:
                seen = examine(self.engine, special.single(FORMS[text])[0])
                if seen.judgement.wrong:
                    yield from self.judging.enter("forms", seen)
                else:
                    right.append((seen.reading, seen.testimony))
        self.control = control(right)

    def _outcome(self, seconds: float) -> Outcome:
        verdict, reason = self._verdict()
        # Oracles that contradict each other accuse nobody, whichever stage it was.
        judging = self.judging
        found = () if judging.disputes else self._grouped()
        return Outcome(
            engine=self.engine.info,
            verdict=verdict,
            reason=reason,
            findings=found,
            operations=of_findings(self.judging.forms, found),
            forms=dict(judging.forms),
            accounts=judging.accounts,
            control=self.control,
            disputes=tuple(judging.disputes),
            oracles=present(),
            seed=self.plan.seed,
            examples=self.plan.examples,
            seconds=seconds,
            versions=versions(),
        )

    def _grouped(self) -> tuple[Finding, ...]:
        try:
            return self.judging.findings.grouped(self.judging.forms)
        except Exception as error:  # noqa: BLE001 - the engine is asked once more, and may do anything
            self.broken.append(broke_off(error).message)
            return tuple(self.judging.findings.found)

    def _verdict(self) -> tuple[EngineVerdict, str]:
        judging, refusals = self.judging, self.judging.refusals
        verdict, reason = concluded(
            judging.accounts,
            self.control,
            wrong=bool(judging.findings.found or judging.accounts.verdicts["wrong"]),
            has_backward=self.engine.info.has_backward,
            minimum=self.plan.minimum,
            disputes=judging.disputes,
            broken=self.broken,
            refused=refusals.reason,
            refusals=refusals.common,
        )
        single = verdict == "correct" and promise(self.engine).format is SINGLE
        return verdict, arithmetic.RIGHT if single else reason


def of_findings(
    forms: Mapping[str, Status], findings: Sequence[Finding]
) -> dict[str, Status]:
    """The status of each operation, by its forms and by what findings blame."""
    accused = {op for finding in findings for op in blamed(finding)}
    statuses = of_operations(forms, accused)
    if not any(_begins(f) for f in findings):
        return statuses
    # Where a leaf alone is wrong, or the pass begins elsewhere, so is whatever is made of it.
    innocent = {op for op, status in statuses.items() if status == "wrong"} - accused
    return statuses | dict.fromkeys(innocent, "undecided")


def _begins(finding: Finding) -> bool:
    """Whether it is about where a pass begins: a leaf alone, a global, a wrong first gradient."""
    alone = not finding.case.graph.operations
    return alone or finding.diagnosis.fault in NEEDS or begins_wrongly(finding)
