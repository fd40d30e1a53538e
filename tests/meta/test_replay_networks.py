"""The networks of the reference corpus: every convention is accepted, every mistake is caught."""

from collections.abc import Sequence
from itertools import product

import pytest

from tests.recorded import recorded
from verify.checking.networks import Oracles
from verify.corpus.entry import Lesson
from verify.corpus.replay import replay
from verify.engines import Steps, load
from verify.engines.in_process import ObjectEngine
from verify.expression.reading import NetworkReading
from verify.faults import CATALOGUE, SOURCE, Fault, module
from verify.generators.architectures import NAMED, Architecture, architectures
from verify.networks.judge import NetworkJudge, NetworkOutcome
from verify.verdict.judgement import Judgement
from verify.verdict.outcome import Finished, Outcome

pytestmark = pytest.mark.slow

HEADER, LINES = recorded()
LESSONS = [line for line in LINES if isinstance(line, Lesson)]
PASSES = 3
FIRE = "return total.tanh() if self.nonlin else total"
LISTED = "return self.w + [self.b]"
LAYER = "[p for neuron in self.neurons for p in neuron.parameters()]"
ORDERS = {
    "weights, bias": {},
    "bias, weights": {LISTED: "return [self.b] + self.w"},
    "layer: weights, biases": {
        LAYER: "[w for n in self.neurons for w in n.w] + [n.b for n in self.neurons]"
    },
}
LARGE = {"inputs-beyond-fourth", "second-hidden-layer-linear"}
"""What shows on networks that are larger than those of a corpus."""
NETWORK_FAULTS = [f for f in CATALOGUE.values() if f.family == "network" and f.id not in LARGE]


def engine(changes: dict[str, str], base: str = SOURCE) -> str:
    """The base engine with texts replaced, each of which is there once."""
    for old, new in changes.items():
        assert base.count(old) == 1
        base = base.replace(old, new)
    return base


def built(a: Architecture) -> str:
    """The base engine with another network."""
    last = "" if a.last == "linear" else f".{a.last}()"
    fire = {FIRE: f"return total.{a.hidden}() if self.nonlin else total{last}"}
    bias = {"        self.b = Value(0.0)\n": "", "= self.b\n": "= 0.0\n", LISTED: "return self.w"}
    return engine(fire | (ORDERS[a.order] if a.biased else bias))


def looked(source: str) -> list[NetworkOutcome]:
    """What comes of the lessons of the corpus, and of the corpus alone."""
    with load(module(source), overrides={"class": "Value"}) as loaded:
        network_judge = NetworkJudge(loaded)
        return [network_judge.judge(lesson.exercise, lesson) for lesson in LESSONS]


def replayed(source: str) -> Outcome:
    """The outcome of the whole corpus."""
    with load(module(source), overrides={"class": "Value"}) as loaded:
        *_, last = replay(loaded, HEADER, LINES)
    assert isinstance(last, Finished)
    return last.outcome


@pytest.mark.parametrize("a", list(NAMED.values()), ids=lambda a: a.name)
def test_every_convention_is_right(a: Architecture) -> None:
    """Nothing is said against it, all of it is judged, and the outcome says what it is."""
    found = looked(built(a))
    assert [each.finding for each in found if each.finding] == []
    assert [len(each.judgements) for each in found] == [PASSES] * len(LESSONS)
    last = f", {a.last} at the end"
    bias = "" if a.biased else ", no bias"
    assert found[-1].words == f"MLP(2, [2, 2]): {a.hidden} layers{last}{bias}"


@pytest.mark.parametrize(
    "changes",
    [
        {FIRE: "return total.relu() - (-total).relu() * 0.01"},
        {FIRE: "return total * total.sigmoid()"},
        {FIRE: "return total.sin()"},
        {FIRE: "return total * 0.5"},
    ],
    ids=["leaky", "swish", "sine", "scaled"],
)
def test_an_unusual_network_is_not_judged(changes: dict[str, str]) -> None:
    """It is not recognised, which is counted and never a finding."""
    found = looked(engine(changes))
    assert {each.skipped for each in found} == {"network not recognised"}


