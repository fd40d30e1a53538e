"""Answers for cases and networks: from the oracles, who must agree, and from an engine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.corpus.answers import answers, parts
from verify.corpus.entry import Entry, Header, Known, Lesson, Passed, Recorded
from verify.corpus.population import VERSION, exercises, population
from verify.expression.graph import Case
from verify.expression.reading import UNKNOWN, Enclosure
from verify.generators.architectures import NAMED
from verify.networks.task import shown, update
from verify.oracles.registry import consult, present
from verify.verdict.disputes import disputes
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from verify.corpus.entry import Convention, Line, Row
    from verify.corpus.population import Chosen
    from verify.engines import Engine
    from verify.generators.architectures import Architecture
    from verify.networks.task import Exercise
    from verify.oracles.registry import Testimony
    from verify.verdict.disputes import Dispute

_UP: Final = 1 + 2.0**-40
"""Covers the rounding of a few sums and products of bounds."""


@dataclass(frozen=True, slots=True)
class Disputed(Exception):  # noqa: N818 - what happened, not an error of the caller's
    """The oracles contradict each other on a case, so that there is no answer to record."""

    case: Case
    disputes: tuple[Dispute, ...]

    def __str__(self) -> str:
        return f"the oracles contradict each other on {self.case}: {self.disputes[0]}"


def recorded(count: int, seed: int) -> tuple[Header, Iterator[Line]]:
    """A corpus from the oracles; ``cases`` and ``digest`` of the header are left to writing."""
    return Header(0, "", seed, VERSION, present(), versions()), _recorded(count, seed)


def _recorded(count: int, seed: int) -> Iterator[Line]:
    yield from map(answer, population(count, seed))
    yield from map(lesson, exercises(seed))


def renewed(header: Header) -> Header:
    """The header of a corpus whose cases are answered again, here and now."""
    return replace(header, oracles=present(), versions=versions(), engine=None)


def anew(line: Line) -> Line:
    """The same case or exercise, answered here and now, without any engine's bits.

    Raises:
        Disputed: if the oracles contradict each other.
    """
    if isinstance(line, Entry):
        return answer(line)
    return replace(lesson(line.exercise), milestone=line.milestone, tags=line.tags)


def about(engine: Engine) -> Mapping[str, str]:
    """Whose bits a golden file holds."""
    info = engine.info
    return {"spec": info.spec, "class": info.class_name, "python": info.python}


# --- cases ----------------------------------------------------------------------------------------


def answer(chosen: Chosen | Entry) -> Entry:
    """The case with what the oracles know of it.

    Of a long chain the output's value and the leaf's gradient are kept; the steps between are the
    same again and again.

    Raises:
        Disputed: if they contradict each other.
    """
    testimony = _agreed(chosen.case)
    graph, values, gradients = chosen.case.graph, None, None
    if chosen.milestone == "depth":
        values, gradients = {len(graph.nodes) - 1, *graph.leaves}, graph.leaves
    known = _known(testimony, values, gradients)
    if chosen.milestone == "forward":
        known = replace(known, gradients=())
    return Entry(chosen.case, chosen.milestone, known, chosen.tags)


def _agreed(case: Case) -> Testimony:
    testimony = consult(case)
    if found := disputes(testimony):
        raise Disputed(case, found)
    return testimony


def _known(
    testimony: Testimony,
    values: Container[int] | None = None,
    gradients: Container[int] | None = None,
) -> Recorded:
    """The interval oracle's answer, about the nodes that are listed or about all."""
    tight, loose = testimony.loosened(()), testimony.loosened()
    return Recorded(
        _row(values, testimony.truth.values, loose.values, loose.values),
        _row(gradients, testimony.truth.gradients, tight.gradients, loose.gradients),
    )


def _row(
    nodes: Container[int] | None,
    known: Sequence[Enclosure | None],
    tight: Sequence[Enclosure | None],
    loose: Sequence[Enclosure | None],
) -> Row:
    """One number after the other: as known, with other formulas, with other formulas all over."""
    row: list[Known | None] = []
    for node, (e, t, w) in enumerate(zip(known, tight, loose, strict=True)):
        if e is None or t is None or w is None or not (nodes is None or node in nodes):
            row.append(None)
        else:
            freedom = _size(t.freedom)
            wide = max(freedom, _size(w.freedom))
            row.append(Known(e, freedom, wide, _size(t.scale), w.note))
    return tuple(row)


def _size(x: float) -> float:
    return math.inf if math.isnan(x) else x  # where nothing is known


# --- networks -------------------------------------------------------------------------------------


def lesson(exercise: Exercise) -> Lesson:
    """The exercise with what is right of it under each convention.

    Raises:
        Disputed: if the oracles contradict each other.
    """
    conventions: dict[tuple[Case, ...], Convention] = {}
    answers: dict[Architecture, Convention] = {}
    for a in NAMED.values():
        cases = exercise.cases(a)
        if cases not in conventions:
            conventions[cases] = _convention(exercise, a, cases)
        answers[a] = conventions[cases]
    tag = " → ".join(map(str, exercise.sizes))
    return Lesson(exercise, answers, "networks", (tag,))


def _convention(exercise: Exercise, a: Architecture, cases: tuple[Case, ...]) -> Convention:
    count, passes = a.count(exercise.layers), []
    for moment, case in enumerate(cases):
        _, outputs = a.graph(exercise.layers, exercise.targets if moment else None)
        known = _known(_agreed(case))
        numbers = known.gathered(shown(case.graph, outputs), range(count))
        moved = _moved(case.point[:count], numbers, exercise.rate) if moment else None
        passes.append(Passed(numbers, moved))
    return tuple(passes)


def _moved(point: Sequence[float], numbers: Recorded, rate: float) -> Recorded:
    """Each parameter after ``p - rate * g``.

    The update is that of the gradient's middle, answered by the oracles; it is linear, so what may
    be wrong with the gradient adds ``rate`` times as much.
    """
    return Recorded(
        tuple([_step(p, g, rate) for p, g in zip(point, numbers.gradients, strict=True)])
    )


def _step(p: float, gradient: Known | None, rate: float) -> Known | None:
    if gradient is None or (g := gradient.enclosure).note or not g.known:
        return None
    step = _known(_agreed(Case(update(rate), (p, g.middle)))).values[-1]
    own = Known(UNKNOWN, math.inf) if step is None else step
    radius, bound, freedom = (
        (of_step + rate * of_gradient) * _UP
        for of_step, of_gradient in (
            (own.enclosure.radius, g.radius),
            (own.enclosure.bound, g.bound),
            (own.freedom, gradient.loose),
        )
    )
    freedom = max(bound, freedom)
    return Known(Enclosure(own.enclosure.middle, radius, bound), freedom, freedom)


# --- an engine's bits -----------------------------------------------------------------------------


def golden(lines: Iterable[Line], engine: Engine) -> Iterator[Line]:
    """The lines with what the engine says, bit by bit."""
    for part in parts(lines):
        if isinstance(part, Lesson):
            yield replace(part, reading=engine.network(part.exercise.sizes, part.exercise.steps))
        else:
            for entry, reading in answers(engine, part):
                yield replace(entry, reading=reading)
