"""Questions to a network: what it gives at chosen parameters and inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine

Row: TypeAlias = "tuple[float, ...]"
Question: TypeAlias = "tuple[Row, Row]"
"""Parameters and inputs."""
Said: TypeAlias = "tuple[float | None, ...]"
"""The outputs."""


def ask(engine: Engine, sizes: Sequence[int], questions: Sequence[Question]) -> list[Said]:
    """The outputs of one new network at each question, in turn; ends early where one raises.

    Args:
        engine: the engine under test.
        sizes: inputs and each layer's outputs; one number alone is a neuron.
        questions: as many parameters and inputs as the network has.
    """
    if not questions:
        return []
    steps = tuple([("compute", p, x) for p, x in questions])
    return [state.outputs for state in engine.network(sizes, steps).states]


def moved(row: Row, place: int, by: float) -> Row:
    """The row with one number moved."""
    return (*row[:place], row[place] + by, *row[place + 1 :])
