"""Corners that only a mutant found: a comparison moved by one, an error of another kind."""

import pytest

from micrograd.engine import Value


@pytest.mark.parametrize("base", [-0.5, -1.0, -3.0])
def test_negative_base_to_a_node_is_refused(base: float) -> None:
    """Any negative base, however near to 0, has no derivative by a node exponent: ValueError."""
    with pytest.raises(ValueError, match="no derivative with respect to its exponent"):
        Value(base) ** Value(2.0)


@pytest.mark.parametrize("base", [-0.5, -1.0, -3.0])
def test_fractional_power_of_a_negative_number_is_refused(base: float) -> None:
    """Any negative base, however near to 0, to a fractional power: ValueError, never complex."""
    with pytest.raises(ValueError, match="is not a real number"):
        Value(base) ** 0.5
