"""What a corpus holds, as values: cases and lessons, each with its answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from verify.expression.reading import Truth
from verify.networks.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import NetworkReading, NetworkState, Note, Reading
    from verify.generators.architectures import Architecture
    from verify.networks.task import Exercise
    from verify.verdict.judge import Judged

SOURCE: Final = "interval"
"""Whose enclosures a corpus holds."""
ENGINE: Final = "engine"
"""Whose bits it may hold besides."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a corpus.

    Attributes:
        cases: how many lines follow.
        digest: ``sha256:`` of these lines as they stand in the file.
        seed: of the population, ``None`` where the cases are somebody's own.
        generator: version of the population: the same version and seed give the same cases.
        oracles: who agreed on the answers.
        versions: of what took part in recording.
        engine: whose bits the file holds, as ``spec``, ``class`` and ``python``; ``None`` without.
    """

    cases: int
    digest: str
    seed: int | None = None
    generator: int | None = None
    oracles: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    engine: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Freedom:
    """What other formulas than the textbook's may do to each number of a case.

    Attributes:
        values: freedom of each value.
        gradients: freedom of each gradient where the values were made by the textbook's formulas.
        loose: freedom of each gradient where the values were made by others too.
        scales: size of what is subtracted to make each gradient, where rounding may leave 0.
        value_notes: the note of each value when other formulas are granted.
        gradient_notes: the note of each gradient when they are.
    """

    values: tuple[float, ...]
    gradients: tuple[float, ...]
    loose: tuple[float, ...]
    scales: tuple[float, ...]
    value_notes: tuple[Note, ...]
    gradient_notes: tuple[Note, ...]

    def relax(self, truth: Truth, free: Sequence[int]) -> Truth:
        """What the interval oracle's ``relax`` gives, from the file.

        Where any node is ``free``, all of them are: which ones was not recorded.
        """
        slopes = self.loose if free else self.gradients
        values = zip(truth.values, self.values, self.value_notes, strict=True)
        gradients = zip(truth.gradients, slopes, self.scales, self.gradient_notes, strict=True)
        return Truth(
            truth.source,
            tuple([e and replace(e, freedom=f, note=note) for e, f, note in values]),
            tuple([e and replace(e, freedom=f, scale=s, note=note) for e, f, s, note in gradients]),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with its answer.

    Attributes:
        case: the graph and the point.
        milestone: the step of the course that it belongs to, see :mod:`verify.corpus.population`.
        truth: enclosures with bounds; no gradients where only values are asked for.
        freedom: what :meth:`relax` adds to them.
        tags: free words.
        reading: what an engine said when it was recorded, bit by bit; ``None`` without.
        line: where it stands in the file, ``0`` before it stands anywhere.
    """

    case: Case
    milestone: str
    truth: Truth
    freedom: Freedom
    tags: tuple[str, ...] = ()
    reading: Reading | None = None
    line: int = 0

    @property
    def gradients(self) -> bool:
        """Whether gradients are asked for."""
        return bool(self.truth.gradients)

    def relax(self, truth: Truth, free: Sequence[int]) -> Truth:
        """See :meth:`Freedom.relax`."""
        return self.freedom.relax(truth, free)


@dataclass(frozen=True, slots=True)
class Known:
    """Enclosures with bounds, and the freedom to add to them."""

    truth: Truth
    freedom: Freedom


@dataclass(frozen=True, slots=True)
class Passed:
    """What is right of a network after a backward pass, and of the update that follows.

    Attributes:
        numbers: the values that are shown, the last one is where the pass started, and each
            parameter's gradient.
        moved: each parameter after the update; ``None`` where none follows.
    """

    numbers: Known
    moved: Known | None = None


Convention: TypeAlias = "tuple[Passed, ...]"
"""The pass from an output, and those of two turns of the training loop."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """An exercise for a network of the engine's own, with the answers under each convention.

    An engine is right that gives the answers of one convention, the same in all lessons.

    Attributes:
        exercise: the numbers for the network.
        answers: by how the network computes and lists its parameters.
        milestone: the step of the course that it belongs to.
        tags: free words.
        reading: what an engine's network said when it was recorded, bit by bit; ``None`` without.
        line: where it stands in the file, ``0`` before it stands anywhere.
    """

    exercise: Exercise
    answers: Mapping[Architecture, Convention]
    milestone: str
    tags: tuple[str, ...] = ()
    reading: NetworkReading | None = None
    line: int = 0

    def passed(
        self, a: Architecture, moment: int, case: Case, shown: Sequence[int]
    ) -> Answer | None:
        """See :class:`verify.networks.answer.Answers`."""
        known = self._known(a, moment, case.point)
        size = len(case.graph.nodes)
        return None if known is None else _answer(_spread(known.numbers, size, shown))

    def moved(self, a: Architecture, moment: int, before: NetworkState) -> Answer | None:
        """See :class:`verify.networks.answer.Answers`."""
        known = self._known(a, moment, before.data)
        return None if known is None or known.moved is None else _answer(known.moved)

    def _known(
        self, a: Architecture, moment: int, data: Sequence[float | None]
    ) -> Passed | None:
        """What was recorded, if the network's parameters still are what they were set to."""
        count = a.count(self.exercise.layers)
        there = tuple(data[:count]) == self.exercise.numbers(moment)[:count]
        return self.answers[a][moment] if there and a in self.answers else None


Line: TypeAlias = "Entry | Lesson"
"""What a line of a corpus holds."""


def _answer(known: Known) -> Answer:
    truth = known.truth

    def readings(number: Judged) -> dict[str, float | str]:
        e = (truth.values if number.quantity == "value" else truth.gradients)[number.node]
        return {} if e is None else {"corpus": e.middle}

    return Answer(truth, known.freedom.relax, readings)


def gathered(known: Known, values: Sequence[int], gradients: Sequence[int]) -> Known:
    """What is known of some nodes, as short rows."""
    truth, free = known.truth, known.freedom
    return Known(
        Truth(
            truth.source,
            tuple([truth.values[i] for i in values]),
            tuple([truth.gradients[i] for i in gradients]),
        ),
        Freedom(
            values=tuple([free.values[i] for i in values]),
            gradients=tuple([free.gradients[i] for i in gradients]),
            loose=tuple([free.loose[i] for i in gradients]),
            scales=tuple([free.scales[i] for i in gradients]),
            value_notes=tuple([free.value_notes[i] for i in values]),
            gradient_notes=tuple([free.gradient_notes[i] for i in gradients]),
        ),
    )


def _spread(known: Known, size: int, shown: Sequence[int]) -> Known:
    """Short rows at their nodes: values at those that are shown, gradients at the first leaves."""
    truth, free = known.truth, known.freedom
    leaves = range(len(truth.gradients))
    return Known(
        Truth(
            truth.source,
            _scattered(truth.values, shown, size, None),
            _scattered(truth.gradients, leaves, size, None),
        ),
        Freedom(
            _scattered(free.values, shown, size, math.inf),
            _scattered(free.gradients, leaves, size, math.inf),
            _scattered(free.loose, leaves, size, math.inf),
            _scattered(free.scales, leaves, size, 0.0),
            _scattered(free.value_notes, shown, size, ""),
            _scattered(free.gradient_notes, leaves, size, ""),
        ),
    )


T = TypeVar("T")


def _scattered(column: Sequence[T], places: Sequence[int], size: int, empty: T) -> tuple[T, ...]:
    row = [empty] * size
    for place, x in zip(places, column, strict=True):
        row[place] = x
    return tuple(row)
