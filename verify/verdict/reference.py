"""What is known of a case, whoever knows it: the one shape that readings are judged by.

The oracles' testimony is one, and so are a line of a corpus and the numbers of a network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping, Sequence

    from verify.expression.reading import Enclosure, Quantity, Reading, Truth


class Reference(Protocol):
    """What is known of the numbers of a case."""

    @property
    def truth(self) -> Truth:
        """Enclosures with bounds; ``None`` for a number of which nothing is known."""

    def loosened(self, nodes: Collection[int] | None = None) -> Truth:
        """The same with ``freedom`` and ``scale``: what formulas other than the textbook's may do.

        Args:
            nodes: whose values may be made by other formulas too, all of them unless told; what an
                engine does not use of its freedom must not hide its mistakes.
        """

    def at_values(self, values: Sequence[float]) -> Sequence[Enclosure] | None:
        """The gradients by the chain rule at an engine's own values, which are all finite.

        They decide where the true ones are too ill-conditioned to; ``None`` if nobody is there who
        could work them out.
        """

    def readings(self, quantity: Quantity, node: int) -> Mapping[str, float | str]:
        """What is shown of a number in a report, by who says it."""


class Witnessed(Reference, Protocol):
    """What oracles say of a case, the interval oracle's truth beside that of the others."""

    @property
    def witnesses(self) -> Sequence[Truth]:
        """The other oracles that know their own error."""

    @property
    def floats(self) -> Sequence[Reading]:
        """The oracles that answer with float64; they are granted an engine's error."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of some numbers of a case: of the others, nothing was read.

    Attributes:
        whole: what is known of the case.
        values: the nodes whose values were read.
        gradients: those whose gradients were.
    """

    whole: Reference
    values: Container[int]
    gradients: Container[int]

    @property
    def truth(self) -> Truth:
        """See :class:`Reference`."""
        return self._part(self.whole.truth)

    def loosened(self, nodes: Collection[int] | None = None) -> Truth:
        """See :class:`Reference`: the slack comes from the whole case."""
        return self._part(self.whole.loosened(nodes))

    def at_values(self, values: Sequence[float]) -> Sequence[Enclosure] | None:
        """See :class:`Reference`."""
        return self.whole.at_values(values)

    def readings(self, quantity: Quantity, node: int) -> Mapping[str, float | str]:
        """See :class:`Reference`."""
        return self.whole.readings(quantity, node)

    def _part(self, truth: Truth) -> Truth:
        return replace(
            truth,
            values=tuple([e if i in self.values else None for i, e in enumerate(truth.values)]),
            gradients=tuple(
                [e if i in self.gradients else None for i, e in enumerate(truth.gradients)]
            ),
        )
