"""Findings of one run: made small, named, and each mistake reported once.

A failing case is first held against the mistakes that were found already: a known one that would
have said just this explains it, and it is left alone.  What is new is reduced, recognised, and kept
unless it is an old acquaintance after all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine, finding, perform
from verify.checking.diagnose import BASIC, unstable
from verify.checking.stability import answers
from verify.faults.match import explains, recognise, recognise_unstable
from verify.generators.scenarios import PLAIN, cluttered
from verify.generators.shrink import apart, reduce

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario
    from verify.verdict.judge import Judged
    from verify.verdict.outcome import Finding

MOST: Final = 12
"""Findings after which no more are looked for."""
_STALE: Final = 4
"""Failing cases in a row that show nothing new before a stage stops reducing them."""
_PATTERNS: Final = 4
_REPEATS: Final = 100
"""Further runs of a case that was wrong once."""


@dataclass(slots=True)
class Findings:
    """What was found so far.

    Attributes:
        engine: the engine under test.
        found: the findings, in the order in which they were found.
        stale: failing cases since the last new one, in this stage.
    """

    engine: Engine
    found: list[Finding] = field(default_factory=list)
    stale: int = 0
    _faults: list[Fault] = field(default_factory=list)
    _keys: set[Hashable] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether more failing cases would say nothing new.

        What an unstable engine says cannot be told apart by mistakes: one finding has to do.
        """
        return self.stale >= _STALE or len(self.found) >= MOST or any(f.answers for f in self.found)

    def keep(self, finding: Finding) -> bool:
        """Keep a finding that is ready; whether it is a new one."""
        keys = {_key(finding), (finding.case.graph, finding.where)}
        if keys & self._keys:
            return False
        self._keys |= keys
        self.found.append(finding)
        return True

    def exponential(self, finding: Finding) -> Iterator[Finding]:
        """Keep the finding of the growth test, with the known mistake behind it if it shows."""
        fault = recognise(self.engine, finding.case)
        if fault is not None:
            named = finding.diagnosis
            explanation = f"{fault.explanation} {named.explanation}"
            named = replace(named, fault=fault.id, title=fault.title, explanation=explanation)
            finding = replace(finding, diagnosis=named)
            self._faults.append(fault)
        if self.keep(finding):
            yield finding

    def add(
        self,
        stage: str,
        seen: Examined,
        scenario: Scenario = PLAIN,
        *,
        built: Case | None = None,
        engine: Engine | None = None,
    ) -> Iterator[Finding]:
        """Reduce and name what was judged wrong; yields the finding if it is a new one.

        Args:
            stage: that found it.
            seen: the evidence, as it was read: it stands, whether it happens again or not.
            scenario: after which it was read.
            built: the case that the scenario starts from, if not the one that was judged.
            engine: the process in which it is, if not the first one.
        """
        if self.full:
            return
        look, case = _Look(engine or self.engine, scenario), built or seen.case
        if self._known(case, seen.reading, scenario):
            self.stale += 1
            return
        made, fault = look.found(stage, case, seen)
        if self.keep(made):
            self.stale = 0
            if fault is not None:
                self._faults.append(fault)
            yield made
        else:
            self.stale += 1

    def _known(self, case: Case, reading: Reading, scenario: Scenario) -> bool:
        """Whether a mistake that was found would have said this, or stopped at the same line."""
        raised = reading.raised
        if raised is not None and raised.line and (raised.type, raised.line) in self._keys:
            return True
        return any(explains(fault, case, reading, scenario) for fault in self._faults)


@dataclass(slots=True)
class _Look:
    """One engine after one scenario, and whether it says the same each time."""

    engine: Engine
    scenario: Scenario
    flaky: bool = False

    def found(self, stage: str, case: Case, read: Examined) -> tuple[Finding, Fault | None]:
        """The finding of a case that failed, and the known mistake behind it."""
        again = [bool(e.judgement.wrong) for e in self._among_others(case)]
        self.flaky = len(set(again)) > 1
        if not any(again) and self._wrong(case) is None:
            return self._once(stage, case, read), None
        small = apart(reduce(case, self.fails), self.fails)
        seen = self._wrong(small)
        if seen is None:  # it failed, and will not do so again
            small, seen = case, self._wrong(case) or read
        number = seen.judgement.wrong[0]
        said = answers(self.engine, small, (number.quantity, number.node), self.scenario)
        changes = len(said) > 1
        fault = None
        if changes or self.flaky:
            fault = recognise_unstable(self.engine, small, self.scenario)
        if fault is None:
            fault = recognise(self.engine, small, self.scenario, flaky=self.flaky)
        made = finding(self.engine, seen, stage, case, scenario=_named(self.scenario), fault=fault)
        if changes:
            made = replace(made, answers=said, diagnosis=unstable(made.diagnosis, said))
        return made, fault

    def _once(self, stage: str, case: Case, read: Examined) -> Finding:
        """What was wrong and is right when it is asked again: the evidence as it was read."""
        made = finding(self.engine, read, stage, case, scenario=_named(self.scenario))
        wrong = made.wrong
        asked = [_examined(self.engine, case, self.scenario) for _ in range(_REPEATS)]
        seen = [e for e in asked if e is not None]
        said = dict.fromkeys([wrong.got, *[_number(e.reading, wrong) for e in seen]])
        repeats = sum(map(_accuses, seen)), len(seen)
        named = unstable(made.diagnosis, tuple(said), repeats)
        return replace(made, answers=tuple(said), repeats=repeats, diagnosis=named)

    def fails(self, case: Case) -> bool:
        """Whether the engine is wrong on the case; now and then, if that is its nature."""
        return self._wrong(case) is not None

    def _wrong(self, case: Case) -> Examined | None:
        seen = _examined(self.engine, case, self.scenario)
        if seen is not None and _accuses(seen):
            return seen
        if self.flaky:
            return next(filter(_accuses, self._among_others(case)), None)
        return None

    def _among_others(self, case: Case) -> Iterator[Examined]:
        for pattern in range(_PATTERNS):
            seen = perform(self.engine, case, cluttered(pattern, self.scenario))
            if seen is not None:
                yield seen


def _number(reading: Reading, wrong: Judged) -> float | None:
    """What a reading says where another one was wrong."""
    numbers = reading.values if wrong.quantity == "value" else reading.gradients
    return numbers[wrong.node] if wrong.node < len(numbers) else None


def _accuses(seen: Examined) -> bool:
    """Whether the engine is wrong: where the oracles contradict each other, they are."""
    return bool(seen.judgement.wrong) and not seen.disputes


def _examined(engine: Engine, case: Case, scenario: Scenario) -> Examined | None:
    return examine(engine, case) if scenario is PLAIN else perform(engine, case, scenario)


def _named(scenario: Scenario) -> Scenario:
    return scenario if scenario.says else PLAIN


def _key(finding: Finding) -> Hashable:
    """What two findings of one mistake have in common."""
    diagnosis, raised = finding.diagnosis, finding.reading.raised
    operations = frozenset(finding.case.graph.operations)
    if diagnosis.fault:
        return diagnosis.fault
    if finding.place:
        return finding.place
    if raised is not None:
        return raised.type, raised.line or operations
    if len(operations) == 1 and len(finding.case.graph.operations) == 1:
        return operations, finding.scenario
    # How nodes work together: the plain arithmetic around it is exchangeable.
    triage = finding.triage
    return operations - BASIC, triage.forward, triage.gradient, finding.scenario
