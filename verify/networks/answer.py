"""What is right of a network, whoever says so, and the engine's numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from verify.expression.reading import Reading, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import NetworkState
    from verify.generators.architectures import Architecture
    from verify.verdict.judge import Judged, Relax


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right of some numbers.

    Attributes:
        truth: enclosures with bounds.
        relax: adds the freedom to them.
        readings: what is said of a number, and by whom.
    """

    truth: Truth
    relax: Relax
    readings: Callable[[Judged], Mapping[str, float | str]]


class Answers(Protocol):
    """Who knows what is right of a network that computes in a known way."""

    def passed(
        self, a: Architecture, moment: int, case: Case, shown: Sequence[int]
    ) -> Answer | None:
        """What is right after a backward pass; ``None`` where that is not known.

        Args:
            a: how the network computes.
            moment: 0 is the pass from an output, 1 and 2 those of the training loop.
            case: the network as a graph, at its parameters and inputs.
            shown: the nodes whose values can be read, the last one is where the pass starts.

        Returns:
            Enclosures for the nodes of the graph.
        """

    def moved(self, a: Architecture, moment: int, before: NetworkState) -> Answer | None:
        """What is right of each parameter's number after an update; ``None`` if not known."""


def lined_up(state: NetworkState, outputs: Sequence[int], truth: Truth) -> tuple[Reading, Truth]:
    """The engine's numbers at the nodes of the graph, and the truth about those nodes alone."""
    size = len(truth.values)
    values: list[float | None] = [None] * size
    gradients: list[float | None] = [None] * size
    there = dict(zip(outputs, state.outputs, strict=False)) | {size - 1: state.loss}
    for node, number in there.items():
        values[node] = number
    for leaf, number in enumerate(state.gradients):
        gradients[leaf] = number
    told = Truth(
        truth.source,
        tuple([e if i in there else None for i, e in enumerate(truth.values)]),
        tuple([e if i < len(state.gradients) else None for i, e in enumerate(truth.gradients)]),
        truth.format,
    )
    return Reading("engine", tuple(values), tuple(gradients)), told


def masked(answer: Answer, like: Truth) -> Relax:
    """Freedom comes from the whole graph, also where only some of its numbers are judged."""

    def relax(_: Truth, free: Sequence[int]) -> Truth:
        whole = answer.relax(answer.truth, free)
        values = zip(whole.values, like.values, strict=True)
        gradients = zip(whole.gradients, like.gradients, strict=False)
        return replace(
            whole,
            values=tuple([None if kept is None else e for e, kept in values]),
            gradients=tuple([None if kept is None else e for e, kept in gradients]),
        )

    return relax
