"""Numbers for an expression that was given without any: those of the lecture where they will do."""

from __future__ import annotations

import math
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case
from verify.oracles import interval

if TYPE_CHECKING:
    from verify.expression.graph import Graph

_ROWS: Final = (
    (2.0, -3.0, 10.0, -2.0, 0.5, 1.5),
    (2.0, 3.0, 0.5, 1.5, 5.0, 0.25),
    (0.5, 0.25, 0.75, 0.125, 0.375, 0.625),
    (-2.0, -3.0, -0.5, -1.5, -5.0, -0.25),
)
"""In this order: both signs, above 0, between 0 and 1, below 0."""


def usual_point(graph: Graph) -> Case:
    """The graph at the first row of numbers at which everything is defined and smooth.

    Where there is no such row it is the first: the explanation then says what is wrong with it.
    """
    cases = [Case(graph, tuple(islice(cycle(row), len(graph.leaves)))) for row in _ROWS]
    return next((case for case in cases if _smooth(case)), cases[0])


def _smooth(case: Case) -> bool:
    truth = interval.truth(case.graph, case.point)
    return all(
        number is not None and number.note == "" and math.isfinite(number.middle)
        for number in (*truth.values, *truth.gradients)
    )
