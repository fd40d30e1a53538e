"""What a check yields: findings, accounts, the outcome, and the events on the way to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from verify.engines import EngineInfo
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.verdict.disputes import Dispute
    from verify.verdict.judgement import Judged, Judgement

Status = Literal["correct", "wrong", "imprecise", "missing", "undecided", "proven"]
"""What is said of one operation or of one form of it."""

EngineVerdict = Literal["correct", "wrong", "inconclusive", "unusable"]

MOST_FINDINGS: Final = 12
"""Findings after which no more are looked for."""


class Exit(IntEnum):
    """Exit codes, the same for every verb."""

    CORRECT = 0
    WRONG = 1
    UNUSABLE = 2
    INCONCLUSIVE = 3
    HARNESS = 4


@dataclass(frozen=True, slots=True)
class Triage:
    """What is right and what is wrong on the reduced case.

    Attributes:
        forward: whether every value is right; ``None`` if none could be read.
        gradient: whether every gradient is right; ``None`` if none could be read.
        consistent: whether the gradient is the derivative of the engine's *own* forward pass, by
            finite differences of it; ``None`` if that cannot be told.
        summary: what that pattern means, in a sentence.
    """

    forward: bool | None
    gradient: bool | None
    consistent: bool | None
    summary: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Which mistake is behind a finding.

    Attributes:
        fault: id in the catalogue; ``""`` if none matches.
        title: a line.
        explanation: a paragraph.
        line: line in the engine's file; ``None`` if unknown.
        formula: what the engine computes beside what it should, as text; ``""`` if unknown.
        rivals: ids of other mistakes from which nothing that was tried tells this one.
    """

    fault: str
    title: str
    explanation: str
    line: int | None = None
    formula: str = ""
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the engine's source, to be shown with the one before it and a caret.

    Attributes:
        file: as a report calls it.
        line: its number, from 1; within its cell in a notebook.
        text: the line.
        before: the line above it.
        column: where the caret begins, from 0.
        width: how many characters it marks.
        cell: the number of the notebook's cell, ``None`` in a file.
    """

    file: str
    line: int
    text: str
    before: str = ""
    column: int = 0
    width: int = 0
    cell: int | None = None

    @property
    def where(self) -> str:
        """``line 12 of value.py``, ``line 12 of cell 3``."""
        return f"line {self.line} of {self.file if self.cell is None else f'cell {self.cell}'}"


@dataclass(frozen=True, slots=True)
class Mend:
    """A change of the source that sets a finding right.

    Attributes:
        diff: as a unified diff; the file itself is never written.
        mends: how many of the cases that failed are right with it.
        cases: how many failed.
        others: how many other changes that were tried pass as well.
        lines: how many lines it takes away or puts in, whichever are more.
        rewritten: whether it is a right method written anew in the file's own names, not a small
            change of what is there.
        confirmed: whether a whole check of the changed copy finds nothing of it any more.
        rest: whether something else is wrong besides, or no gradient was judged at all.
        again: whether other operations have the same mistake, after it.
        tried: how many changes were tried.
        seconds: processor time of the search.
    """

    diff: str
    mends: int
    cases: int
    others: int = 0
    lines: int = 1
    rewritten: bool = False
    confirmed: bool = False
    rest: bool = False
    again: bool = False
    tried: int = 0
    seconds: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether all cases that failed are right with it."""
        return self.mends == self.cases


