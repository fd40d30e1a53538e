"""The oracles share no code, and agree on every graph within their own error bars."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from verify.expression.graph import Case
from verify.expression.ops import FORMS
from verify.generators.random import cases
from verify.generators.special import edges as special_points
from verify.oracles import difference, interval, registry, symbolic, torch_autograd
from verify.oracles.registry import consult
from verify.verdict.disputes import disputes

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]
ANY = st.one_of(cases(max_operations=20), cases(population="wide", max_operations=20), edges())
WITNESSES = {"symbolic": symbolic.truth, "difference": difference.truth}


@pytest.mark.parametrize("witness", WITNESSES)
@given(case=ANY)
def test_each_witness_agrees_with_the_truth(witness: str, case: Case) -> None:
    """Symbolic and difference oracle each contain what the interval oracle says, kinks included."""
    truth = interval.truth(case.graph, case.point)
    other = WITNESSES[witness](case.graph, case.point)
    assert disputes(registry.Testimony(case, truth, [other])) == ()


@given(case=ANY)
def test_the_witnesses_agree_with_each_other(case: Case) -> None:
    """Symbolic derivatives and differences of values agree without the judge between them."""
    first = symbolic.truth(case.graph, case.point)
    other = difference.truth(case.graph, case.point)
    assert disputes(registry.Testimony(case, first, [other])) == ()


@pytest.mark.skipif(not torch_autograd.available(), reason="torch is not installed")
@given(case=ANY)
def test_torch_agrees_within_an_engines_error(case: Case) -> None:
    """Torch is a float64 engine: it stays within the bound, or within the freedom."""
    truth, torch = (
        interval.truth(case.graph, case.point),
        torch_autograd.reading(case.graph, case.point),
    )
    assert disputes(registry.Testimony(case, truth, [], [torch])) == ()


@given(case=ANY)
@example(case=Case.parse("a = b - 0.5; a.relu().min(a)  at  b=0.5"))
@example(case=Case.parse("a = b - 0.5; (a + a).relu().min(a)  at  b=0.5"))
def test_all_oracles_together_agree(case: Case) -> None:
    """No float has to have the slope of those who see no kink: at a kink it has a choice."""
    assert disputes(consult(case)) == ()


@pytest.mark.parametrize("case", list(special_points(list(FORMS))), ids=str)
def test_at_special_points_nobody_disputes(case: Case) -> None:
    """At and beyond the edge of every operation the oracles agree, or say that they do not know."""
    said = consult(case)
    assert disputes(said) == ()


def test_a_stretch_that_begins_with_nothing_ends_with_what_was_there() -> None:
    """What is said in it is asked anew and gone afterwards; what was kept before is still kept."""
    case = Case.parse("a * a", a=0.25)
    before = consult(case)
    with registry.afresh():
        within = consult(case)
        assert within is consult(case)
    assert within is not before
    assert consult(case) is before


def test_each_oracle_is_asked_about_all_cases_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked together, what one oracle works with stays at hand; what they say is the same."""
    some = [Case.parse("a * a + a.tanh()", a=x) for x in (0.5, 0.75)]
    expected = [(o.truth, tuple(o.witnesses), tuple(o.floats)) for o in map(consult, some)]
    asked: list[str] = []
    oracles = {"symbolic": symbolic, "difference": difference, "interval": interval}
    for name, oracle in oracles.items():
        good = oracle.truth
        monkeypatch.setattr(oracle, "truth", lambda *a, n=name, f=good: (asked.append(n), f(*a))[1])
    with registry.afresh():
        told = registry.consult_together(some)
        got = [(o.truth, tuple(o.witnesses), tuple(o.floats)) for o in told]
    order = [name for name in ("interval", "symbolic", "difference") for _ in some]
    assert (asked, repr(got)) == (order, repr(expected))


@given(
    case=cases(
        max_operations=4,
        forms={"a + b", "a * b", "a.tanh()", "a.exp()", "a / b", "a.sin()", "a - 2"},
    )
)
def test_the_whole_closed_form_is_the_chain_rule(case: Case) -> None:
    """SymPy's derivative of the whole expression is what the composed rules give."""
    said = symbolic.truth(case.graph, case.point)
    for leaf in case.graph.leaves:
        name = case.graph.names[leaf]
        form = sympy.diff(symbolic.expression(case.graph), sympy.Symbol(name, real=True))
        numbers = {
            s: next(v for k, v in case.inputs.items() if k == s.name) for s in form.free_symbols
        }
        exact = form.subs({s: symbolic._exactly(v) for s, v in numbers.items()}).evalf(40, maxn=400)
        e = said.gradients[leaf]
        if e.known and exact.is_Float:
            assert float(exact) == pytest.approx(e.middle, rel=1e-12, abs=e.radius + 1e-290)


@given(case=cases(max_operations=10))
def test_difference_knows_nearly_everything(case: Case) -> None:
    """A witness that says nothing is no witness: values are always known inside the domain."""
    said = difference.truth(case.graph, case.point)
    assert all(math.isfinite(e.middle) for e in said.values)


def _never(*_: object) -> None:
    raise AssertionError("witnesses that know their error need no freedom")
