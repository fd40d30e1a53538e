"""Whether an engine's gradients are differences of its own forward pass, and not derivatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from verify.oracles.registry import alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading

_INEXACT: Final = 2.0**-49
"""Honest reverse mode is nearer to the truth than this on graphs of a few operations."""
_APPROXIMATE: Final = 1e-2
"""What is further off is another mistake."""
_MOSTLY: Final = 0.6
"""Finite differences are off nearly everywhere."""
_VARIED: Final = 0.1
"""A wrong factor is the same for all; errors of differences vary by this share of the largest."""
_STEPS: Final = tuple([2.0**-k for k in range(4, 40)])
"""Steps that add to a number without rounding, so that differences of sums are exact."""


def finite_differences(engine: Engine, answered: Sequence[tuple[Case, Reading]]) -> bool:
    """Whether leaves' gradients are off as differences of the forward pass are.

    They are right to some digits and wrong to the last ones nearly everywhere, each by an error of
    its own, and the same each time.  A wrong operation would leave sums alone: where those are
    right, a power of 2 must be found of which they are the differences, to the last bit.

    Args:
        engine: the engine under test.
        answered: sums and products, and what it said of them.
    """
    off = [(case, node, x) for case, reading in answered for node, x in _errors(case, reading)]
    errors = [x for *_, x in off]
    wrong = [x for x in errors if abs(x) > _INEXACT]
    if not _MOSTLY * len(errors) <= len(wrong) or not wrong or max(map(abs, wrong)) > _APPROXIMATE:
        return False
    if max(wrong) - min(wrong) <= _VARIED * max(map(abs, wrong)):
        return False
    if any(engine.run(case.graph, case.point)[-1] != reading for case, reading in answered):
        return False
    sums = [x for case, _, x in off if set(case.graph.operations) == {"add"}]
    return any(abs(x) > _INEXACT for x in sums) or _with_a_step(engine, answered)


def _errors(case: Case, reading: Reading) -> Iterator[tuple[int, float]]:
    """The relative error of each leaf's gradient."""
    truth = alone(case).truth
    for node in case.graph.leaves:
        got, expected = reading.gradients[node], truth.gradients[node]
        if got is None or not math.isfinite(got):
            yield node, math.inf
        elif expected is not None and expected.middle:
            yield node, (got - expected.middle) / expected.middle


def _with_a_step(engine: Engine, answered: Sequence[tuple[Case, Reading]]) -> bool:
    """Whether one step explains all gradients by the first leaf, from one side or from both."""

    def output(case: Case, by: float) -> float:
        point = (case.point[0] + by, *case.point[1:])
        value = engine.run(case.graph, point, (("read",),))[-1].values[-1:]
        return math.nan if not value or value[0] is None else value[0]

    def explained(low: float, high: float) -> bool:
        return all(
            (output(case, high) - output(case, low)) / (high - low) == reading.gradients[0]
            for case, reading in answered
        )

    return any(explained(-h, h) or explained(0.0, h) for h in _STEPS)