@dataclass(frozen=True, slots=True)
class Finding:
    """A wrong verdict, shrunk to the smallest graph.

    Attributes:
        check: the stage that found it: ``forms``, ``known``, ``random``, ``edges``, …
        case: the smallest case that still fails.
        original: the case on which it was found.
        wrong: the number that is wrong, with what was got and the truth.
        readings: what every oracle, and the engine's own differences, say of that number.
        triage: what is right and what is wrong there.
        diagnosis: the mistake behind it.
        reading: everything the engine said of ``case``.
        scenario: what was done besides one backward pass, ``""`` if nothing.
        place: where it is wrong, if that is no number of the graph: ``zero_grad of MLP(2, [1])``.
        answers: what an unstable engine said of that number in several runs, ``()`` otherwise.
        regions: where the case is wrong, as sentences go on after "wrong", the plainest first; none
            if it is wrong everywhere.
        blames: the operations that it calls wrong; ``None`` if that was not looked into.
        repeats: how many of how many further runs of ``case`` were wrong; ``(0, 0)`` if it was not
            asked again.
        forward: the line that makes the operation that is wrong; ``None`` if it is not known.
        rule: the line that is wrong, or the nearest that can be told: that of the operation's rule,
            of the backward pass, or of its value.
        mend: a change that sets it right; ``None`` if none was found, or looked for.
        program: a program that shows it, which was run and printed what it says; ``""`` if there is
            none that does; ``None`` if none was run.
        built: the case that the scenario starts from; ``None`` if nothing is done besides one
            backward pass.
        unlike: in how many expressions, and networks, the engine is not as it was recorded and yet
            not wrong by the bounds; ``(0, 0)`` for a mistake.
        unread: whether it is about a network, and nobody knows what that should compute: ``case``
            is a usual one of its sizes, which is not shown.
    """

    check: str
    case: Case
    original: Case
    wrong: Judged
    readings: Mapping[str, float | str]
    triage: Triage
    diagnosis: Diagnosis
    reading: Reading
    scenario: str = ""
    place: str = ""
    answers: tuple[float | None, ...] = ()
    repeats: tuple[int, int] = (0, 0)
    regions: tuple[str, ...] = ()
    blames: frozenset[str] | None = None
    forward: SourceLine | None = None
    rule: SourceLine | None = None
    mend: Mend | None = None
    program: str | None = None
    built: Case | None = None
    unlike: tuple[int, int] = (0, 0)
    unread: bool = False

    @property
    def where(self) -> str:
        """``gradient of a``, ``value of c``, or what was raised; after which scenario."""
        name = self.case.graph.names[self.wrong.node]
        place = self.place or f"{self.wrong.quantity} of {name}"
        return f"{place}, after {self.scenario}" if self.scenario else place


def telling(judgement: Judgement, case: Case) -> Judged:
    """A wrong value before a wrong gradient, that of a leaf before that of an inner node."""
    leaves = set(case.graph.leaves)
    return min(
        judgement.wrong or judgement.numbers,
        key=lambda n: (n.quantity != "value", n.node not in leaves, n.node),
    )


NO_NETWORK: Final = "no network"
"""Why a network is skipped where the engine has none, or none was found."""
NOT_RECOGNISED: Final = "network not recognised"
UNUSUAL_NETWORK: Final = "an unusual network: "
"""How the words on a network begin that is somebody's own design."""
GONE_NETWORK: Final = "no network, where one was recorded"


