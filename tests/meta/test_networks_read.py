"""Networks of every design: those that are right are not accused, mistakes come out as they are."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from verify.checking.networks import SIZES, networks
from verify.engines import load
from verify.faults import SOURCE, module
from verify.networks.judge import NetworkOutcome
from verify.report import facts
from verify.verdict.outcome import NO_NETWORK, NOT_RECOGNISED, Accounts, Control

FIRE = "return total.tanh() if self.nonlin else total"
OUT = "return x[0] if len(x) == 1 else x"
PLAIN = f"""for layer in self.layers:
            x = layer(x)
        {OUT}"""
LAYER_BY_LAYER = """for layer in self.layers:
            x = layer(x)
        return x"""
SUM = "total = total + w * xi"
ROW = "return [neuron(x) for neuron in self.neurons]"
LISTED = "return [p for layer in self.layers for p in layer.parameters()]"
LAYERS = "Layer(sizes[i], sizes[i + 1], nonlin=i < last)"
GELU = (
    "return total * 0.5 * (((total + total**3 * 0.044715) * 0.7978845608).tanh() + 1)"
    " if self.nonlin else total"
)
HEAD, _, _ = SOURCE.partition("class Neuron")
Edits = dict[str, str]


def fire(formula: str) -> Edits:
    """An activation of hidden layers."""
    return {FIRE: f"return {formula} if self.nonlin else total"}


UNUSUAL: dict[str, Edits] = {
    "a slope that is learned": {
        "self.b = Value(0.0)": "self.b = Value(0.0)\n        self.slope = Value(0.1)",
        FIRE: "return (total if total.data > 0 else self.slope * total) if self.nonlin else total",
        "self.w + [self.b]": "self.w + [self.b, self.slope]",
    },
    "leaky relu of another slope": fire("total.relu() - (-total).relu() * 0.3"),
    "gelu": {FIRE: GELU},
    "elu": fire("(total if total.data > 0 else total.exp() - 1)"),
    "hard tanh": fire("(total if abs(total.data) < 1 else Value(math.copysign(1, total.data)))"),
    "scaled tanh": fire("(total * 0.6667).tanh() * 1.7159"),
    "average": {FIRE: f"total = total * (1 / len(self.w))\n        {FIRE}"},
    "threshold": {"total = self.b": "total = -self.b"},
    "softmax": {
        OUT: "e = [y.exp() for y in x]\n"
        f"        x = [y / sum(e[1:], e[0]) for y in e]\n        {OUT}"
    },
    "residual": {
        "x = layer(x)": "y = layer(x)\n            "
        "x = [a + b for a, b in zip(x, y)] if len(x) == len(y) else y"
    },
    "layer norm": {
        ROW: "y = [neuron(x) for neuron in self.neurons]\n"
        "        m = sum(y[1:], y[0]) / len(y)\n"
        "        v = sum([(a - m) ** 2 for a in y[1:]], (y[0] - m) ** 2) / len(y)\n"
        "        return [(a - m) / (v + 1e-5) ** 0.5 for a in y]"
    },
    "weight norm": {
        FIRE: "n = sum([w * w for w in self.w[1:]], self.w[0] * self.w[0])\n"
        f"        total = total / (n + 1e-9) ** 0.5\n        {FIRE}"
    },
    "distances": {SUM: "total = total + (w - xi) ** 2"},
    "a gain for each neuron": {
        "self.b = Value(0.0)": "self.b = Value(0.0)\n        self.g = Value(1.0)",
        FIRE: f"total = total * self.g\n        {FIRE}",
        "self.w + [self.b]": "self.w + [self.b, self.g]",
    },
    "one activation, then another": {
        "nonlin=i < last": "nonlin=i < last and ['relu', 'tanh'][i % 2]",
        FIRE: "return getattr(total, self.nonlin)() if isinstance(self.nonlin, str) else total",
    },
    "biases of all layers first": {
        LISTED: "neurons = [n for layer in self.layers for n in layer.neurons]\n"
        "        return [n.b for n in neurons] + [w for n in neurons for w in n.w]"
    },
    "always one output more": {
        "sizes = [nin] + nouts": "nouts = nouts + [1]; sizes = [nin] + nouts"
    },
}

STEP = "p.data -= self.lr * p.grad"
MADE = "def __init__(self, parameters, lr):\n        self.parameters = parameters"
ZERO = "    def zero_grad(self):\n        for p in self.parameters():"
MOMENTUM = """    def step(self, lr):
        self.moved = getattr(self, "moved", {})
        for p in self.parameters():
            self.moved[p] = 0.9 * self.moved.get(p, 0.0) - lr * p.grad
            p.data += self.moved[p]

