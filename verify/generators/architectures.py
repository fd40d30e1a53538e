"""Multi-layer perceptrons as graphs: the architectures that engines build, and how they go wrong.

An engine's network is not told how to compute; which activation it has, and whether the last layer
has one, is its own affair.  So it is given parameters, and its outputs say which of the usual
:func:`architectures` it is; the truth about its gradients is then that of this one's graph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from verify.expression.graph import Apply, Const, Graph, Leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from verify.expression.graph import Node, Operand

Activation = Literal["tanh", "relu", "sigmoid", "linear"]
Order = Literal["weights, bias", "bias, weights", "layer: weights, biases"]

_FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "linear": lambda x: x,
}

FLAWS: Final = (
    "bias-missing",
    "activation-missing",
    "last-input-ignored",
    "activation-inside-sum",
    "layer-uses-one-neuron",
    "layer-missing",
)
"""Faults of the catalogue that change a network's outputs, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a network computes, and in which order it lists its parameters.

    Attributes:
        hidden: activation of all layers but the last.
        last: activation of the last layer.
        order: of the parameters, within a neuron or a layer.
        biased: whether neurons have a bias.
    """

    hidden: Activation = "tanh"
    last: Activation = "linear"
    order: Order = "weights, bias"
    biased: bool = True

    @property
    def name(self) -> str:
        """``tanh, linear; weights, bias``: of hidden layers and of the last, and the order."""
        return f"{self.hidden}, {self.last}; {self.order if self.biased else 'no bias'}"

    def activation(self, layer: int, sizes: Sequence[int]) -> Activation:
        """Of layer 0, 1, …."""
        return self.last if layer == len(sizes) - 2 else self.hidden

    def count(self, sizes: Sequence[int]) -> int:
        """How many parameters there are."""
        return sum((n + self.biased) * m for n, m in pairwise(sizes))

    def neurons(self, sizes: Sequence[int]) -> list[list[tuple[list[int], int | None]]]:
        """For each layer and neuron: the places of its weights and of its bias in the list."""
        start, layers = 0, []
        for nin, nout in pairwise(sizes):
            layers.append([self._places(start, i, nin, nout) for i in range(nout)])
            start += (nin + self.biased) * nout
        return layers

    def _places(self, start: int, i: int, nin: int, nout: int) -> tuple[list[int], int | None]:
        if not self.biased:
            return list(range(start + i * nin, start + (i + 1) * nin)), None
        if self.order == "layer: weights, biases":
            first, bias = start + i * nin, start + nin * nout + i
        else:
            first = start + i * (nin + 1) + (self.order == "bias, weights")
            bias = start + i * (nin + 1) + (0 if self.order == "bias, weights" else nin)
        return list(range(first, first + nin)), bias

    def outputs(
        self, sizes: Sequence[int], p: Sequence[float], x: Sequence[float], flaw: str = ""
    ) -> list[float]:
        """Outputs in plain floats, to recognise an engine's network by; never used to judge.

        Args:
            sizes: of the input and of each layer's output.
            p: the parameters, in this architecture's order.
            x: the inputs.
            flaw: one of :data:`FLAWS` to make.
        """
        layers = self.neurons(sizes)
        row = list(x)
        for depth, layer in enumerate(layers[:-1] if flaw == "layer-missing" else layers):
            name = self.activation(depth, sizes)
            f = _FUNCTIONS["linear" if flaw == "activation-missing" else name]
            asked = [layer[0]] * len(layer) if flaw == "layer-uses-one-neuron" else layer
            row = [_fire(_terms(p, neuron, row), f, flaw) for neuron in asked]
        return row

    def flows(self, sizes: Sequence[int], p: Sequence[float], x: Sequence[float]) -> bool:
        """Whether some neuron of each layer of relus is open, so that a gradient comes through."""
        row = list(x)
        for depth, layer in enumerate(self.neurons(sizes)):
            name = self.activation(depth, sizes)
            row = [_fire(_terms(p, neuron, row), _FUNCTIONS[name], "") for neuron in layer]
            if name == "relu" and not any(row):
                return False
        return True

    def graph(
        self, sizes: Sequence[int], targets: Sequence[float] | None, output: int = 0
    ) -> tuple[Graph, list[int]]:
        """The network as a graph of its parameters and inputs, and where its outputs are.

        Leaves are the parameters ``p0, p1, …`` in their order and then the inputs ``x0, x1, …``.
        The graph's output is the one asked for or, with targets, the sum of squared differences;
        without targets what that output does not need is left out.
        """
        count = self.count(sizes)
        nodes: list[Node] = [Leaf(f"p{i}") for i in range(count)]
        nodes += [Leaf(f"x{i}") for i in range(sizes[0])]
        row = list(range(count, len(nodes)))

        def make(op: str, *args: Operand) -> int:
            nodes.append(Apply(op, args))
            return len(nodes) - 1

        layers = self.neurons(sizes)
        if targets is None:
            layers[-1] = [layers[-1][output]]
        for depth, layer in enumerate(layers):
            name, inputs, row = self.activation(depth, sizes), row, []
            for weights, bias in layer:
                products = [make("mul", w, i) for w, i in zip(weights, inputs, strict=True)]
                total = products[0]
                for term in products[1:] if bias is None else [*products[1:], bias]:
                    total = make("add", total, term)
                row.append(total if name == "linear" else make(name, total))
        if targets is not None:
            errors = [make("add", y, Const(-t)) for y, t in zip(row, targets, strict=True)]
            squares = [make("mul", e, e) for e in errors]
            total = squares[0]
            for square in squares[1:]:
                total = make("add", total, square)
        return Graph(tuple(nodes)), row


def _terms(
    p: Sequence[float], neuron: tuple[list[int], int | None], row: Sequence[float]
) -> tuple[list[float], float]:
    """The products of a neuron's weights and inputs, and its bias."""
    weights, bias = neuron
    products = [p[w] * x for w, x in zip(weights, row, strict=True)]
    return products, 0.0 if bias is None else p[bias]


def _fire(terms: tuple[list[float], float], f: Callable[[float], float], flaw: str) -> float:
    products, bias = terms
    if flaw == "activation-inside-sum":
        return math.fsum([*map(f, products), bias])
    if flaw == "last-input-ignored":
        products = products[:-1]
    return f(math.fsum([*products, 0.0 if flaw == "bias-missing" else bias]))


def architectures(*, biased: bool = True) -> Iterator[Architecture]:
    """The usual ones: three activations, with and without one on the last layer, three orders."""
    orders: tuple[Order, ...] = ("weights, bias", "bias, weights", "layer: weights, biases")
    hidden: tuple[Activation, ...] = ("tanh", "relu", "sigmoid")
    for order in orders if biased else orders[:1]:
        for name in hidden:
            lasts: tuple[Activation, ...] = ("linear", name, "sigmoid", "tanh")
            for last in dict.fromkeys(lasts):
                yield Architecture(name, last, order, biased)


NAMED: Final = {a.name: a for biased in (True, False) for a in architectures(biased=biased)}
"""The usual ones by name, with biases and without."""
