"""Sigmoid and tanh as sums of probabilities: softmax, as an engine."""

from __future__ import annotations

from micrograd import engine, softmax
from tests.backends import sums
from tests.backends.nodes import number

vars(engine)["float"] = number  # the largest score, which becomes a leaf, may be a symbol


class Value(sums.Value):
    """A number in an expression graph of `micrograd.engine`, with its gradient."""

    __slots__ = ()

    def sigmoid(self) -> Value:
        """Return 1 / (1 + e**-self), as what two of four classes have together."""
        first, _, _, last = softmax([self.node, 0.0, 0.0, self.node])
        return Value(first + last)

    def tanh(self) -> Value:
        """Return the hyperbolic tangent, as what one class has more than the other."""
        more, less = softmax([self.node, -self.node])
        return Value(more - less)
