"""How far a gradient gets: to nodes that it has no business with, or not beyond an operand.

Both show in which numbers are wrong, and which beside them are right: no fault is matched.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, Leaf, below
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.expression.graph import Node
    from verify.expression.reading import Reading
    from verify.verdict.judgement import Judged, Judgement

AT_ZERO: Final = "an inner node whose value is 0 passes nothing on"
_SHIFT: Final = 0.37
ASIDE: Final = "a leaf that the output is not made of has a gradient"


def aside(case: Case, judgement: Judgement) -> Diagnosis | None:
    """The diagnosis where only nodes of which the output is not made have a wrong gradient.

    Args:
        case: the smallest case.
        judgement: on what the engine said of it.
    """
    wrong = judgement.wrong
    made_of = below(case.graph.nodes, [len(case.graph.nodes) - 1])
    if not wrong or any(n.quantity != "gradient" or n.node in made_of for n in wrong):
        return None
    name, got = case.graph.names[wrong[0].node], wrong[0].got
    explanation = (
        f"The output is not made of {name}, so its gradient is 0, and the engine says {got!r}. No "
        "operation is to blame: look at what a gradient is before the first backward pass, and at "
        "what backward does to nodes that it does not reach."
    )
    return Diagnosis("", ASIDE, explanation)


def stopped(
    case: Case, judgement: Judgement, needed: Collection[str] | None = None
) -> Diagnosis | None:
    """The diagnosis where an operation's operand has the right gradient and passes nothing on.

    Args:
        case: the smallest case, with one operation on another one.
        judgement: on what the engine said of it.
        needed: the operations without which the case is right; ``None`` if that is not known.
    """
    nodes, wrong = case.graph.nodes, judgement.wrong
    last = nodes[-1]
    if not wrong or not isinstance(last, Apply) or any(n.got or not _gradient(n) for n in wrong):
        return None
    right = _right(judgement)
    halted = [
        arg for arg in dict.fromkeys(last.parents) if arg in right and isinstance(nodes[arg], Apply)
    ]
    uses = case.graph.uses
    if any(uses[arg] > 1 for arg in halted):  # then it may be their number that matters
        return None
    if not halted or any(n.node not in below(nodes, halted) - {*halted} for n in wrong):
        return None
    if any(i in right and right[i].got for arg in halted for i in _operands(nodes[arg])):
        return None  # something is passed on: it stops further down
    op = last.op
    own = {node.op for node in (nodes[arg] for arg in halted) if isinstance(node, Apply)}
    if needed is not None and own == {*needed} != {op}:
        got = [n.got for n in judgement.numbers if n.node == halted[0] and _gradient(n)]
        return _held(own.pop(), got[0])
    if needed is not None and op not in needed:
        explanation = (
            "It gets the right gradient, and what it is made of gets none, whichever operation "
            "stands above it: look at the order in which backward runs the rules, and whether "
            "each result keeps its rule and its operands."
        )
        return Diagnosis("", "an inner node gets its gradient and passes nothing on", explanation)
    explanation = (
        f"The operand of {op} gets the right gradient here, and passes none of it on: its own rule "
        f"was not run, not in time, or is gone. Look whether the result of {op} keeps its operand "
        f"among its parents, as backward does not come to it otherwise; whether {op} stores its "
        "rule on its operand (self._backward = ...), where it takes the place of the operand's "
        "own, instead of on the result (out._backward = ...); and at the order in which rules are "
        "run."
    )
    title = f"the gradient stops at the operand of {op}, where that is no leaf"
    return Diagnosis("", title, explanation)


def _operands(node: Node) -> Sequence[int]:
    return node.parents if isinstance(node, Apply) else ()


def at_zero(
    case: Case, judgement: Judgement, asked: Callable[[Case], Reading]
) -> Diagnosis | None:
    """The diagnosis where a node passes nothing on because its value is 0.

    Args:
        case: the smallest case, in which a gradient has :func:`stopped`.
        judgement: on what the engine said of it.
        asked: asks the engine.
    """
    last = case.graph.nodes[-1]
    halted = last.parents if isinstance(last, Apply) else ()
    values = {n.node: n.got for n in judgement.numbers if n.quantity == "value"}
    zero = [i for i in halted if values.get(i) == 0]
    moved = tuple([x + _SHIFT * place for place, x in enumerate(case.point, 1)])
    reading = asked(Case(case.graph, moved))
    if not zero or reading.raised is not None or any(reading.values[i] == 0 for i in zero):
        return None
    if not all(reading.gradients[n.node] for n in judgement.wrong):
        return None
    explanation = (
        "It gets the right gradient, and what it is made of gets none; where its value is another "
        "number, that gets one. Look for a condition that asks whether there is a node, such as "
        "`if node`, filter(None, ...) or `if node.data`: a node with a __bool__ or __len__ of its "
        "own counts as nothing there."
    )
    return Diagnosis("", AT_ZERO, explanation)


def _held(op: str, gradient: float | None) -> Diagnosis:
    """The diagnosis of an operation that is right alone, and passes this gradient on to nobody."""
    if gradient == 1.0:  # as alone
        explanation = (
            f"The result of {op} gets the right gradient, 1, and its operand gets none. Alone it "
            f"gets the same, and {op} is right: the size of the gradient is not the matter. Look "
            "at the order in which rules are run."
        )
        return Diagnosis("", f"{op} passes nothing on below another operation", explanation)
    explanation = (
        f"The result of {op} gets the right gradient, {gradient!r}, and its operand gets none. "
        f"Alone, where that gradient is 1, {op} is right: look for what its rule makes of the "
        "gradient from above, and at the order in which rules are run."
    )
    return Diagnosis("", f"{op} passes nothing on where its gradient is {gradient!r}", explanation)


def handed_on(case: Case, judgement: Judgement, *, twice: bool = False) -> int | None:
    """The inner node whose gradient is right, and that of its operands is not; ``None`` if none.

    What stands above it has done its part then, whatever it takes to show the mistake.

    Args:
        case: the smallest case: one operation, and one on its result.
        judgement: on what the engine said of it.
        twice: whether it may be both operands of that, and may have been handled too early.
    """
    graph, wrong = case.graph, judgement.wrong
    last = graph.nodes[-1]
    if len(graph.operations) != 2 or not isinstance(last, Apply) or not wrong:
        return None
    inner = next((i for i in last.parents if isinstance(graph.nodes[i], Apply)), None)
    if inner is None or inner not in _right(judgement) or (graph.uses[inner] != 1 and not twice):
        return None
    own = _operands(graph.nodes[inner])
    if any(not _gradient(n) or n.node not in own or n.node in last.parents for n in wrong):
        return None
    return inner


def to_blame(
    case: Case,
    judgement: Judgement,
    needed: frozenset[str],
    cut: Callable[[Case], bool] = lambda _: False,
) -> frozenset[str]:
    """Of the operations without which a case is right, those that do it.

    One that only makes the gradient large, or negative, for the other is needed for that.

    Args:
        case: the smallest case.
        judgement: on what the engine said of it.
        needed: the operations without which the case is right.
        cut: asks whether the last operation cuts off whatever stands below it.
    """
    last = case.graph.nodes[-1]
    if needed and isinstance(last, Apply) and stopped(case, judgement) is not None and cut(case):
        return frozenset({last.op})
    inner = handed_on(case, judgement)
    node = case.graph.nodes[inner] if inner is not None else None
    if isinstance(node, Apply) and node.op in needed:
        return frozenset({node.op})
    if needed and stopped(case, judgement) is not None:
        return needed & {case.graph.operations[-1]} or needed
    return needed


def upstream(
    case: Case, judgement: Judgement, alone: Callable[[Case], Reading]
) -> Diagnosis | None:
    """The diagnosis where an operation is right by itself, and wrong below another one.

    Args:
        case: the smallest case: one operation, and one on its result.
        judgement: on what the engine said of it.
        alone: asks the engine.
    """
    graph, inner = case.graph, handed_on(case, judgement, twice=True)
    if inner is None:
        return None
    node, above = graph.nodes[inner], _right(judgement)[inner].got
    if not isinstance(node, Apply) or above == 1:
        return None
    if not all(n.got is not None and math.isfinite(n.got) for n in judgement.wrong):
        return None  # infinity is the same times whatever comes from above
    leaves = [i for i in graph.leaves if i < inner]
    if leaves != list(range(inner)):
        return None
    small, wrong = Case(Graph(graph.nodes[: inner + 1]), case.point[: len(leaves)]), judgement.wrong
    missing = _same(alone(small), wrong)
    if graph.uses[inner] > 1 and not (missing and _same(alone(_tripled(small)), wrong)):
        return None  # it may have been handled before all of its gradient was there
    explanation = (
        f"By itself {node.op} is right, where the gradient that comes from above is 1. Here "
        f"{above!r} comes from above, "
    )
    if missing:
        title = f"{node.op}: the upstream gradient is missing"
        explanation += f"and {node.op} hands on what it did without: multiply by out.grad."
        if node.args == (0, 0) and _grows(_apart(small), alone):
            title += " where both operands are the same node"
            explanation += " Where they are two, it is right."
    else:
        title = f"{node.op} is right by itself, and wrong below another operation"
        explanation += (
            "and what is handed on is not that many times the local derivative: look at how "
            "out.grad is multiplied in, at brackets, signs and powers."
        )
    return Diagnosis("", title, explanation)


def at_one(
    case: Case, judgement: Judgement, alone: Callable[[Case], Reading]
) -> Diagnosis | None:
    """The diagnosis where an operation passes nothing on for 1 from above alone, as ``1 - g`` is.

    Args:
        case: one operation.
        judgement: on what the engine said of it.
        alone: asks the engine.
    """
    graph, end = case.graph, len(case.graph.nodes) - 1
    if len(graph.operations) != 1 or any(n.got for n in judgement.wrong):
        return None
    below = Case(Graph((*graph.nodes, Apply("add", (end, Const(2))))), case.point)
    one, three = (alone(asked) for asked in (below, _tripled(case)))
    silent = one.raised is None and not any(one.gradients[:end])
    if not silent or three.raised is not None or not any(three.gradients[:end]):
        return None
    op = graph.operations[0]
    explanation = (
        f"Where the gradient that comes from above is 1, {op} hands on 0, and where 3 comes from "
        "above it hands on something: look at how out.grad enters. It is a factor of what is "
        "handed on, and nothing else."
    )
    return Diagnosis("", f"{op}: the upstream gradient is no factor", explanation)


def _same(reading: Reading, wrong: Sequence[Judged]) -> bool:
    """Whether gradients are what they were where they were wrong."""
    return reading.raised is None and all(reading.gradients[n.node] == n.got for n in wrong)


def _tripled(case: Case) -> Case:
    """A case with 3 from above its last operation."""
    nodes = case.graph.nodes
    return Case(Graph((*nodes, Apply("mul", (len(nodes) - 1, Const(3))))), case.point)


def _apart(case: Case) -> Case:
    """An operation on one leaf twice as one on two of the same number."""
    nodes = case.graph.nodes
    last = nodes[-1]
    if len(nodes) != 2 or not isinstance(last, Apply):
        return case
    graph = Graph((nodes[0], Leaf(f"{case.graph.names[0]}2"), replace(last, args=(0, 1))))
    return Case(graph, case.point * 2)


def _grows(case: Case, ask: Callable[[Case], Reading]) -> bool:
    """Whether gradients are three times as large where 3 comes from above."""
    one, three = ask(case), ask(_tripled(case))
    if one.raised is not None or three.raised is not None:
        return False
    pairs = [(one.gradients[leaf], three.gradients[leaf]) for leaf in case.graph.leaves]
    return all(x and y and math.isclose(3 * x, y) for x, y in pairs)


def _right(judgement: Judgement) -> dict[int, Judged]:
    """By node, the gradients that are right."""
    numbers = judgement.numbers
    return {n.node: n for n in numbers if n.verdict is Verdict.CORRECT and _gradient(n)}


def _gradient(number: Judged) -> bool:
    return number.quantity == "gradient"
