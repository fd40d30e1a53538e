"""A check, as a stream of events: from single operations to networks and other processes.

Nothing is printed here, and no listener is known.  The same seed and number of examples give the
same cases; what the engine does with them is its own affair.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.checking import arithmetic, networks, scaling, stability
from verify.checking.assess import contradictions, examine, perform
from verify.checking.conventions import conventions
from verify.checking.diagnose import blamed
from verify.checking.findings import Findings
from verify.checking.promise import promise
from verify.checking.refusals import Refusals
from verify.expression.formats import SINGLE
from verify.expression.graph import Case, Graph
from verify.expression.ops import FORMS, OPS
from verify.generators import small_scope, special
from verify.generators.random import cases, sample
from verify.generators.scenarios import PLAIN, PROGRAMS, SCENARIOS, USED_UP, random_share, used_up
from verify.networks.judge import is_own
from verify.oracles.registry import consult, present
from verify.verdict.control import control
from verify.verdict.judge import Verdict
from verify.verdict.outcome import (
    Accounts,
    CaseDone,
    Control,
    Finished,
    Found,
    Outcome,
    StageStarted,
    Started,
)
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.reading import Reading
    from verify.generators.random import Population
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.verdict.judge import Dispute
    from verify.verdict.outcome import EngineVerdict, Event, Finding, Status

MINIMUM: Final = 100
"""Gradients that must be judged before an engine may be called correct."""
_MOST_DISPUTES: Final = 12
_SMALL: Final = 8
"""Operations at most for an engine whose time grows exponentially."""

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
        exhaust: every graph of so many operations is judged.
        networks: sizes of the networks that are built and trained.
        precision: bits that an engine has to compute in; ``None`` leaves that to it.
    """

    examples: int = 400
    seed: int = 0
    max_operations: int = 30
    minimum: int = MINIMUM
    exhaust: int = 3
    networks: tuple[tuple[int, ...], ...] = networks.SIZES
    precision: int | None = None

    @classmethod
    def deep(cls, examples: int, seed: int, max_operations: int) -> Plan:
        """Every graph of four operations, and larger networks."""
        return cls(examples, seed, max_operations, exhaust=4, networks=networks.DEEP_SIZES)


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


@lru_cache(maxsize=1 << 13)
def _consulted(case: Case) -> tuple[Testimony, tuple[Dispute, ...]]:
    """The oracles on a case that every check has: asked once for all engines of a process."""
    testimony = consult(case)
    return testimony, contradictions(testimony)