"""
BASE = """class Optimizer:
    def __init__(self, parameters, lr):
        pass

    def step(self):
        raise NotImplementedError


class SGD(Optimizer):"""
GENERATED: Edits = {
    LISTED: "for layer in self.layers:\n            yield from layer.parameters()",
}
ZEROED: Edits = {
    "zero_grad(self):\n        for p in self.parameters():": "nothing(self):\n"
    "        for p in self.parameters():",
    "    def step(self):": "    def zero_grad(self):\n        for p in self.parameters:\n"
    "            p.gone = 0\n\n    def step(self):",
}
READ: dict[str, Edits] = {
    "an optimizer of the model": {
        MADE: MADE.replace("(self, parameters", "(self, model").replace("= p", "= model.p") + "()",
    },
    "the rate first": {MADE: MADE.replace("parameters, lr", "lr, parameters")},
    "an optimizer with more": {MADE: MADE.replace("lr)", "size, lr)")},
    "a step with a number": {"def step(self):": "def step(self, k):"},
    "a base without a step": {"class SGD:": BASE},
    "an optimizer of another kind": {
        "class SGD:": "class Optimizer:",
        STEP: "p.data -= self.lr * p.grad / (abs(p.grad) + 1e-8)",
    },
    "nesterov": {
        MADE: MADE.replace("lr)", "lr, momentum=0.9)"), STEP: "p.data -= self.lr * 1.9 * p.grad",
    },
    "momentum of its own": {ZERO: MOMENTUM + ZERO},
    "a momentum that is no option": {
        "self.lr = lr": "self.lr = lr\n        self.v = [0.0] * len(parameters)",
        STEP: "p.data -= self.lr * self.moved(i, p)",
        "for p in self.parameters:": "for i, p in enumerate(self.parameters):",
        "    def step(self):": "    def moved(self, i, p):\n"
        "        self.v[i] = 0.9 * self.v[i] + p.grad\n        return self.v[i]\n\n"
        "    def step(self):",
    },
    "a rate that falls": {STEP: f"{STEP}\n        self.lr *= 0.5"},
    "a generator, kept as a list": {
        **GENERATED, "self.parameters = parameters": "self.parameters = list(parameters)",
    },
    "zeroed by the optimizer": {**ZEROED, "p.gone = 0": "p.grad = 0"},
    "a reset of weights": {
        "    def parameters(self):\n        return self.w": "    def reset(self):\n"
        "        self.w = [Value(0.5) for _ in self.w]\n\n"
        "    def parameters(self):\n        return self.w",
    },
    "weight decay": {STEP: "p.data -= self.lr * (p.grad + 0.01 * p.data)"},
    "clipped gradients": {STEP: "p.data -= self.lr * max(-1.0, min(1.0, p.grad))"},
    "each input by itself": {
        "def __call__(self, x):\n        for layer": "def __call__(self, *x):\n        for layer",
    },
    "parameters of a set": {LISTED: LISTED.replace("[p", "list({p").replace("()]", "()})")},
    "an order of its own in the smallest": {
        LISTED: f"found = {LISTED.removeprefix('return ')}\n"
        "        return found[::-1] if len(found) == 2 else found"
    },
    "of a set in each neuron": {"return self.w + [self.b]": "return {*self.w, self.b}"},
    "parameters by address": {LISTED: LISTED.replace("[p", "sorted([p")[:-1] + "], key=id)"},
    "leaky relu": fire("total.relu() - (-total).relu() * 0.01"),
    "silu": fire("total * total.sigmoid()"),
    "softplus": fire("(total.exp() + 1).log()"),
    "mixed": {FIRE: "return total.tanh() if self.nonlin else total.sigmoid()"},
    "relu at the end": {FIRE: "return total.tanh() if self.nonlin else total.relu()"},
    "no bias": {
        "        self.b = Value(0.0)\n": "", "total = self.b": "total = 0.0",
        "self.w + [self.b]": "self.w",
    },
    "activation by name": {
        "def __init__(self, nin, nouts):": "def __init__(self, nin, nouts, activation):",
        "nonlin=i < last": "nonlin=activation",
        FIRE: "return getattr(total, self.nonlin)() if isinstance(self.nonlin, str) else total",
    },
    "activation names": {
        "def __init__(self, nin, nouts):": "def __init__(self, nin, nouts, activations):",
        "nonlin=i < last": "nonlin=activations[i]",
        FIRE: "return getattr(total, self.nonlin)() if isinstance(self.nonlin, str) else total",
    },
    "forward": {
        f"def __call__(self, x):\n        {PLAIN}": f"def forward(self, x):\n        {PLAIN}"
    },
    "property": {
        f"def parameters(self):\n        {LISTED}":
            f"@property\n    def parameters(self):\n        {LISTED}",
        "in self.parameters():": "in self.parameters:",
    },
    "mapping": {
        LISTED: "return dict(enumerate(p for layer in self.layers for p in layer.parameters()))",
        "in self.parameters():": "in self.parameters().values():",
    },
    "last layer listed first": {LISTED: LISTED.replace("self.layers", "reversed(self.layers)")},
    "list of one output": {OUT: "return x"},
    "layers that unwrap": {
        ROW: f"x = [neuron(x) for neuron in self.neurons]\n        {OUT}", PLAIN: LAYER_BY_LAYER,
    },
    "dropout in training alone": {
        "self.layers = [": "self.training = True\n        self.layers = [",
        OUT: "if self.training:\n            x = [y * (random.random() > 0.5) for y in x]\n"
        f"        {OUT}",
    },
    "a step of its own, which zeroes": {
        "class SGD": "class Steps",
        LISTED: f"{LISTED}\n\n    def step(self, lr=0.1):\n        for p in self.parameters():\n"
        "            p.data -= lr * p.grad\n            p.grad = 0.0"
    },
    "a step that is told a loss": {
        "class SGD": "class Steps",
        LISTED: f"{LISTED}\n\n    def step(self, loss):\n        self.loss = loss"
    },
    "other start": {"random.uniform(-1, 1)": "random.gauss(0, 10)"},
}

MISTAKES: dict[str, tuple[Edits, str]] = {
    "parameters of three layers": (
        {"in self.layers for p in": "in self.layers[:3] for p in"},
        "lists only 16 of 40",
    ),
    "five outputs": (
        {"[neuron(x) for neuron in self.neurons]": "[neuron(x) for neuron in self.neurons[:5]]"},
        "gives only 5 of its 6 outputs",
    ),
    "no last layer, and the second linear": (
        {
            "nonlin=i < last": "nonlin=i == 0 < last",
            "for i in range(len(nouts))": "for i in range(max(last, 1))",
        },
        "one layer too few",
    ),
    "bias thrice": ({FIRE: f"total = total + self.b + self.b\n        {FIRE}"}, "bias 3 times"),
    "bias thrice, gelu": (
        {FIRE: f"total = total + self.b + self.b\n        {GELU}"},
        "bias 3 times",
    ),
    "three inputs": ({"zip(self.w, x)": "zip(self.w[:3], x)"}, "inputs beyond the first 3"),
    "four inputs, gelu": (
        {"zip(self.w, x)": "zip(self.w[:4], x)", FIRE: GELU},
        "first four inputs only",
    ),
    "last input, gelu": (
        {"zip(self.w, x)": "zip(self.w[:-1], x)", FIRE: GELU}, "the last input is ignored",
    ),
    "weights after their own": (
        {"zip(self.w, x)": "zip(self.w[1:], x)"}, "meets the weight after its own",
    ),
    "inputs after their own": (
        {"zip(self.w, x)": "zip(self.w, x[1:])"}, "meets the input after its own",
    ),
    "all neurons but the first listed": (
        {"self.neurons for p": "self.neurons[1:] for p"}, "leaves out its first neuron",
    ),
    "all neurons but the last listed": (
        {"self.neurons for p": "self.neurons[:-1] for p"}, "leaves out its last neuron",
    ),
    "the first neuron listed": (
        {"self.neurons for p": "self.neurons[:1] for p"}, "lists its first neuron's only",
    ),
    "layer cut": ({"x = layer(x)": "x = layer(x)[:2]"}, "gives only 2 of its 3 outputs"),
    "remembered by neurons": (
        {FIRE: "self.out = getattr(self, 'out', None) or total.tanh()\n        return self.out"},
        "remembers its first output",
    ),
    "remembered by inputs": (
        {
            PLAIN: "key = tuple(v.data for v in x)\n"
            "        self.kept = getattr(self, 'kept', {})\n"
            "        if key not in self.kept:\n"
            "            for layer in self.layers:\n"
            "                x = layer(x)\n"
            "            self.kept[key] = x[0] if len(x) == 1 else x\n"
            "        return self.kept[key]"
        },
        "remembers its outputs",
    ),
    "state": (
        {"total = self.b": "total = self.s = getattr(self, 's', 0) + self.b"},
        "sum of the call before",
    ),
    "numbers": ({OUT: "return x[0].data"}, "returns a number"),
    "cut between layers": (
        {"x = layer(x)": "x = layer([Value(v.data) for v in x])"},
        "new Value",
    ),
    "cut in half": (
        fire("Value(total.data) * 0.5 + (total * 0.5).sin()"),
        "not the derivative",
    ),
    "sizes swapped": ({"sizes[i], sizes[i + 1]": "sizes[i + 1], sizes[i]"}, "swapped"),
    "one layer too few": ({"range(len(nouts))]": "range(len(nouts) - 1)]"}, "one layer too few"),
    "first layer listed": (
        {LISTED: LISTED.replace("self.layers", "self.layers[:1]")},
        "lists only 2 of 4",
    ),
    "last layer not listed": (
        {LISTED: LISTED.replace("self.layers", "self.layers[:-1]")},
        "leaves out the last layer",
    ),
    "a step of its own, uphill": (
        {"class SGD": "class Steps", LISTED: f"{LISTED}\n\n    def step(self, lr):\n"
         "        for p in self.parameters():\n            p.data += lr * p.grad"},
        "adds the gradient",
    ),
    "a step of its own, for nothing": (
        {"class SGD": "class Steps", LISTED: f"{LISTED}\n\n    def step(self, lr):\n"
         "        for p in self.parameters():\n            p = p - lr * p.grad"},
        "changes nothing",
    ),
    "a generator, kept": (GENERATED, "keeps a generator .* used up"),
    "a generator, and zeroed": ({**GENERATED, **ZEROED, "p.gone": "p.grad"}, "keeps a generator"),
    "a step that is taken once": (
        {STEP: f"{STEP}\n        self.lr = 0.0"}, "second update changes nothing",
    ),
    "zeroed elsewhere by the optimizer": (ZEROED, "zero_grad does nothing"),
    "one list for all calls": (
        {
            "self.layers = [": "self.out = []\n        self.layers = [",
            OUT: "self.out[:] = x\n        return self.out",
        },
        "overwrites what an earlier call returned",
    ),
    "a list that went stale": (
        {
            "i < last) for i in range(len(nouts))]": "i < last) for i in range(len(nouts))]\n"
            "        self.listed = self.every()\n        for layer in self.layers:\n"
            "            for n in layer.neurons:\n"
            "                n.w = [Value(w.data * 0.5) for w in n.w]",
            f"def parameters(self):\n        {LISTED}":
                f"def every(self):\n        {LISTED}\n\n"
                "    def parameters(self):\n        return self.listed",
        },
        "lists 1 node that the network does not compute with",
    ),
    "all listed twice": ({LISTED: f"{LISTED} * 2"}, "every parameter twice"),
    "one layer": (
        {f"[{LAYERS} for i in range(len(nouts))]": "[Layer(nin, nouts[0])] * len(nouts)"},
        "layers share",
    ),
    "bias of the module": (
        {
            "class Neuron": "BIAS = Value(0.0)\n\n\nclass Neuron",
            "self.b = Value(0.0)": "self.b = BIAS",
        },
        "have gradients already",
    ),
    "data zeroed": (
        {"p.grad = 0.0": "p.data = 0.0"},
        "zero_grad sets the parameters themselves to 0",
    ),
    "first layer zeroed": (
        {"for p in self.parameters():": "for p in self.layers[0].parameters():"},
        "zero_grad leaves 2 of 4",
    ),
    "gradients of one": ({"p.grad = 0.0": "p.grad = 1.0"}, "zero_grad leaves 2 of 2"),
    "weights made anew": (
        {"total = self.b": "self.w = [Value(random.random()) for _ in x]\n        total = self.b"},
        "each call of the network makes new weights",
    ),
    "weights drawn anew": (
        {"total = self.b": "self.w[0].data = random.random()\n        total = self.b"},
        "a call of the network changes its parameters",
    ),
    "bias by chance": (
        {"total = self.b": "total = Value(random.random())"},
        "same inputs .* different",
    ),
    "sum begun again": ({SUM: "total = self.b + w * xi"}, "last product only"),
    "no activation": ({FIRE: "return total"}, "leaves out its activation"),
}

ONE_BIAS = """\
class Layer:
    def __init__(self, nin, nout):
        self.w = [[Value(random.uniform(-1, 1)) for _ in range(nin)] for _ in range(nout)]
        self.b = Value(0.0)

    def __call__(self, x):
        return [sum((w * a for w, a in zip(row, x)), self.b).tanh() for row in self.w]

    def parameters(self):
        return [w for row in self.w for w in row] + [self.b]


