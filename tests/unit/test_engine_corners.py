"""Corners that only a mutant found: a comparison moved by one, an error of another kind."""

import math

import pytest

from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Neuron, dot


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


@pytest.mark.parametrize(("weights", "inputs"), [(1, 2), (2, 1), (300, 299)])
def test_dot_says_how_many_of_each(weights: int, inputs: int) -> None:
    """Too many or too few weights are refused, and the message has both numbers."""
    with pytest.raises(ValueError, match=f"^{weights} weights but {inputs} inputs"):
        dot([1.0] * weights, [1.0] * inputs)


def test_more_inputs_than_small_integers() -> None:
    """Sizes are compared by value: 300 inputs are as good as three."""
    assert dot([1.0] * 300, [2.0] * 300).data == 600.0
    assert Neuron(300, nonlin=False)([0.0] * 300).data == 0.0


def test_sizes_have_names_and_options_have_no_place() -> None:
    """Sizes may be given by name; what follows them must be."""
    assert len(Layer(nin=2, nout=3).neurons) == 3
    assert len(Neuron(nin=2).w) == 2
    assert len(MLP(nin=2, nouts=[3, 1]).layers) == 2
    for kind, arguments in ((Layer, (2, 3, 5)), (Neuron, (2, True, "tanh")), (MLP, (2, [1], "x"))):
        with pytest.raises(TypeError, match="positional argument"):
            kind(*arguments)


def test_a_neuron_is_not_linear_unless_told() -> None:
    """The default is relu; a function of one's own is not linear, whatever its name."""

    def Cube(v: Value) -> Value:  # noqa: N802 - a name that sorts before "Linear"
        return v**3

    assert Neuron(2).nonlin is True
    assert Neuron(2, activation=Cube).nonlin is True
    assert Neuron(2, activation="linear").nonlin is False


def test_a_neuron_keeps_one_row_for_all_calls() -> None:
    """Calls share the tuple of parameters until a weight is replaced."""
    neuron = Neuron(2, nonlin=False)
    before = neuron([1.0, 2.0]).left
    assert neuron([3.0, 4.0]).left is before
    neuron.w[0] = Value(0.5)
    assert neuron([3.0, 4.0]).left is not before
