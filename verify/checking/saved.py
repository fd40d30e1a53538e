"""Whether what a rule needs is saved on its operand, where the operand's next use overwrites it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Graph, Leaf
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.engines import Engine
    from verify.expression.graph import Case

ON_OPERAND: Final = Diagnosis(
    "",
    "what a rule needs is saved on its operand, and overwritten when that is used again",
    "Each of two operations on one node is right by itself. Once the second is computed too, the "
    "first has another gradient, even where the output is not made of the second; and it is right "
    "again if the second is given another node of that value. What the first needs in the backward "
    "pass is kept on the operand, and the second puts its own there. Keep it on the result.",
)
_MOST: Final = 3


def on_operand(engine: Engine, case: Case) -> Diagnosis | None:
    """The diagnosis where an operation changes the gradient of another one on the same leaf.

    Args:
        engine: the engine under test.
        case: the smallest case: some operations on one leaf, and what puts them together.
    """
    nodes = case.graph.nodes
    applied = [node for node in nodes if isinstance(node, Apply)]
    made = [n for n in applied if {arg for arg in n.args if type(arg) is int} == {0}]
    if len(case.graph.leaves) != 1 or not isinstance(nodes[0], Leaf) or not 1 < len(made) <= _MOST:
        return None
    value = case.point[0]

    def first(*graph: Leaf | Apply) -> float | None:
        at = next(i for i, n in enumerate(graph) if isinstance(n, Apply))
        steps = (("backward", at), ("read",))
        reading = engine.run(Graph(graph), (value,) * at, steps)[-1]
        return None if reading.raised is not None else reading.gradients[0]

    leaf, other = Leaf("a"), Leaf("b")
    for one in made:
        alone = first(leaf, one)
        for two in made:
            beside = Apply(two.op, tuple([1 if type(arg) is int else arg for arg in two.args]))
            if one is two or alone is None or first(leaf, one, two) in {alone, None}:
                continue
            if first(leaf, other, one, beside) == alone:
                return ON_OPERAND
    return None
