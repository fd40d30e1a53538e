"""Many samples at once: each is computed with those that go the same way through the function.

What columns cannot do as the engine does it, the edges of domains and of floats, goes to a call.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.engine import Value
from micrograd.trace.columns import Parted, compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from micrograd.trace import Traced
    from micrograd.trace.program import Program

__all__ = ["replay"]


def replay(traced: Traced, columns: Sequence[Any]) -> tuple[Any, ...]:
    """Return values and derivatives of all samples; see `Traced.batch`."""
    batch = Batch(traced, tabulate(columns))
    finite = np.isfinite(batch.table).all(axis=0)
    batch.call(np.flatnonzero(~finite))
    pending = [(np.flatnonzero(finite), 0)]  # samples, and the first way to try
    while pending:
        here, k = pending.pop()
        if not len(here):
            continue
        if k == len(batch.ways) and not batch.record(here[0]):
            batch.call(here[:1])
            pending.append((here[1:], k))
            continue
        try:
            batch.run(here, batch.ways[k])
        except Parted as parted:
            (kept,) = parted.args
            pending += [(here[~kept], k + 1), (here[kept], k)]
        except (ValueError, ArithmeticError):
            batch.call(here)
    return batch.answer()


class Batch:
    """The samples of one batch, and what is found about them.

    Attributes:
        traced: the function.
        table: its arguments, shape (arguments, samples), float64.
        values: of the function, shape (samples,).
        gradients: shape (arguments, samples).
        watched: an array of shape (2, samples) for each further node, once we know how many.
        ways: the programs that were tried, in order.
        sums: programs, and the gradients of their leaves from outside.
    """

    def __init__(self, traced: Traced, table: Any) -> None:
        self.traced = traced
        self.table = table
        self.values = np.empty(table.shape[1])
        self.gradients = np.empty(table.shape)
        self.watched: list[Any] = []
        self.ways = [p for p, _ in traced._paths if p.arguments == len(table)]
        self.sums: list[tuple[Program, Any]] = []

    def call(self, here: Any) -> None:
        """Call the function for each of these samples."""
        for i in here:
            value, gradients, *seen = self.traced(*self.table[:, i].tolist())
            self.put(i, value, gradients, seen[0] if seen else [])

    def run(self, here: Any, program: Program) -> None:
        """Compute these samples by columns, or raise what `compiled` raises."""
        kept = self.traced._columns
        if id(program) not in kept:
            kept[id(program)] = compiled(program)
        outside = program.outside()
        if not all(map(math.isfinite, (*outside, *(x for _, x in program.constants)))):
            raise ArithmeticError("a number is not finite")
        with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
            value, gradients, own, seen = kept[id(program)](self.table[:, here], outside)
        self.put(here, value, gradients, seen)
        self.sums.append((program, own))

    def put(self, here: Any, value: Any, gradients: Any, seen: Sequence[Any]) -> None:
        """Enter what was found about these samples."""
        self.values[here], self.gradients[:, here] = value, gradients
        self.watched += [np.full((2, len(self.values)), np.nan) for _ in seen[len(self.watched) :]]
        for row, pair in zip(self.watched, seen):
            row[0, here], row[1, here] = pair

    def record(self, i: int) -> bool:
        """Record the way of a sample; tell whether that could be done, and is a new one."""
        try:
            program, _ = self.traced._replay(self.table[:, i].tolist())
        except (ValueError, ArithmeticError):
            return False
        new = all(program is not way for way in self.ways)
        if new:
            self.ways.append(program)
        return new

    def answer(self) -> tuple[Any, ...]:
        """Give the leaves from outside their gradients; return what `Traced.batch` returns."""
        for program, own in self.sums:
            for (_, leaf), gradient in zip(program.captured, own):
                leaf.grad += float(gradient)
        found = self.values, list(self.gradients), list(map(tuple, self.watched))
        return found[: 3 if self.watched else 2]


def tabulate(columns: Sequence[Any]) -> Any:
    arrays = list(map(real, columns))
    shapes = [c.shape for c in arrays if c.ndim]
    if not shapes:
        raise ValueError("no column among the arguments: call the function itself")
    if len(set(shapes)) > 1:
        raise ValueError(f"columns of shapes {shapes}: they must be equally long")
    if len(shapes[0]) > 1:
        raise ValueError(f"columns of shape {shapes[0]}: give one number a sample")
    return np.array(np.broadcast_arrays(*arrays))


def real(column: Any) -> Any:
    array = np.asarray(column)
    if array.dtype.kind not in "biuf":  # the engine knows which objects are numbers
        numbers = [Value(x).data for x in array.ravel().tolist()]
        array = np.array(numbers).reshape(array.shape)
    return array.astype(float)
