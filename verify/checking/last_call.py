"""Whether an operation is derived at the numbers of its last call, whichever call is meant.

What a rule needs of its operands may be saved on the class or in the module, by a function object
that all calls share: each call overwrites what the one before it saved.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from verify.checking.flow import handed_on
from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.expression.reading import Reading
    from verify.verdict.judgement import Judgement

LAST_CALL: Final = "an operation uses the numbers of its last call"
_NEAR: Final = 1e-9
"""How near a number has to be to what the hypothesis predicts, as a part of it."""


def last_call(
    case: Case, judgement: Judgement, asked: Callable[[Case], Reading]
) -> Diagnosis | None:
    """The diagnosis where an operation below another of its kind is derived at that one's operands.

    Args:
        case: the smallest case: one operation, and the same one on its result.
        judgement: on what the engine said of it.
        asked: asks the engine, here for the operation by itself at the operands of the upper one.
    """
    inner, nodes = handed_on(case, judgement), case.graph.nodes
    node, last = (nodes[inner] if inner is not None else None), nodes[-1]
    if not isinstance(node, Apply) or not isinstance(last, Apply) or node.op != last.op:
        return None
    lower = [arg for arg in node.args if isinstance(arg, int)]
    upper = [arg for arg in last.args if isinstance(arg, int)]
    if not len(lower) == len(node.args) == len(upper) == len(last.args):
        return None
    numbers = {(n.quantity, n.node): n.got for n in judgement.numbers}
    point = [x for arg in upper if (x := numbers.get(("value", arg))) is not None]
    above = numbers.get(("gradient", inner or 0))
    if len(point) < len(upper) or above is None:
        return None
    leaves = [Leaf(name) for name in "abc"[: len(upper)]]
    alone = Graph((*leaves, Apply(node.op, tuple(range(len(upper))))))
    slopes = asked(Case(alone, tuple(point))).gradients[: len(upper)]
    if None in slopes or len(slopes) < len(upper):
        return None
    for wrong in judgement.wrong:
        rows = zip(lower, slopes, strict=True)
        share = above * math.fsum([s for arg, s in rows if arg == wrong.node and s is not None])
        if wrong.got is None or not math.isclose(wrong.got, share, rel_tol=_NEAR):
            return None
    explanation = (
        f"{node.op} is right by itself. Here it is called twice, and both calls are derived at the "
        "operands of the second. What its rule needs is saved in one place for all calls, on the "
        "class, in the module or on an object that they share, and each call overwrites what the "
        "one before it saved. Save it on the result."
    )
    return Diagnosis("", LAST_CALL, explanation)
