"""An engine held against a corpus: the same events as a check, and no oracle asked."""

from __future__ import annotations

import itertools
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.control import control
from verify.engines import DEFAULT
from verify.graph import Apply
from verify.judge import POWER, Judged, Judgement, Verdict, judge
from verify.ops import FORMS, OPS
from verify.outcome import (
    Accounts,
    CaseDone,
    Control,
    Diagnosis,
    Finding,
    Finished,
    Found,
    Outcome,
    StageStarted,
    Started,
    Triage,
)
from verify.reading import Enclosure
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from verify.corpus.format import Entry, Header
    from verify.engines import Engine
    from verify.graph import Case
    from verify.judge import Quantity
    from verify.outcome import EngineVerdict, Event, Status
    from verify.reading import Raised, Reading

STAGE: Final = "replay"
OTHER_BITS: Final = "not the recorded bits"
MINIMUM: Final = 100
"""Gradients that must be judged before an engine may be called correct; all, if they are fewer."""
_MOST_FINDINGS: Final = 12
_MOST_LOST: Final = 3
"""Cases on which an engine may hang or die before the rest is left out."""
_CONTROLS: Final = 40
_LOST: Final = frozenset({"timeout", "died", "memory", "output", "protocol"})


def replay(  # noqa: PLR0913 - three of them keywords
    engine: Engine,
    header: Header,
    entries: Iterable[Entry],
    *,
    exact: bool = False,
    first: bool = False,
    kept: list[tuple[Entry, Reading]] | None = None,
) -> Iterator[Event]:
    """Hold an engine against a corpus.

    Args:
        engine: loaded, and closed by the caller.
        header: of the corpus.
        entries: its cases, read as they are needed.
        exact: demand the bits that were recorded from an engine, instead of the bounds.
        first: stop at the first finding.
        kept: filled with every entry and what the engine said of it.

    Yields:
        The events of a check; the last one is :class:`~verify.outcome.Finished`.

    Raises:
        ValueError: if ``exact`` is asked for and the corpus holds no engine's bits.
    """
    if exact and header.engine is None:
        raise ValueError(
            "the corpus holds no engine's bits; `verify record ENGINE` makes one that does"
        )
    return _Replay(engine, header, exact, first, kept).events(entries)


def answers(engine: Engine, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Reading]]:
    """What the engine says of each entry, in order; backward only where gradients are asked for."""
    backward = engine.info.has_backward
    for gradients, group in itertools.groupby(
        entries, key=lambda entry: entry.gradients and backward
    ):
        asked: deque[Entry] = deque()
        steps = DEFAULT if gradients else DEFAULT[1:]
        for readings in engine.run_many(_cases(group, asked), steps):
            yield asked.popleft(), readings[-1]


def _cases(entries: Iterable[Entry], asked: deque[Entry]) -> Iterator[Case]:
    for entry in entries:
        asked.append(entry)
        yield entry.case


def judged(entry: Entry, reading: Reading, *, backward: bool = True) -> Judgement:
    """The judgement on a reading by the answer in the file."""
    return judge(reading, entry.truth, entry.relax, gradients=backward and entry.gradients)


def other_bits(entry: Entry, reading: Reading) -> Judged | None:
    """The first number that is not, bit by bit, what was recorded; ``None`` if there is none."""
    due = entry.reading
    if due is None:
        return None
    if reading.raised is not None or due.raised is not None:
        return _other_exception(entry, reading.raised, due.raised)
    columns: tuple[tuple[Quantity, tuple[float | None, ...], tuple[float | None, ...]], ...] = (
        ("value", reading.values, due.values),
        ("gradient", reading.gradients, due.gradients),
    )
    for quantity, now, then in columns:
        if not entry.gradients and quantity == "gradient":
            continue
        for node, (got, want) in enumerate(itertools.zip_longest(now, then)):
            key = (quantity, node)
            if not same_bits(got, want) or reading.faults.get(key) != due.faults.get(key):
                recorded = None if want is None else Enclosure(want)
                return Judged(node, quantity, Verdict.WRONG, OTHER_BITS, got, recorded)
    return None


def _other_exception(entry: Entry, now: Raised | None, then: Raised | None) -> Judged | None:
    said, promised = (r and (r.type, r.node) for r in (now, then))
    if said == promised:
        return None
    last = len(entry.case.graph.nodes) - 1
    if now is None:
        return Judged(last, "value", Verdict.WRONG, f"does not raise {then and then.type}")
    return Judged(
        last if now.node is None else now.node, "value", Verdict.WRONG, f"raises {now.type}"
    )


