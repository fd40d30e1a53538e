"""What all stages of a check share: cases are judged, entered in the accounts, and found wrong."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.checking.ahead import known_ahead
from verify.checking.assess import assess, read, read_many
from verify.checking.findings import Findings
from verify.checking.first_wrong import two_say_so
from verify.checking.refusals import Refusals
from verify.checking.seed import factor
from verify.checking.told import is_plain
from verify.expression.graph import Case, Graph
from verify.generators.scenarios import PLAIN
from verify.oracles.registry import (
    agreed,
    alone,
    consult,
    consult_together,
    keep,
    remembered,
)
from verify.verdict.disputes import disputes
from verify.verdict.outcome import Accounts, CaseDone, Found, StageStarted, Suspected, telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.reading import Reading
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.verdict.disputes import Dispute
    from verify.verdict.outcome import Event, Finding, Status

MOST_DISPUTES: Final = 12
_SMALL: Final = Case(Graph.parse("a + b"), (2.0, 3.0))
_SLOW: Final = 3e-3
"""Seconds that hardly a small graph takes in a process that is new."""
_RESTS: Final = 8

Cause: TypeAlias = "Callable[[Examined, Case, Scenario], bool]"
"""Whether a wrong answer follows from a mistake that was found already: what was read, of which
case that was built, after which scenario."""


@remembered(1 << 12)
def consulted(case: Case) -> tuple[Testimony, tuple[Dispute, ...]]:
    """All oracles on a case, and where they contradict each other."""
    testimony = consult(case)
    if agreed(case):
        return testimony, ()
    found = disputes(testimony)
    if not found:
        keep(case, testimony.truth, agreed=True)
    return testimony, found


def consulted_together(cases: Sequence[Case]) -> None:
    """Find out for many cases at a time what :func:`consulted` says of each."""
    consult_together([case for case in cases if not agreed(case)])
    for case in cases:
        consulted(case)


def alone_together(cases: Sequence[Case]) -> None:
    """The same of the interval oracle alone."""
    for case in cases:
        alone(case)


@dataclass(slots=True)
class Judging:
    """One engine, and what is known of it so far.

    Attributes:
        engine: under test.
        seed: reproduces the cases.
        accounts: what was judged, and what not, and why.
        findings: the mistakes.
        refusals: what the engine says it does not support, and where it does.
        disputes: where the oracles contradict each other.
        forms: status by form.
        causes: of what is found wrong later, and is no second mistake.
        deferred: wrong answers that were read early and are looked into later.
        stack: closes what a check opens.
        rests: how often it may still be started anew.
        untold: whether no wrong number was told so far, and all oracles are still to be loaded.
        told: the case of a wrong number that was told before its turn.
    """

    engine: Engine
    seed: int = 0
    accounts: Accounts = field(default_factory=Accounts)
    findings: Findings = field(init=False)
    refusals: Refusals = field(default_factory=Refusals)
    disputes: list[Dispute] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    deferred: list[tuple[str, Examined]] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)
    rests: int = _RESTS
    untold: bool = True
    told: Case | None = None

    def __post_init__(self) -> None:
        self.findings = Findings(self.engine)

    def rest(self) -> None:
        """Start an engine anew that has become slow with all that it was asked.

        A tape that is never wiped grows with every graph; that is no mistake, and each pass over it
        takes longer than the one before.
        """
        before = self._clock() if self.rests else 0.0
        if before < _SLOW or min(self._clock(), self._clock()) < _SLOW:  # once may be chance
            return
        self.engine.close()
        self.rests = self.rests - 1 if self._clock() < before / 2 else 0

    def _clock(self) -> float:
        return self.engine.clock(_SMALL.graph, _SMALL.point)

    def judge(self, case: Case, reading: Reading | None = None) -> Examined | None:
        """The engine's reading and the judgement on it; ``None`` where the oracles dispute."""
        testimony, contradicted = consulted(case)
        if contradicted:
            self.dispute(contradicted)
            return None
        return assess(self.engine, case, reading or read(self.engine, case), testimony)

    def _by_one(self, case: Case, reading: Reading) -> Examined:
        """Judged by the interval oracle alone: who is accused has to be :meth:`confirmed`."""
        return assess(self.engine, case, reading, alone(case))

    def confirmed(self, seen: Examined) -> Examined | None:
        """A wrong answer beside all oracles; ``None`` where they dispute."""
        testimony = consult(seen.case)
        if contradicted := disputes(testimony):
            self.dispute(contradicted)
            return None
        return type(seen)(seen.case, testimony, seen.reading, seen.judgement)

    def dispute(self, contradicted: Sequence[Dispute]) -> None:
        """Oracles that contradict each other: nothing is said of the engine."""
        self.disputes += contradicted
        self.accounts.skipped["oracles dispute"] += 1

    def enter(
        self,
        stage: str,
        seen: Examined,
        scenario: Scenario = PLAIN,
        *,
        built: Case | None = None,
        engine: Engine | None = None,
    ) -> Iterator[Event]:
        """Enter a judgement in the accounts; what is wrong becomes a finding, as it was read."""
        if scenario is PLAIN:
            self.refusals.enter(seen)
        yield self.count(stage, seen)
        if seen.judgement.wrong and not self.follows(seen, scenario, built):
            if seen.case is not self.told:
                yield Suspected(seen.case, telling(seen.judgement, seen.case))
            self.untold, self.told = False, None
            for made in self.findings.add(stage, seen, scenario, built=built, engine=engine):
                if self._late(made):
                    self.findings.found.remove(made)
                else:
                    yield Found(made)

    def _late(self, made: Finding) -> bool:
        """Whether only what was made small shows that it follows from what was found already.

        An engine that makes a quotient of a power has gradients that nobody sees in a large graph.
        """
        if not self.causes or made.diagnosis.fault or not is_plain(made):
            return False
        return any(cause(self._by_one(made.case, made.reading), made.case, PLAIN)
                   for cause in self.causes)  # fmt: skip

    def tell(self, seen: Examined) -> Iterator[Event]:
        """Tell a wrong number before all oracles are loaded, if it is the first."""
        if self.untold and two_say_so(seen.case):
            self.untold, self.told = False, seen.case
            yield Suspected(seen.case, telling(seen.judgement, seen.case))

    def count(self, stage: str, seen: Examined) -> CaseDone:
        """Enter a judgement in the accounts."""
        self.accounts.enter(stage, seen.case, seen.judgement)
        return CaseDone(stage, seen.judgement.verdict)

    def follows(
        self, seen: Examined, scenario: Scenario = PLAIN, built: Case | None = None
    ) -> bool:
        """Whether what is wrong here follows from a mistake that was found already."""
        if self.findings.seeded and factor(seen.case, seen.judgement) is not None:
            return True
        case = built or seen.case
        if self.findings.starts and self.findings.accounts_for(
            case, scenario, seen.reading, seen.testimony
        ):
            return True
        return any(cause(seen, case, scenario) for cause in self.causes)

    def stage(self, name: str, cases: Sequence[Case]) -> Iterator[Event]:
        """Judge cases with all oracles."""
        yield StageStarted(name, len(cases))
        self.untold = False
        yield from self._each(name, cases, self.judge, consulted_together)

    def groups(self, name: str, groups: Iterable[Sequence[Case]]) -> Iterator[Event]:
        """Probe groups of cases; what is stale in one may be new in the next."""
        self.rest()
        listed = [list(group) for group in groups]
        yield StageStarted(name, sum(map(len, listed)))
        for group in listed:
            yield from self._each(name, group, self._by_one, alone_together, confirm=True)

    def _each(
        self,
        name: str,
        cases: Sequence[Case],
        judge: Callable[[Case, Reading], Examined | None],
        ask: Callable[[Sequence[Case]], object],
        *,
        confirm: bool = False,
    ) -> Iterator[Event]:
        """The engine answers the next cases while the last ones are judged.

        The witnesses are asked only where it would be accused, if that has to be confirmed.
        """
        self.findings.stale = 0
        answers = read_many(self.engine, cases)
        for case in known_ahead(cases, ask):
            if len(self.disputes) >= MOST_DISPUTES:
                self.accounts.skipped["stopped early"] += 1
                continue
            seen = judge(case, next(answers))
            if confirm and seen is not None and seen.judgement.wrong:
                yield from self.tell(seen)
                seen = self.confirmed(seen)
            if seen is None:
                yield CaseDone(name, "dispute")
            else:
                yield from self.enter(name, seen)

    def catch_up(self) -> Iterator[Event]:
        """Look into what was read early."""
        waiting, self.deferred = self.deferred, []
        for stage, seen in waiting:
            if not self.follows(seen):
                yield from map(Found, self.findings.add(stage, seen))
