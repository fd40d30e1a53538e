"""The special cases of every check: complete, inside their domain, kept to the forms there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.expression.graph import Apply, Case, Graph
from verify.expression.ops import FORMS, OPS
from verify.generators import special
from verify.generators.random import inside

NAMED = list(special.cases(FORMS))


def forms(case: Case) -> set[str]:
    """How the operations of a case are written."""
    return {node.form for node in case.graph.nodes if isinstance(node, Apply)}


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.text)
def test_every_form_alone(form: object) -> None:
    """Each form is tried alone, at two points at least, inside its domain."""
    cases = special.single(form)  # type: ignore[arg-type]
    assert len(cases) >= 2
    for case in cases:
        assert len(case.graph.operations) == 1
        assert forms(case) == {form.text}  # type: ignore[attr-defined]
        assert inside(case.graph, case.point)


def test_known_cases_are_defined() -> None:
    """Every known case is inside its domain: whatever is judged there counts."""
    assert [str(case) for _, case in NAMED if not inside(case.graph, case.point)] == []


def test_every_form_is_used_in_known_cases() -> None:
    """Each form occurs in them, alone and in company."""
    met = {form for _, case in NAMED for form in forms(case)}
    assert met == set(FORMS)
    together = {f for _, case in NAMED if len(case.graph.operations) > 1 for f in forms(case)}
    assert together == set(FORMS)


@pytest.mark.parametrize("text", ["a + a", "a * a", "a - a", "a / a"])
def test_aliasing_is_there(text: str) -> None:
    """The same node as both operands, for each of the four."""
    assert any(case.graph == Graph.parse(text) for _, case in NAMED)


def test_diamonds_fan_out_and_odd_outputs_are_there() -> None:
    """A node used ten times and more, an output that is a leaf, a leaf and an operation unused."""
    names = {name for name, _ in NAMED}
    assert {"the output is a leaf", "a leaf is not used", "an operation is not used"} <= names
    uses = [
        case.graph.nodes[i:]
        for _, case in NAMED
        for i in range(len(case.graph.nodes))
        if sum(n.parents.count(i) for n in case.graph.nodes if isinstance(n, Apply)) >= 10
    ]
    assert uses


def test_a_domain_without_a_usual_point_is_searched() -> None:
    """A form in itself, ``log(log(a))``, has a point, too, where the usual ones lie outside."""
    nested = [case for name, case in NAMED if name == "a.log() nested"]
    assert nested
    assert all(inside(case.graph, case.point) for case in nested)


@given(st.sets(st.sampled_from(sorted(FORMS)), min_size=1))
def test_only_forms_that_the_engine_has(has: set[str]) -> None:
    """Nothing is asked of an engine that it does not have."""
    for case in (*(case for _, case in special.cases(has)), *special.edges(has)):
        assert forms(case) <= has
        assert special.uses_only(case.graph, has)


def test_edges_of_every_operation() -> None:
    """Every special point of every operation is tried, with nodes and with numbers as operands."""
    edges = list(special.edges(FORMS))
    for op in OPS.values():
        tried = [case for case in edges if case.graph.operations == (op.name,)]
        assert len(tried) >= len(op.special)
