"""A program at numbers that do not coincide, where its value is wrong and not a gradient alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const
from verify.generators.random import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.checking.assess import Examined

_FACTORS: Final = (1.5, 0.5, -1.5)


def telling(
    case: Case, seen: Examined, judged: Callable[[Case], Examined | None]
) -> tuple[Case, Examined]:
    """One operation of a node and an equal number, with another number where that says more.

    ``2 / a`` is ``a / 2`` where ``a`` is 2: there only the gradient says that they are swapped.

    Args:
        case: that fails.
        seen: how.
        judged: looks at other cases; ``None`` where they are right.
    """
    if seen.reading.raised is None and not _wrong_value(seen) and _equal(case):
        for moved in _moved(case):
            other = judged(moved)
            if other is not None and other.reading.raised is None and _wrong_value(other):
                return moved, other
    return case, seen


def _wrong_value(seen: Examined) -> bool:
    return any(number.quantity == "value" for number in seen.judgement.wrong)


def _equal(case: Case) -> bool:
    """Whether the one operation has a number beside a node of that value."""
    node = case.graph.nodes[-1]
    if len(case.graph.operations) != 1 or not isinstance(node, Apply):
        return False
    return any(isinstance(arg, Const) and arg.value in case.point for arg in node.args)


def _moved(case: Case) -> Iterator[Case]:
    for factor in _FACTORS:
        point = tuple([factor * number for number in case.point])
        if inside(case.graph, point):
            yield Case(case.graph, point)
