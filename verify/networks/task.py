"""What a network of the engine's own is asked to do: numbers for it, and the steps to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.generators.architectures import Architecture

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from verify.engines import Steps

RATE: Final = 0.05
FAR: Final = 16.0
"""Inputs are also tried so many times as large, both ways: every relu is open once, shut once."""
_ALIKE: Final = 1e-9
"""How near outputs must be to recognise an architecture; its gradients are judged elsewhere."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """Numbers for one network.

    Attributes:
        sizes: inputs and each layer's outputs; one number alone is a neuron.
        parameters: for its parameters, as it lists them; without biases, the first ones count.
        inputs: one for each input.
        targets: one for each output.
        again: for its parameters, before the second turn of the training loop; ``()`` where that
            goes on from where the first one led.
        rate: of the updates.
    """

    sizes: tuple[int, ...]
    parameters: tuple[float, ...]
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    again: tuple[float, ...] = ()
    rate: float = RATE

    @property
    def alone(self) -> bool:
        """Whether it is a neuron, outside of any network."""
        return len(self.sizes) == 1

    @property
    def layers(self) -> tuple[int, ...]:
        """Inputs and each layer's outputs, also of a neuron."""
        return (*self.sizes, 1) if self.alone else self.sizes

    def numbers(self, moment: int) -> tuple[float, ...]:
        """What the parameters are set to before a backward pass: 0, 1, or 2, the second turn."""
        return self.again if moment == 2 else self.parameters

    def cases(self, a: Architecture) -> tuple[Case, ...]:
        """The network as a graph at each backward pass, for one that starts each from numbers."""
        graphs = [a.graph(self.layers, targets)[0] for targets in (None, self.targets)]
        count = a.count(self.layers)
        return tuple([
            Case(graphs[moment > 0], (*self.numbers(moment)[:count], *self.inputs))
            for moment in range(3)
        ])  # fmt: skip

    @property
    def far(self) -> tuple[tuple[float, ...], ...]:
        """The inputs of the first three readings: far out, both ways, and as they are."""
        return tuple([tuple([k * number for number in self.inputs]) for k in (-FAR, FAR, 1.0)])

    @property
    def steps(self) -> Steps:
        """Far out, both ways; a backward pass, and zeroed; two turns of the training loop.

        There are eight readings: one at each of these four, and in each turn one before its update
        and one after it.
        """
        low, high, x = self.far
        turn = (
            ("forward", x, self.targets), ("backward",), ("read",), ("update", self.rate), ("read",)
        )  # fmt: skip
        again = (("set", self.again),) if self.again else ()
        return (
            ("set", self.parameters),
            ("forward", low, None), ("read",), ("forward", high, None), ("read",),
            ("forward", x, None), ("backward",), ("read",), ("zero",), ("read",),
            *turn, ("zero",), *again, *turn,
        )  # fmt: skip


def draw(sizes: tuple[int, ...], chance: random.Random, *, again: bool = False) -> Exercise:
    """Random numbers of three decimals, parameters and inputs not near 0.

    Args:
        sizes: of the network; one number alone is a neuron.
        chance: what draws.
        again: whether the second turn begins with numbers of its own, so that all of it is fixed.
    """

    def number(most: float) -> float:
        return round(chance.choice((-1, 1)) * chance.uniform(0.3, most), 3)

    layers = (*sizes, 1) if len(sizes) == 1 else sizes
    count = Architecture().count(layers)
    parameters = tuple([number(1.0) for _ in range(count)])
    inputs = tuple([number(1.5) for _ in range(layers[0])])
    targets = tuple([round(chance.uniform(-1, 1), 3) for _ in range(layers[-1])])
    second = tuple([number(1.0) for _ in range(count)]) if again else ()
    return Exercise(sizes, parameters, inputs, targets, second)


def shown(graph: Graph, outputs: Sequence[int]) -> tuple[int, ...]:
    """The nodes of a network whose values can be read: outputs, and where backward starts."""
    return tuple(dict.fromkeys((*outputs, len(graph.nodes) - 1)))


def update(rate: float) -> Graph:
    """A step of descent as a graph of the parameter and its gradient: ``p - rate * g``."""
    moved = (Apply("mul", (1, Const(-rate))), Apply("add", (0, 2)))
    return Graph((Leaf("p"), Leaf("g"), *moved))


def alike(a: Sequence[float], b: Sequence[float | None], *, size: float = 1.0) -> bool:
    """Whether numbers are near enough to tell where they come from; none of this judges them."""
    return len(a) == len(b) and all(
        y is not None and abs(x - y) <= _ALIKE * max(size, abs(x))
        for x, y in zip(a, b, strict=True)
    )
