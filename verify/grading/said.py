"""What is said of a criterion, from how many answers were right and wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from verify.expression.ops import FORMS
from verify.grading.criteria import CRITERIA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.grading.evidence import Seen

_NUMBERS: Final = "numbers/"


def said(
    key: str, counts: Counter[str], forms: Mapping[str, Counter[str]], excused: int
) -> Seen:
    """What is said of a criterion to which nothing is charged.

    That one form or number is right does not speak for others of the same operation which are
    wrong, whatever they follow from; nor do a few right answers for a pass that is mostly wrong.

    Args:
        key: the criterion.
        counts: how many answers were what.
        forms: the same of each form by itself.
        excused: wrong answers that follow from operations which are wrong.
    """
    by_itself = bool(CRITERIA[key].op) or key.startswith(_NUMBERS)
    left = counts["wrong"] - (0 if by_itself else excused)
    if counts["right"] > left and not _one_is_wrong(key, forms):
        return "right"
    if counts["wrong"]:
        return "not reached"
    return "missing" if counts["missing"] else "undecided"


def _one_is_wrong(key: str, forms: Mapping[str, Counter[str]]) -> bool:
    """Whether a form with a number is mostly wrong, though another one is right."""
    op = CRITERIA[key].op if key.startswith(_NUMBERS) else ""
    asked = [form for form in FORMS.values() if form.op == op and not form.inplace]
    seen = [forms.get(form.text, Counter[str]()) for form in asked if not all(form.nodes)]
    return any(counts["wrong"] >= counts["right"] for counts in seen if counts["wrong"])
