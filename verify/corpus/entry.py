"""What a corpus holds, as values: cases and lessons, each with its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.columns import plain_column
from verify.expression.reading import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import (
        Enclosure,
        NetworkReading,
        NetworkState,
        Note,
        Quantity,
        Reading,
    )
    from verify.generators.architectures import Architecture
    from verify.networks.task import Exercise

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
class Known:
    """What a corpus says of one number.

    Attributes:
        enclosure: with its bound.
        freedom: what other formulas may do to it, where those of the values are the textbook's.
        loose: the same of a gradient where the values may be made by others too.
        scale: size of what is subtracted to make it, where rounding may leave 0.
        note: that of the enclosure when other formulas are granted.
    """

    enclosure: Enclosure
    freedom: float = 0.0
    loose: float = 0.0
    scale: float = 0.0
    note: Note = ""

    def loosened(self, freedom: float) -> Enclosure:
        """The enclosure with what other formulas may do."""
        return replace(self.enclosure, freedom=freedom, scale=self.scale, note=self.note)


Row: TypeAlias = "tuple[Known | None, ...]"
"""Many numbers; ``None`` for one of which nothing is known."""


@dataclass(frozen=True)
class Recorded:
    """What a corpus knows of a case, as a :class:`~verify.verdict.reference.Reference`.

    Attributes:
        values: of each node.
        gradients: likewise; none where only values are asked for.
    """

    values: Row
    gradients: Row = ()

    @cached_property
    def truth(self) -> Truth:
        """Enclosures with bounds."""
        return self._of(lambda known: known.enclosure)

    def loosened(self, nodes: Collection[int] | None = None) -> Truth:
        """What the interval oracle said, from the file.

        Where any node may use other formulas, all of them may: which ones was not recorded.
        """
        return self._loose if nodes is None or nodes else self._tight

    @cached_property
    def _tight(self) -> Truth:
        return self._of(lambda known: known.loosened(known.freedom))

    @cached_property
    def _loose(self) -> Truth:
        return self._of(lambda known: known.loosened(known.loose))

    def _of(self, enclosure: Callable[[Known], Enclosure]) -> Truth:
        values, gradients = (
            plain_column([None if known is None else enclosure(known) for known in row])
            for row in (self.values, self.gradients)
        )
        return Truth(SOURCE, values, gradients)

    def at_values(self, _: Sequence[float]) -> None:
        """Nobody is asked where a file says what is right."""

    def readings(self, quantity: Quantity, node: int) -> Mapping[str, float | str]:
        """What the file says."""
        e = self.truth.column(quantity)[node]
        return {} if e is None else {"corpus": e.middle}

    def gathered(self, values: Sequence[int], gradients: Sequence[int]) -> Recorded:
        """What is known of some nodes, as short rows."""
        return Recorded(
            tuple([self.values[i] for i in values]), tuple([self.gradients[i] for i in gradients])
        )

    def spread(self, size: int, shown: Sequence[int]) -> Recorded:
        """Short rows at their nodes: values at those that are shown, gradients at the leaves."""
        values = dict(zip(shown, self.values, strict=True))
        gradients = self.gradients + (None,) * (size - len(self.gradients))
        return Recorded(tuple([values.get(i) for i in range(size)]), gradients)

    def enclosed_by(self, truth: Truth) -> Recorded:
        """With the enclosures of the oracle itself: a file holds less of a kink."""
        values, gradients = (
            tuple([
                None if k is None or e is None else replace(k, enclosure=e)
                for k, e in zip(row, column, strict=True)
            ])
            for row, column in ((self.values, truth.values), (self.gradients, truth.gradients))
        )  # fmt: skip
        return Recorded(values, gradients)


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with its answer.

    Attributes:
        case: the graph and the point.
        milestone: the step of the course that it belongs to, see :mod:`verify.corpus.population`.
        reference: what is known of it; no gradients where only values are asked for.
        tags: free words.
        reading: what an engine said when it was recorded, bit by bit; ``None`` without.
        line: where it stands in the file, ``0`` before it stands anywhere.
    """

    case: Case
    milestone: str
    reference: Recorded
    tags: tuple[str, ...] = ()
    reading: Reading | None = None
    line: int = 0

    @property
    def gradients(self) -> bool:
        """Whether gradients are asked for."""
        return bool(self.reference.gradients)


@dataclass(frozen=True, slots=True)
class Passed:
    """What is right of a network after a backward pass, and of the update that follows.

    Attributes:
        numbers: the values that are shown, the last one is where the pass started, and each
            parameter's gradient.
        moved: each parameter after the update; ``None`` where none follows.
    """

    numbers: Recorded
    moved: Recorded | None = None


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
    ) -> Recorded | None:
        """See :class:`verify.networks.answer.Answers`."""
        known = self._known(a, moment, case.point)
        return None if known is None else known.numbers.spread(len(case.graph.nodes), shown)

    def moved(self, a: Architecture, moment: int, before: NetworkState) -> Recorded | None:
        """See :class:`verify.networks.answer.Answers`."""
        known = self._known(a, moment, before.data)
        return None if known is None else known.moved

    def _known(
        self, a: Architecture, moment: int, data: Sequence[float | None]
    ) -> Passed | None:
        """What was recorded, if the network's parameters still are what they were set to."""
        count = a.count(self.exercise.layers)
        there = tuple(data[:count]) == self.exercise.numbers(moment)[:count]
        return self.answers[a][moment] if there and a in self.answers else None


Line: TypeAlias = "Entry | Lesson"
"""What a line of a corpus holds."""
