"""The findings of a replay: each mistake is told once, and by its name in the catalogue.

As in a check, a known mistake that would have said just this explains a failing case
(:mod:`verify.checking.told`).  But no case is reduced, which would take an oracle: so an operation
that is wrong where it stands alone is blamed for all that it is part of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.checking.evidence import Evidence, finding
from verify.checking.told import Told
from verify.faults.fresh import Fresh
from verify.faults.match import Observation, recognise, recognise_unstable
from verify.generators.scenarios import PLAIN

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from verify.corpus.entry import Entry
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading, Truth
    from verify.faults import Fault
    from verify.verdict.judgement import Judgement
    from verify.verdict.outcome import Finding

_MOST_FRESH: Final = 120


@dataclass(slots=True)
class Mistakes:
    """What was found so far.

    Attributes:
        engine: the engine under test.
        entries: of the corpus: a mistake is named if it predicts what the engine answers to them.
        told: the findings.
        kinds: of cases that were looked at.
        unstable: whether answers change from run to run: they cannot be told apart by mistakes.
    """

    engine: Engine
    entries: Sequence[Entry] = ()
    told: Told = field(default_factory=Told)
    kinds: set[Hashable] = field(default_factory=set)
    unstable: bool = False

    def finding(self, entry: Entry, reading: Reading, judgement: Judgement) -> Finding | None:
        """What a case that failed shows; ``None`` if that is nothing new."""
        case, raised = entry.case, reading.raised
        operations = frozenset(case.graph.operations)
        kind = (entry.milestone, operations)
        line = (raised.type, raised.line) if raised and raised.line else kind
        if self.unstable or self.told.full or {kind, line} & self.kinds:
            return None
        self.kinds |= {kind, line}
        alike = self._alike(case)
        known = {id(e.case): e.reference.loosened() for e in (entry, *alike)}
        answer = self.engine.run(case.graph, case.point)[-1]  # where values alone were asked, too
        observation = Observation(case, PLAIN, answer, known[id(case)])
        if self.told.blamed & operations or self.told.explains(observation):
            return None
        fault = self._fault(case, known, alike)
        made = finding(
            self.engine,
            Evidence(case, entry.reference, reading, judgement),
            entry.milestone,
            case,
            fault=fault,
            needed=operations if fault is None and len(case.graph.operations) == 1 else None,
        )
        return made if self.told.enter(made, fault) else None

    def _fault(
        self, case: Case, known: dict[int, Truth], alike: Sequence[Entry]
    ) -> Fault | None:
        """The known mistake that predicts what the engine says."""

        def knows(other: Case) -> Truth | None:
            return known.get(id(other))

        others = Fresh([e.case for e in alike], least=1)  # a file has what it has
        for fault in recognise(self.engine, case, knows, others=others):
            return fault
        changing = recognise_unstable(self.engine, case)
        self.unstable = changing is not None
        return changing

    def _alike(self, case: Case) -> list[Entry]:
        """Entries made of the operations of a case, and of plain ones."""
        has = {*case.graph.operations, "add", "mul"}
        fitting = [e for e in self.entries if e.case is not case and e.gradients]
        made = [e for e in fitting if has.issuperset(e.case.graph.operations)]
        return made[:: len(made) // _MOST_FRESH + 1]  # of every step of the course