def same_bits(a: float | None, b: float | None) -> bool:
    """Whether two floats are the same to the last bit; every nan is the same."""
    if a is None or b is None:
        return a is b
    return a.hex() == b.hex()


@dataclass(slots=True)
class _Replay:
    engine: Engine
    header: Header
    exact: bool
    first: bool
    kept: list[tuple[Entry, Reading]] | None
    accounts: Accounts = field(default_factory=Accounts)
    findings: list[Finding] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    right: list[tuple[Reading, Entry]] = field(default_factory=list)
    blamed: set[str] = field(default_factory=set)
    shown: set[tuple[str, ...]] = field(default_factory=set)
    due: int = 0
    lost: int = 0

    def events(self, entries: Iterable[Entry]) -> Iterator[Event]:
        begun = time.perf_counter()
        header = self.header
        yield Started(self.engine.info, header.oracles, header.seed or 0, header.cases)
        yield StageStarted(STAGE, header.cases)
        reached = 0
        for entry, reading in answers(self.engine, entries):
            reached += 1
            if self.kept is not None:
                self.kept.append((entry, reading))
            yield from self._case(entry, reading)
            if self.lost >= _MOST_LOST or (self.first and self.findings):
                break
        if left := header.cases - reached:
            self.accounts.skipped["stopped early"] += left
        yield Finished(self._outcome(time.perf_counter() - begun))

    def _case(self, entry: Entry, reading: Reading) -> Iterator[Event]:
        backward = self.engine.info.has_backward
        self.due += len(entry.truth.gradients)
        judgement = judged(entry, reading, backward=backward)
        raised = reading.raised
        form = _form(entry, None if raised is None else raised.node)
        # At the end of a domain, an engine that raises its own error does what it should.
        missing = entry.milestone != "edges" or self.forms.get(form) == "missing"
        if raised is not None and raised.refused and missing and not self.exact:
            self.accounts.skipped["not implemented"] += 1
            self._status(entry, "missing")
            yield CaseDone(STAGE, "not implemented")
            return
        self._count(entry, judgement)
        wrong = self._wrong(entry, reading, judgement)
        yield CaseDone(STAGE, Verdict.WRONG if wrong else judgement.verdict)
        self.lost += raised is not None and raised.type in _LOST
        if wrong is None:
            if (
                len(self.right) < _CONTROLS
                and judgement.verdict is Verdict.CORRECT
                and _sharp(entry)
            ):
                self.right.append((reading, entry))
            return
        self.blamed.update(entry.case.graph.operations)
        kind = (entry.milestone, *sorted(set(entry.case.graph.operations)))
        if len(self.findings) < _MOST_FINDINGS and kind not in self.shown:
            self.shown.add(kind)
            finding = self._finding(entry, reading, judgement, wrong)
            self.findings.append(finding)
            yield Found(finding)

    def _wrong(self, entry: Entry, reading: Reading, judgement: Judgement) -> Judged | None:
        if self.exact:
            other = other_bits(entry, reading)
            self._status(entry, "wrong" if other else "correct")
            return other
        self._status(entry, judgement.verdict.value)
        leaves = set(entry.case.graph.leaves)
        order = sorted(
            judgement.wrong, key=lambda n: (n.quantity != "value", n.node not in leaves, n.node)
        )
        return order[0] if order else None

    def _status(self, entry: Entry, status: Status) -> None:
        """The worst that was said of a form that stands alone."""
        nodes = [node for node in entry.case.graph.nodes if isinstance(node, Apply)]
        if len(nodes) == 1 and entry.milestone != "edges":
            form = nodes[0].form
            before = self.forms.get(form, "undecided")
            self.forms[form] = max(before, status, key=_WORSE.index)

    def _finding(
        self, entry: Entry, reading: Reading, judgement: Judgement, wrong: Judged
    ) -> Finding:
        from verify.diagnose import diagnose, own_difference, triage

        case = entry.case
        if self.exact:
            return _exact_finding(entry, reading, judgement, wrong)
        pattern = triage(self.engine, case, judgement)
        enclosure = (entry.truth.values if wrong.quantity == "value" else entry.truth.gradients)[
            wrong.node
        ]
        readings: dict[str, float | str] = {} if enclosure is None else {"corpus": enclosure.middle}
        if (
            reading.raised is None
            and wrong.quantity == "gradient"
            and wrong.node in case.graph.leaves
        ):
            difference = own_difference(self.engine, case, wrong.node)
            readings["engine's own difference"] = "none" if difference is None else difference
        return Finding(
            check=entry.milestone,
            case=case,
            original=case,
            wrong=wrong,
            readings=readings,
            triage=pattern,
            diagnosis=diagnose(case, wrong, pattern, reading),
            reading=reading,
        )

    def _count(self, entry: Entry, judgement: Judgement) -> None:
        accounts = self.accounts
        accounts.cases[entry.milestone] += 1
        for number in judgement.numbers:
            accounts.verdicts[number.verdict.value] += 1
            if number.verdict is Verdict.UNDECIDED:
                accounts.undecided[self._reason(entry, number)] += 1
            elif number.quantity == "gradient":
                accounts.gradients += 1
        counts = {verdict.value: n for verdict, n in judgement.counts.items()}
        for op in set(entry.case.graph.operations):
            accounts.operations.setdefault(op, Counter()).update(counts)

    @staticmethod
    def _reason(entry: Entry, number: Judged) -> str:
        refuses = number.reason == "not implemented" and entry.milestone == "edges"
        return "edge" if refuses else number.reason

    def _outcome(self, seconds: float) -> Outcome:
        held = control(self.right)
        verdict, reason = self._verdict(held)
        return Outcome(
            engine=self.engine.info,
            verdict=verdict,
            reason=reason,
            findings=tuple(self.findings),
            operations=self._operations(),
            forms=dict(self.forms),
            accounts=self.accounts,
            control=held,
            disputes=(),
            oracles=self.header.oracles,
            seed=self.header.seed or 0,
            examples=self.header.cases,
            seconds=seconds,
            versions=versions(),
        )

    def _verdict(self, held: Control) -> tuple[EngineVerdict, str]:
        if self.findings:
            return "wrong", ""
        if not self.engine.info.has_backward:
            return (
                "inconclusive",
                "the engine has no backward pass; only its forward pass was judged",
            )
        least = min(MINIMUM, self.due)
        if self.accounts.gradients < least or not self.accounts.judged:
            return (
                "inconclusive",
                f"{self.accounts.gradients} gradients judged, {max(least, 1)} are the minimum",
            )
        if self.right and not held.passed:
            return "inconclusive", f"negative control: {held.caught} of {held.planted} caught"
        return "correct", ""

    def _operations(self) -> Mapping[str, Status]:
        return {op: self._operation(op) for op in OPS}

    def _operation(self, op: str) -> Status:
        said = {status for text, status in self.forms.items() if FORMS[text].op == op}
        order: tuple[Status, ...] = ("wrong", "imprecise", "correct", "missing")
        return next((status for status in order if status in said), "undecided")


