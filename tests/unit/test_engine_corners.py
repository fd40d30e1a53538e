"""Corners that only a mutant found: a comparison moved by one, an error of another kind."""

import math

import pytest

from micrograd.engine import Value
from micrograd.nn import dot


@pytest.mark.parametrize("base", [-0.5, -1.0, -3.0])
def test_negative_base_to_a_node_is_refused(base: float) -> None:
    """Any negative base, however near to 0, has no derivative by a node exponent: ValueError."""
    with pytest.raises(ValueError, match="no derivative with respect to its exponent"):
        Value(base) ** Value(2.0)


@pytest.mark.parametrize("base", [-0.5, -1.0, -3.0])
@pytest.mark.parametrize("exponent", [0.5, -1.5, math.nan])
def test_fractional_power_of_a_negative_number_is_refused(base: float, exponent: float) -> None:
    """Any negative base, however near to 0, to a power that is not whole: ValueError."""
    with pytest.raises(ValueError, match="is not a real number"):
        Value(base) ** exponent


def test_dot_without_a_bias_begins_at_zero() -> None:
    """dot([w], [x]) is w x, with nothing added."""
    assert dot([2.0], [3.0]).data == 6.0
