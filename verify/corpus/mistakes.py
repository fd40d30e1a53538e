"""Which failing cases of a replay show something new: each mistake is told once.

As in a check (``checking.findings``), a known mistake that would have said just this explains a
failing case, and a finding that the catalogue explains bears its name.  But no case is reduced,
which would take an oracle: so an operation that is wrong where it stands alone is blamed for all
that it is part of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.faults.match import Fresh, Observation, explains, recognise, recognise_unstable
from verify.generators.scenarios import PLAIN

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from verify.corpus.entry import Entry
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading, Truth
    from verify.faults import Fault

MOST: Final = 12
"""Findings after which no more are looked for."""
_MOST_FRESH: Final = 120
_STALE: Final = 4
"""Cases in a row that turn out to be an old acquaintance before no more are looked at."""


@dataclass(slots=True)
class Mistakes:
    """What was found so far.

    Attributes:
        engine: the engine under test.
        entries: of the corpus: a mistake is named if it predicts what the engine answers to them.
        faults: mistakes of the catalogue, by what they are called there.
        blamed: operations that are wrong where they stand alone, and no known mistake says why.
        kinds: of cases that were looked at.
        count: findings so far.
        stale: cases since the last new one.
    """

    engine: Engine
    entries: Sequence[Entry] = ()
    faults: dict[str, Fault] = field(default_factory=dict)
    blamed: set[str] = field(default_factory=set)
    kinds: set[Hashable] = field(default_factory=set)
    count: int = 0
    stale: int = 0

    def new(self, entry: Entry, reading: Reading) -> tuple[bool, Fault | None]:
        """Whether a case that failed shows something new, and the known mistake behind it."""
        operations, raised = frozenset(entry.case.graph.operations), reading.raised
        kind = (entry.milestone, operations)
        line = (raised.type, raised.line) if raised and raised.line else kind
        if self.count >= MOST or self.stale >= _STALE or {kind, line} & self.kinds:
            return False, None
        self.kinds |= {kind, line}
        case = entry.case
        truth = entry.reference.loosened()

        known = {id(case): truth}

        def knows(other: Case) -> Truth | None:
            return known.get(id(other))

        alike = self._alike(case)
        known |= {id(e.case): e.reference.loosened() for e in alike}
        answer = self.engine.run(case.graph, case.point)[-1]  # where values alone were asked, too
        observation = Observation(case, PLAIN, answer, truth)
        if self.blamed & operations or any(explains(f, observation) for f in self.faults.values()):
            return False, None
        others = Fresh([e.case for e in alike], least=1)  # a file has what it has
        fault = next(iter(recognise(self.engine, case, knows, others=others)), None)
        if fault is None and (fault := recognise_unstable(self.engine, case)) is not None:
            self.count = MOST  # what it says cannot be told apart by mistakes: this has to do
        if fault is not None and fault.id in self.faults:
            self.stale += 1
            return False, None
        if fault is not None:
            self.faults[fault.id] = fault
        elif len(case.graph.operations) == 1:
            self.blamed |= operations
        self.stale = 0
        self.count += 1
        return True, fault

    def _alike(self, case: Case) -> list[Entry]:
        """Entries made of the operations of a case, and of plain ones."""
        has = {*case.graph.operations, "add", "mul"}
        fitting = [e for e in self.entries if e.case is not case and e.gradients]
        made = [e for e in fitting if has.issuperset(e.case.graph.operations)]
        return made[:: len(made) // _MOST_FRESH + 1]  # of every step of the course
