"""NumPy columns as an engine: a replay is a batch of equal samples. In proofs, of objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace import columns
from tests.backends.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from micrograd.trace import Traced
    from micrograd.trace.program import Program
    from tests.backends.nodes import Found

SAMPLES = 4
"""More than one, so that a sum over samples shows; a power of 2, to divide it without rounding."""


class Value(Node):
    """A node that is computed by `micrograd.trace.columns`."""

    __slots__ = ()
    backend = "python"  # of single calls, which a batch makes at the edges of domains

    @classmethod
    def called(cls, traced: Traced, numbers: Sequence[float]) -> tuple[list[Any], list[Any]]:
        """Replay a batch; what the last sample got is the answer."""
        _, gradients, *watched = traced.batch(*([x] * SAMPLES for x in numbers))
        seen = [(float(v[-1]), float(g[-1])) for v, g in (watched[0] if watched else ())]
        return [float(g[-1]) for g in gradients], seen

    @classmethod
    def run(cls, program: Program, numbers: Sequence[Any], outside: Sequence[Any]) -> Found:
        """Run the text that is compiled for this program."""
        constants = tuple((i, column(x, 1)) for i, x in program.constants)
        table = np.array([column(x, SAMPLES) for x in numbers])
        replay = columns.compiled(replace(program, constants=constants))
        _, gradients, own, watched = replay(table, [column(x, 1) for x in outside])
        pairs = [(last(v), last(g)) for v, g in watched]
        return list(map(last, gradients)), list(map(last, own)), pairs

    @classmethod
    def share(cls, gradient: Any) -> Any:
        """Divide what was summed over the samples."""
        return gradient / SAMPLES


def column(x: Any, samples: int) -> Any:
    """Return an array of objects: NumPy would take the float out of a symbol."""
    return np.array([x] * samples, object)


def last(x: Any) -> Any:
    """Return the last object of an array; what is summed over the samples is none."""
    return x[-1] if isinstance(x, np.ndarray) else x
