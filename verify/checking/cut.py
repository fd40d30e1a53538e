"""Where a gradient stops at an operand: whether the operation above it does not keep that.

Its own rule is right wherever its result is the output, or is used by others: then the operation
that made the operand is innocent.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, GraphError, Leaf, below
from verify.expression.ops import FORMS, OPS
from verify.faults.reached import inner, passes_on
from verify.generators.shrink import tidy
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from verify.expression.reading import Reading

_OTHERS: Final = ("-a", "a.exp()", "a * 2", "a + 2", "a ** 2", "a.tanh()", "a - 2")
"""Forms of one node whose slope is 0 nowhere that matters."""
_NUMBER: Final = Const(2)
_ENOUGH: Final = 2
_LEAF: Final = 0.75
"""What stands for a node in the place of which a leaf is put."""
KEEPS_NOT: Final = "does not keep its"


def above(
    case: Case, asked: Callable[[Case], bool | None], usable: Collection[str]
) -> bool:
    """Whether the last operation cuts off whatever stands below it, and is right with leaves.

    Args:
        case: an operation on another one's result, of which the operands get nothing.
        asked: whether the engine is wrong; ``None`` where that cannot be told.
        usable: forms that the engine has.
    """
    last, nodes = case.graph.nodes[-1], case.graph.nodes
    halted = inner(case)
    if not halted or not isinstance(last, Apply):
        return False
    arg = halted[0]
    made, place = nodes[arg], last.args.index(arg)
    if not isinstance(made, Apply) or made.op == last.op:
        return False
    first = next((i for i, a in enumerate(made.args) if not isinstance(a, Const)), 0)
    used = {made.op, last.op}
    below = [asked(other) for other in _with_another(case, arg, first, used, usable)]
    if below.count(True) < _ENOUGH or False in below:
        return False
    end = len(nodes) - 1
    return False in [asked(other) for other in _with_another(case, end, place, used, usable)]


def _with_another(
    case: Case, at: int, place: int, used: Collection[str], usable: Collection[str]
) -> Iterator[Case]:
    """The case with other operations in the place of one node, on one operand of it."""
    nodes = case.graph.nodes
    node = nodes[at]
    if not isinstance(node, Apply):
        return
    for text in _OTHERS:
        if text in usable and (form := FORMS[text]).op not in used:
            arg = node.args[place]
            args = (arg,) if OPS[form.op].arity == 1 else (arg, _NUMBER)
            with contextlib.suppress(GraphError):  # a method of a number, say
                yield tidy([*nodes[:at], Apply(form.op, args), *nodes[at + 1 :]], case.point)


def _cuts(case: Case, ask: Callable[[Case], Reading], arg: int) -> bool:
    """Whether other operations in the place of an operand get nothing through, either."""
    last, made = case.graph.nodes[-1], case.graph.nodes[arg]
    if not isinstance(last, Apply) or not isinstance(made, Apply):
        return False
    place = last.args.index(arg)
    first = next((i for i, a in enumerate(made.args) if not isinstance(a, Const)), 0)
    told = []
    for other in _with_another(case, arg, first, {made.op, last.op}, _OTHERS):
        reading, user = ask(other), other.graph.nodes[-1]
        operand = user.args[place] if isinstance(user, Apply) else None
        if reading.raised is None and isinstance(operand, int) and isinstance(user, Apply):
            leaves = below(other.graph.nodes, [operand]) & {*other.graph.leaves} - {*user.parents}
            told += [any(reading.gradients[leaf] for leaf in leaves)] if leaves else []
    return bool(told) and not any(told)


def _reached(case: Case, ask: Callable[[Case], Reading], arg: int) -> bool:
    """Whether an operand that is made of others passes something on where it is made of leaves."""
    nodes = case.graph.nodes
    made = nodes[arg]
    parents = made.parents if isinstance(made, Apply) else ()
    deep = [i for i in dict.fromkeys(parents) if isinstance(nodes[i], Apply)]
    if not deep:
        return False
    flat = [Leaf("") if i in deep else node for i, node in enumerate(nodes)]
    numbers = dict(zip(case.graph.leaves, case.point, strict=True)) | dict.fromkeys(deep, _LEAF)
    small = tidy(flat, tuple([numbers[i] for i in sorted(numbers)]))
    last = small.graph.nodes[-1]
    reading = ask(small)
    if reading.raised is not None or not isinstance(last, Apply):
        return False
    leaves = {*small.graph.leaves} - {*last.parents}
    return any(reading.gradients[leaf] for leaf in leaves)


def kept_not(case: Case, ask: Callable[[Case], Reading]) -> Diagnosis | None:
    """The diagnosis where an operand that passes nothing on does so where it is used besides.

    Args:
        case: an operation on others' results, of which the operands get nothing.
        ask: asks the engine.
    """
    last, halted = case.graph.nodes[-1], inner(case)
    if not isinstance(last, Apply) or not halted or passes_on(case, ask, halted) is not True:
        return None
    if not all(_cuts(case, ask, arg) for arg in halted):
        return None  # what made it passes only some gradients on
    if any(_reached(case, ask, arg) for arg in halted):
        return None  # it is kept, and comes too early or too late
    op, which = last.op, "operand"
    if len(last.parents) > 1:
        sides = ["left" if last.args.index(arg) == 0 else "right" for arg in halted]
        which = f"{sides[0]} operand" if len(sides) == 1 else "operands"
    explanation = (
        f"The right gradient arrives at the {which} of {op}, and nothing is passed on from there: "
        "backward does not come there from the result. Where another operation uses the same node "
        "as well, something is passed on, so that the rule of whatever made it is there. Look at "
        f"what the result of {op} is given as its parents: all its operands belong there."
    )
    return Diagnosis("", f"the result of {op} {KEEPS_NOT} {which}", explanation)
