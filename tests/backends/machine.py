"""Machine code by numba as an engine. Proofs run the source that is compiled, as `kernel` does."""

from __future__ import annotations

import importlib
import math
from types import BuiltinFunctionType

from micrograd.trace import traced
from tests.backends import kernel

COMPILED = isinstance(math.exp, BuiltinFunctionType)
"""Proofs put functions of their own into `math`, which cannot be compiled."""

if COMPILED:
    import numba

    njit = numba.njit
    numba.njit = lambda **options: njit(**{**options, "cache": False})  # nothing may be written
    try:
        importlib.import_module("micrograd.trace.kernel")
    finally:
        numba.njit = njit
    traced(lambda x, y: x * y, backend="numba")(1.0, 2.0)  # compiles, while there is no clock


class Value(kernel.Value):
    """A node that is computed by `micrograd.trace.kernel`, compiled by numba."""

    __slots__ = ()
    backend = "numba" if COMPILED else "kernel"
