"""For all graphs: the engine under test says what every oracle says, and the oracles agree.

``--engine SPEC`` puts another engine in the place of ours; what it has not, it is not asked for.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.checking.assess import examine
from verify.engines import Engine
from verify.expression.graph import Apply, Case, Graph, Number
from verify.expression.ops import FORMS
from verify.generators import special
from verify.generators.random import Population, cases
from verify.oracles.registry import present
from verify.verdict.judgement import Verdict

EDGES = list(special.edges(FORMS))


def agrees(engine: Engine, case: Case) -> set[Verdict]:
    """Assert that nothing is disputed, wrong or imprecise; return the verdicts."""
    examined = examine(engine, case)
    assert examined.disputes == ()
    assert examined.judgement.wrong == ()
    verdicts = set(examined.judgement.counts)
    assert Verdict.IMPRECISE not in verdicts
    return verdicts


def drawn(
    data: st.DataObject,
    forms: frozenset[str],
    *,
    population: Population = "tame",
    low: int = 1,
    high: int = 30,
) -> Case:
    """Draw a case of what the engine has."""
    strategy = cases(population=population, forms=forms, min_operations=low, max_operations=high)
    return data.draw(strategy)


@given(st.data())
def test_tame(engine: Engine, engine_forms: frozenset[str], data: st.DataObject) -> None:
    """Leaves in [-3, 3]: every value and gradient of every node is right, to the last bound."""
    agrees(engine, drawn(data, engine_forms))


@given(st.data())
def test_wide(engine: Engine, engine_forms: frozenset[str], data: st.DataObject) -> None:
    """Magnitudes from 1e-8 to 1e8."""
    agrees(engine, drawn(data, engine_forms, population="wide"))


@given(st.data())
def test_small_graphs_are_decided(
    engine: Engine, engine_forms: frozenset[str], data: st.DataObject
) -> None:
    """On small tame graphs there is a verdict: not everything is undecided."""
    assert Verdict.CORRECT in agrees(engine, drawn(data, engine_forms, high=3))


def test_special_graph(engine: Engine, graph: Graph, point: tuple[Number, ...]) -> None:
    """Each way of writing an operation alone, and the shapes that share nodes, by name."""
    assert Verdict.CORRECT in agrees(engine, Case(graph, point))


@given(st.data())
def test_known_special_cases(
    engine: Engine, engine_forms: frozenset[str], data: st.DataObject
) -> None:
    """Aliasing, reflected operands, in-place forms, diamonds, fan-out, leaves that are outputs."""
    agrees(engine, data.draw(st.sampled_from(list(special.cases(engine_forms))))[1])


@pytest.mark.parametrize("case", EDGES, ids=str)
def test_edges(engine: Engine, engine_forms: frozenset[str], case: Case) -> None:
    """At and beyond the edge of a domain and of the float range: no finite wrong number."""
    missing = {n.form for n in case.graph.nodes if isinstance(n, Apply)} - engine_forms
    if missing:
        pytest.skip(f"not implemented: {', '.join(missing)}")
    agrees(engine, case)


@given(st.data())
def test_large_graphs(engine: Engine, engine_forms: frozenset[str], data: st.DataObject) -> None:
    """Up to 60 operations, most of them sharing nodes."""
    agrees(engine, drawn(data, engine_forms, low=30, high=60))


@given(st.data())
def test_the_same_bits_again(
    pytestconfig: pytest.Config,
    engine: Engine,
    engine_forms: frozenset[str],
    data: st.DataObject,
) -> None:
    """Our engine's answer to a case never changes; that of another is at least right again.

    Another may add up in the order of a set, which is no mistake.
    """
    case = drawn(data, engine_forms)
    if pytestconfig.getoption("--engine"):
        assert agrees(engine, case) == agrees(engine, case)
        return
    first, again = (engine.run(case.graph, case.point)[-1] for _ in range(2))
    assert repr(first) == repr(again)


@given(cases(max_operations=5))
def test_every_oracle_testifies(engine: Engine, case: Case) -> None:
    """Every oracle that is installed says something of the gradient of every leaf."""
    testimony = examine(engine, case).testimony
    said = {oracle.source for oracle in (testimony.truth, *testimony.witnesses, *testimony.floats)}
    assert said == set(present())
    for leaf in case.graph.leaves:
        for oracle in (testimony.truth, *testimony.witnesses, *testimony.floats):
            assert oracle.gradients[leaf] is not None
