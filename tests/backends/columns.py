"""NumPy columns as an engine: a replay is a batch of one sample. Proofs use columns of objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace import columns
from tests.backends.nodes import Function, Node, kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from micrograd.trace.program import Program


class Value(Node):
    """A node that is computed by `micrograd.trace.columns`."""

    __slots__ = ()
    backend = "python"  # of single calls, which a batch makes at the edges of domains

    @classmethod
    def compiled(cls, function: Function, numbers: Sequence[float]) -> Any:
        """Replay a batch of one sample."""
        _, gradients, *watched = kept(function, cls.backend).batch(*([x] for x in numbers))
        seen = watched[0] if watched else []
        return [g.item() for g in gradients], [(v.item(), g.item()) for v, g in seen]

    @classmethod
    def proven(cls, program: Program, numbers: Sequence[Any]) -> Any:
        """Run the text that is compiled for this program."""
        constants = tuple((i, column(x)) for i, x in program.constants)
        program = replace(program, constants=constants)
        table = np.array([column(x) for x in numbers])
        _, gradients, _, watched = columns.compiled(program)(table, [])
        return [item(g) for g in gradients], [(item(v), item(g)) for v, g in watched]


def column(x: Any) -> Any:
    """Return an array of one object: NumPy would take the float out of a symbol."""
    return np.array([x], object)


def item(x: Any) -> Any:
    """Return the one object of an array; what is the same for all samples is no array."""
    return x.item() if isinstance(x, np.ndarray) else x
