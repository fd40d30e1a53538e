"""What a run has found so far: each mistake is told once, and what it explains is left alone.

Nothing here asks an oracle: a check and a replay share it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.checking.diagnose import BASIC, BY_VALUE
from verify.checking.flow import ASIDE
from verify.checking.seed import BEGINS
from verify.faults.match import explains
from verify.verdict.outcome import MOST_FINDINGS

if TYPE_CHECKING:
    from collections.abc import Hashable

    from verify.faults import Fault
    from verify.faults.match import Observation
    from verify.verdict.outcome import Finding

STALE: Final = 4
"""Failing cases in a row that showed nothing new, before no more are looked into."""


@dataclass(slots=True, kw_only=True)
class Told:
    """The findings of a run.

    Attributes:
        found: in the order in which they were found.
        stale: failing cases since the last new finding, in this stage.
        faults: the known mistakes among them.
        keys: what tells them apart.
    """

    found: list[Finding] = field(default_factory=list)
    stale: int = 0
    faults: list[Fault] = field(default_factory=list)
    keys: set[Hashable] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether more failing cases would say nothing new.

        What an unstable engine says cannot be told apart by mistakes: one finding has to do.
        """
        unstable = any(finding.answers for finding in self.found)
        return self.stale >= STALE or len(self.found) >= MOST_FINDINGS or unstable

    def keep(self, finding: Finding) -> bool:
        """Keep a finding that is ready; whether it is a new one."""
        graph = finding.case.graph
        told = graph, finding.diagnosis.title, finding.scenario
        keys = {_key(finding), (graph, finding.where), told}
        if keys & self.keys:
            return False
        self.keys |= keys
        self.found.append(finding)
        return True

    def enter(self, finding: Finding, fault: Fault | None) -> bool:
        """Keep what a failing case showed, and the known mistake behind it; whether it is new."""
        if not self.keep(finding):
            self.stale += 1
            return False
        self.stale = 0
        if fault is not None:
            self.faults.append(fault)
        return True

    def explains(self, observation: Observation) -> bool:
        """Whether a known mistake that was found would have answered just this."""
        return any(explains(fault, observation) for fault in self.faults)

    @property
    def seeded(self) -> bool:
        """Whether passes are known to begin with a wrong gradient of the output."""
        return any(map(begins_wrongly, self.found))

    @property
    def blamed(self) -> frozenset[str]:
        """Operations that findings on plain graphs call wrong; a sum is made of additions."""
        blamed = frozenset[str]().union(*(f.blames or () for f in self.found if is_plain(f)))
        return blamed | {"sum"} if "add" in blamed else blamed


def is_plain(finding: Finding) -> bool:
    """Whether it is about one graph and one backward pass, with one answer."""
    return not finding.place and not finding.scenario and not finding.answers


def begins_wrongly(finding: Finding) -> bool:
    """Whether it says that passes begin with a wrong gradient of the output."""
    return finding.diagnosis.title.startswith(BEGINS)


def _key(finding: Finding) -> Hashable:
    """What two findings of one mistake have in common."""
    diagnosis, raised = finding.diagnosis, finding.reading.raised
    operations = frozenset(finding.case.graph.operations)
    if diagnosis.fault:
        return diagnosis.fault
    if finding.place:
        return finding.place
    if begins_wrongly(finding):
        return BEGINS
    if diagnosis.title == ASIDE and not finding.scenario:
        return ASIDE
    if raised is not None:
        return raised.type, raised.line or operations
    if BY_VALUE.keys() & {*finding.regions}:
        return finding.regions
    if len(operations) == 1 and len(finding.case.graph.operations) == 1:
        return operations, finding.triage.forward, finding.scenario
    # How nodes work together: the plain arithmetic around it is exchangeable.
    triage = finding.triage
    exchangeable = operations - BASIC if finding.blames is None else finding.blames
    return exchangeable, triage.forward, triage.gradient, finding.scenario
