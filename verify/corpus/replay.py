"""An engine held against a corpus: the same events as a check, and no oracle asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from verify.corpus.answers import (
    OTHER_BITS,
    answers,
    ended,
    judged,
    other_bits,
    other_network_bits,
    parts,
)
from verify.corpus.entry import Lesson
from verify.corpus.tally import Tally
from verify.expression.graph import Apply
from verify.expression.reading import LOST, Reading
from verify.generators.architectures import Architecture
from verify.networks.judge import NO_NETWORK, Looker
from verify.verdict import deep
from verify.verdict.judge import Judged, Judgement, Verdict
from verify.verdict.outcome import (
    CaseDone,
    Diagnosis,
    Finding,
    Finished,
    Found,
    StageStarted,
    Started,
    Triage,
    telling,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from verify.corpus.entry import Entry, Header, Line
    from verify.corpus.mistakes import Mistakes
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import NetworkReading, Raised
    from verify.verdict.outcome import Event

    _Strayed = tuple[Entry, Reading, Judgement, Judged]

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
    looker: Looker = field(init=False)
    strayed: dict[str, list[_Strayed]] = field(default_factory=dict)
    """What has other bits than recorded and is not wrong, by what the bounds say of it."""
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
        self.looker = Looker(self.engine)

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
        for strayed in self.strayed.values():  # after what is wrong
            yield from self._find(_exact_finding(*strayed[0], others=strayed[1:]))
        if left := header.cases - self.reached:
            self.tally.accounts.skipped[_EARLY] += left
        outcome = self.tally.outcome(self.engine.info, header, time.perf_counter() - begun)
        if self.exact and outcome.verdict == "correct":
            outcome = replace(outcome, reason=BITS)
        yield Finished(outcome)

    @property
    def _over(self) -> bool:
        found = bool(self.tally.findings or self.strayed)
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
            if entry.milestone == "depth" and (self.tally.findings or self.strayed):
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
        gone = self.exact and other_bits(entry, reading) is not None
        if raised is not None and raised.refused and missing and not gone:
            tally.status(entry, "missing")
            yield from self._skip(_ABSENT)
            return
        tally.count(entry.milestone, entry.case, judgement)
        wrong = self._wrong(entry, reading, judgement)
        yield CaseDone(STAGE, Verdict.WRONG if wrong else judgement.verdict)
        self.lost += raised is not None and raised.type in LOST
        if wrong is None:
            if judgement.verdict is Verdict.CORRECT:
                tally.keep(reading, entry)
            return
        if self.exact and not judgement.wrong:
            alike = self.strayed.setdefault(judgement.verdict, [])
            alike.append((entry, reading, judgement, wrong))
            return
        found = self._mistake(entry, reading, judgement)
        if self.exact:
            found = (
                _with_recorded(found, entry)
                if found
                else self._unnamed(entry, reading, judgement, wrong)
            )
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
            other = other_bits(entry, reading)
            self.tally.status(entry, "wrong" if other else "correct")
            return other
        self.tally.status(entry, judgement.verdict.value)
        return telling(judgement, entry.case) if judgement.wrong else None

    def _unnamed(
        self, entry: Entry, reading: Reading, judgement: Judgement, wrong: Judged
    ) -> Finding | None:
        """What is wrong has a finding, though it be no news to what names mistakes."""
        return None if self.tally.findings else _exact_finding(entry, reading, judgement, wrong)

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
        looked = self.looker.look(lesson.exercise, lesson)
        if self.exact and _refuses(lesson.reading) and not _refuses(looked.reading):
            yield from self._skip(_NEWS)
            return
        found = _other_network(lesson, looked.reading) if self.exact else looked.finding
        if looked.skipped and found is None:
            if looked.missing and not tally.accounts.cases[key]:
                self.closed[key] = NO_NETWORK
            yield from self._skip(looked.skipped.partition(":")[0])
            return
        for case, judgement in looked.judgements:
            tally.count(key, case, judgement)
        if looked.words:
            tally.accounts.conventions[key] = looked.words
        yield CaseDone(STAGE, Verdict.CORRECT if found is None else Verdict.WRONG)
        if found is not None:
            self.closed[key] = _EARLY
            # A wrong operation makes a network wrong too: that is no second mistake.
            if self.exact or looked.own or not tally.findings:
                yield from self._find(found)


def _exact_finding(
    entry: Entry,
    reading: Reading,
    judgement: Judgement,
    wrong: Judged,
    *,
    others: Sequence[_Strayed] = (),
) -> Finding:
    """Bits that are not the recorded ones, with what the bounds say of them."""
    said = f"By the bounds in the corpus, the engine is {judgement.verdict} here"
    if others:
        operations = dict.fromkeys(op for each in others for op in each[0].case.graph.operations)
        whose = f"{len(others):,} other expressions, of {', '.join(operations)}"
        said += f", and on {whose}, whose bits are not the recorded ones"
    return _otherwise(
        entry.milestone, entry.case, wrong, f"{said}.", reading, readings=_recorded(entry, wrong)
    )


def _with_recorded(found: Finding, entry: Entry) -> Finding:
    """The finding of a mistake, with what the recorded engine said there."""
    return replace(found, readings={**found.readings, **_recorded(entry, found.wrong)})


def _recorded(entry: Entry, wrong: Judged) -> dict[str, str]:
    """What the recorded engine said of a number; nothing where none was recorded."""
    then = entry.reading
    if then is None:
        return {}
    if then.raised is not None:
        return {"recorded": f"raises {then.raised.type}"}
    column = then.column(wrong.quantity)
    number = column[wrong.node] if column else None
    return {"recorded": "nothing" if number is None else repr(number)}


def _other_network(lesson: Lesson, reading: NetworkReading) -> Finding | None:
    """A network that does not do, bit by bit, what was recorded."""
    other = other_network_bits(reading, lesson.reading)
    if not other:
        return None
    exercise = lesson.exercise
    case = exercise.cases(Architecture())[0]
    wrong = Judged(len(case.graph.nodes) - 1, "value", Verdict.WRONG, OTHER_BITS)
    place = f"a network of {' → '.join(map(str, exercise.sizes))}"
    summary = f"{place.capitalize()}: {other}."
    return _otherwise(lesson.milestone, case, wrong, summary, Reading("engine"), place=place)


def _otherwise(  # noqa: PLR0913 - a finding has that many sides
    check: str,
    case: Case,
    wrong: Judged,
    summary: str,
    reading: Reading,
    *,
    readings: Mapping[str, float | str] = MappingProxyType({}),
    place: str = "",
) -> Finding:
    """The finding of what is not as it was recorded."""
    title = "raises otherwise than recorded" if reading.raised else "other bits than recorded"
    return Finding(
        check=check,
        case=case,
        original=case,
        wrong=wrong,
        readings=readings,
        triage=Triage(None, None, None, summary),
        diagnosis=Diagnosis("", title, summary),
        reading=reading,
        place=place,
    )


def _refuses(reading: NetworkReading | None) -> bool:
    return reading is not None and reading.raised is not None and reading.raised.refused


def _form(entry: Entry, index: int | None) -> str:
    node = entry.case.graph.nodes[-1 if index is None else index]
    return node.form if isinstance(node, Apply) else "a leaf"
