"""Rules of an optimizer's own are told from mistakes in an update."""

import math

from hypothesis import given
from hypothesis import strategies as st

from verify.expression.reading import NetworkState
from verify.networks.rules import own_rule

RATE = 0.05
Row = tuple[float, ...]
Turn = tuple[NetworkState, NetworkState]
NUMBERS = st.floats(0.05, 3.0).flatmap(lambda x: st.sampled_from((x, -x)))
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=9)
TURNS = st.tuples(PAIRS, PAIRS)


def turn(pairs: list[tuple[float, float]], used: list[float]) -> Turn:
    """What is read before and after an update with these numbers for the gradients."""
    data, gradients = (tuple(column) for column in zip(*pairs, strict=True))
    moved = tuple([p - RATE * g for p, g in zip(data, used, strict=True)])
    return _state(data, gradients), _state(moved, gradients)


def _state(data: Row, gradients: Row) -> NetworkState:
    return NetworkState(outputs=(0.0,), loss=0.0, data=data, gradients=gradients)


@given(TURNS, st.floats(1e-4, 0.5))
def test_weight_decay_is_a_rule(both: tuple[list[tuple[float, float]], ...], decay: float) -> None:
    """``p -= rate * (g + decay * p)``, with one decay for all parameters in all updates."""
    turns = [turn(pairs, [g + decay * p for p, g in pairs]) for pairs in both]
    assert own_rule(turns, RATE) == f"updates have a weight decay of {decay:.3g}"


@given(TURNS, st.floats(0.1, 2.0))
def test_clipping_is_a_rule(both: tuple[list[tuple[float, float]], ...], limit: float) -> None:
    """Gradients beyond a limit count as the limit; where none is beyond it, descent is plain."""
    turns = [
        turn(pairs, [math.copysign(min(abs(g), limit), g) for _, g in pairs]) for pairs in both
    ]
    beyond = any(abs(g) > limit * (1 + 1e-6) for pairs in both for _, g in pairs)
    if beyond:
        assert own_rule(turns, RATE) == f"updates clip gradients at {limit:.3g}"


def test_clipping_by_norm_is_a_rule() -> None:
    """All gradients get smaller where their norm is beyond a limit, by another factor each time."""
    first, second = [(0.5, 3.0), (0.25, 4.0)], [(0.5, 0.3), (0.25, 0.4)]
    turns = [turn(first, [0.6, 0.8]), turn(second, [0.3, 0.4])]
    assert own_rule(turns, RATE) == "updates clip the norm of all gradients at 1"


@given(TURNS)
def test_a_mistake_is_no_rule(both: tuple[list[tuple[float, float]], ...]) -> None:
    """Uphill, another rate, nothing, the first alone, the sign alone: none is called a rule."""
    both[0][0], both[1][0] = (0.5, 0.04), (0.5, -0.03)  # smaller than all others
    for used in (
        lambda p, g, i: -g, lambda p, g, i: g / 2, lambda p, g, i: g / RATE, lambda p, g, i: 0.0,
        lambda p, g, i: 0.0 if i else g, lambda p, g, i: math.copysign(1.0, g),
        lambda p, g, i: p / RATE + g, lambda p, g, i: g + 1.0,
    ):  # fmt: skip
        turns = [turn(pairs, [used(p, g, i) for i, (p, g) in enumerate(pairs)]) for pairs in both]
        assert own_rule(turns, RATE) == ""


def test_what_is_not_there_is_no_rule() -> None:
    """Without numbers, and without updates."""
    assert own_rule([], RATE) == ""
    state = NetworkState(outputs=(0.0,), loss=0.0, data=(0.5,), gradients=(None,))
    assert own_rule([(state, state)], RATE) == ""
