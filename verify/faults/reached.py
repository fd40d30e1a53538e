"""Whether a node that passes nothing on does so where something else uses it as well.

The result of an operation may not keep its operand, so that backward does not come to that, or the
operand may have lost its rule.  Where backward comes to it on another way, the first one passes its
gradient on, and the second one does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Graph, below

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from verify.expression.reading import Reading

FORGOTTEN: Final = frozenset({"operands-forgotten", "one-operand-forgotten"})
"""Known mistakes after which a result does not keep an operand."""


def inner(case: Case) -> list[int]:
    """The operands of the last operation that are results of others and used nowhere else."""
    nodes, uses = case.graph.nodes, case.graph.uses
    last = nodes[-1]
    own = dict.fromkeys(last.parents if isinstance(last, Apply) else ())
    return [i for i in own if isinstance(nodes[i], Apply) and uses[i] == 1]


def passes_on(
    case: Case, ask: Callable[[Case], Reading], operands: Collection[int]
) -> bool | None:
    """Whether these operands of the last operation pass something on where they are used besides.

    Args:
        case: in which they pass nothing on.
        ask: asks the engine.
        operands: of :func:`inner`.

    Returns:
        ``None`` where that cannot be told.
    """
    nodes = case.graph.nodes
    last, output = nodes[-1], len(nodes) - 1
    if not isinstance(last, Apply):
        return None
    other = "mul" if last.op in {"add", "sum", "sub"} else "add"
    told = []
    for arg in operands:
        leaves = below(nodes, [arg]) & {*case.graph.leaves} - {*last.parents}
        for pair in ((output, arg), (arg, output)):  # one of them may be handled too early
            reading = ask(Case(Graph((*nodes, Apply(other, pair))), case.point))
            if reading.raised is None and leaves:
                told.append(any(reading.gradients[leaf] for leaf in leaves))
    return any(told) if told else None