def test_single_precision_is_not_judged() -> None:
    """Parameters that are rounded when they are set give other outputs: not recognised."""
    single = "import struct\n\nsingle = lambda x: struct.unpack('f', struct.pack('f', x))[0]\n"
    source = single + SOURCE.replace("self.data = float(data)", "self.data = single(data)")
    # What is assigned is rounded too.
    source = source.replace(
        "class Value:\n",
        "class Value:\n    def __setattr__(self, name, x):\n"
        "        object.__setattr__(self, name, single(x) if name == 'data' else x)\n\n",
    )
    assert {each.skipped for each in looked(source)} == {"network not recognised"}


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("fault", "name"),
    [(f, name) for f, name in product(NETWORK_FAULTS, ["relu", "sigmoid"])
     if (f.id, name) != ("activation-twice", "relu")],  # the relu of a relu is no mistake
    ids=lambda x: getattr(x, "id", x),
)
def test_mistakes_in_other_networks(fault: Fault, name: str) -> None:
    """The mistakes of the catalogue are named whatever the network's activation is."""
    head, neuron, tail = fault.source.partition("class Neuron")
    found = looked(head + neuron + tail.replace(".tanh()", f".{name}()"))
    named = [each.finding.diagnosis.fault for each in found if each.finding]
    assert named[:1] == [fault.id]


@pytest.mark.sample(3)
@pytest.mark.parametrize("a", list(architectures()), ids=lambda a: a.name)
@pytest.mark.parametrize("place", ["gradient", "update"])
def test_a_mistake_of_a_millionth(a: Architecture, place: str) -> None:
    """In a product's derivative, or in the step: every convention's answers are sharp."""
    changes = {
        "gradient": {"other.data * out.grad\n": "other.data * out.grad * M\n"},
        "update": {"p.data -= self.lr * p.grad": "p.data -= self.lr * p.grad * M"},
    }[place]
    source = "M = 1 + 1e-9\n" + engine(changes, built(a))
    places = [each.finding.place for each in looked(source) if each.finding]
    assert places
    assert ("update" in places[0]) == (place == "update")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "source",
    [built(a) for a in list(NAMED.values())[::6]] + [f.source for f in NETWORK_FAULTS],
    ids=[a.name for a in list(NAMED.values())[::6]] + [f.id for f in NETWORK_FAULTS],
)
def test_the_file_says_what_the_oracles_say(source: str) -> None:
    """Number by number, the same verdict; the same finding, in the same place."""
    with load(module(source), overrides={"class": "Value"}) as loaded:
        told, asked = NetworkJudge(loaded), NetworkJudge(loaded)
        for lesson in LESSONS:
            a = told.judge(lesson.exercise, lesson)
            b = asked.judge(lesson.exercise, Oracles(lesson.exercise.rate))
            assert [verdicts(j) for _, j in a.judgements] == [verdicts(j) for _, j in b.judgements]
            assert (a.finding and a.finding.place) == (b.finding and b.finding.place)
            assert (a.skipped, a.words, a.own) == (b.skipped, b.words, b.own)


def verdicts(judgement: Judgement) -> list[tuple[int, str, str]]:
    """What is said of each number."""
    return [(n.node, n.quantity, n.verdict) for n in judgement.numbers]


def test_what_an_engine_lacks_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No networks, and no depth beyond Python's: right all the same, and the report says so."""
    asked, network = [], ObjectEngine.network

    def counted(self: ObjectEngine, sizes: Sequence[int], steps: Steps) -> NetworkReading:
        asked.append(sizes)
        return network(self, sizes, steps)

    monkeypatch.setattr(ObjectEngine, "network", counted)
    found = replayed(SOURCE[: SOURCE.index("class Neuron")])
    assert (found.verdict, found.findings) == ("correct", ())
    assert found.accounts.skipped["no network"] == len(LESSONS)
    assert len(asked) == 1
    assert "RecursionError in backward" in found.accounts.conventions["depth"]
    assert "2,000" not in found.accounts.conventions["depth"]  # it ends earlier, and is not asked
    assert found.accounts.skipped["too deep"] >= 2
    assert "networks" not in found.accounts.conventions


def test_a_wrong_operation_is_no_second_mistake() -> None:
    """Its networks are wrong too, and long chains are not asked for; the update's is its own."""
    fault = next(f for f in CATALOGUE.values() if f.witness == "a.tanh()" and f.family != "forward")
    found = replayed(fault.source)
    checks = [each.check for each in found.findings]
    assert checks
    assert not {"networks", "depth"} & set(checks)
    assert "depth" not in found.accounts.conventions
    both = replayed(engine({"p.data -= self": "p.data += self"}, fault.source))
    assert [each.check for each in both.findings] == [*checks, "networks"]
    assert both.findings[-1].diagnosis.fault == "update-uphill"
