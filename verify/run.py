"""A check, as a stream of events: probe, control, known cases, random cases, edges.

Nothing is printed here, and no listener is known.  The same seed and number of examples give the
same cases; what the engine does with them is its own affair.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify import known
from verify.control import control
from verify.examine import contradictions, examine, finding
from verify.judge import Judgement, Verdict
from verify.ops import FORMS, OPS
from verify.oracles.consult import consult, present
from verify.outcome import (
    Accounts,
    CaseDone,
    Control,
    Finding,
    Finished,
    Found,
    Outcome,
    StageStarted,
    Started,
)
from verify.reading import Reading
from verify.reduce import reduce
from verify.strategies import cases, sample
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.engines import Engine
    from verify.graph import Case
    from verify.judge import Dispute
    from verify.oracles.consult import Testimony
    from verify.outcome import EngineVerdict, Event, Status

MINIMUM: Final = 100
"""Gradients that must be judged before an engine may be called correct."""
_MOST_FINDINGS: Final = 12
_REPEATS: Final = 4
"""Failing cases in a row that show nothing new before a stage stops reducing them."""

_STATUS: Final[dict[Verdict, Status]] = {
    Verdict.CORRECT: "correct",
    Verdict.IMPRECISE: "imprecise",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How hard to look.

    Attributes:
        examples: random cases; a quarter of them on the wide population.
        seed: reproduces the cases.
        max_operations: size of the random graphs.
        minimum: gradients that must be judged.
    """

    examples: int = 400
    seed: int = 0
    max_operations: int = 30
    minimum: int = MINIMUM


