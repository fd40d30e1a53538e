"""The verdict on an engine is derived in one place, for a check and for a replay."""

from collections import Counter
from typing import Any

import pytest

from verify.expression.graph import Case
from verify.expression.ops import OPS
from verify.expression.reading import QUANTITIES, Reading
from verify.oracles.registry import consult
from verify.verdict.conclusion import concluded, of_operations
from verify.verdict.control import control
from verify.verdict.outcome import Accounts, Control, EngineVerdict, Status

ENOUGH = Accounts(verdicts=Counter(correct=300), gradients=100)
FEW = Accounts(verdicts=Counter(correct=300), gradients=99)
CAUGHT = Control(4, 4)


@pytest.mark.parametrize(
    ("accounts", "control", "more", "expected"),
    [
        (ENOUGH, CAUGHT, {}, ("correct", "")),
        (ENOUGH, None, {}, ("correct", "")),  # nothing right to plant a mistake in
        (ENOUGH, Control(4, 3), {}, ("inconclusive", "negative control: 3 of 4 caught")),
        (ENOUGH, Control(0, 0), {}, ("inconclusive", "negative control: 0 of 0 caught")),
        (FEW, CAUGHT, {}, ("inconclusive", "99 gradients judged, 100 are the minimum")),
        (FEW, CAUGHT, {"minimum": 99}, ("correct", "")),
        (Accounts(), CAUGHT, {"minimum": 0}, (
            "inconclusive", "0 gradients judged, 1 are the minimum"
        )),
        (FEW, CAUGHT, {"refusals": "8 refused"}, (
            "inconclusive", "99 gradients judged, 100 are the minimum; 8 refused"
        )),
        (ENOUGH, CAUGHT, {"refused": "it refuses a sum"}, ("inconclusive", "it refuses a sum")),
        (ENOUGH, CAUGHT, {"has_backward": False, "refused": "it refuses a sum"}, (
            "inconclusive", "the engine has no backward pass; only its forward pass was judged"
        )),
        (ENOUGH, CAUGHT, {"broken": ["died"], "has_backward": False}, ("inconclusive", "died")),
        (FEW, CAUGHT, {"wrong": True, "broken": ["died"]}, ("wrong", "")),
        (ENOUGH, CAUGHT, {"wrong": True, "disputes": ("torch: value of node 0",)}, (
            "inconclusive", "the oracles contradict each other: torch: value of node 0"
        )),
    ],
)  # fmt: skip
def test_what_comes_first_decides(
    accounts: Accounts,
    control: Control | None,
    more: dict[str, Any],
    expected: tuple[EngineVerdict, str],
) -> None:
    """A dispute accuses nobody, one wrong number is enough, and too little is never correct."""
    facts = {"wrong": False, "has_backward": True, **more}
    assert concluded(accounts, control, **facts) == expected


@pytest.mark.parametrize(
    ("forms", "accused", "expected"),
    [
        ({}, (), "undecided"),
        ({"a + b": "correct", "a + 2": "missing"}, (), "correct"),
        ({"a + b": "imprecise", "a + 2": "correct"}, (), "imprecise"),
        ({"a + b": "correct", "a + 2": "wrong"}, (), "wrong"),
        ({"a + b": "correct"}, ("add",), "wrong"),
        ({"a + b": "missing", "a + 2": "missing"}, ("add",), "missing"),
        ({"a + b": "missing", "a + 2": "undecided"}, (), "undecided"),
    ],
)
def test_an_operation_is_as_its_worst_form(
    forms: dict[str, Status], accused: tuple[str, ...], expected: Status
) -> None:
    """What a finding blames is wrong too, unless there is no such operation."""
    found = of_operations(forms, accused)
    assert (found["add"], list(found)) == (expected, list(OPS))


def test_nothing_is_planted_where_rounding_alone_is_read() -> None:
    """``a / a`` has the slope 0, of which rounding leaves something: twice that is no mistake."""
    case = Case.parse("c = a / a; b * 3 + c  at  a=0.3, b=2.0")
    known = consult(case)
    values, told = ([e.middle for e in known.truth.column(q)] for q in QUANTITIES)
    assert told[0] == 0
    planted = 4 * sum(gradient != 0 for gradient in told)
    told[0] = 1.8e-15
    reading = Reading("engine", tuple(values), tuple(told))
    assert Control(planted, planted) == control([(reading, known)])
