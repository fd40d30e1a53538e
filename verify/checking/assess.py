"""One engine on one case: what it says, how that is judged, and a finding where it is wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Unpack, cast

from verify.bounded import TooMuch, bounded
from verify.checking import evidence
from verify.checking.evidence import Evidence
from verify.checking.promise import promise
from verify.engines import EngineError
from verify.expression.graph import Apply, below
from verify.generators.scenarios import PLAIN, ask
from verify.oracles.registry import consult
from verify.verdict.disputes import disputes
from verify.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from verify.checking.diagnose import Clues
    from verify.engines import Engine
    from verify.expression.graph import Case, Graph, Number
    from verify.expression.reading import Formulas, Reading
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.prove.formulas import Symbolic
    from verify.verdict.disputes import Dispute
    from verify.verdict.judge import Judged, Judgement
    from verify.verdict.outcome import Diagnosis, Finding

_LONGEST_FORMULA: Final = 2000
"""Characters; a longer one says nothing to anybody."""


@dataclass(frozen=True, slots=True)
class Examined:
    """An engine's answer to one case beside the oracles', and what the judge says of it."""

    case: Case
    testimony: Testimony
    reading: Reading
    judgement: Judgement

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        """Where the oracles contradict each other: then nothing here counts."""
        return disputes(self.testimony)


def examine(engine: Engine, case: Case, testimony: Testimony | None = None) -> Examined:
    """Run the case, with one backward pass where the engine has one, and judge what it says.

    Args:
        engine: the engine under test.
        case: a graph at a point.
        testimony: what the oracles say, if they were asked already.
    """
    return assess(engine, case, read(engine, case), testimony or consult(case))


def read(engine: Engine, case: Case) -> Reading:
    """What an engine says of a case, after one backward pass where it has one."""
    return engine.run(case.graph, case.point, _steps(engine))[-1]


def read_many(engine: Engine, cases: Iterable[Case]) -> Iterator[Reading]:
    """:func:`read` for each case, overlapped where that is quicker."""
    return (answers[-1] for answers in engine.run_many(cases, _steps(engine)))


def _steps(engine: Engine) -> tuple[tuple[object, ...], ...]:
    return (("backward", -1), ("read",)) if engine.info.has_backward else (("read",),)


def assess(engine: Engine, case: Case, reading: Reading, testimony: Testimony) -> Examined:
    """Judge what an engine said of a case, in the arithmetic in which it computes."""
    testimony = testimony.computed_in(promise(engine).format)
    judgement = _judged(engine, reading, testimony)
    if testimony.recalled and not judgement.correct:  # nobody is accused by what lay on a disk
        testimony = testimony.afresh()
        judgement = _judged(engine, reading, testimony)
    return Examined(case, testimony, reading, judgement)


def perform(
    engine: Engine, case: Case, scenario: Scenario, known: Callable[[Case], Testimony] = consult
) -> Examined | None:
    """Do what a scenario says and judge what is due after it; ``None`` where it does not apply.

    The case of the result is the one that is due, and ``known`` says what is known of that.
    """
    said = ask(engine, case, scenario)
    if said is None:
        return None
    due, reading = said
    return assess(engine, due, reading, known(due))


def _judged(engine: Engine, reading: Reading, testimony: Testimony) -> Judgement:
    """With all that is known of the case, whatever was done with it."""
    promised = promise(engine)
    asked = engine.info.has_backward and promised.derivatives
    unkept = promised.unkept(testimony.case.graph)
    if reading.same:
        shared = reading.same | _bypassed(testimony.case.graph, reading.same)
        reading = replace(reading, same=shared)
    return judge(reading, testimony, gradients=asked, unkept=unkept)


def _bypassed(graph: Graph, same: Collection[int]) -> frozenset[int]:
    """The inner nodes behind a node that is the very object of another one, ``-(-a)`` for one.

    What uses that object goes past them: their gradient lacks its share, as none of their own.
    """
    there = [i for i in same if i < len(graph.nodes)]  # a scenario may build more
    behind = below(graph.nodes, there)
    return frozenset(i for i in behind if isinstance(graph.nodes[i], Apply))


def finding(
    engine: Engine, examined: Examined, check: str, original: Case, **clues: Unpack[Clues]
) -> Finding:
    """As :func:`verify.checking.evidence.finding`, with the formula that the engine computes."""
    case = examined.case
    known = Evidence(case, examined.testimony, examined.reading, examined.judgement)
    made = evidence.finding(engine, known, check, original, **clues)
    if clues.get("scenario", PLAIN) is not PLAIN or clues.get("named") is not None:
        return made
    return replace(made, diagnosis=_with_formula(engine, case, made.wrong, made.diagnosis))


def _with_formula(engine: Engine, case: Case, wrong: Judged, found: Diagnosis) -> Diagnosis:
    """The diagnosis with the formula that the engine really computes, where it can be read."""
    if wrong.got is None:
        return found
    try:
        reader = engine.again(symbols=True)
    except EngineError:
        return found
    if reader is None:
        return found
    gradient = wrong.quantity == "gradient"
    from verify.prove.formulas import elsewhere, formula

    with reader:
        asked = cast("Symbolic", reader)
        other = elsewhere(case) or case.point
        answer = _Answer(
            asked.formulas(case.graph, case.point, any_number=False),
            asked.formulas(case.graph, other, any_number=False),
            case.point,
        )
    if answer.said.raised is not None:
        return found
    try:  # what a worker sent may stand for more than there is time and memory for
        read = _read(formula, answer, case, wrong.node, gradient=gradient)
    except TooMuch:
        return found
    if read is None or read[0] == read[1] or max(map(len, read)) > _LONGEST_FORMULA:
        return found
    name = case.graph.names[wrong.node]
    what = f"d/d{name}" if gradient else name
    return replace(found, formula=f"{what} is computed as {read[0]}; it should be {read[1]}")


_READ: Final[dict[bytes, tuple[str, str] | None]] = {}
"""Formulas that were read, by the digest of all that they were read from: in a class many make the
same mistake, and another process is started to read one."""
_MOST_READ: Final = 1 << 12


def _read(
    formula: Callable[..., tuple[str, str] | None], answer: _Answer, case: Case, node: int, *,
    gradient: bool,
) -> tuple[str, str] | None:  # fmt: skip
    """What :func:`verify.prove.formulas.formula` says, within limits; TooMuch passes."""
    words = repr((answer.said, answer.elsewhere, answer.point, case, node, gradient))
    key = hashlib.sha256(words.encode("utf-8", "replace")).digest()
    if key not in _READ:
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[key] = bounded(formula, answer, case, node, gradient=gradient)
    return _READ[key]


@dataclass(frozen=True, slots=True)
class _Answer:
    """An engine that says what it said before, at the point of the case and at another one."""

    said: Formulas
    elsewhere: Formulas
    point: tuple[Number, ...]

    def formulas(
        self,
        graph: Graph,  # noqa: ARG002 - as an engine has it
        point: Sequence[Number],
        *,
        any_number: bool = True,  # noqa: ARG002
    ) -> Formulas:
        """The answer that came."""
        return self.said if tuple(point) == self.point else self.elsewhere
