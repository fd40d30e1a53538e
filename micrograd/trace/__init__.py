"""Record a function of scalars once, replay it as compiled code.

>>> f = traced(lambda x, y: x * y + x.tanh())
>>> f(0.0, 3.0)
(0.0, [4.0, 0.0])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from micrograd.engine import Value
from micrograd.trace.program import TraceError
from micrograd.trace.record import LOCK, record, refuse_nested

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from micrograd.trace.program import Program

__all__ = ["TraceError", "Traced", "traced"]


class Traced:
    """A function of numbers that gives its value and its gradient, by replaying a recording.

    Every way through the function (every outcome of its comparisons) is recorded when it is first
    taken; guards in the compiled code notice when another one is due. Leaves from outside, such as
    the parameters of a model, are read anew at every call, and their gradients accumulate in
    `grad` as in `Value.backward`. Numbers from outside are part of the recording: hand over as
    an argument, or as a `Value`, what will change.
    """

    def __init__(self, function: Callable[..., Any], backend: str, limit: int) -> None:
        self.function = function
        self.limit = limit
        self._backend = BACKENDS[backend]
        self._paths: list[tuple[Program, Any]] = []
        self._columns: dict[int, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy gets: not the recordings, which hold the leaves of this one."""
        return {**vars(self), "_paths": [], "_columns": {}}

    def __get__(self, instance: object, owner: type | None = None) -> Traced:
        """Refuse to be a method: `self` is no number."""
        if instance is None:
            return self
        name = getattr(self.function, "__name__", "function")
        raise TypeError(
            f"`traced` takes functions of numbers, not methods: leave out the decorator of {name}, "
            f"and write self.{name} = traced(self.{name}) in __init__"
        )

    @property
    def recordings(self) -> int:
        """How many ways through the function have been recorded."""
        return len(self._paths)

    def __call__(self, *numbers: float) -> tuple[Any, ...]:
        """Return the value, and the derivative with respect to each number.

        Returns:
            The value, a float, and the list of the derivatives, floats. Where the function returns
            further nodes, a third item: for each of them its value, and the derivative of the first
            with respect to it.

        Raises:
            TypeError: an argument is not a real number.
            TraceError: the function cannot be recorded, or takes more than `limit` ways.
            ValueError, ZeroDivisionError, OverflowError: as the function itself.
        """
        refuse_nested()
        xs = [x if type(x) is float else Value(x).data for x in numbers]
        try:
            program, (value, gradients, own, watched) = self._replay(xs)
        except (ValueError, ArithmeticError):  # the engine says it better, or can
            return self._eager(xs)
        for (_, leaf), gradient in zip(program.captured, own):
            leaf.grad += gradient
        return (value, list(gradients), list(watched))[: 3 if watched else 2]

    def batch(self, *columns: Any) -> tuple[Any, ...]:
        """Return values and derivatives of many samples at once, computed on NumPy columns.

        Args:
            columns: for each argument an array of shape (samples,), or a number for all samples.

        Returns:
            The values, shape (samples,), and for each argument the derivatives, shape (samples,).
            Where the function returns further nodes, also for each of them its values and the
            derivatives with respect to it, both of shape (samples,); nan for samples whose way
            through the function returns fewer; for no samples, no such item. Leaves from outside
            accumulate the sum over the samples.

        Raises:
            ValueError: the columns differ in length, or none is an array; otherwise as a call.
        """
        from micrograd.trace.batch import replay

        refuse_nested()
        return replay(self, columns)

    def _replay(self, xs: Sequence[float]) -> tuple[Program, Any]:
        return self._known(xs) or self._record(xs)

    def _known(self, xs: Sequence[float]) -> tuple[Program, Any] | None:
        for i, way in enumerate(self._paths):
            program, run = way
            if program.arguments != len(xs):
                continue
            found = run(xs, program.outside())
            if found is not None:
                if i:  # the way last taken is tried first
                    with LOCK:
                        self._paths = [way, *(other for other in self._paths if other is not way)]
                return program, found
        return None

    def _record(self, xs: Sequence[float]) -> tuple[Program, Any]:
        with LOCK:
            found = self._known(xs)  # another thread may have recorded it meanwhile
            if found is not None:
                return found
            if len(self._paths) >= self.limit:
                raise TraceError(
                    f"{self.limit} ways through the function are recorded and this call takes "
                    "another: call it without `traced`, or raise `limit`"
                )
            program = record(self.function, xs)
            run = importlib.import_module(self._backend).compiled(program)
            self._paths = [(program, run), *self._paths]
        return program, run(xs, program.outside())

    def _eager(self, xs: Sequence[float]) -> tuple[Any, ...]:
        leaves = [Value(x) for x in xs]
        result = self.function(*leaves)
        y, *watched = result if isinstance(result, tuple) else (result,)
        before = [(v, v.grad) for v in dict.fromkeys(watched) if not v._op]
        for v, _ in before:
            v.grad = 0.0
        y.backward()
        found = y.data, [leaf.grad for leaf in leaves], [(v.data, v.grad) for v in watched]
        for v, gradient in before:
            v.grad += gradient
        return found[: 3 if watched else 2]


BACKENDS = {"python": "micrograd.trace.straight", "numba": "micrograd.trace.machine"}


def traced(function: Callable[..., Any], *, backend: str = "python", limit: int = 64) -> Traced:
    """Return the function of numbers that replays `function`, a function of nodes to one node.

    Args:
        function: it may call the engine, `nn`, `losses`, and compare the `data` of nodes; beside
            that it depends on nothing that changes. It returns a node, or a tuple of nodes: the
            first is differentiated, and of the others, such as the scores behind a loss, values and
            gradients are given as well.
        backend: `python`, straight-line code without dependencies and with the bits of the engine;
            `numba`, machine code for graphs of thousands of nodes (extra `fast`).
        limit: how many ways through the function are kept.

    Raises:
        ValueError: the backend is unknown.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r} is unknown: take one of {', '.join(BACKENDS)}")
    return Traced(function, backend, limit)