@dataclass(slots=True)
class _Check:
    engine: Engine
    plan: Plan
    accounts: Accounts = field(default_factory=Accounts)
    findings: Findings = field(init=False)
    refusals: Refusals = field(default_factory=Refusals)
    disputes: list[Dispute] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    control: Control = field(default_factory=lambda: Control(0, 0))
    quick: bool = True

    def __post_init__(self) -> None:
        self.findings = Findings(self.engine)

    def events(self) -> Iterator[Event]:
        begun = time.perf_counter()
        plan = self.plan
        yield Started(self.engine.info, present(), plan.seed, plan.examples)
        yield from self._arithmetic()
        yield from self._probe()
        yield from self._growth()
        yield from self._depth()
        yield from self._control()
        usable = [text for text, status in self.forms.items() if status not in {"missing", "wrong"}]
        self.findings.usable = usable
        if usable:
            yield from self._graphs(usable)
        yield from self._stability(usable)
        self.accounts.conventions.update(conventions(self.engine))
        yield Finished(self._outcome(time.perf_counter() - begun))

    def _graphs(self, usable: Collection[str]) -> Iterator[Event]:
        """Judge graphs: what mistakes need most often comes first."""
        plan, size = self.plan, self.plan.max_operations if self.quick else _SMALL
        fixed = [c for _, c in special.cases(usable)]
        yield from self._stage("known", [*fixed, *special.chains(usable)], fixed=True)
        tame = self._drawn(usable, "tame", plan.examples - plan.examples // 4, size)
        if self.engine.info.has_backward:
            yield from self._scenarios(usable, tame)
            yield from self._networks()
        yield from self._stage("small", list(self._small(usable)), fixed=True)
        yield from self._stage("random", tame)
        yield from self._stage("wide", self._drawn(usable, "wide", plan.examples // 4, size))
        yield from self._stage("edges", list(special.edges(usable)))

    def _drawn(
        self, usable: Collection[str], population: Population, count: int, size: int
    ) -> list[Case]:
        if not count:
            return []
        strategy = cases(population=population, forms=usable, max_operations=size)
        return sample(strategy, count, self.plan.seed)

    def _small(self, usable: Collection[str]) -> Iterator[Case]:
        """Every graph of a few operations, over those of the usual ones that the engine has."""
        has = {FORMS[text].op for text in usable if all(FORMS[text].nodes)}
        chosen = [op for op in small_scope.OPERATIONS if op in has]
        if chosen and self.plan.exhaust:
            yield from small_scope.cases(self.plan.exhaust, chosen)

    def _arithmetic(self) -> Iterator[Event]:
        """What is wrong in all that the engine computes comes first, and is told once."""
        for found, seen in arithmetic.shortfalls(self.engine, self.plan.precision):
            self.accounts.enter("arithmetic", seen.case, seen.judgement)
            if self.findings.keep(found):
                yield Found(found)

    def _probe(self) -> Iterator[Event]:
        """Which forms exist, and which are wrong already on their own."""
        yield StageStarted("forms", len(FORMS))
        for form in FORMS.values():
            status: Status = "undecided"
            for case in special.single(form):
                seen = self._judge(case, fixed=True)
                if seen is None:
                    continue
                judgement = seen.judgement
                if judgement.raised is not None and judgement.raised.refused:
                    self.refusals.enter(seen)
                    if judgement.raised.during == "construct":
                        continue  # it does not take such a leaf: nothing is said of the form
                    status = "missing"
                    break
                yield from self._enter("forms", seen)
                if judgement.wrong:
                    status = "wrong"
                    break
                status = _STATUS.get(judgement.verdict, status)
            self.forms[form.text] = status
            if status == "missing":
                self.accounts.skipped["not implemented"] += 1

    def _stage(self, name: str, stage: Sequence[Case], *, fixed: bool = False) -> Iterator[Event]:
        yield StageStarted(name, len(stage))
        self.findings.stale = 0
        for case in stage:
            if len(self.disputes) >= _MOST_DISPUTES:
                self.accounts.skipped["stopped early"] += 1
                continue
            seen = self._judge(case, fixed=fixed)
            if seen is None:
                yield CaseDone(name, "dispute")
            else:
                yield from self._enter(name, seen)

    def _enter(
        self,
        stage: str,
        seen: Examined,
        scenario: Scenario = PLAIN,
        *,
        built: Case | None = None,
        engine: Engine | None = None,
    ) -> Iterator[Event]:
        """Enter a judgement in the accounts; what is wrong becomes a finding, as it was read."""
        self.accounts.enter(stage, seen.case, seen.judgement)
        if scenario is PLAIN:
            self.refusals.enter(seen)
        yield CaseDone(stage, seen.judgement.verdict)
        if seen.judgement.wrong:
            found = self.findings.add(stage, seen, scenario, built=built, engine=engine)
            yield from map(Found, found)

    def _scenarios(self, usable: Collection[str], drawn: Sequence[Case]) -> Iterator[Event]:
        """Uses with state, on a few programs, every form alone, and some random graphs."""
        programs = [Case(Graph.parse(text), point) for text, point in PROGRAMS]
        chosen = [c for c in programs if special.uses_only(c.graph, usable)]
        chosen += [special.single(FORMS[text])[0] for text in usable]
        chosen += random_share(drawn)
        scenarios: Sequence[Scenario] = SCENARIOS
        if used_up(self.engine):
            self.accounts.conventions["graphs"] = USED_UP
            scenarios = [s for s in SCENARIOS if not s.reuses]
        yield StageStarted("state", len(scenarios) * len(chosen))
        for scenario in scenarios:
            self.findings.stale = 0
            for case in chosen:
                yield from self._performed(case, scenario)

    def _performed(self, case: Case, scenario: Scenario) -> Iterator[Event]:
        seen = perform(self.engine, case, scenario)
        if seen is None:
            self.accounts.skipped["scenario does not apply"] += 1
            return
        if seen.judgement.wrong and seen.disputes:
            self.disputes += seen.disputes
            self.accounts.skipped["oracles dispute"] += 1
            return
        plain = examine(self.engine, seen.case) if seen.judgement.wrong else None
        if plain is not None and plain.judgement.wrong:  # without any scenario, too
            yield from self._enter("state", plain)
        else:
            yield from self._enter("state", seen, scenario, built=case)

    def _growth(self) -> Iterator[Event]:
        """Whether time doubles with each reuse: then only small graphs follow."""
        if self.forms.get("a + b") == "missing":
            return
        yield StageStarted("growth", 1)
        if found := scaling.growth(self.engine):
            self.quick = False
            yield from map(Found, self.findings.exponential(found))

    def _depth(self) -> Iterator[Event]:
        works = self.forms.get("a + b") in {"correct", "imprecise"}
        if not (works and self.quick and self.engine.info.has_backward):
            return
        yield StageStarted("depth", 1)
        deep = scaling.depth(self.engine)
        if deep.words:
            self.accounts.conventions["depth"] = deep.words
        for seen in deep.asked:
            self.accounts.enter("depth", seen.case, seen.judgement)
            yield CaseDone("depth", seen.judgement.verdict)
        if deep.finding is not None and self.findings.keep(deep.finding):
            yield Found(deep.finding)
        elif deep.shallow is not None:
            yield from map(Found, self.findings.add("depth", deep.shallow))

    def _networks(self) -> Iterator[Event]:
        """The engine's own networks, if it has any, until one of them is wrong."""
        if not self.plan.networks or not self.engine.info.python:
            return  # the protocol for other languages knows graphs only
        yield StageStarted("networks", len(self.plan.networks))
        blamed = list(self.findings.found)
        values = all(found.wrong.quantity != "value" for found in blamed)
        for looked in networks.networks(self.engine, self.plan.networks, self.plan.seed):
            if looked.skipped:
                self.accounts.skipped[looked.skipped.partition(":")[0]] += 1
            for case, judgement in looked.judgements:
                self.accounts.enter("networks", case, judgement)
                yield CaseDone("networks", judgement.verdict)
            if looked.words:
                self.accounts.conventions["networks"] = looked.words
            # A wrong operation makes a network wrong too: that is no second mistake.
            own = [f for f in looked.findings if not blamed or is_own(f, values=values)]
            yield from [Found(finding) for finding in own if self.findings.keep(finding)]
            if own:
                return

    def _stability(self, usable: Collection[str]) -> Iterator[Event]:
        """The same graphs among other objects and in other processes; only if all was right."""
        if self.findings.found or not self.engine.info.has_backward:
            return
        chosen = [c for c in stability.programs() if special.uses_only(c.graph, usable)]
        yield StageStarted("stability", len(chosen))
        for seen, engine, scenario in stability.elsewhere(self.engine, chosen):
            yield from self._enter("stability", seen, scenario, engine=engine)
            if self.findings.found:
                return

    def _judge(self, case: Case, *, fixed: bool = False) -> Examined | None:
        """The engine's reading and the judgement on it; ``None`` where the oracles dispute."""
        if fixed:
            testimony, contradicted = _consulted(case)
        else:
            testimony = consult(case)
            contradicted = contradictions(testimony)
        if contradicted:
            self.disputes += contradicted
            self.accounts.skipped["oracles dispute"] += 1
            return None
        return examine(self.engine, case, testimony)

    def _control(self) -> Iterator[Event]:
        """Plant mistakes in right readings of single forms.

        An unstable engine may now be wrong where it was right: that is a finding, and no reading to
        plant in, since a mistake more may set it right.
        """
        right: list[tuple[Reading, Testimony]] = []
        for text, status in self.forms.items():
            if status in {"correct", "imprecise"}:
                seen = examine(self.engine, special.single(FORMS[text])[0])
                if seen.judgement.wrong:
                    yield from self._enter("forms", seen)
                else:
                    right.append((seen.reading, seen.testimony))
        self.control = control(right)

    def _outcome(self, seconds: float) -> Outcome:
        verdict, reason = self._verdict()
        # Oracles that contradict each other accuse nobody, whichever stage it was.
        findings = () if self.disputes else self.findings.grouped()
        return Outcome(
            engine=self.engine.info,
            verdict=verdict,
            reason=reason,
            findings=findings,
            operations=self._operations(findings),
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
        if self.disputes:
            return "inconclusive", f"the oracles contradict each other: {self.disputes[0]}"
        if self.findings.found or self.accounts.verdicts["wrong"]:
            return "wrong", ""
        if not self.engine.info.has_backward:
            reason = "the engine has no backward pass; only its forward pass was judged"
            return "inconclusive", reason
        judged, due = self.accounts.gradients, self.plan.minimum
        if refused := self.refusals.reason:
            return "inconclusive", refused
        if judged < due:
            few = f"{judged} gradients judged, {due} are the minimum"
            return "inconclusive", f"{few}; {said}" if (said := self.refusals.common) else few
        planted, caught = self.control.planted, self.control.caught
        if not self.control.passed:
            return "inconclusive", f"negative control: {caught} of {planted} caught"
        return "correct", arithmetic.RIGHT if promise(self.engine).format is SINGLE else ""

    def _operations(self, findings: Sequence[Finding]) -> dict[str, Status]:
        accused = {op for finding in findings for op in blamed(finding)}
        return {op: self._operation(op, accused) for op in OPS}

    def _operation(self, op: str, accused: Collection[str]) -> Status:
        statuses = {status for text, status in self.forms.items() if FORMS[text].op == op}
        if statuses == {"missing"}:  # whoever was accused with others: there is no such operation
            return "missing"
        if op in accused or "wrong" in statuses:
            return "wrong"
        return next((s for s in ("imprecise", "correct") if s in statuses), "undecided")
