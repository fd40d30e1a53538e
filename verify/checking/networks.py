"""An engine's own networks: outputs, parameters, every gradient, zeroing, and training steps.

Sizes go from one neuron up, so that what is wrong shows on the smallest network first.  What is
nobody's usual network is no mistake; it is counted, and told.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.checking.promise import promise
from verify.expression.formats import DOUBLE
from verify.expression.graph import Case
from verify.expression.reading import Truth
from verify.networks.judge import NetworkJudge
from verify.networks.task import draw, update
from verify.oracles.interval import SOURCE
from verify.oracles.registry import consult
from verify.verdict.outcome import NOT_RECOGNISED, UNUSUAL_NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.expression.formats import Format
    from verify.expression.reading import NetworkState, Quantity
    from verify.generators.architectures import Architecture
    from verify.networks.judge import NetworkOutcome
    from verify.networks.task import Exercise
    from verify.oracles.registry import Testimony

SIZES: Final = (
    (1, 1), (1,), (2,), (2, 1), (1, 2), (1, 1, 1), (2, 2, 1), (2, 2, 2), (3, 4, 2),
    (6,), (7, 3), (5, 3, 4, 3), (1, 2, 2, 2, 2, 6),
)  # fmt: skip
"""Inputs and each layer's outputs; one number alone is a neuron.  The last has many layers and many
outputs, of which some forget those beyond the first."""
ZEROS_IN: Final = (2, 1)
"""The network of which a parameter is 0."""
_ZERO: Final = 2
"""Its place there: of the bias, or of a weight where biases come first, so that each order of the
parameters gives other outputs still."""
DEEP_SIZES: Final = (*SIZES, (4, 4, 4, 1), (1, 8, 1), (5, 3, 3), (2, 6, 6, 2), (3, 4, 4, 1))


def networks(
    engine: Engine, sizes: Sequence[tuple[int, ...]], seed: int
) -> Iterator[NetworkOutcome]:
    """Look at a network of each size; ends early where the engine has none.

    Args:
        engine: the engine under test.
        sizes: inputs and each layer's outputs, the smallest network first.
        seed: of parameters, inputs and targets.
    """
    network_judge = NetworkJudge(engine)
    for index, size in enumerate(sizes):
        chance = random.Random(f"{seed} {index}")  # noqa: S311 - not a secret
        exercise = _with_zero(draw(size, chance))
        judged = network_judge.judge(exercise, Oracles(exercise.rate, promise(engine).format))
        yield judged
        if not index and judged.missing and not judged.words:
            return  # there is none; some take certain sizes only, or layers of several neurons


def _with_zero(exercise: Exercise) -> Exercise:
    """The exercise of one network with a parameter that is 0, as a bias is to begin with."""
    if exercise.sizes != ZEROS_IN:
        return exercise
    numbers = [0.0 if i == _ZERO else x for i, x in enumerate(exercise.parameters)]
    return replace(exercise, parameters=tuple(numbers))


@dataclass(slots=True)
class Described:
    """What is told of the networks of an engine, one after another.

    Attributes:
        said: of the last that was judged; of the first, where none was.
        judged: whether any was.
        deep: whether one of several layers was.
        unread: the first, beside others that were judged, that nobody could read.
        unbuilt: why the first that could not be used could not.
    """

    said: str = ""
    judged: bool = False
    deep: bool = False
    unread: str = ""
    unbuilt: str = ""

    def add(self, outcome: NetworkOutcome) -> None:
        """One more network."""
        if not outcome.words:
            return
        if not outcome.skipped or not self.said:
            self.said = outcome.words
        self.judged |= not outcome.skipped
        self.deep |= not outcome.skipped and len(outcome.sizes) > 2
        if outcome.skipped == NOT_RECOGNISED:
            self.unread = self.unread or outcome.reading.words["built"]
        elif outcome.skipped:
            self.unbuilt = self.unbuilt or outcome.words.removeprefix("not judged: ")

    @property
    def words(self) -> str:
        """All of it; ``""`` where no network was seen."""
        if not self.judged or self.said.startswith(UNUSUAL_NETWORK):
            return self.said
        if self.unread:
            return f"{self.said}; what {self.unread} gives was not judged"
        if self.unbuilt and not self.deep:
            return f"{self.said}; {self.unbuilt.replace('; ', ', ')}, and was not judged"
        return self.said


@dataclass(frozen=True, slots=True)
class Oracles:
    """The oracles' answers, at the numbers that the engine really has."""

    rate: float
    format: Format = DOUBLE

    def passed(self, _: Architecture, __: int, case: Case, ___: Sequence[int]) -> Testimony:
        """See :class:`verify.networks.answer.Answers`."""
        return consult(case).computed_in(self.format)

    def moved(self, _: Architecture, __: int, before: NetworkState) -> Moved:
        """See :class:`verify.networks.answer.Answers`."""
        rows, graph = zip(before.data, before.gradients, strict=True), update(self.rate)
        return Moved(self.format, tuple([
            None if p is None or g is None or not math.isfinite(p) or not math.isfinite(g)
            else consult(Case(graph, (p, g))).computed_in(self.format)
            for p, g in rows
        ]))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """Each parameter after an update, as a :class:`~verify.verdict.reference.Reference`.

    Attributes:
        format: what the engine computes in.
        steps: what is known of each parameter's step; its last value is the parameter.
    """

    format: Format
    steps: tuple[Testimony | None, ...]

    @property
    def truth(self) -> Truth:
        """Values alone."""
        return self._of(lambda step: step.truth)

    def loosened(self, _: Collection[int] | None = None) -> Truth:
        """All that other formulas may do in a step."""
        return self._of(lambda step: step.loosened())

    def at_values(self, _: Sequence[float]) -> None:
        """There are no gradients."""

    def readings(self, _: Quantity, __: int) -> Mapping[str, float | str]:
        """Nothing but what the finding says."""
        return {}

    def _of(self, known: Callable[[Testimony], Truth]) -> Truth:
        values = [None if step is None else known(step).values[-1] for step in self.steps]
        return Truth(SOURCE, tuple(values), (), self.format)
