"""The kernel of the back end `numba` as an engine: its source, run by Python without a compiler."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace import BACKENDS, machine
from tests.backends.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from micrograd.trace import Traced
    from micrograd.trace.program import Program
    from tests.backends.nodes import Found

BACKENDS["kernel"] = __name__


def interpreted(number: type) -> Any:
    """Return a kernel that Python runs, on arrays of this type."""
    spec = importlib.util.find_spec("micrograd.trace.kernel")
    module: Any = importlib.util.module_from_spec(spec)
    numba = sys.modules.get("numba")
    sys.modules["numba"] = SimpleNamespace(njit=lambda **_: lambda function: function)
    try:
        spec.loader.exec_module(module)
    finally:
        if numba is None:
            del sys.modules["numba"]
        else:
            sys.modules["numba"] = numba
    module.NUMBER = number
    return module


FLOATS, OBJECTS = interpreted(float), interpreted(object)


def compiled(program: Program) -> Callable[..., Any]:
    """Return the program as the back end does, for `traced`."""
    return machine.compiled(program, FLOATS)


class Value(Node):
    """A node that is computed by the source of `micrograd.trace.kernel`."""

    __slots__ = ()
    backend = "kernel"

    @classmethod
    def called(cls, traced: Traced, numbers: Sequence[float]) -> tuple[list[Any], list[Any]]:
        """Replay; what is not finite is no warning here, but the engine's matter."""
        with np.errstate(all="ignore"):
            return super().called(traced, numbers)

    @classmethod
    def run(cls, program: Program, numbers: Sequence[Any], outside: Sequence[Any]) -> Found:
        """Run the kernel on arrays of objects."""
        return machine.compiled(program, OBJECTS)(numbers, outside)[1:]  # type: ignore[index]
