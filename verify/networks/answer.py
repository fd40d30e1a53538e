"""What is right of a network, whoever says so, and the engine's numbers beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from verify.expression.reading import Reading
from verify.verdict.reference import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import NetworkState
    from verify.generators.architectures import Architecture
    from verify.verdict.reference import Reference


class Answers(Protocol):
    """Who knows what is right of a network that computes in a known way."""

    def passed(
        self, a: Architecture, moment: int, case: Case, shown: Sequence[int]
    ) -> Reference | None:
        """What is right after a backward pass; ``None`` where that is not known.

        Args:
            a: how the network computes.
            moment: 0 is the pass from an output, 1 and 2 those of the training loop.
            case: the network as a graph, at its parameters and inputs.
            shown: the nodes whose values can be read, the last one is where the pass starts.

        Returns:
            What is known of the nodes of the graph.
        """

    def moved(self, a: Architecture, moment: int, before: NetworkState) -> Reference | None:
        """What is right of each parameter's number after an update; ``None`` if not known."""


def lined_up(
    state: NetworkState, outputs: Sequence[int], reference: Reference
) -> tuple[Reading, Part]:
    """The engine's numbers at the nodes of the graph, and what is known of those nodes alone."""
    size = len(reference.truth.values)
    values: list[float | None] = [None] * size
    gradients: list[float | None] = [None] * size
    there = dict(zip(outputs, state.outputs, strict=False)) | {size - 1: state.loss}
    for node, number in there.items():
        values[node] = number
    for leaf, number in enumerate(state.gradients):
        gradients[leaf] = number
    part = Part(reference, there, range(len(state.gradients)))
    return Reading("engine", tuple(values), tuple(gradients)), part
