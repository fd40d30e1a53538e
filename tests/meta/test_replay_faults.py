"""The reference corpus alone catches every mistake that does not need a second pass or a clock."""

from functools import cache

import pytest

from tests.recorded import recorded
from verify.corpus.replay import replay
from verify.engines import EngineError, load
from verify.faults import CATALOGUE, SOURCE, Fault, module
from verify.faults.fault import UNSTABLE
from verify.verdict.outcome import Finished, Outcome

pytestmark = pytest.mark.slow

HEADER, LINES = recorded()
ELSEWHERE = {"state", "cost"}
"""Families that need more than one pass over a graph, or a clock: for `compare` and `check`."""
ABSENT = {
    "rmul-misspelt", "pow-takes-log-of-base", "max-tie-both", "min-tie-neither",
    "fan-out-seventeen", "fan-out-129", "fan-out-257", "products-stop-at-depth-100",
    "tanh-stops-at-depth-35", "order-capped-at-1000",
    "second-hidden-layer-linear", "inputs-beyond-fourth",
}  # fmt: skip
"""Faults that need a graph or a network which the corpus does not have yet; a check finds each."""
FAULTS = [
    f
    for f in CATALOGUE.values()
    if f.family not in ELSEWHERE and f.id not in {*ABSENT, *UNSTABLE}
]
NAMED = [f for f in FAULTS if f.family == "network" or f.id == "cut-at-depth"]
"""Faults that a replay calls by their name, too."""


@cache
def replayed(source: str, name: str) -> Outcome:
    """The outcome on an engine of this process, up to the first finding."""
    with load(module(source, name), overrides={"class": "Value"}) as engine:
        *_, last = replay(engine, HEADER, LINES, first=True)
    assert isinstance(last, Finished)
    return last.outcome


def test_the_engine_without_a_fault_is_right() -> None:
    """The base of the catalogue passes the whole corpus: what is caught below is the fault."""
    found = replayed(SOURCE, "base")
    assert (found.verdict, found.findings) == ("correct", ())
    assert found.control.passed


@pytest.mark.sample(24)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_fault_is_caught(fault: Fault) -> None:
    """Wrong, with an expression that shows it; or not usable as an engine at all."""
    try:
        found = replayed(fault.source, fault.id)
    except EngineError:
        return
    assert found.verdict == "wrong"
    assert found.findings


@pytest.mark.sample(16)
@pytest.mark.parametrize("fault", NAMED, ids=lambda fault: fault.id)
def test_fault_is_named(fault: Fault) -> None:
    """What is wrong with a network, or on long chains, is said by the name of the mistake."""
    (shown,) = replayed(fault.source, fault.id).findings
    assert shown.diagnosis.fault == fault.id
    assert shown.check in {"networks", "depth"}
