"""Whether all nodes have one gradient: kept on the class, say, and not on each node.

Then nothing can be said of any operation: what one node is given, all the others have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Graph, Leaf
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.engines import Engine

_LEAVES: Final = Leaf("a"), Leaf("b"), Leaf("unused")
_GRAPHS: Final = (
    Graph((*_LEAVES, Apply("mul", (0, 1)))), Graph((*_LEAVES, Apply("exp", (0,)))),
)  # fmt: skip
"""An engine need have one of these operations alone; one leaf at least is not used."""
_POINTS: Final = (0.5, 1.5, 3.0), (0.75, -2.0, 5.0)
SHARED: Final = Diagnosis(
    "",
    "all nodes have one gradient",
    "After a pass all nodes have the same gradient, a leaf that was not used among them, and it is "
    "another one after another pass: it is one number, kept in one place for all nodes. Look where "
    "it is stored: on the class, in a descriptor that keeps the number on itself, in a default "
    "argument or in a list that nodes share. Each node needs a gradient of its own.",
)


def one_gradient(engine: Engine) -> bool:
    """Whether all nodes have the gradient that some node got, used or not."""
    return any(_shared(engine, graph) for graph in _GRAPHS)


def _shared(engine: Engine, graph: Graph) -> bool:
    seen = set()
    for point in _POINTS:
        reading = engine.run(graph, point)[-1]
        found = set(reading.gradients)
        if reading.raised is not None or len(found) != 1:
            return False
        seen |= found
    return len(seen) > 1 and None not in seen  # what nodes have from the start is the same again
