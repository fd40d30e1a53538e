"""What the tests of the trace ask: a function by the engine, and samples by columns."""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd import Value

Function = Callable[..., Value]


def eager(function: Function, *numbers: float) -> tuple[float, list[float]]:
    """Return value and gradients by the engine."""
    leaves = [Value(x) for x in numbers]
    y = function(*leaves)
    y.backward()
    return y.data, [leaf.grad for leaf in leaves]


def batch(function: Any, *columns: list[float]) -> list[tuple[float, list[float]]]:
    """Return value and gradients of each sample by the columns."""
    values, gradients = function.batch(*[np.array(c) for c in columns])
    return [(float(v), [float(g[i]) for g in gradients]) for i, v in enumerate(values)]
