"""What an engine says of the lines of a corpus, judged by the answers or by recorded bits."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from verify.corpus.entry import Entry
from verify.engines import DEFAULT
from verify.expression.reading import QUANTITIES, Enclosure, same_bits
from verify.verdict.judge import judge
from verify.verdict.judgement import Judged, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.corpus.entry import Lesson, Line
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import NetworkReading, NetworkState, Raised, Reading

OTHER_BITS: Final = "not the recorded bits"


def parts(lines: Iterable[Line]) -> Iterator[Iterator[Entry] | Lesson]:
    """The lines, entries in a row together."""
    for kind, group in itertools.groupby(lines, key=type):
        if kind is Entry:
            yield cast("Iterator[Entry]", group)
        else:
            yield from cast("Iterator[Lesson]", group)


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
    return judge(reading, entry.reference, gradients=backward and entry.gradients)


def ended(entry: Entry, reading: Reading) -> bool:
    """Whether a chain was too long for the engine, which said so: that is a convention."""
    return entry.milestone == "depth" and reading.raised is not None


def other_bits(entry: Entry, reading: Reading) -> Judged | None:
    """The first number that is not, bit by bit, what was recorded; ``None`` if there is none."""
    recorded = entry.reading
    if recorded is None:
        return None
    if reading.raised is not None or recorded.raised is not None:
        return _other_exception(entry, reading, recorded.raised)
    for quantity in QUANTITIES if entry.gradients else QUANTITIES[:1]:
        rows = itertools.zip_longest(reading.column(quantity), recorded.column(quantity))
        for node, (got, want) in enumerate(rows):
            key = (quantity, node)
            if not same_bits(got, want) or reading.faults.get(key) != recorded.faults.get(key):
                truth = None if want is None else Enclosure(want)
                return Judged(node, quantity, Verdict.WRONG, OTHER_BITS, got, truth)
    return None


def _other_exception(entry: Entry, reading: Reading, then: Raised | None) -> Judged | None:
    now = reading.raised
    raised, recorded = (r and (r.type, r.node) for r in (now, then))
    if raised == recorded:
        return None
    last = len(entry.case.graph.nodes) - 1
    if now is None:
        why = f"does not raise {then and then.type}"
        got = reading.values[last] if reading.values else None
        return Judged(last, "value", Verdict.WRONG, why, got)
    return Judged(
        last if now.node is None else now.node, "value", Verdict.WRONG, f"raises {now.type}"
    )


@dataclass(frozen=True, slots=True)
class OtherNetwork:
    """The first thing that a network does not do as it was recorded.

    Attributes:
        what: it is: ``outputs at reading 3``.
        got: what it says now: a number, or anything else in words.
        recorded: what it said then, in words.
        raised: what it raises where it raised nothing.
    """

    what: str
    got: float | str | None
    recorded: str
    raised: Raised | None = None

    def __str__(self) -> str:
        got = self.got if isinstance(self.got, str) else repr(self.got)
        return f"{self.what}: {got}, recorded {self.recorded}"


def other_network_bits(now: NetworkReading, then: NetworkReading | None) -> OtherNetwork | None:
    """The first thing that a network does not do as recorded; ``None`` if there is none.

    Where something was recorded as raised, what is raised now is no other thing.
    """
    if then is None or (now.raised is not None and then.raised is not None):
        return None
    if now.raised is not None or then.raised is not None:
        raised, recorded = (None if r.raised is None else r.raised.type for r in (now, then))
        return OtherNetwork("training", _ending(raised), _ending(recorded), now.raised)
    for key in ("parameters", "shared", "hidden"):
        got, want = getattr(now, key), getattr(then, key)
        if got != want:
            return OtherNetwork(key, str(got), str(want))
    for index, (a, b) in enumerate(itertools.zip_longest(now.states, then.states)):
        if a is None or b is None:
            return OtherNetwork("readings", str(len(now.states)), str(len(then.states)))
        for key in ("outputs", "loss", "data", "gradients"):
            for got, want in itertools.zip_longest(_column(a, key), _column(b, key)):
                if not same_bits(got, want):
                    return OtherNetwork(f"{key} at reading {index}", got, repr(want))
    return None


def _ending(raised: str | None) -> str:
    return f"raises {raised}" if raised else "ends well"


def _column(state: NetworkState, key: str) -> Sequence[float | None]:
    column = getattr(state, key)
    return column if isinstance(column, tuple) else (column,)
