"""An engine held against a corpus: the same events as a check, and no oracle asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.corpus.answers import (
    answers,
    ended,
    judged,
    other_bits,
    other_network_bits,
    parts,
)
from verify.corpus.entry import Lesson
from verify.corpus.otherwise import (
    Otherwise,
    Stray,
    other_network,
    recorded,
    refuses,
    stray_finding,
)
from verify.corpus.tally import Tally
from verify.expression.graph import Apply
from verify.expression.reading import LOST, Reading
from verify.generators.architectures import Architecture
from verify.networks.judge import NetworkJudge
from verify.verdict import deep
from verify.verdict.judgement import Judged, Judgement, Verdict
from verify.verdict.outcome import (
    GONE_NETWORK,
    NO_NETWORK,
    CaseDone,
    Finding,
    Finished,
    Found,
    StageStarted,
    Started,
    telling,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.corpus.entry import Entry, Header, Line
    from verify.corpus.mistakes import Mistakes
    from verify.engines import Engine
    from verify.expression.reading import Raised
    from verify.networks.judge import NetworkOutcome
    from verify.verdict.outcome import Event

STAGE: Final = "replay"
BITS: Final = "bits: all equal"
"""Beside the verdict, where the recorded bits were demanded and are all there."""
_MOST_LOST: Final = 3
"""Cases on which an engine may hang or die before the rest is left out."""
_EARLY: Final = "stopped early"
_ABSENT: Final = "not implemented"
_NEWS: Final = "not implemented by the recorded engine"
_TOO_DEEP: Final = "too deep"


def replay(  # noqa: PLR0913 - three of them keywords
    engine: Engine,
    header: Header,
    lines: Iterable[Line],
    *,
    exact: bool = False,
    first: bool = False,
    kept: list[tuple[Entry, Reading]] | None = None,
) -> Iterator[Event]:
    """Hold an engine against a corpus.

    Args:
        engine: loaded, and closed by the caller.
        header: of the corpus.
        lines: its cases and lessons.
        exact: demand the bits that were recorded from an engine, instead of the bounds.
        first: stop at the first finding.
        kept: filled with every case and what the engine said of it.

    Yields:
        The events of a check; the last one is :class:`~verify.verdict.outcome.Finished`.

    Raises:
        ValueError: if ``exact`` is asked for and the corpus holds no engine's bits.
    """
    if exact and header.engine is None:
        raise ValueError(
            "the corpus holds no engine's bits; `verify record ENGINE` makes one that does"
        )
    return _Replay(engine, header, exact, first, kept).events(lines)


@dataclass(slots=True)
class _Replay:
    engine: Engine
    header: Header
    exact: bool
    first: bool
    kept: list[tuple[Entry, Reading]] | None
    tally: Tally = field(default_factory=Tally)
    network_judge: NetworkJudge = field(init=False)
    otherwise: Otherwise = field(init=False)
    """What is not as it was recorded, and not wrong by the bounds."""
    mistakes: Mistakes | None = None
    entries: Sequence[Entry] = ()
    reached: int = 0
    lost: int = 0
    deepest: int = 0
    lacked: set[str] = field(default_factory=set)
    """Forms that the recorded engine lacks."""
    closed: dict[str, str] = field(default_factory=dict)
    """Milestones of which no more is asked, and why."""

    def __post_init__(self) -> None:
        self.network_judge = NetworkJudge(self.engine)
        self.otherwise = Otherwise(self.engine)

    def events(self, lines: Iterable[Line]) -> Iterator[Event]:
        begun = time.perf_counter()
        header = self.header
        yield Started(self.engine.info, header.oracles, header.seed or 0, header.cases)
        yield StageStarted(STAGE, header.cases)
        yield from self._reaching()
        whole = list(lines)  # what names a mistake has to predict other lines
        self.entries = [line for line in whole if not isinstance(line, Lesson)]
        for part in parts(whole):
            yield from self._lesson(part) if isinstance(part, Lesson) else self._cases(part)
            if self._over:
                break
        for finding in self.otherwise.findings():  # after what is wrong
            yield from self._find(finding)
        if left := header.cases - self.reached:
            self.tally.accounts.skipped[_EARLY] += left
        outcome = self.tally.outcome(self.engine.info, header, time.perf_counter() - begun)
        if self.exact and outcome.verdict == "correct":
            outcome = replace(outcome, reason=BITS)
        yield Finished(outcome)

    @property
    def _over(self) -> bool:
        found = bool(self.tally.findings or self.otherwise)
        return self.lost >= _MOST_LOST or (self.first and found)

    def _reaching(self) -> Iterator[Event]:
        """The finding about code that does not keep to itself."""
        if self.engine.info.reaches:
            from verify.checking.reaching import reaching  # it asks the oracles

            if found := reaching(self.engine):
                yield from self._find(found[0])

    def _skip(self, reason: str) -> Iterator[Event]:
        self.tally.accounts.skipped[reason] += 1
        yield CaseDone(STAGE, reason)

    def _find(self, finding: Finding) -> Iterator[Event]:
        self.tally.findings.append(finding)
        yield Found(finding)

    # --- cases ------------------------------------------------------------------------------------

    def _cases(self, entries: Iterable[Entry]) -> Iterator[Event]:
        for entry, reading in answers(self.engine, self._asked(entries)):
            self.reached += 1
            if self.kept is not None and not ended(entry, reading):
                self.kept.append((entry, reading))
            yield from self._deep(entry, reading) or self._case(entry, reading)
            if self._over:
                return

    def _asked(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries, without long chains once something is wrong, or one was too long."""
        for entry in entries:
            if entry.milestone == "depth" and (self.tally.findings or self.otherwise):
                self.closed.setdefault(entry.milestone, _EARLY)
            if reason := self.closed.get(entry.milestone):
                self.reached += 1
                self.tally.accounts.skipped[reason] += 1
            else:
                yield entry

    def _deep(self, entry: Entry, reading: Reading) -> Iterator[Event] | None:
        """What is said of a long chain; ``None`` where it is a case like any other."""
        if entry.milestone != "depth":
            return None
        length = len(entry.case.graph.operations)
        conventions = self.tally.accounts.conventions
        then = entry.reading if self.exact else None
        if reading.raised is not None and (then is None or then.raised is not None):
            reason = _ABSENT if reading.raised.refused else _TOO_DEEP
            if not reading.raised.refused:
                conventions["depth"] = deep.ends(reading.raised, length)
            self.closed[entry.milestone] = reason
            return self._skip(reason)
        if then is not None:
            return self._skip(_TOO_DEEP) if then.raised is not None else None
        judgement = judged(entry, reading, backward=self.engine.info.has_backward)
        self.tally.count(entry.milestone, entry.case, judgement)
        if judgement.wrong:
            number = telling(judgement, entry.case)
            conventions["depth"] = f"wrong at {length:,} additions"
            return self._find(
                deep.silently_wrong(entry.case, number, self.deepest, reading, "corpus")
            )
        self.deepest, conventions["depth"] = length, deep.works(length)
        return iter((CaseDone(STAGE, judgement.verdict),))

    def _case(self, entry: Entry, reading: Reading) -> Iterator[Event]:
        tally, raised = self.tally, reading.raised
        tally.expected += len(entry.reference.gradients)
        judgement = judged(entry, reading, backward=self.engine.info.has_backward)
        form = _form(entry, None if raised is None else raised.node)
        # At the end of a domain, an engine that raises its own error does what it should.
        missing = entry.milestone != "edges" or tally.forms.get(form) == "missing"
        if self.exact and self._is_news(entry, raised):
            yield from self._skip(_NEWS)
            return
        then = None if entry.reading is None else entry.reading.raised
        gone = self.exact and then is None and other_bits(entry, reading) is not None
        if raised is not None and raised.refused and missing and not gone:
            tally.status(entry, "missing")
            yield from self._skip(_ABSENT)
            return
        tally.count(entry.milestone, entry.case, judgement)
        wrong = self._wrong(entry, reading, judgement)
        stray = Stray(entry, reading, judgement, wrong) if wrong and self.exact else None
        mistaken = wrong and (stray is None or stray.mistaken)
        if self.exact:
            status = Verdict.WRONG if mistaken else judgement.verdict if wrong else Verdict.CORRECT
            tally.status(entry, status.value)
        yield CaseDone(STAGE, Verdict.WRONG if mistaken else judgement.verdict)
        self.lost += raised is not None and raised.type in LOST
        if wrong is None:
            if judgement.verdict is Verdict.CORRECT:
                tally.keep(reading, entry)
            return
        if stray and not stray.wrong:
            self.otherwise.enter(stray)
            return
        found = self._mistake(entry, reading, judgement)
        if stray and found:
            told = {**found.readings, **recorded(entry, found.wrong)}
            found = replace(found, readings=told)
        elif stray and not tally.findings:  # what is wrong has a finding, though it be no news
            found = stray_finding(self.engine, stray)
        if found is not None:
            yield from self._find(found)

    def _is_news(self, entry: Entry, raised: Raised | None) -> bool:
        """Whether the engine comes past an operation that the recorded one lacked.

        There is nothing to compare with then.
        """
        then = None if entry.reading is None else entry.reading.raised
        if then is None or not then.refused:
            return False
        form = _form(entry, then.node)
        if entry.milestone != "edges":
            self.lacked.add(form)
        past = raised is None or not raised.refused or (raised.node or 0) > (then.node or 0)
        return past and form in self.lacked

    def _wrong(self, entry: Entry, reading: Reading, judgement: Judgement) -> Judged | None:
        if self.exact:
            return other_bits(entry, reading)
        self.tally.status(entry, judgement.verdict.value)
        return telling(judgement, entry.case) if judgement.wrong else None

    def _mistake(
        self, entry: Entry, reading: Reading, judgement: Judgement
    ) -> Finding | None:
        """The finding, if it is of a mistake that was not told before."""
        from verify.corpus.mistakes import Mistakes  # it loads the whole catalogue

        self.mistakes = self.mistakes or Mistakes(self.engine, self.entries)
        return self.mistakes.finding(entry, reading, judgement)

    # --- networks ---------------------------------------------------------------------------------

    def _lesson(self, lesson: Lesson) -> Iterator[Event]:
        """One of the engine's own networks, until one is wrong."""
        self.reached += 1
        tally, key = self.tally, lesson.milestone
        if reason := self.closed.get(key):
            yield from self._skip(reason)
            return
        judged = self.network_judge.judge(lesson.exercise, lesson)
        if self.exact and refuses(lesson.reading) and not refuses(judged.reading):
            yield from self._skip(_NEWS)
            return
        found, unlike = self._network(lesson, judged)
        if judged.skipped and found is None and not unlike:
            yield from self._skip(self._absent(lesson, judged))
            return
        for case, judgement in judged.judgements:
            tally.count(key, case, judgement)
        if judged.words:
            tally.accounts.conventions[key] = judged.words
        yield CaseDone(STAGE, Verdict.CORRECT if found is None else Verdict.WRONG)
        if found is not None:
            self.closed[key] = _EARLY
            # A wrong operation makes a network wrong too: that is no second mistake.
            if found is not judged.finding or judged.own or not tally.findings:
                yield from self._find(found)

    def _network(self, lesson: Lesson, judged: NetworkOutcome) -> tuple[Finding | None, bool]:
        """What is wrong with a network, and whether it has other bits than recorded alone."""
        if not self.exact:
            return judged.finding, False
        other = other_network_bits(judged.reading, lesson.reading)
        if other is None or judged.finding is not None:
            return (judged.finding if other else None), False
        shape = (*self.network_judge.known, Architecture())[0]
        if other.raised is None:
            self.otherwise.networks.append((lesson, other, shape))
            return None, True
        return other_network(lesson, other, shape), False

    def _absent(self, lesson: Lesson, judged: NetworkOutcome) -> str:
        """Why a network was not judged; one that is not there is asked for once."""
        key = lesson.milestone
        if not judged.missing:
            return judged.skipped.partition(":")[0]
        gone = lesson.reading is not None and not refuses(lesson.reading)
        reason = GONE_NETWORK if gone else NO_NETWORK
        if not self.tally.accounts.cases[key]:
            self.closed[key] = reason
        return reason


def _form(entry: Entry, index: int | None) -> str:
    node = entry.case.graph.nodes[-1 if index is None else index]
    return node.form if isinstance(node, Apply) else "a leaf"
