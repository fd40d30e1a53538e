"""Networks: parameters, seeds, shapes, and the one order of summation."""

import random

import pytest

from micrograd import MLP, Layer, Module, Neuron, Value, dot
from micrograd.nn import ACTIVATIONS

SEEDED = [  # MLP(2, [2, 1], seed=42): what Python's Mersenne Twister gives on every version
    0.2788535969157675,
    -0.9499784895546661,
    0.0,
    -0.4499413632617615,
    -0.5535785237023545,
    0.0,
    0.4729424283280248,
    0.3533989748458226,
    0.0,
]


def numbers(module: Module) -> list[float]:
    """Return the numbers of all parameters."""
    return [p.data for p in module.parameters()]


def test_a_seed_gives_the_same_weights_everywhere() -> None:
    """The weights of a seed are these, on every Python version; biases are 0."""
    assert numbers(MLP(2, [2, 1], seed=42)) == SEEDED


def test_without_seed_the_module_random_decides() -> None:
    """`random.seed(42)` before an unseeded network gives the weights of seed 42."""
    state = random.getstate()
    random.seed(42)
    unseeded = numbers(MLP(2, [2, 1]))
    random.setstate(state)
    assert unseeded == SEEDED
    assert numbers(MLP(2, [2, 1], seed=random.Random(42))) == SEEDED


def test_neuron_is_the_left_to_right_sum_to_the_last_bit() -> None:
    """One node gives the bits of ((b + w0 x0) + w1 x1) + ..., values and gradients."""
    rng = random.Random(7)
    for _ in range(50):
        n = rng.randint(1, 20)
        w, x = ([Value(rng.uniform(-1, 1)) for _ in range(n)] for _ in range(2))
        b = Value(rng.uniform(-1e3, 1e3))
        fused, spelled = dot(w, x, b), sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
        assert fused.data == spelled.data
        (fused * fused).backward()
        got = [v.grad for v in (b, *w, *x)]
        for v in (b, *w, *x):
            v.grad = 0.0
        (spelled * spelled).backward()
        assert got == [v.grad for v in (b, *w, *x)]


def test_dot_operands_in_order_of_summation() -> None:
    """The operands of a weighted sum are the bias, then weight and input in turn."""
    w, x, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(5.0)
    y = dot(w, x, b)
    assert (y.data, y._op, y._prev) == (16.0, "dot", (b, w[0], x[0], w[1], x[1]))


def test_dot_of_numbers_and_shared_nodes() -> None:
    """Numbers serve as operands; a node that stands in several places gets all its gradients."""
    v = Value(3.0)
    y = dot([v, 2.0], [v, v], v)  # v + v v + 2 v
    y.backward()
    assert (y.data, v.grad) == (18.0, 9.0)


def test_dot_of_nothing_is_the_bias() -> None:
    """Without weights the sum is the bias."""
    b = Value(2.0)
    y = dot([], [], b)
    y.backward()
    assert (y.data, b.grad) == (2.0, 1.0)


def test_rows_that_need_each_other() -> None:
    """The same row of computed weights, used inside and outside: the order is still right."""
    a = Value(2.0)
    w, b = a * 3, a + 1
    inner = dot([w], [a], b)  # 3 a² + a + 1
    outer = dot([w], [inner], b)  # 3 a (3 a² + a + 1) + a + 1
    outer.backward()
    assert (outer.data, a.grad) == (93.0, 27 * 4 + 6 * 2 + 3 + 1)
    row, xs = (b, w), (a,)
    from micrograd.engine import weighted_sum

    a.grad = 0.0
    inner = weighted_sum(row, xs)
    outer = weighted_sum(row, (inner,))
    outer.backward()
    assert a.grad == 124.0


def test_weights_and_inputs_differ_in_number() -> None:
    """As many weights as inputs, or a clear error."""
    with pytest.raises(ValueError, match="2 weights but 1 inputs: give as many of each"):
        dot([1, 2], [3])


