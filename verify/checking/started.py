"""Whether nodes start with another gradient than 0: then every gradient is too large by it.

What a new node has is read before any pass.  That alone is no mistake, as a pass may set gradients
back: the engine has to say what the usual one says with that number in its constructor.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.engines import load
from verify.expression.graph import Graph, Leaf
from verify.faults.base import SOURCE
from verify.faults.fault import module
from verify.faults.match import compared
from verify.generators.scenarios import ask
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.engines import Engine
    from verify.faults.match import Observation

STARTS: Final = "new nodes start with gradient"
"""How the title of such a finding begins."""
_FRESH: Final = Graph((Leaf("a"),))
_AT: Final = 0.625
_ZERO: Final = "        self.grad = 0.0\n        self._prev"
_COMPOSED: Final = {
    "        return self * -1\n": """
        out = Value(-self.data, (self,))

        def _backward():
            self.grad -= out.grad

        out._backward = _backward
        return out
""",
    "        return self + (-other)\n": """
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data - other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad -= out.grad

        out._backward = _backward
        return out
""",
    "        return self * other**-1\n": """
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data, (self, other))

        def _backward():
            self.grad += out.grad / other.data
            other.grad -= out.grad * self.data / other.data**2

        out._backward = _backward
        return out
""",
}
"""What the usual engine makes of other operations, each with a rule of its own."""


def first_gradient(engine: Engine) -> float | None:
    """The gradient of a leaf that was just made, where that is a number and not 0."""
    reading = engine.run(_FRESH, (_AT,), (("read",),))[-1]
    found = reading.gradients[0] if reading.raised is None else None
    return found if found and math.isfinite(found) else None


@lru_cache(maxsize=8)
def _usual(gradient: float) -> tuple[Engine, ...]:
    """The usual engine with this gradient in its constructor, composing operations or not."""
    wrong = SOURCE.replace(_ZERO, _ZERO.replace("0.0", repr(gradient)))
    apart = wrong
    for old, new in _COMPOSED.items():
        apart = apart.replace(old, new.lstrip("\n"))
    return tuple([load(module(text, "started").Value) for text in (wrong, apart)])


def explains(gradient: float, seen: Observation) -> bool:
    """Whether an answer is wrong as that of the usual engine with this gradient to begin with."""
    for usual in _usual(gradient):
        answer = ask(usual, seen.case, seen.scenario)
        if answer is not None and compared(answer[1], seen):
            return True
    return False


def told(gradient: float) -> Diagnosis:
    """What is said of it."""
    explanation = (
        "Gradients are sums, and sums begin at 0. Here a node that was just made has gradient "
        f"{gradient:g} before any backward pass, so that each gradient is too large by what was "
        "there before, and inner nodes pass that on as well. No operation is to blame: look at "
        "what the constructor stores as the gradient."
    )
    return Diagnosis("", f"{STARTS} {gradient:g}, not with 0", explanation)
