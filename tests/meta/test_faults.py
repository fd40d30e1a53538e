"""The catalogue: every fault is a real engine that differs from the right one on its witness."""

import ast
from collections import Counter

import pytest

from verify.engines import load
from verify.faults import CATALOGUE, SIZE_BY_NATURE, SOURCE, Edit, Fault, module
from verify.faults.fault import UNSTABLE, _applied

FAULTS = list(CATALOGUE.values())
IDS = list(CATALOGUE)
IN_ONE_GRAPH = [f for f in FAULTS if f.family not in {"state", "cost", "network"}]
DEEP = {"cut-at-depth", "order-capped-at-1000"}
"""Faults whose witness would be too long to print: another program stands in its place."""


def test_catalogue_is_large_and_every_family_is_there() -> None:
    """At least 160 mistakes, some for each step of the course."""
    families = Counter(fault.family for fault in FAULTS)
    assert len(FAULTS) >= 160
    assert len(families) == 9
    assert min(families.values()) >= 2


@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_fault_is_a_whole_engine(fault: Fault) -> None:
    """Its source is a file of its own that differs from the base and defines the same classes."""
    defined = {n.name for n in ast.parse(fault.source).body if isinstance(n, ast.ClassDef)}
    assert fault.source != SOURCE
    assert defined >= {"Value", "Neuron", "Layer", "MLP", "SGD"}
    assert {"Value", "MLP", "SGD"} <= set(vars(module(fault.source, fault.id)))


def test_sources_differ() -> None:
    """No mistake is in the catalogue twice."""
    assert len({fault.source for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_fault_explains_itself(fault: Fault) -> None:
    """Title, explanation and three different hints; the title is one line, the words are plain."""
    assert len(fault.hints) == 3 == len(set(fault.hints))
    assert "\n" not in fault.title + fault.explanation
    assert len(fault.title) <= 90
    assert 60 <= len(fault.explanation) <= 600


@pytest.mark.parametrize(
    "fault", [f for f in IN_ONE_GRAPH if f.id not in DEEP], ids=lambda fault: fault.id
)
def test_witness_shows_the_fault(fault: Fault) -> None:
    """On its witness the engine says other numbers than the base engine, or raises."""
    case = fault.case
    base = load(module(SOURCE, "base"))
    right = base.run(case.graph, case.point)[-1]
    assert right.raised is None
    # Some faults show by where objects lie: the nodes are made anew elsewhere.
    elsewhere = [(("clutter", n), ("rebuild",), ("backward", -1), ("read",)) for n in range(40)]
    assert base.run(case.graph, case.point, elsewhere[-1])[-1] == right
    overrides = {"value": "data", "gradient": "grad", "backward": ".backward()"}
    engine = load(module(fault.source, fault.id), overrides=overrides)
    answers = {repr(engine.run(case.graph, case.point)[-1])}
    answers |= {repr(engine.run(case.graph, case.point, steps)[-1]) for steps in elsewhere}
    assert answers != {repr(right)}


def test_marked_faults_are_in_the_catalogue() -> None:
    """What is said of faults by name is said of faults that exist, once each."""
    for marked in (SIZE_BY_NATURE, UNSTABLE, tuple(DEEP)):
        assert [name for name in marked if name not in CATALOGUE] == []
        assert len(set(marked)) == len(marked)


def test_chance_is_the_same_in_each_process() -> None:
    """A fault that draws lots gives the same numbers when the same is done again."""
    for name in UNSTABLE:
        fault = CATALOGUE[name]
        if "random.Random(" not in fault.source:
            continue
        answers = []
        for _ in range(2):
            engine = load(module(fault.source, fault.id))
            case = fault.case
            answers.append([repr(engine.run(case.graph, case.point)[-1]) for _ in range(200)])
        assert answers[0] == answers[1]
        assert len(set(answers[0])) > 1


def test_edit_that_finds_nothing_is_refused() -> None:
    """No fault is silently the right engine."""
    with pytest.raises(ValueError, match=r"is not in Value\.tanh"):
        _applied(SOURCE, Edit("Value.tanh", "no such text", ""), "here")
    with pytest.raises(ValueError, match=r"there is no Value\.tan"):
        _applied(SOURCE, Edit("Value.tan", "", ""), "here")
