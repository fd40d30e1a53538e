"""A neuron is asked by itself: it may be all that there is, and its mistake is its own."""

from pathlib import Path

import pytest

from verify.engines import load
from verify.faults import CATALOGUE, SOURCE
from verify.grading.evidence import Evidence
from verify.grading.examine import examine
from verify.grading.marks import Step, marks
from verify.grading.paper import Paper
from verify.grading.rubric import Rubric
from verify.grading.spoken import remarks

NEURON, MLP = "networks/neuron", "networks/mlp"
ALONE = SOURCE[: SOURCE.index("class Layer")]
RULES = SOURCE[: SOURCE.index("class Neuron")]
ADDED = "total = self.b\n"
FORGETS = ADDED.replace("self.b", "Value(0.0)")


def sat(source: str, paper: Paper, folder: Path) -> Evidence:
    """What the exam shows of an engine."""
    (folder / "engine.py").write_text(source)
    with load(str(folder / "engine.py")) as engine:
        return examine(engine, paper)


def of_networks(evidence: Evidence) -> Step:
    """The row of neurons, layers and networks."""
    return next(s for s in marks(evidence, Rubric()).steps if s.key == "networks")


@pytest.mark.slow
def test_a_neuron_alone_is_judged(paper: Paper, tmp_path: Path) -> None:
    """Where there is no network the neuron is what counts, and what is wrong with it is found."""
    right = sat(ALONE, paper, tmp_path)
    assert (right.criteria[NEURON], right.criteria[MLP], right.found) == ("right", "missing", ())
    assert of_networks(right).standing == "earned"
    wrong = sat(ALONE.replace(ADDED, FORGETS), paper, tmp_path)
    assert wrong.criteria[NEURON] == "wrong"
    assert [told.fault for told in wrong.found] == ["bias-missing"]
    assert of_networks(wrong).standing == "lost"


@pytest.mark.slow
def test_without_any_neuron_nothing_is_said(paper: Paper, tmp_path: Path) -> None:
    """Of an engine that has no networks they are left out."""
    evidence = sat(RULES, paper, tmp_path)
    assert {evidence.criteria[key] for key in (NEURON, MLP, "training/step")} == {"missing"}
    assert of_networks(evidence).standing == "left out"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "neuron", "mlp"),
    [
        ("bias-missing", "wrong", "not reached"),
        ("biases-not-registered", "wrong", "not reached"),
        ("activation-inside-sum", "wrong", "not reached"),
        ("layer-missing", "right", "wrong"),
        ("layer-uses-one-neuron", "right", "wrong"),
        ("update-uphill", "right", "right"),
    ],
)
def test_a_mistake_costs_the_part_that_it_is_in(
    fault: str, neuron: str, mlp: str, paper: Paper, tmp_path: Path
) -> None:
    """Half of the points of networks are the neuron's, and half are those of what is made of it."""
    evidence = sat(CATALOGUE[fault].source, paper, tmp_path)
    assert (evidence.criteria[NEURON], evidence.criteria[MLP]) == (neuron, mlp)
    assert [told.fault for told in evidence.found] == [fault]
    assert marks(evidence, Rubric()).points > 97.9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("def parameters", "def listed", "the network does not say what its parameters are"),
        ("total.tanh() if self.nonlin else total", "(total * total).sin()",
         "it was not recognised"),
        ("self, nin, nonlin=True", "self, w, b, act", "no way was found to make a Neuron"),
    ],
)  # fmt: skip
def test_what_was_not_judged_is_not_called_missing(
    old: str, new: str, why: str, paper: Paper, tmp_path: Path
) -> None:
    """A neuron that nobody could ask is there, and the row says so and why."""
    evidence = sat(ALONE.replace(old, new), paper, tmp_path)
    step = of_networks(evidence)
    assert (step.standing, evidence.found) == ("left out", ())
    assert "nothing of it" not in step.why
    (words,) = remarks(evidence, "networks")
    assert words.startswith(f"a neuron is there and was not judged: {why}")
