"""Whether the gradient of an inner node is that of the uses that the program wrote.

Two kinds of engines are right at every leaf, and not so there.  One gives the same object where it
is asked for ``-a`` twice: such a node's gradient is the sum over all its uses, also over those in
the middle of another operation, as of ``-a`` within ``b - a``.  The other simplifies: of ``b - c``,
where ``c`` is ``-a``, it makes ``b + a``, and ``c`` lacks the share of that use.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from verify.expression.graph import Apply, Graph, renumbered

if TYPE_CHECKING:
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.verdict.judgement import Judgement

_STEPS: Final = (("backward", -1), ("read",))
_NOWHERE: Final = (-1, 0)
"""The use of a node that nothing is made of."""
_ENOUGH: Final = 64
"""An engine that was asked so often in vain is wrong by itself, and is asked no more."""
_IN_VAIN: Final[WeakKeyDictionary[Engine, int]] = WeakKeyDictionary()


def not_their_own(
    engine: Engine, case: Case, reading: Reading, judgement: Judgement
) -> Reading | None:
    """The reading, if all that is wrong in it are gradients of other uses than the case's.

    Returns:
        The reading in which those nodes have no gradient of their own; ``None`` where a value or a
        leaf's gradient is wrong as well, or where the engine makes a node for each operation.
    """
    wrong = judgement.wrong
    if judgement.raised is not None or not wrong:
        return None
    inner = {n.node for n in wrong if n.quantity == "gradient"} - set(case.graph.leaves)
    vain = _IN_VAIN.get(engine, 0)
    if len(inner) < len(wrong) or vain >= _ENOUGH:
        return None
    if not all(_shared(engine, case, node) for node in inner):
        _IN_VAIN[engine] = vain + 1
        return None
    _IN_VAIN[engine] = 0
    return replace(reading, same=reading.same | inner)


def _shared(engine: Engine, case: Case, node: int) -> bool:
    """Whether a twin of the node is the same object, or one of its uses is made without it."""
    uses = [
        (user, slot)
        for user, row in enumerate(case.graph.nodes)
        for slot, operand in enumerate(row.args if isinstance(row, Apply) else ())
        if operand == node
    ] or [_NOWHERE]
    return any(
        node in engine.run(_with_twin(case.graph, node, use), case.point, _STEPS)[-1].same
        for use in uses
    )


def _with_twin(graph: Graph, node: int, use: tuple[int, int]) -> Graph:
    """The graph in which the operation of a node is done twice: one is for one use alone.

    What follows uses the other one; with :data:`_NOWHERE` all of it does.
    """
    place = {i: i + (i >= node) for i in range(len(graph.nodes))}
    nodes = [*graph.nodes[: node + 1], graph.nodes[node]]
    for index, row in enumerate(graph.nodes[node + 1 :], node + 1):
        made = renumbered(row, place)
        if isinstance(made, Apply) and index == use[0]:
            args = (*made.args[: use[1]], node, *made.args[use[1] + 1 :])
            made = Apply(made.op, args, made.inplace)
        nodes.append(made)
    return Graph(tuple(nodes))
