"""Neurons, layers and multilayer perceptrons built from `Value`.

A neuron's weighted sum is one node of the graph, not two for each weight. It is added up from left
to right, beginning with the bias: ((b + w0 x0) + w1 x1) + ... in float64, rounded after every
operation, on every Python version.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from micrograd.engine import Value, weighted_sum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from micrograd.engine import Number

    Activation: TypeAlias = str | Callable[[Value], Value]
    Seed: TypeAlias = int | random.Random | None

__all__ = ["ACTIVATIONS", "MLP", "Layer", "Module", "Neuron", "dot"]

ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "Linear": lambda v: v,
    "ReLU": Value.relu,
    "Tanh": Value.tanh,
    "Sigmoid": Value.sigmoid,
}


def dot(weights: Iterable[Number], inputs: Iterable[Number], bias: Number = 0.0) -> Value:
    """Return bias + w0 x0 + w1 x1 + ... as one node, added up from left to right.

    Args:
        weights: w0, w1, ...; nodes or numbers, dimensionless.
        inputs: x0, x1, ...; as many.
        bias: where the sum begins.

    Raises:
        TypeError: something is neither a node nor a real number.
        ValueError: there are not as many weights as inputs.
    """
    row, xs = as_values((bias, *weights)), as_values(inputs)
    if len(row) != len(xs) + 1:
        raise ValueError(f"{len(row) - 1} weights but {len(xs)} inputs: give as many of each")
    return weighted_sum(row, xs)


class Module:
    """What has parameters: here, or in its attributes, or in lists of those."""

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0, before the next `backward` adds to it."""
        for p in self.parameters():
            p.grad = 0.0

    def parameters(self) -> list[Value]:
        """Return the trainable leaves, each once, in the order of `named_parameters`."""
        return [p for _, p in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return pairs like ("layers.0.neurons.2.w.1", node), each parameter once."""
        named: dict[int, tuple[str, Value]] = {}
        for name, p in walk("", self):
            named.setdefault(id(p), (name, p))
        return list(named.values())

    def parameter_count(self) -> int:
        """Return the number of parameters."""
        return len(self.parameters())


class Neuron(Module):
    """activation(b + w0 x0 + w1 x1 + ...), the weights uniform in [-1, 1), the bias 0.

    Args:
        nin: the number of inputs.
        nonlin: relu if true, else linear, where `activation` is not given.
        activation: a name out of `ACTIVATIONS` in any case (linear, relu, tanh, sigmoid), or a
            function of one node.
        seed: an int gives the same weights on every Python version; a `random.Random` is drawn
            from; None draws from the module `random`.

    Raises:
        ValueError: `nin` is not a positive int, or the activation is unknown.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: Activation | None = None,
        seed: Seed = None,
    ) -> None:
        rng = generator(seed)
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(positive(nin, "nin"))]
        self.b = Value(0)
        self._kind, self._activation = find(activation or ("ReLU" if nonlin else "Linear"))
        self.nonlin = self._kind != "Linear"
        self._row: tuple[Value, ...] = ()

    def __call__(self, x: Iterable[Number]) -> Value:
        """Return the output for as many inputs as there are weights; else raise ValueError."""
        return self.fire(inputs_of(self, x, len(self.w)))

    def fire(self, xs: tuple[Value, ...]) -> Value:
        """Return the output for a tuple of nodes; its length is not checked again."""
        row = (self.b, *self.w)
        if row != self._row:  # one tuple for all calls, until somebody replaces a weight
            self._row = row
        return self._activation(weighted_sum(self._row, xs))

    def parameters(self) -> list[Value]:
        """Return the weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{self._kind}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each with all `nin` inputs; keywords go to `Neuron`.

    Raises:
        ValueError: `nin` or `nout` is not a positive int, or a keyword of `Neuron` is wrong.
    """

    def __init__(self, nin: int, nout: int, *, seed: Seed = None, **kwargs: Any) -> None:
        rng = generator(seed)
        self.neurons = [Neuron(nin, seed=rng, **kwargs) for _ in range(positive(nout, "nout"))]

    def __call__(self, x: Iterable[Number]) -> Any:
        """Return the list of outputs, or the one output itself; ValueError for a wrong length."""
        xs = inputs_of(self, x, len(self.neurons[0].w))
        out = [neuron.fire(xs) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Return the parameters, neuron by neuron."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multilayer perceptron: layer after layer, the last one linear unless `output` says else.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons of each layer; the last is the number of outputs.
        activation: of all layers but the last, as in `Neuron`.
        output: the activation of the last layer.
        seed: as in `Neuron`; the weights are drawn layer by layer, neuron by neuron.

    Raises:
        ValueError: a size is not a positive int, there is no layer, an activation is unknown.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: Activation = "ReLU",
        output: Activation = "Linear",
        seed: Seed = None,
    ) -> None:
        if not len(nouts):
            raise ValueError("MLP without layers: give the size of at least one, as in MLP(3, [1])")
        rng = generator(seed)
        sizes = [nin, *nouts]
        hidden = [activation] * (len(nouts) - 1)
        self.layers = [
            Layer(n, m, activation=kind, seed=rng)
            for n, m, kind in zip(sizes, nouts, [*hidden, output])
        ]

    def __call__(self, x: Iterable[Number]) -> Any:
        """Return the list of outputs, or the one output itself; ValueError for a wrong length."""
        for layer in self.layers:
            x = layer([x] if isinstance(x, Value) else x)  # a layer of one neuron gives one node
        return x

    def parameters(self) -> list[Value]:
        """Return the parameters, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def walk(name: str, thing: object) -> Iterator[tuple[str, Value]]:  # the parameters in a thing
    if isinstance(thing, Value):
        yield name, thing
        return
    parts: Iterable[tuple[object, object]] = ()
    if isinstance(thing, Module):
        parts = [(k, part) for k, part in vars(thing).items() if not k.startswith("_")]
    elif isinstance(thing, (list, tuple)):
        parts = enumerate(thing)
    for key, part in parts:
        yield from walk(f"{name}.{key}" if name else f"{key}", part)


def inputs_of(module: Module, x: Iterable[Number], expected: int) -> tuple[Value, ...]:
    xs = as_values(x)
    if len(xs) != expected:
        raise ValueError(f"{module!r} takes {expected} inputs, not {len(xs)}")
    return xs


def as_values(numbers: Iterable[Number]) -> tuple[Value, ...]:
    return tuple([x if isinstance(x, Value) else Value(x) for x in numbers])


def positive(n: Any, name: str) -> int:
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"{name} is {n!r}: a size must be a positive int")
    return n


def generator(seed: Seed) -> Any:
    if seed is None:
        return random
    return seed if hasattr(seed, "uniform") else random.Random(seed)


def find(activation: Activation) -> tuple[str, Callable[[Value], Value]]:
    if callable(activation):
        return getattr(activation, "__name__", "").strip("<>").capitalize(), activation
    for name, function in ACTIVATIONS.items():
        if name.lower() == activation.lower():
            return name, function
    known = ", ".join(name.lower() for name in ACTIVATIONS)
    raise ValueError(f"activation {activation!r} is unknown: take one of {known}, or a function")
