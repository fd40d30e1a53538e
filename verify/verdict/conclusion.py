"""From what was judged and found to the verdict on an engine, and the status of each operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.ops import FORMS, OPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from verify.verdict.disputes import Dispute
    from verify.verdict.outcome import Accounts, Control, EngineVerdict, Status

MINIMUM: Final = 100
"""Gradients that must be judged before an engine may be called correct."""
_FORWARD_ONLY: Final = "the engine has no backward pass; only its forward pass was judged"


def concluded(  # noqa: PLR0913 - all that may stand against an engine
    accounts: Accounts,
    control: Control | None,
    *,
    wrong: bool,
    has_backward: bool,
    minimum: int = MINIMUM,
    disputes: Sequence[Dispute] = (),
    broken: Sequence[str] = (),
    refused: str = "",
    refusals: str = "",
) -> tuple[EngineVerdict, str]:
    """The verdict, and the reason for it where it is neither ``correct`` nor ``wrong``.

    Args:
        accounts: what was judged.
        control: the negative control; ``None`` where there was nothing right to plant mistakes in.
        wrong: whether anything was found wrong.
        has_backward: whether the engine has a backward pass.
        minimum: gradients that must be judged.
        disputes: where the oracles contradict each other.
        broken: what broke off a part of the run.
        refused: why refusals alone leave too little, ``""`` if they do not.
        refusals: what is refused most often, for the reason.
    """
    if disputes:
        return "inconclusive", f"the oracles contradict each other: {disputes[0]}"
    if wrong:
        return "wrong", ""
    if broken:
        return "inconclusive", broken[0]
    if not has_backward:
        return "inconclusive", _FORWARD_ONLY
    if refused:
        return "inconclusive", refused
    if accounts.gradients < minimum or not accounts.judged:
        few = f"{accounts.gradients} gradients judged, {max(minimum, 1)} are the minimum"
        return "inconclusive", f"{few}; {refusals}" if refusals else few
    if control is not None and not control.passed:
        reason = f"negative control: {control.caught} of {control.planted} caught"
        return "inconclusive", reason
    return "correct", ""


def of_operations(
    forms: Mapping[str, Status], accused: Collection[str] = ()
) -> dict[str, Status]:
    """The status of each operation.

    Args:
        forms: status by form.
        accused: operations that findings call wrong.
    """
    return {
        op: _of_forms({status for text, status in forms.items() if FORMS[text].op == op},
                      accused=op in accused)
        for op in OPS
    }  # fmt: skip


def _of_forms(statuses: Collection[Status], *, accused: bool) -> Status:
    if set(statuses) == {"missing"}:  # who was accused with others: there is no such operation
        return "missing"
    if accused:
        return "wrong"
    order: tuple[Status, ...] = ("wrong", "imprecise", "correct")
    return next((status for status in order if status in statuses), "undecided")