def test_a_network_costs_two_nodes_a_neuron() -> None:
    """A weighted sum and an activation: no node for a weight."""
    model = MLP(4, [8, 1], seed=0)
    seen, stack = set(), [model([1, 2, 3, 4])]
    while stack:
        v = stack.pop()
        if v._op and v not in seen:
            seen.add(v)
            stack += v._prev
    assert len(seen) == 8 * 2 + 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(name: str) -> None:
    """An activation is asked for by its name, in any case, and shows in the repr."""
    neuron = Neuron(1, activation=name.lower(), seed=3)
    (w,), b = neuron.w, neuron.b
    assert neuron([0.5]).data == ACTIVATIONS[name](b + w * 0.5).data
    assert repr(neuron) == f"{name}Neuron(1)"
    assert neuron.nonlin is (name != "Linear")


def test_activation_by_function() -> None:
    """A function of one node serves as activation."""
    neuron = Neuron(1, activation=Value.sin, seed=3)
    assert neuron([0.5]).data == (neuron.b + neuron.w[0] * 0.5).sin().data
    assert repr(neuron) == "SinNeuron(1)"


def test_unknown_activation() -> None:
    """An unknown activation is refused, with those that are known."""
    with pytest.raises(ValueError, match="'gelu' is unknown: take one of linear, relu, tanh, sig"):
        MLP(1, [1], activation="gelu", output="gelu")


def test_repr_in_the_style_of_micrograd() -> None:
    """The repr is the one that programs for micrograd print."""
    assert repr(MLP(2, [2, 1])) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert repr(Neuron(3, False)) == repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"


def test_outputs() -> None:
    """One output comes as a node, several as a list, also through a layer of one neuron."""
    assert isinstance(MLP(2, [3, 1])([1, 2]), Value)
    assert [type(v) for v in MLP(2, [3, 2])([1, 2])] == [Value, Value]
    assert isinstance(MLP(2, [1, 1])([1, 2]), Value)
    assert isinstance(Layer(2, 1)([1, 2]), Value)


@pytest.mark.parametrize("module", [Neuron(2), Layer(2, 3), MLP(2, [3, 1])])
@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0]])
def test_wrong_number_of_inputs(module: Module, x: list[float]) -> None:
    """A wrong input length is a clear error, never a silent zip."""
    with pytest.raises(ValueError, match=rf"takes 2 inputs, not {len(x)}"):
        module(x)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((0, [1]), "nin is 0: a size must be a positive int"),
        ((2, [3, 0]), "nout is 0: a size must be a positive int"),
        ((2, [1.5]), "nout is 1.5"),
        ((2, []), "MLP without layers"),
    ],
)
def test_wrong_sizes(sizes: tuple[int, list[int]], message: str) -> None:
    """Sizes are positive ints, and there is at least one layer."""
    with pytest.raises(ValueError, match=message):
        MLP(*sizes)


def test_parameters_by_name() -> None:
    """Names follow the attributes; the order is that of `parameters`; the count that of both."""
    model = MLP(2, [2, 1])
    named = model.named_parameters()
    assert [name for name, _ in named[:4]] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
    ]
    model([1, 2])  # what a call keeps for itself is not a parameter
    assert [p for _, p in model.named_parameters()] == model.parameters()
    assert model.parameter_count() == len(named) == 9


def test_parameters_of_a_module_of_ones_own() -> None:
    """A module finds the parameters in its attributes, lists and modules, each once."""

    class Own(Module):
        def __init__(self) -> None:
            self.scale = Value(1.0)
            self.parts = [Neuron(1), (self.scale, "text", 3)]
            self.again = self.parts[0]

    own = Own()
    assert [name for name, _ in own.named_parameters()] == ["scale", "parts.0.w.0", "parts.0.b"]
    assert own.parameter_count() == 3
    assert Module().parameters() == []


def test_zero_grad() -> None:
    """`zero_grad` sets every gradient to 0.0."""
    model = MLP(2, [3, 1], seed=1)
    model([1, 2]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 13


def test_replaced_weights_count() -> None:
    """A weight or a bias that is replaced is the one the next call uses."""
    neuron = Neuron(1, activation="linear")
    neuron([1.0])
    neuron.w[0], neuron.b = Value(3.0), Value(4.0)
    assert neuron([2.0]).data == 10.0
