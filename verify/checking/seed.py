"""Whether a pass begins with a wrong gradient of the output: then no operation is to blame.

The output's gradient by itself is 1.  Where it is another number, and every other gradient of the
graph is that many times what it should be, either the pass begins wrongly, or the last operation's
rule changes what it is given.  Two experiments tell these apart: with one more operation behind it
the same graph is right; or chains of operations that have nothing in common are wrong alike.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph
from verify.expression.ops import FORMS
from verify.generators import chains
from verify.generators.random import drawn, inside
from verify.generators.special import uses_only
from verify.verdict.agreement import rounded_alike
from verify.verdict.judgement import Verdict
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.verdict.judgement import Judgement

BEGINS: Final = "the backward pass begins with a wrong gradient of the output"
"""How the title of such a finding begins."""
ALL_BY_ONE: Final = (
    "Where it is wrong, every gradient is wrong by one factor, that of the output itself too: look "
    "at the line of backward that sets it."
)
"""What is said of an engine that begins wrongly now and then."""
_BEHIND: Final = (
    Apply("mul", (0, Const(2))), Apply("neg", (0,)), Apply("add", (0, Const(2))),
    Apply("mul", (0, Const(0.01))), Apply("tanh", (0,)), Apply("exp", (0,)),
    Apply("sigmoid", (0,)),
)  # fmt: skip
"""Operations that are put behind a graph."""
_RIGHT: Final = 2
"""So many of them have to make it right."""
_FAMILIES: Final = ("add", "mul", "exp", "log", "sin")
"""Operations that engines do not make of one another."""
_ALIKE: Final = 2
"""So many families have to be wrong in this way, where nothing behind the graph makes it right."""
_SHORT: Final = range(1, 13)
_DRAWN: Final = 12
"""Graphs that are drawn of each family."""
_LONG: Final = (16, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
_FEW: Final = 2
"""Families that are asked at most, beside those that are wrong."""


def factor(case: Case, judgement: Judgement) -> float | None:
    """How many times too large all gradients of a graph are, the output's own among them.

    Args:
        case: on which an engine is wrong.
        judgement: on its answer.

    Returns:
        The output's own gradient where that is wrong and all others are so many times the true
        ones; ``None`` where it is not so, or a value is wrong.
    """
    output = len(case.graph.nodes) - 1
    numbers = judgement.numbers if judgement.raised is None else ()
    if any(n.quantity == "value" and n.verdict is Verdict.WRONG for n in numbers):
        return None
    gradients = {n.node: n for n in numbers if n.quantity == "gradient"}
    own = gradients.pop(output, None)
    if own is None or own.verdict is not Verdict.WRONG or own.got is None:
        return None
    if own.truth is None or own.truth.middle != 1 or not math.isfinite(own.got):
        return None
    for number in gradients.values():
        if number.got is None or number.truth is None or not number.truth.known:
            continue
        if number.truth.note:
            continue
        wanted = own.got * number.truth.middle
        if not (math.isfinite(number.got) and math.isfinite(wanted)):
            return None
        if not rounded_alike(number.got, wanted, number.truth):
            return None
    return own.got


@dataclass(slots=True)
class _Tally:
    """What fresh graphs show."""

    asked: int = 0
    alike: int = 0
    families: int = 0
    first: float | None = None


def begins(
    seen: Examined,
    ask: Callable[[Case], Examined | None],
    usable: Collection[str],
    where: str = "",
) -> Diagnosis | None:
    """The diagnosis where the pass begins wrongly; ``None`` where that does not explain a case.

    Args:
        seen: a case on which the engine is wrong, and its answer.
        ask: gives the engine's answer to another case, after the same scenario.
        usable: forms that the engine has.
        where: the scenario, or the condition on the output if that is known, as a sentence goes on.
    """
    scale = factor(seen.case, seen.judgement)
    if scale is None:
        return None
    told = _tallied(len(seen.case.graph.nodes), ask, usable)
    alone = not seen.case.graph.operations
    if not (alone or told.families >= _ALIKE or _mended_behind(seen.case, ask)):
        return None
    return _said(scale, told, where, alone=alone)


def _mended_behind(case: Case, ask: Callable[[Case], Examined | None]) -> bool:
    """Whether the same graph is right with another operation behind it."""
    nodes = case.graph.nodes
    last = len(nodes) - 1
    right = 0
    for behind in _BEHIND:
        args = tuple([arg if isinstance(arg, Const) else last for arg in behind.args])
        graph = Graph((*nodes, Apply(behind.op, args)))
        if not inside(graph, case.point):
            continue
        seen = ask(Case(graph, case.point))
        right += seen is not None and _all_right(seen)
    return right >= _RIGHT


def _all_right(seen: Examined) -> bool:
    return seen.judgement.raised is None and seen.judgement.verdict is Verdict.CORRECT


def _tallied(
    size: int, ask: Callable[[Case], Examined | None], usable: Collection[str]
) -> _Tally:
    """How many fresh graphs of one operation each are wrong in this way, and of how many."""
    told = _Tally()
    steps = chains.steps(usable)
    for op in [op for op in _FAMILIES if op in steps][: _ALIKE + _FEW]:
        found = 0
        for case in _family(op, steps[op], size, usable):
            seen = ask(case)
            if seen is None or seen.judgement.raised is not None:
                continue
            told.asked += 1
            found += factor(case, seen.judgement) is not None
        told.alike += found
        told.families += bool(found)
        if told.families >= _ALIKE:
            break
    return told


def _family(op: str, step: str, size: int, usable: Collection[str]) -> Iterator[Case]:
    """Chains of one operation, and graphs that are drawn of it, the latter at ordinary numbers."""
    long = itertools.takewhile(lambda length: length <= 2 * size, _LONG)
    for length in (*_SHORT, *long):
        yield chains.taken(((op, step),), length)
    forms = [FORMS[text] for text in usable if FORMS[text].op == op]
    chance = random.Random(op)  # noqa: S311 - not a secret
    for case in drawn(_DRAWN if forms else 0, chance, forms=forms, max_operations=4):
        if case.graph.operations and uses_only(case.graph, usable):
            yield case


def beyond(check: str, right: float, failing: Sequence[Examined]) -> Diagnosis | None:
    """The diagnosis where it is large graphs in which the pass begins wrongly.

    Args:
        check: the ladder, ``size``, ``depth`` or ``fan-out``.
        right: up to which scale all is right.
        failing: what is wrong beyond it.
    """
    found = [factor(seen.case, seen.judgement) for seen in failing]
    mixed = len({op for seen in failing for op in seen.case.graph.operations}) >= _ALIKE
    if check not in _LARGE or not mixed or not found or None in found or found[0] is None:
        return None
    return _said(found[0], _Tally(), _LARGE[check].format(f"{right:,.0f}"), alone=False)


_LARGE: Final = {
    "size": "in graphs of more than {} nodes",
    "depth": "in graphs more than {} operations deep",
    "fan-out": "in graphs that use a node more than {} times",
}


def _said(scale: float, told: _Tally, where: str, *, alone: bool) -> Diagnosis:
    every = told.asked > 0 and told.alike == told.asked
    place = where or (
        "in every graph" if every
        else "where the output is a leaf" if alone and not told.alike
        else "in some graphs"
    )  # fmt: skip
    size = "0" if not scale else f"{scale:.6g}"
    others = f"{size} times the true one" if scale else "0 as well"
    explanation = (
        f"Values are right. The gradient of the output by itself is 1; here it is {size}, and "
        f"every other one is {others}: what backward begins with is wrong, and no operation is. "
        f"{_counted(told)}Look at the line of backward that sets the gradient of the output, and "
        "at what it depends on: a condition, the number of nodes, a value, how often backward ran. "
        "It is 1, always."
    )
    return Diagnosis("", f"{BEGINS} {place}", explanation)


def _counted(told: _Tally) -> str:
    if not told.asked:
        return ""
    return f"Of {told.asked} fresh graphs {told.alike or 'none'} were wrong in this way. "
