"""What neurons do to their weighted sum: as functions of floats, and as steps of a graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.expression.graph import Const

if TYPE_CHECKING:
    from collections.abc import Callable

    Make: TypeAlias = "Callable[..., int]"
    """Adds an operation on operands to a graph and gives its place: ``make("mul", 3, 4)``."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One of them.

    Attributes:
        function: in plain floats, to read a network by; never used to judge.
        nodes: adds it to a graph that is being made, above the node at this place.
    """

    function: Callable[[float], float]
    nodes: Callable[[Make, int], int]


def _exp(x: float) -> float:
    return math.exp(min(x, 700.0))


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x))


def _leaky(slope: float) -> Activation:
    """``relu(x) - slope * relu(-x)``."""

    def nodes(make: Make, x: int) -> int:
        below = make("mul", make("relu", make("neg", x)), Const(-slope))
        return make("add", make("relu", x), below)

    return Activation(lambda x: x if x > 0 else slope * x, nodes)


def _operation(op: str, function: Callable[[float], float]) -> Activation:
    """One operation of the vocabulary."""
    return Activation(function, lambda make, x: make(op, x))


ACTIVATIONS: Final[dict[str, Activation]] = {
    "linear": Activation(lambda x: x, lambda make, x: x),
    "tanh": _operation("tanh", math.tanh),
    "relu": _operation("relu", lambda x: max(x, 0.0)),
    "sigmoid": _operation("sigmoid", _sigmoid),
    "leaky relu (0.01)": _leaky(0.01),
    "leaky relu (0.1)": _leaky(0.1),
    "leaky relu (0.2)": _leaky(0.2),
    "silu": Activation(
        lambda x: x * _sigmoid(x), lambda make, x: make("mul", x, make("sigmoid", x))
    ),
    "softplus": Activation(
        lambda x: math.log(1 + _exp(x)),
        lambda make, x: make("log", make("add", make("exp", x), Const(1.0))),
    ),
    "sin": _operation("sin", math.sin),
    "exp": _operation("exp", _exp),
    "abs": _operation("abs", abs),
    "square": Activation(lambda x: x * x, lambda make, x: make("mul", x, x)),
}
"""By name, the usual ones first; those with constants that people round are left out."""
