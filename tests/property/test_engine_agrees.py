"""For all graphs: our engine says what every oracle says, and the oracles agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.engine import Value
from verify import known
from verify.engines import load
from verify.examine import examine
from verify.graph import Case
from verify.judge import Verdict
from verify.ops import FORMS
from verify.oracles.consult import present
from verify.strategies import cases

OURS = load(Value)
"""In this process: the property is about the engine, not about workers."""
EDGES = list(known.edges(FORMS))
KNOWN = list(known.cases(FORMS))


def agrees(case: Case) -> set[Verdict]:
    """Assert that nothing is disputed, wrong or imprecise; return the verdicts."""
    examined = examine(OURS, case)
    assert examined.disputes == ()
    assert examined.judgement.wrong == ()
    verdicts = set(examined.judgement.counts)
    assert Verdict.IMPRECISE not in verdicts
    return verdicts


@given(cases())
def test_tame(case: Case) -> None:
    """Leaves in [-3, 3]: every value and gradient of every node is right, to the last bound."""
    agrees(case)


@given(cases(population="wide"))
def test_wide(case: Case) -> None:
    """Magnitudes from 1e-8 to 1e8."""
    agrees(case)


@given(cases(max_operations=3))
def test_small_graphs_are_decided(case: Case) -> None:
    """On small tame graphs there is a verdict: not everything is undecided."""
    assert Verdict.CORRECT in agrees(case)


@given(st.sampled_from(KNOWN))
def test_known_special_cases(named: tuple[str, Case]) -> None:
    """Aliasing, reflected operands, in-place forms, diamonds, fan-out, leaves that are outputs."""
    agrees(named[1])


@pytest.mark.parametrize("case", EDGES, ids=str)
def test_edges(case: Case) -> None:
    """At and beyond the edge of a domain and of the float range: no finite wrong number."""
    agrees(case)


@given(cases(max_operations=60, min_operations=30))
def test_large_graphs(case: Case) -> None:
    """Up to 60 operations, most of them sharing nodes."""
    agrees(case)


@given(cases())
def test_the_same_bits_again(case: Case) -> None:
    """The engine's answer to a case never changes."""
    first, again = (OURS.run(case.graph, case.point)[-1] for _ in range(2))
    assert repr(first) == repr(again)


@given(cases(max_operations=5))
def test_every_oracle_testifies(case: Case) -> None:
    """Every oracle that is installed says something of the gradient of every leaf."""
    testimony = examine(OURS, case).testimony
    said = {oracle.source for oracle in (testimony.truth, *testimony.witnesses, *testimony.floats)}
    assert said == set(present())
    for leaf in case.graph.leaves:
        for oracle in (testimony.truth, *testimony.witnesses, *testimony.floats):
            assert oracle.gradients[leaf] is not None