@dataclass(slots=True)
class Accounts:
    """What a run did with every number that it met.

    Attributes:
        verdicts: numbers by verdict.
        gradients: how many of the judged numbers are gradients.
        undecided: undecided numbers by reason.
        skipped: cases that were not judged, by reason.
        cases: cases judged, by stage.
        operations: for each operation, numbers by verdict over the graphs that hold it.
        conventions: what the engine does where right engines differ, by name: the derivative at
            a kink, a second backward pass with nothing zeroed, how deep a graph may be.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    gradients: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    operations: dict[str, Counter[str]] = field(default_factory=dict)
    conventions: dict[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """Numbers with a verdict other than ``undecided``."""
        return sum(n for verdict, n in self.verdicts.items() if verdict != "undecided")

    def enter(
        self,
        stage: str,
        case: Case,
        judgement: Judgement,
        reason: Callable[[Judged], str] = attrgetter("reason"),
    ) -> None:
        """Enter a judgement; ``reason`` says why a number is undecided."""
        self.cases[stage] += 1
        if correct := judgement.plainly_correct:
            self._enter_correct(case, correct, judgement.gradients)
            return
        counts = {verdict.value: n for verdict, n in judgement.counts.items() if n}
        if set(counts) <= {"correct"}:
            self.verdicts.update(counts)
            self.gradients += judgement.gradients
        else:
            self._enter_each(judgement, reason)
        for op in case.graph.kinds:
            counter = self.operations.setdefault(op, Counter())
            for verdict, n in counts.items():
                counter[verdict] += n

    def _enter_correct(self, case: Case, numbers: int, gradients: int) -> None:
        """What most judgements are, at once."""
        self.verdicts["correct"] += numbers
        self.gradients += gradients
        for op in case.graph.kinds:
            if op not in self.operations:
                self.operations[op] = Counter()
            self.operations[op]["correct"] += numbers

    def _enter_each(self, judgement: Judgement, reason: Callable[[Judged], str]) -> None:
        for number in judgement.numbers:
            self.verdicts[number.verdict.value] += 1
            if number.verdict.value == "undecided":
                self.undecided[reason(number)] += 1
            elif number.quantity == "gradient":
                self.gradients += 1


@dataclass(frozen=True, slots=True)
class Control:
    """The negative control: mistakes planted around right answers, and how many were caught."""

    planted: int
    caught: int

    @property
    def passed(self) -> bool:
        """Whether something was planted and all of it was caught."""
        return 0 < self.planted == self.caught


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """The whole result of a check.

    Attributes:
        engine: what was found out about the engine.
        verdict: of the engine as a whole.
        reason: why, where ``verdict`` is not ``correct`` or ``wrong``.
        findings: the mistakes, the smallest first.
        operations: status by operation.
        forms: status by form, ``"a + 2"``.
        accounts: what was judged, and what not, and why.
        control: the negative control.
        disputes: where the oracles contradicted each other.
        oracles: those that were asked.
        seed: reproduces the run together with ``examples``.
        examples: random cases asked for.
        seconds: wall clock.
        versions: of what took part.
        asked: whether the oracles were asked in this run; otherwise when the corpus was recorded.
    """

    engine: EngineInfo
    verdict: EngineVerdict
    reason: str
    findings: tuple[Finding, ...]
    operations: Mapping[str, Status]
    forms: Mapping[str, Status]
    accounts: Accounts
    control: Control
    disputes: tuple[Dispute, ...]
    oracles: tuple[str, ...]
    seed: int
    examples: int
    seconds: float
    versions: Mapping[str, str]
    asked: bool = True

    def __repr__(self) -> str:
        judged = self.accounts.judged
        return f"Outcome({self.verdict!r}, findings={len(self.findings)}, judged={judged})"

    def _repr_html_(self) -> str | None:
        view = VIEWS.get("text/html")
        return None if view is None else view(self)

    @property
    def exit_code(self) -> Exit:
        """What the command line returns."""
        if self.disputes or (self.control.planted and not self.control.passed):
            return Exit.HARNESS
        return {
            "correct": Exit.CORRECT,
            "wrong": Exit.WRONG,
            "unusable": Exit.UNUSABLE,
            "inconclusive": Exit.INCONCLUSIVE,
        }[self.verdict]


VIEWS: Final[dict[str, Callable[[Outcome], str]]] = {}
"""How an outcome shows itself in a notebook, by media type: reports are made further up, where
nothing here may look, and put their views in."""


@dataclass(frozen=True, slots=True)
class Started:
    """A check begins: what will be done."""

    engine: EngineInfo
    oracles: tuple[str, ...]
    seed: int
    examples: int


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins; ``cases`` is how many it has."""

    stage: str
    cases: int


@dataclass(frozen=True, slots=True)
class CaseDone:
    """A case was judged; ``verdict`` is the worst on it, or why it was skipped."""

    stage: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """A number that was judged wrong, as it was read: what it comes from is looked into next."""

    case: Case
    number: Judged


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, reduced and diagnosed."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Finished:
    """The check is over; always the last event."""

    outcome: Outcome


Event: TypeAlias = Started | StageStarted | CaseDone | Suspected | Found | Finished
