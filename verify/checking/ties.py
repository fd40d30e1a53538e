"""What is said of an engine that takes two slopes at one kink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply
from verify.verdict import shares
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.expression.graph import Case
    from verify.verdict.judgement import Judged

_SELECT: Final = ("max", "min")


def at_a_tie(case: Case, wrong: Judged) -> Diagnosis | None:
    """The diagnosis where equal operands of ``max`` or ``min`` share more or less than there is.

    Args:
        case: the smallest case.
        wrong: its most telling number.
    """
    named = [op for op in _SELECT if op in case.graph.operations]
    if not named or wrong.quantity != "gradient":
        return None
    if wrong.reason != shares.REASON and not _of_itself(case):
        return None
    op = named[0]
    explanation = (
        f"The operands of {op} are equal here. Either may get the whole gradient, or each a part "
        f"of it, but the parts have to add up to one: {op}(a, a) is a, and its slope is 1. Look "
        "for two comparisons that are both true, or both false, where the operands are equal."
    )
    return Diagnosis("", f"at a tie of {op} the shares do not add up to one", explanation)


def _of_itself(case: Case) -> bool:
    """Whether ``max`` or ``min`` of one node with itself is all that there is."""
    made = [node for node in case.graph.nodes if isinstance(node, Apply)]
    return len(made) == 1 and made[0].op in _SELECT and len(set(made[0].args)) == 1
