"""Networks without a usual name are found by what they are, and nothing else is taken for one."""

import pytest

from tests.meta.test_networks_read import HEAD, MATRICES, engine, looked, titles
from verify.checking.networks import Described
from verify.expression.reading import NetworkReading
from verify.networks.judge import NetworkOutcome
from verify.verdict.outcome import NO_NETWORK, NOT_RECOGNISED

FEEDS, FED = "x = layer(x)\n", "out = layer(x)\n        x = out\n"
MLP_INIT = """    def __init__(self, nin, nouts):
        sizes = [nin] + nouts
        last = len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i < last) for i in range(len(nouts))]
"""
STACK = {
    "class MLP": "class Sequential",
    MLP_INIT: "    def __init__(self, *layers):\n        self.layers = list(layers)\n",
}
LIST = {**STACK, MLP_INIT: "    def __init__(self, layers):\n        self.layers = layers\n"}
MAKER = {
    **LIST,
    "class SGD": "def make_net(nin, nouts):\n    s = [nin, *nouts]\n    return Sequential([\n"
    "        Layer(a, b, b is not s[-1]) for a, b in zip(s, s[1:])\n    ])\n\n\nclass SGD",
}
OTHERS = {
    "another name": {"class MLP": "class Reseau", "parameters(": "get_params("},
    "a perceptron in it": {
        "class Neuron": "class Perceptron", "Neuron(nin": "Perceptron(nin",
        "class MLP": "class Reseau",
    },
    "made by a function": MAKER,
    "layers, each by itself": STACK,
    "a list of layers": LIST,
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_of_another_name_is_judged(name: str) -> None:
    """Right, it is judged with all its layers; with a mistake in it, it is accused of that."""
    found = looked(engine(OTHERS[name]))
    assert titles(found) == []
    assert [each.sizes for each in found if len(each.sizes) > 2 and len(each.judgements) == 3]
    wrong = {**OTHERS[name], FEEDS: FED}
    assert "inputs" in titles(looked(engine(wrong)))[0]


MODEL = """class Model(MLP):
    def zero_grad(self):
        for layer in self.layers:
            for neuron in layer.neurons:
                for w in neuron.w:
                    w.grad = 0.0


class SGD"""


def test_what_derives_from_a_network_is_zeroed_as_it_does_that_itself() -> None:
    """The class that is trained forgets the biases; its base would not."""
    found = looked(engine({"class SGD": MODEL}))
    assert titles(found) == ["zero_grad leaves the biases out"]
    assert found[-1].reading.words["built"] == "Model(1, [1])"
    frozen = MODEL.replace("def zero", "def parameters(self):\n        return []\n\n    def zero")
    assert titles(looked(engine({"class SGD": frozen}))) == []


STACKED = MATRICES + """

class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]
"""
CODER = """
        self.layers = [Layer(nin, nouts[0]), Layer(nouts[0], nin, nonlin=False)]
"""
LINE = """class Line:
    def __init__(self, a=0.5, b=0.0):
        self.a, self.b = Value(a), Value(b)

    def __call__(self, x):
        return [self.a * x[0] + self.b]

    def parameters(self):
        return [self.a, self.b]
"""
NO_NETWORKS = {
    "layers without an activation": HEAD + STACKED,
    "an autoencoder": engine({
        "class MLP": "class Coder", MLP_INIT: MLP_INIT.partition("\n")[0] + CODER,
    }),
    "a model of two numbers": HEAD + LINE,
}  # fmt: skip


@pytest.mark.parametrize("name", NO_NETWORKS)
def test_what_is_none_is_not_taken_for_one(name: str) -> None:
    """Nobody is accused of what is no network, or one that cannot be made from outside."""
    found = looked(NO_NETWORKS[name])
    assert titles(found) == []
    assert not [each for each in found if len(each.sizes) > 2 and each.judgements]


OUT = "return [neuron(x) for neuron in self.neurons]"
OVER = """for i, n in enumerate(self.neurons):
            x[i:i + 1] = [n(x)]
        return x[:len(self.neurons)]"""


@pytest.mark.parametrize(("first", "said"), [
    ("x = layer(x)", ["a call of the network changes the list of inputs that it is given"]),
    ("x = layer(list(x))", []),
])  # fmt: skip
def test_a_network_that_writes_into_its_inputs(first: str, said: list[str]) -> None:
    """With the same list it gives other outputs the next time; a copy may be written."""
    edits = {OUT: OVER, "x = layer(x)": first}
    found = looked(engine(edits)) if said else looked(engine(edits))[:1]
    assert titles(found) == said


def test_a_list_of_inputs_that_grows_without_effect_is_no_matter() -> None:
    """``x.append(1.0)`` for the bias: zip leaves out what comes after that, the next time, too."""
    edits = {
        "range(nin)]\n        self.b = Value(0.0)": "range(nin + 1)]",
        "total = self.b": "total = 0.0\n        x.append(Value(1.0))",
        "return self.w + [self.b]": "return self.w",
    }
    assert titles(looked(engine(edits))) == []


def outcome(sizes: tuple[int, ...], words: str, skipped: str = "") -> NetworkOutcome:
    """One network."""
    reading = NetworkReading(words={"built": f"MLP{sizes}"})
    return NetworkOutcome(sizes, reading, skipped=skipped, words=words)


ONE = outcome((1, 1), "MLP(1, [1]): one layer, tanh")
ODD = outcome((1, 2), "an unusual network: MLP(1, [2])", NOT_RECOGNISED)
WHY = "MLP(9) raises E: a; b"
BAD = outcome((1, 1, 1), f"not judged: {WHY}", f"{NO_NETWORK}: {WHY}")
DEEP = outcome((2, 2, 1), "MLP(2, [2, 1]): tanh layers")


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([ONE, ODD], "MLP(1, [1]): one layer, tanh; what MLP(1, 2) gives was not judged"),
        ([ONE, BAD], "MLP(1, [1]): one layer, tanh; MLP(9) raises E: a, b, and was not judged"),
        ([ONE, BAD, DEEP], "MLP(2, [2, 1]): tanh layers"),
        ([ODD, BAD], "an unusual network: MLP(1, [2])"),
        ([BAD, BAD], "not judged: MLP(9) raises E: a; b"),
        ([], ""),
    ],
)
def test_what_was_not_judged_is_told_beside_what_was(
    outcomes: list[NetworkOutcome], words: str
) -> None:
    """A network of one layer that is right says nothing of those that nobody could read."""
    told = Described()
    for each in outcomes:
        told.add(each)
    assert told.words == words