def check(engine: Engine, plan: Plan | None = None) -> Iterator[Event]:
    """Check an engine.

    Args:
        engine: loaded, and closed by the caller.
        plan: how hard to look.

    Yields:
        Events; the last one is :class:`~verify.outcome.Finished` with the outcome.
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
    accounts: Accounts = field(default_factory=Accounts)
    findings: list[Finding] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    control: Control = field(default_factory=lambda: Control(0, 0))
    broken: bool = False

    def events(self) -> Iterator[Event]:
        begun = time.perf_counter()
        plan = self.plan
        yield Started(self.engine.info, present(), plan.seed, plan.examples)
        yield from self._probe()
        self.control = control(self._judged_single())
        usable = [text for text, status in self.forms.items() if status not in {"missing", "wrong"}]
        if usable:
            yield from self._stage("known", [case for _, case in known.cases(usable)])
            yield from self._stage("random", self._drawn(usable, "tame", plan.examples * 3 // 4))
            yield from self._stage("wide", self._drawn(usable, "wide", plan.examples // 4))
            yield from self._stage("edges", list(known.edges(usable)))
        yield Finished(self._outcome(time.perf_counter() - begun))

    def _drawn(self, usable: Collection[str], population: str, count: int) -> list[Case]:
        if not count:
            return []
        strategy = cases(population=population, forms=usable, max_operations=self.plan.max_operations)  # type: ignore[arg-type]
        return sample(strategy, count, self.plan.seed)

    def _probe(self) -> Iterator[Event]:
        """Which forms exist, and which are wrong already on their own."""
        yield StageStarted("forms", len(FORMS))
        for form in FORMS.values():
            status: Status = "undecided"
            for case in known.single(form):
                judgement = self._judge(case)
                if judgement is None:
                    continue
                if judgement.raised is not None and judgement.raised.refused:
                    status = "missing"
                    break
                self._count("forms", case, judgement)
                yield CaseDone("forms", judgement.verdict)
                if judgement.wrong:
                    status = "wrong"
                    yield from self._found("forms", case)
                    break
                status = _STATUS.get(judgement.verdict, status)
            self.forms[form.text] = status
            if status == "missing":
                self.accounts.skipped["not implemented"] += 1

    def _stage(self, name: str, stage: Sequence[Case]) -> Iterator[Event]:
        yield StageStarted(name, len(stage))
        stale = 0
        for case in stage:
            if self.broken or len(self.disputes) >= _MOST_FINDINGS:
                self.accounts.skipped["stopped early"] += 1
                continue
            judgement = self._judge(case)
            if judgement is None:
                yield CaseDone(name, "dispute")
                continue
            self._count(name, case, judgement)
            yield CaseDone(name, judgement.verdict)
            if not judgement.wrong or stale >= _REPEATS or len(self.findings) >= _MOST_FINDINGS:
                continue
            new = list(self._found(name, case))
            stale = 0 if new else stale + 1
            yield from new

    def _judge(self, case: Case) -> Judgement | None:
        """The judgement on the engine's reading; ``None`` where the oracles contradict each other."""
        testimony = consult(case)
        if found := contradictions(testimony):
            self.disputes += found
            self.accounts.skipped["oracles dispute"] += 1
            return None
        return examine(self.engine, case, testimony).judgement

    def _found(self, stage: str, case: Case) -> Iterator[Event]:
        def fails(smaller: Case) -> bool:
            return bool(examine(self.engine, smaller).judgement.wrong)

        small = reduce(case, fails)
        if any(small.graph == found.case.graph for found in self.findings):
            return
        new = finding(self.engine, examine(self.engine, small), stage, case)
        self.findings.append(new)
        yield Found(new)

    def _count(self, stage: str, case: Case, judgement: Judgement) -> None:
        accounts = self.accounts
        accounts.cases[stage] += 1
        for number in judgement.numbers:
            accounts.verdicts[number.verdict.value] += 1
            if number.verdict is Verdict.UNDECIDED:
                accounts.undecided[number.reason] += 1
            elif number.quantity == "gradient":
                accounts.gradients += 1
        for op in set(case.graph.operations):
            accounts.operations.setdefault(op, Counter()).update(
                {verdict.value: n for verdict, n in judgement.counts.items()}
            )

    def _judged_single(self) -> Iterator[tuple[Reading, Testimony]]:
        """Readings of single forms, for the control to plant mistakes in."""
        for text, status in self.forms.items():
            if status in {"correct", "imprecise"}:
                case = known.single(FORMS[text])[0]
                examined = examine(self.engine, case)
                yield examined.reading, examined.testimony

    def _outcome(self, seconds: float) -> Outcome:
        verdict, reason = self._verdict()
        return Outcome(
            engine=self.engine.info,
            verdict=verdict,
            reason=reason,
            findings=tuple(sorted(self.findings, key=_size)),
            operations=self._operations(),
            forms=dict(self.forms),
            accounts=self.accounts,
            control=self.control,
            disputes=tuple(self.disputes),
            oracles=present(),
            seed=self.plan.seed,
            examples=self.plan.examples,
            seconds=seconds,
            versions=versions(),
        )

    def _verdict(self) -> tuple[EngineVerdict, str]:
        if self.findings:
            return "wrong", ""
        if self.disputes:
            return "inconclusive", f"the oracles contradict each other: {self.disputes[0]}"
        if not self.engine.info.has_backward:
            return "inconclusive", "the engine has no backward pass; only its forward pass was judged"
        if self.accounts.gradients < self.plan.minimum:
            return "inconclusive", f"{self.accounts.gradients} gradients judged, {self.plan.minimum} are the minimum"
        if not self.control.passed:
            return "inconclusive", f"negative control: {self.control.caught} of {self.control.planted} caught"
        return "correct", ""

    def _operations(self) -> dict[str, Status]:
        blamed = {op for f in self.findings if len(set(f.case.graph.operations)) == 1 for op in f.case.graph.operations}
        return {op: self._operation(op, blamed) for op in OPS}

    def _operation(self, op: str, blamed: Collection[str]) -> Status:
        statuses = {status for text, status in self.forms.items() if FORMS[text].op == op}
        if op in blamed or "wrong" in statuses:
            return "wrong"
        if statuses == {"missing"}:
            return "missing"
        return next((s for s in ("imprecise", "correct") if s in statuses), "undecided")


def _size(finding: Finding) -> tuple[int, int]:
    return len(finding.case.graph.operations), len(finding.case.graph.nodes)
