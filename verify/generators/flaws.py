"""How networks go wrong: what each known mistake makes of the outputs, in plain floats.

A flaw is found by its numbers, at three inputs; nothing here is used to judge.  Rows that are too
long or too short are cut as ``zip`` cuts them, since that is how most networks hide it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.generators.activations import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.generators.architectures import Architecture

    Row: TypeAlias = "Sequence[float]"
    Function: TypeAlias = "Callable[[float], float]"
    Neuron: TypeAlias = "Callable[[Row, Row, float, Function], float]"
    """Weights, inputs, bias and activation to an output."""
    Layer: TypeAlias = "Callable[[Row], list[float]]"


def _products(w: Row, x: Row) -> list[float]:
    return [a * b for a, b in zip(w, x, strict=False)]


def _neuron(w: Row, x: Row, b: float, f: Function) -> float:
    """As it should be."""
    return f(math.fsum([*_products(w, x), b]))


def _all(layers: Sequence[Layer], x: Row) -> list[float]:
    """One layer after another, as it should be."""
    row = list(x)
    for layer in layers:
        row = layer(row)
    return row


def _from_inputs(layers: Sequence[Layer], x: Row) -> list[float]:
    return layers[-1](x)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A mistake in one place of a network.

    Attributes:
        neuron: what a neuron computes.
        which: of the places of neurons in a layer, those whose output is given at each place.
        seen: what the neuron at a place of its layer sees of the layer's inputs.
        active: whether the layer at this depth, of so many, has its activation.
        network: what becomes of the layers.
        deep: whether only a network of several layers can have it.
    """

    neuron: Neuron = _neuron
    which: Callable[[int], Sequence[int]] = range
    seen: Callable[[int, Row], Row] = lambda _, row: row
    active: Callable[[int, int], bool] = lambda _, __: True
    network: Callable[[Sequence[Layer], Row], list[float]] = _all
    deep: bool = False

    def outputs(self, a: Architecture, sizes: Sequence[int], p: Row, x: Row) -> list[float]:
        """Those of a network of this architecture that makes the mistake."""

        def layer(depth: int) -> Layer:
            name = a.activation(depth, sizes) if self.active(depth, len(places)) else "linear"
            f, neurons = ACTIVATIONS[name].function, places[depth]

            def run(row: Row) -> list[float]:
                outputs = [
                    self.neuron([p[i] for i in w], self.seen(k, row), 0.0 if b is None else p[b], f)
                    for k, (w, b) in enumerate(neurons)
                ]
                return [outputs[i] for i in self.which(len(outputs))]

            return run

        places = a.neurons(sizes)
        return self.network([layer(depth) for depth in range(len(places))], x)


FLAWS: Final[dict[str, Flaw]] = {
    "bias-missing": Flaw(lambda w, x, b, f: f(math.fsum(_products(w, x)))),
    "bias-twice": Flaw(lambda w, x, b, f: f(math.fsum([*_products(w, x), b, b]))),
    "bias-multiplied": Flaw(lambda w, x, b, f: f(math.fsum(_products(w, x)) * b)),
    "bias-with-every-input": Flaw(
        lambda w, x, b, f: f(math.fsum([*_products(w, x), b * min(len(w), len(x))]))
    ),
    "bias-after-activation": Flaw(lambda w, x, b, f: f(math.fsum(_products(w, x))) + b),
    "activation-missing": Flaw(lambda w, x, b, f: math.fsum([*_products(w, x), b])),
    "activation-twice": Flaw(lambda w, x, b, f: f(f(math.fsum([*_products(w, x), b])))),
    "last-input-ignored": Flaw(lambda w, x, b, f: f(math.fsum([*_products(w, x)[:-1], b]))),
    "first-input-ignored": Flaw(lambda w, x, b, f: f(math.fsum([*_products(w, x)[1:], b]))),
    "only-last-product": Flaw(lambda w, x, b, f: f(math.fsum([*_products(w, x)[-1:], b]))),
    "activation-inside-sum": Flaw(
        lambda w, x, b, f: math.fsum([*map(f, _products(w, x)), b])
    ),
    "weights-added": Flaw(
        lambda w, x, b, f: f(math.fsum([*[a + c for a, c in zip(w, x, strict=False)], b]))
    ),
    "layer-uses-one-neuron": Flaw(which=lambda n: [0] * n),
    "layer-uses-last-neuron": Flaw(which=lambda n: [n - 1] * n),
    "inputs-used-up": Flaw(seen=lambda place, row: () if place else row),
    "second-hidden-layer-linear": Flaw(
        active=lambda depth, layers: depth in {0, layers - 1}, deep=True
    ),
    "first-output-only": Flaw(network=lambda layers, x: _all(layers, x)[:1]),
    "last-output-only": Flaw(network=lambda layers, x: _all(layers, x)[-1:]),
    "layer-missing": Flaw(network=lambda layers, x: _all(layers[:-1], x), deep=True),
    "first-layer-missing": Flaw(network=lambda layers, x: _all(layers[1:], x), deep=True),
    "layers-reversed": Flaw(network=lambda layers, x: _all(layers[::-1], x), deep=True),
    "layers-fed-inputs": Flaw(network=_from_inputs, deep=True),
}
"""By the id of the fault in the catalogue, the likeliest first."""
SHIFTED: Final[dict[str, Flaw]] = {
    "each input meets the weight after its own": Flaw(
        lambda w, x, b, f: f(math.fsum([*_products(w[1:], x), b]))
    ),
    "each weight meets the input after its own": Flaw(
        lambda w, x, b, f: f(math.fsum([*_products(w, x[1:]), b]))
    ),
}
"""Rows that are zipped one place apart, by what is said of it."""


def swapped(a: Architecture, sizes: Sequence[int], p: Row, x: Row) -> list[float]:
    """Outputs where each layer has as many neurons as inputs, and they as many weights as outputs.

    Each neuron lists its weights first, then its bias.
    """
    row, start = list(x), 0
    for depth, (nin, nout) in enumerate(pairwise(sizes)):
        f = ACTIVATIONS[a.activation(depth, sizes)].function
        firsts = [start + i * (nout + 1) for i in range(nin)]
        row = [_neuron(p[k : k + nout], row, p[k + nout], f) for k in firsts]
        start += (nout + 1) * nin
    return row