def _exact_finding(entry: Entry, reading: Reading, judgement: Judgement, wrong: Judged) -> Finding:
    """Bits that are not the recorded ones, with what the bounds say of them."""
    verdict = judgement.verdict
    title = "raises otherwise than recorded" if reading.raised else "other bits than recorded"
    summary = f"By the bounds in the corpus, the engine is {verdict} here."
    readings: dict[str, float | str] = {}
    if (due := entry.reading) is not None and due.raised is None:
        column = due.values if wrong.quantity == "value" else due.gradients
        said = column[wrong.node] if column else None
        readings["recorded"] = "nothing" if said is None else repr(said)
    elif due is not None:
        readings["recorded"] = f"raises {due.raised and due.raised.type}"
    return Finding(
        check=entry.milestone,
        case=entry.case,
        original=entry.case,
        wrong=wrong,
        readings=readings,
        triage=Triage(None, None, None, summary),
        diagnosis=Diagnosis("", title, summary),
        reading=reading,
    )


def _sharp(entry: Entry) -> bool:
    """Whether the file can tell a mistake of 1 % in every gradient, and there are some."""
    slopes = [
        (abs(e.middle), loose)
        for e, loose in zip(entry.truth.gradients, entry.freedom.loose, strict=True)
        if e is not None and e.middle
    ]
    return bool(slopes) and all(loose <= POWER * size for size, loose in slopes)


_WORSE: Final[tuple[Status, ...]] = (
    "undecided",
    "proven",
    "correct",
    "missing",
    "imprecise",
    "wrong",
)


def _form(entry: Entry, index: int | None) -> str:
    node = entry.case.graph.nodes[-1 if index is None else index]
    return node.form if isinstance(node, Apply) else "a leaf"
