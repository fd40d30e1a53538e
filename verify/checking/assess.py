"""One engine on one case: what it says, how that is judged, and a finding where it is wrong."""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Unpack, cast

from verify.bounded import TooMuch, bounded
from verify.checking import evidence
from verify.checking.evidence import Evidence
from verify.checking.inner import not_their_own
from verify.checking.judged_before import keep, recall
from verify.checking.promise import promise
from verify.engines import EngineError
from verify.expression.graph import Apply, Case, below
from verify.generators.random import inside
from verify.generators.scenarios import PLAIN, ask
from verify.oracles.registry import consult
from verify.verdict.disputes import disputes
from verify.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from verify.checking.diagnose import Clues
    from verify.engines import Engine
    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Formulas, Reading
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.prove.formulas import Answer, Held, Symbolic
    from verify.verdict.disputes import Dispute
    from verify.verdict.judgement import Judged, Judgement
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
    answer = ask(engine, case, scenario)
    if answer is None:
        return None
    about, reading = answer
    return assess(engine, about, reading, known(about))


def _judged(engine: Engine, reading: Reading, testimony: Testimony) -> Judgement:
    """With all that is known of the case, whatever was done with it."""
    promised = promise(engine)
    asked = engine.info.has_backward and promised.derivatives
    unkept = promised.unkept(testimony.case.graph)
    if (known := recall(testimony, reading, unkept, gradients=asked)) is not None:
        return known
    if reading.same:
        shared = reading.same | _bypassed(testimony.case.graph, reading.same)
        reading = replace(reading, same=shared)
    judgement = judge(reading, testimony, gradients=asked, unkept=unkept)
    if (again := not_their_own(engine, testimony.case, reading, judgement)) is not None:
        return judge(again, testimony, gradients=asked, unkept=unkept)
    keep(testimony, reading, unkept, judgement, gradients=asked)
    return judgement


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
    from verify.prove.formulas import elsewhere, formula_held

    with reader:
        asked = cast("Symbolic", reader)
        other = elsewhere(case) or case.point
        answer = _Answer(
            asked.formulas(case.graph, case.point, any_number=False),
            asked.formulas(case.graph, other, any_number=False),
            case.point,
        )
    if answer.here.raised is not None:
        return found
    fresh = tuple(_fresh(engine, case, wrong.node, gradient=gradient))
    try:  # what a worker sent may stand for more than there is time and memory for
        read = _read(formula_held, answer, case, wrong.node, fresh, gradient=gradient)
    except TooMuch:
        return found
    if read is None or read.got == read.expected or len(max(read[:2], key=len)) > _LONGEST_FORMULA:
        return found
    name = case.graph.names[wrong.node]
    what = f"d/d{name}" if gradient else name
    some = "" if read.held == read.asked else (
        f" on some inputs ({read.held} of {read.asked} fresh ones)" if read.held
        else f" here, and on none of {read.asked} fresh inputs"
    )  # fmt: skip
    told = f"{what} is computed as {read.got}{some}; it should be {read.expected}"
    return replace(found, formula=told)


_FRESH: Final = 24
"""Fresh points at most at which a formula has to hold."""


def _fresh(engine: Engine, case: Case, node: int, *, gradient: bool) -> Iterator[Answer]:
    """What an engine says of a number at other points: near, short ones and long ones in turn."""
    chance = random.Random(repr(case))  # noqa: S311 - not a secret
    near = [tuple([x * chance.uniform(0.7, 1.4) for x in case.point]) for _ in range(_FRESH // 3)]
    short = [tuple([chance.randint(-30, 30) / 10 for _ in case.point]) for _ in near]
    long = [tuple([chance.uniform(-3.0, 3.0) for _ in case.point]) for _ in near]
    points = [p for three in zip(near, short, long, strict=True) for p in three]
    cases = [Case(case.graph, p) for p in points if inside(case.graph, p)]
    for other, reading in zip(cases, read_many(engine, cases), strict=False):
        numbers = reading.gradients if gradient else reading.values
        number = numbers[node] if reading.raised is None else None
        if number is not None and math.isfinite(number):
            yield other.point, number


_READ: Final[dict[bytes, Held | None]] = {}
"""Formulas that were read, by the digest of all that they were read from: in a class many make the
same mistake, and another process is started to read one."""
_MOST_READ: Final = 1 << 12


def _read(  # noqa: PLR0913 - all that it is read from
    formula: Callable[..., Held | None], answer: _Answer, case: Case, node: int,
    fresh: Sequence[Answer], *, gradient: bool,
) -> Held | None:  # fmt: skip
    """What :func:`verify.prove.formulas.formula_held` says, within limits; TooMuch passes."""
    words = repr((answer.here, answer.elsewhere, answer.point, case, node, fresh, gradient))
    key = hashlib.sha256(words.encode("utf-8", "replace")).digest()
    if key not in _READ:
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[key] = bounded(formula, answer, case, node, fresh, gradient=gradient)
    return _READ[key]


@dataclass(frozen=True, slots=True)
class _Answer:
    """An engine that says what it said before, at the point of the case and at another one."""

    here: Formulas
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
        return self.here if tuple(point) == self.point else self.elsewhere