class MLP:
    def __init__(self, nin, nouts):
        sizes = [nin] + nouts
        self.layers = [Layer(n, m) for n, m in zip(sizes, sizes[1:])]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]
"""
MATRICES = """\
class Linear:
    def __init__(self, nin, nout):
        self.weight = [[Value(random.gauss(0, 1)) for _ in range(nin)] for _ in range(nout)]
        self.bias = [Value(0.0) for _ in range(nout)]

    def __call__(self, x):
        return [sum((w * a for w, a in zip(r, x)), b) for r, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias
"""


def engine(edits: Edits) -> str:
    """The base engine, its network edited; each text that is replaced is there."""
    text = SOURCE.removeprefix(HEAD)
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    return HEAD + text


def looked(source: str) -> list[NetworkOutcome]:
    """What comes of the networks of a check, until one is wrong."""
    found = []
    with load(module(source), overrides={"class": "Value"}) as loaded:
        for each in networks(loaded, SIZES, 0):
            found.append(each)
            if each.findings:
                break
    return found


def titles(found: list[NetworkOutcome]) -> list[str]:
    """What is said to be wrong."""
    return [f.diagnosis.title for each in found for f in each.findings]


@pytest.mark.slow
@pytest.mark.sample(4)
@pytest.mark.parametrize("name", UNUSUAL)
def test_a_design_of_its_own_is_not_accused(name: str) -> None:
    """It is told to be unusual, with what it computes, and its gradients are its own."""
    found = looked(engine(UNUSUAL[name]))
    assert titles(found) == []
    assert found[-1].words.startswith("an unusual network: ")


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_judged(name: str) -> None:
    """Whatever its activation, its list of parameters and its signature: all of it is judged."""
    found = looked(engine(READ[name]))
    assert titles(found) == []
    assert {each.skipped.partition(":")[0] for each in found} <= {"", NO_NETWORK}
    assert len(found[-1].judgements) == 3


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_comes_out_as_what_it_is(name: str) -> None:
    """One finding, and its title names the cause."""
    edits, title = MISTAKES[name]
    (said,) = titles(looked(engine(edits)))
    assert re.search(title, said)


HANDLE = """
def handle(node):
    other = Value.__new__(Value)
    other.__dict__ = node.__dict__
    return other


"""
COMPILED = """


class MLP:
    def __init__(self, nin, nouts):
        inner = Hidden(nin, nouts)
        self.run = lambda x: inner(x)
        self.parameters = lambda: [handle(p) for p in inner.parameters()]

    def __call__(self, x):
        return self.run(x)
"""


@pytest.mark.parametrize(("given", "found"), [
    ("handle(p)", []), ("Value(p.data)", ["each call of the network makes new weights"]),
])  # fmt: skip
def test_new_objects_for_the_same_parameters_are_no_other_parameters(
    given: str, found: list[str]
) -> None:
    """As compiled networks give them; copies, which only had the same numbers, are others."""
    made = SOURCE.replace("class Neuron", f"{HANDLE}class Neuron", 1)
    made = made.replace("class MLP", "class Hidden", 1) + COMPILED.replace("handle(p)", given)
    assert titles(looked(made)) == found


def test_weights_that_are_used_as_numbers_are_told_from_biases() -> None:
    """``w.data * x``: the output is right, and only biases train."""
    found = titles(looked(engine({SUM: "total = total + xi * w.data"})))
    assert found == ["no weight of the network gets a gradient, and every bias does"]


def test_a_rule_of_its_own_is_told() -> None:
    """An update with weight decay is no mistake, and the report says what it is."""
    words = {each.words for each in looked(engine(READ["weight decay"])) if each.words}
    assert any("; updates have a weight decay of 0.01" in each for each in words)


def test_what_else_takes_steps_is_told_as_not_judged() -> None:
    """A second optimizer: nobody asks it, and its update may be wrong."""
    adam = "class Adam:\n    def __init__(self, params, lr): pass\n    def step(self): pass\n\n\n"
    words = {each.words for each in looked(engine({"class SGD": f"{adam}class SGD"}))}
    assert {w.partition("; ")[2] for w in words if w} == {"Adam.step() was not judged"}


def test_of_a_network_that_nobody_can_read_no_formula_is_shown() -> None:
    """What it should compute is not known: it is called what it is built by; a usual one is read.

    So is what is wrong with the update of a network that was read.
    """
    edits, _ = MISTAKES["three inputs"]
    unread = next(f for each in looked(engine({**edits, FIRE: GELU})) for f in each.findings)
    assert unread.unread
    assert facts.expression(unread) == unread.place.removeprefix("output of ")
    told = SimpleNamespace(
        disputes=(), control=Control(0, 0), verdict="wrong", findings=(unread,), accounts=Accounts()
    )
    assert facts.summary(told) == unread.diagnosis.title  # type: ignore[arg-type]  # a part of one
    read = next(f for each in looked(engine(GENERATED)) for f in each.findings)
    assert not read.unread
    assert facts.expression(read) == "(p0 * x0) + p1"


def test_a_return_in_the_loop_is_told() -> None:
    """Layers behind the first have no effect."""
    out = "        return x[0] if len(x) == 1 else x\n\n    def parameters"
    found = titles(looked(engine({out: out.replace("        return", "            return")})))
    assert found == ["the network returns after its first layer"]


@pytest.mark.parametrize(("old", "new"), [
    (LISTED, f"{LISTED}[:-1]"), ("self.w + [self.b]", "self.w[:-1] + [self.b]"),
])  # fmt: skip
def test_one_that_is_left_out_is_not_called_the_biases(old: str, new: str) -> None:
    """In the smallest network it is the one bias, or as many as there are biases."""
    (said,) = titles(looked(engine({old: new})))
    assert said.startswith("parameters() lists only ")


def test_biases_that_are_wrapped_anew_are_told_from_weights() -> None:
    """``Value(self.b.data)``: the output is right, and only weights train."""
    found = titles(looked(engine({"total = self.b\n": "total = Value(self.b.data)\n"})))
    assert found == ["no bias of the network gets a gradient, and every weight does"]


def test_a_mistake_is_found_in_parameters_of_a_set() -> None:
    """They are put into one order, and what the network computes is read as any other's."""
    edits = {LISTED: LISTED.replace("[p", "list({p").replace("()]", "()})")}
    found = titles(looked(engine({**edits, SUM: "total = total + xi * w.data"})))
    assert found == ["no weight of the network gets a gradient, and every bias does"]


@pytest.mark.parametrize("held", ["set", "frozenset"])
def test_what_is_held_in_a_set_is_accused_of_nothing(held: str) -> None:
    """Neurons of a set stand in another order in each network, and so do their outputs."""
    neurons = "[Neuron(nin, nonlin) for _ in range(nout)]"
    found = looked(engine({neurons: f"{held}({neurons})"}))
    assert titles(found) == []


@pytest.mark.parametrize("sort", ["hash(p.tag)", "p.tag[::-1]"])
def test_what_comes_in_a_new_order_each_time_is_accused_of_nothing(sort: str) -> None:
    """Parameters that are sorted by what is drawn: the network is not judged, and that is said."""
    tagged = "self.b = Value(0.0)\n        for p in [*self.w, self.b]: p.tag = str(random.random())"
    edits = {
        "self.b = Value(0.0)": tagged,
        LISTED: f"{LISTED[:-1].replace('[p', 'sorted([p')}], key=lambda p: {sort})",
    }
    found = looked(engine(edits))
    assert titles(found) == []


def test_every_second_layer_is_not_called_the_last_one() -> None:
    """Of two layers the last is skipped; of three it is the second, and the name does not hold."""
    found = titles(looked(engine({"for layer in self.layers:": "for layer in self.layers[::2]:"})))
    assert len(found) == 1
    assert "parameters" in found[0]
    assert "no effect" in found[0]


def test_what_zero_grad_leaves_is_shown_on_the_network_that_it_is() -> None:
    """A network of relu is not written with tanh."""
    edits = {FIRE: "return total.relu() if self.nonlin else total"}
    zero = "    def zero_grad(self):\n        for p in self.parameters()"
    assert zero in SOURCE
    source = engine(edits).replace(zero, zero.replace("self.par", "self.layers[0].par"))
    (seen, *_) = [f for each in looked(source) for f in each.findings]
    assert "tanh" not in seen.case.graph.expression()


def test_one_bias_for_a_layer() -> None:
    """There are fewer parameters than there should be, and they say which network it is."""
    assert titles(looked(HEAD + ONE_BIAS)) == ["all neurons of a layer have the same bias"]


def test_layers_alone_are_networks_of_one_layer() -> None:
    """Where there is no class for a network, a layer is looked at."""
    found = looked(HEAD + MATRICES)
    assert titles(found) == []
    assert [each.sizes for each in found if each.judgements] == [s for s in SIZES if len(s) == 2]


def test_what_an_unusual_neuron_computes_is_told() -> None:
    """Its activation is read off it, as a function of the weighted sum."""
    words = looked(engine(UNUSUAL["scaled tanh"]))[-1].words
    assert "Neuron(1) is a function of the weighted sum: -2 → -1.493, " in words
    assert looked(engine(UNUSUAL["gelu"]))[-1].skipped == NOT_RECOGNISED


def test_what_cannot_be_run_is_told() -> None:
    """A network that raises whatever its size is not judged, and the report says why."""
    found = looked(engine({PLAIN: "return self.layers[9](x)"}))
    assert titles(found) == []
    assert found[-1].words.startswith("not judged: MLP(1, [2, 2, 2, 2, 6]) raises IndexError")


def test_parameters_in_single_precision_are_not_judged() -> None:
    """They lose digits when they are set, which is nobody's mistake, and is told."""
    single = "import struct\n\nsingle = lambda x: struct.unpack('f', struct.pack('f', x))[0]\n"
    setter = (
        "class Value:\n    def __setattr__(self, name, x):\n"
        "        object.__setattr__(self, name, single(x) if name == 'data' else x)\n\n"
    )
    found = looked(single + SOURCE.replace("class Value:\n", setter))
    assert titles(found) == []
    assert "do not keep all digits" in found[-1].words


@pytest.mark.parametrize("way", ["os._exit(0)", "os.abort()"])
def test_a_process_that_is_lost_in_a_network_is_a_finding(way: str, tmp_path: Path) -> None:
    """Whatever ends it, the network is said to fail, and nothing of ours does."""
    path = tmp_path / "engine.py"
    lost = f"{way}\n        {FIRE}"
    path.write_text(f"import os, sys\n{SOURCE.replace(FIRE, lost)}")
    with load(str(path)) as engine:
        (looked, *_) = networks(engine, SIZES[:1], 0)
    assert looked.reading.raised is not None
    assert looked.reading.raised.type == "died"
    assert looked.finding is not None


INIT = """def __init__(self, nin, nouts):
        sizes = [nin] + nouts
        last = len(nouts) - 1"""
RANGE = "for i in range(len(nouts))"


@pytest.mark.parametrize(
    ("taken", "sizes", "built"),
    [
        ("n_in, n_hidden, n_out", "[n_in, n_hidden, n_out]", "MLP(3, 4, 2)"),
        ("*widths", "widths", "MLP(1, 2, 2, 2, 2, 6)"),
        ("nin, config, nout", "[nin, config['width'], nout]", ""),
        ("size_in, steps, size_out", "[size_in, *[4] * steps, size_out]", ""),
    ],
)
@pytest.mark.parametrize(("last", "right"), [("len(sizes) - 2", True), ("len(sizes) - 1", False)])
def test_sizes_by_themselves_are_told_by_their_names(
    taken: str, sizes: str, built: str, last: str, *, right: bool
) -> None:
    """``MLP(n_in, hidden, n_out)`` is built so; a number in the middle may be anything else."""
    init = f"def __init__(self, {taken}):\n        sizes = {sizes}\n        last = {last}"
    assert INIT in SOURCE
    assert RANGE in SOURCE
    source = SOURCE.replace(INIT, init).replace(RANGE, "for i in range(len(sizes) - 1)")
    seen = looked(source)
    judged = [n for n in seen if n.judgements and n.reading.words["built"].startswith("MLP")]
    assert bool(judged) is bool(built)
    assert not [n for n in seen if n.findings]
    assert not built or judged[-1].words.startswith(built)
    assert not built or judged[-1].words.endswith("linear at the end" if right else "at the end")
