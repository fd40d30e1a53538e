"""An engine's own networks: outputs, parameters, every gradient, zeroing, and training steps.

Sizes go from one neuron up, so that what is wrong shows on the smallest network first.  What is
nobody's usual network is no mistake; it is counted, and told.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import said_by_oracles
from verify.checking.promise import promise
from verify.expression.formats import DOUBLE
from verify.expression.graph import Case
from verify.expression.reading import Truth
from verify.networks.answer import Answer
from verify.networks.judge import Looker
from verify.networks.task import draw, update
from verify.oracles.interval import SOURCE
from verify.oracles.registry import consult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.expression.formats import Format
    from verify.expression.reading import Enclosure, NetworkState
    from verify.generators.architectures import Architecture
    from verify.networks.judge import Looked
    from verify.oracles.registry import Testimony
    from verify.verdict.judge import Judged

SIZES: Final = (
    (1, 1), (1,), (2,), (2, 1), (1, 2), (1, 1, 1), (2, 2, 1), (2, 2, 2), (3, 4, 2),
    (6,), (7, 3), (5, 3, 4, 3),
)  # fmt: skip
"""Inputs and each layer's outputs; one number alone is a neuron."""
DEEP_SIZES: Final = (*SIZES, (4, 4, 4, 1), (1, 8, 1), (5, 3, 3), (2, 6, 6, 2), (3, 4, 4, 1))


def networks(engine: Engine, sizes: Sequence[tuple[int, ...]], seed: int) -> Iterator[Looked]:
    """Look at a network of each size; ends early where the engine has none.

    Args:
        engine: the engine under test.
        sizes: inputs and each layer's outputs, the smallest network first.
        seed: of parameters, inputs and targets.
    """
    looker = Looker(engine)
    for index, size in enumerate(sizes):
        chance = random.Random(f"{seed} {index}")  # noqa: S311 - not a secret
        exercise = draw(size, chance)
        looked = looker.look(exercise, Oracles(exercise.rate, promise(engine).format))
        yield looked
        if not index and looked.missing and not looked.words:
            return  # there is none; some take certain sizes only, or layers of several neurons


@dataclass(frozen=True, slots=True)
class Oracles:
    """The oracles' answers, at the numbers that the engine really has."""

    rate: float
    format: Format = DOUBLE

    def passed(self, _: Architecture, __: int, case: Case, ___: Sequence[int]) -> Answer:
        """See :class:`verify.networks.answer.Answers`."""
        testimony = consult(case).computed_in(self.format)

        def readings(number: Judged) -> dict[str, float | str]:
            return said_by_oracles(number, testimony)

        return Answer(testimony.truth, testimony.relax, readings)

    def moved(self, _: Architecture, __: int, before: NetworkState) -> Answer:
        """See :class:`verify.networks.answer.Answers`."""
        rows, graph = zip(before.data, before.gradients, strict=True), update(self.rate)
        steps = [
            None if p is None or g is None
            else consult(Case(graph, (p, g))).computed_in(self.format)
            for p, g in rows
        ]
        moved = [None if step is None else step.truth.values[-1] for step in steps]
        truth = Truth(SOURCE, tuple(moved), (), self.format)

        def relax(_: Truth, __: Sequence[int]) -> Truth:
            freed = [None if step is None else _freed(step) for step in steps]
            return replace(truth, values=tuple(freed))

        return Answer(truth, relax, lambda _: {})


def _freed(step: Testimony) -> Enclosure | None:
    """The moved parameter, with what other formulas may lose."""
    return step.relax(step.truth, range(len(step.truth.values))).values[-1]
