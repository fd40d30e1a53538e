"""Multi-layer perceptrons as graphs: the architectures that engines build.

An engine's network is not told how to compute; which activation it has, and whether the last layer
has one, is its own affair.  So it is given parameters, and its outputs say which of the
:func:`readable` architectures it is; the truth about its gradients is then that of this one's
graph.  How they go wrong is in :mod:`verify.generators.flaws`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, Literal

from verify.expression.graph import Apply, Const, Graph, Leaf
from verify.generators.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.expression.graph import Node, Operand

Order = Literal[
    "weights, bias", "bias, weights", "layer: weights, biases",
    "layer: biases, weights", "layer: weights by input, biases", "all weights, all biases",
    "last layer first",
]  # fmt: skip
"""In which parameters are listed; neuron by neuron where it does not say otherwise."""
Places = tuple[list[int], int | None]
"""Of a neuron's weights and of its bias in the list of parameters."""

USUAL: Final[tuple[Order, ...]] = ("weights, bias", "bias, weights", "layer: weights, biases")
UNUSUAL: Final[tuple[Order, ...]] = (
    "layer: biases, weights", "layer: weights by input, biases", "all weights, all biases",
    "last layer first",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a network computes, and in which order it lists its parameters.

    Attributes:
        hidden: activation of all layers but the last, a key of
            :data:`~verify.generators.activations.ACTIVATIONS`.
        last: activation of the last layer.
        order: of the parameters, within a neuron, a layer, or the network.
        biased: whether neurons have a bias.
    """

    hidden: str = "tanh"
    last: str = "linear"
    order: Order = "weights, bias"
    biased: bool = True

    @property
    def name(self) -> str:
        """``tanh, linear; weights, bias``: of hidden layers and of the last, and the order."""
        return f"{self.hidden}, {self.last}; {self.order if self.biased else 'no bias'}"

    def activation(self, layer: int, sizes: Sequence[int]) -> str:
        """Of layer 0, 1, …."""
        return self.last if layer == len(sizes) - 2 else self.hidden

    def count(self, sizes: Sequence[int]) -> int:
        """How many parameters there are."""
        return sum((n + self.biased) * m for n, m in pairwise(sizes))

    def neurons(self, sizes: Sequence[int]) -> list[list[Places]]:
        """For each layer and neuron: the places of its weights and of its bias in the list."""
        pairs = list(pairwise(sizes))
        counts = [(nin + self.biased) * nout for nin, nout in pairs]
        if self.order == "last layer first":
            starts = [sum(counts[depth + 1 :]) for depth in range(len(counts))]
        else:
            starts = list(accumulate(counts, initial=0))
        if self.biased and self.order == "all weights, all biases":
            weights = list(accumulate([nin * nout for nin, nout in pairs], initial=0))
            biases = list(accumulate(sizes[1:], initial=weights[-1]))
            return [
                [(_row(weights[k] + i * nin, nin), biases[k] + i) for i in range(nout)]
                for k, (nin, nout) in enumerate(pairs)
            ]
        return [
            [self._places(start, i, nin, nout) for i in range(nout)]
            for start, (nin, nout) in zip(starts, pairs, strict=False)
        ]

    def _places(self, start: int, i: int, nin: int, nout: int) -> Places:
        by_neuron, by_layer = start + i * (nin + self.biased), start + i * nin
        match self.order if self.biased else "":
            case "layer: weights, biases":
                return _row(by_layer, nin), start + nin * nout + i
            case "layer: biases, weights":
                return _row(by_layer + nout, nin), start + i
            case "layer: weights by input, biases":
                return [start + j * nout + i for j in range(nin)], start + nin * nout + i
            case "bias, weights":
                return _row(by_neuron + 1, nin), by_neuron
        return _row(by_neuron, nin), by_neuron + nin if self.biased else None

    def outputs(self, sizes: Sequence[int], p: Sequence[float], x: Sequence[float]) -> list[float]:
        """Outputs in plain floats, to recognise an engine's network by; never used to judge.

        Args:
            sizes: of the input and of each layer's output.
            p: the parameters, in this architecture's order.
            x: the inputs.
        """
        return self._rows(sizes, p, x)[-1]

    def flows(self, sizes: Sequence[int], p: Sequence[float], x: Sequence[float]) -> bool:
        """Whether some neuron of each layer of relus is open, so that a gradient comes through."""
        rows = self._rows(sizes, p, x)
        return all(
            any(row) for depth, row in enumerate(rows) if self.activation(depth, sizes) == "relu"
        )

    def _rows(
        self, sizes: Sequence[int], p: Sequence[float], x: Sequence[float]
    ) -> list[list[float]]:
        """What each layer gives."""
        rows, row = [], list(x)
        for depth, layer in enumerate(self.neurons(sizes)):
            f = ACTIVATIONS[self.activation(depth, sizes)].function
            row = [f(weighted_sum(p, neuron, row)) for neuron in layer]
            rows.append(row)
        return rows

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
            activation, inputs, row = ACTIVATIONS[self.activation(depth, sizes)], row, []
            for weights, bias in layer:
                products = [make("mul", w, i) for w, i in zip(weights, inputs, strict=True)]
                total = products[0]
                for term in products[1:] if bias is None else [*products[1:], bias]:
                    total = make("add", total, term)
                row.append(activation.nodes(make, total))
        if targets is not None:
            errors = [make("add", y, Const(-t)) for y, t in zip(row, targets, strict=True)]
            squares = [make("mul", e, e) for e in errors]
            total = squares[0]
            for square in squares[1:]:
                total = make("add", total, square)
        return Graph(tuple(nodes)), row


def weighted_sum(p: Sequence[float], neuron: Places, row: Sequence[float]) -> float:
    """Of one neuron, its bias included."""
    weights, bias = neuron
    products = [p[w] * x for w, x in zip(weights, row, strict=True)]
    return math.fsum([*products, 0.0 if bias is None else p[bias]])


def _row(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


def architectures(*, biased: bool = True) -> Iterator[Architecture]:
    """The usual ones: three activations, with and without one on the last layer, three orders."""
    for order in USUAL if biased else USUAL[:1]:
        for name in ("tanh", "relu", "sigmoid"):
            for last in dict.fromkeys(("linear", name, "sigmoid", "tanh")):
                yield Architecture(name, last, order, biased)


def readable(*, biased: bool = True) -> Iterator[Architecture]:
    """All that are told apart by their outputs: the usual ones first, then each once."""
    yield from architectures(biased=biased)
    usual = set(architectures(biased=biased))
    for order in (*USUAL, *UNUSUAL) if biased else (USUAL[0], UNUSUAL[-1]):
        for name in list(ACTIVATIONS)[1:]:  # without any activation, all layers are as one
            for last in dict.fromkeys(("linear", name, "sigmoid", "tanh", "relu", "softplus")):
                if (a := Architecture(name, last, order, biased)) not in usual:
                    yield a


NAMED: Final = {a.name: a for biased in (True, False) for a in architectures(biased=biased)}
"""The usual ones by name, with biases and without."""
