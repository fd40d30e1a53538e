"""A fault planted in one oracle is a dispute that names the oracle, never an engine's mistake."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sympy
from flint import arb

from verify.checking import run
from verify.engines import load
from verify.expression.graph import Case
from verify.oracles import balls, difference, registry, symbolic, torch_autograd
from verify.oracles.registry import consult
from verify.verdict.disputes import disputes
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Plant = Callable[[pytest.MonkeyPatch], None]

TORCH = pytest.mark.skipif(not torch_autograd.available(), reason="torch is not installed")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What the oracles keep must not outlive a fault, nor hide it."""
    symbolic._rule.cache_clear()
    with registry.afresh():
        yield
    symbolic._rule.cache_clear()


def interval_rule(patch: pytest.MonkeyPatch) -> None:
    """1 - y is taken for the derivative of tanh."""
    good = balls.RULES["tanh"]
    patch.setitem(balls.RULES, "tanh", replace(good, partials=(lambda r, y, a: r(1 - y, 1),)))


def interval_value(patch: pytest.MonkeyPatch) -> None:
    """Tanh is off by a relative 1e-6, as is its derivative's y."""
    good = balls.RULES["tanh"]
    off = replace(good, value=lambda a: good.value(a) * (1 + arb(2) ** -20))
    patch.setitem(balls.RULES, "tanh", off)


def interval_kink(patch: pytest.MonkeyPatch) -> None:
    """At 0 the slope of relu is 0 and nothing else."""
    slope = (lambda r, y, a: balls.ONE if a > 0 else balls.ZERO,)
    step = replace(balls.RULES["relu"], partials=slope)
    patch.setitem(balls.RULES, "relu", step)


def interval_term(patch: pytest.MonkeyPatch) -> None:
    """Of a node used twice only one use counts."""
    good = balls.in_any_order
    patch.setattr(balls, "in_any_order", lambda r, terms: good(r, terms[:1]))


def symbolic_rule(patch: pytest.MonkeyPatch) -> None:
    """Tanh, and so its derivative, is off by a relative 1e-9."""
    x = symbolic._X
    patch.setitem(symbolic._EXPRESSIONS, "tanh", sympy.tanh(x) * (1 + sympy.Rational(1, 10**9)))


def symbolic_kink(patch: pytest.MonkeyPatch) -> None:
    """Heaviside(0) = 1."""
    patch.setitem(symbolic._NAMES, "heaviside", lambda z: arb(1) if z >= 0 else arb(0))


def symbolic_term(patch: pytest.MonkeyPatch) -> None:
    """An operand that stands twice in a node counts once."""
    good = symbolic._local

    def once(graph: Any, point: Any) -> Any:
        values, local = good(graph, point)
        for (_, _, operands), slopes in zip(graph.layout.rows, local, strict=True):
            for place, operand in enumerate(operands):
                if operand in operands[:place]:
                    slopes[place] = arb(0)
        return values, local

    patch.setattr(symbolic, "_local", once)


def difference_rule(patch: pytest.MonkeyPatch) -> None:
    """Tanh is off by a relative 2**-30."""
    patch.setitem(difference._FUNCTIONS, "tanh", lambda a: a.tanh() * (1 + arb(2) ** -30))


def difference_kink(patch: pytest.MonkeyPatch) -> None:
    """Relu has no kink."""
    patch.delitem(difference._KINKS, "relu")


def difference_term(patch: pytest.MonkeyPatch) -> None:
    """A product forgets its second operand's change."""
    patch.setitem(difference._FUNCTIONS, "mul", lambda a, b: a * b.mid().floor())


def torch_rule(patch: pytest.MonkeyPatch) -> None:
    """Tanh's gradient is zero."""
    functions = dict(torch_autograd._functions())
    functions["tanh"] = lambda x: x.detach().tanh() + 0 * x
    patch.setattr(torch_autograd, "_functions", functools.cache(lambda: functions))


def torch_kink(patch: pytest.MonkeyPatch) -> None:
    """At 0 the slope of relu is -1/2."""
    from torch.nn.functional import leaky_relu

    functions = dict(torch_autograd._functions())
    functions["relu"] = lambda x: leaky_relu(x, -0.5)
    patch.setattr(torch_autograd, "_functions", functools.cache(lambda: functions))


def torch_term(patch: pytest.MonkeyPatch) -> None:
    """A product forgets its second operand."""
    functions = dict(torch_autograd._functions())
    functions["mul"] = lambda a, b: a * b.detach() + 0 * b
    patch.setattr(torch_autograd, "_functions", functools.cache(lambda: functions))


SMOOTH = Case.parse("c = a * b; (c.tanh() + c) * c", a=0.7, b=1.6)
KINK = Case.parse("b * a.relu()", a=0.0, b=2.0)
PLANTS: dict[str, tuple[str, Plant, Case]] = {
    "interval, wrong rule": ("interval", interval_rule, SMOOTH),
    "interval, wrong value": ("interval", interval_value, SMOOTH),
    "interval, wrong kink": ("interval", interval_kink, KINK),
    "interval, dropped term": ("interval", interval_term, SMOOTH),
    "symbolic, wrong rule": ("symbolic", symbolic_rule, SMOOTH),
    "symbolic, wrong kink": ("symbolic", symbolic_kink, KINK),
    "symbolic, dropped term": ("symbolic", symbolic_term, Case.parse("a * a", a=0.7)),
    "difference, wrong rule": ("difference", difference_rule, SMOOTH),
    "difference, wrong kink": ("difference", difference_kink, KINK),
    "difference, dropped term": ("difference", difference_term, SMOOTH),
    "torch, wrong rule": ("torch", torch_rule, SMOOTH),
    "torch, wrong kink": ("torch", torch_kink, KINK),
    "torch, dropped term": ("torch", torch_term, SMOOTH),
}
PARAMETERS = [
    pytest.param(*planted, id=name, marks=[TORCH] if planted[0] == "torch" else [])
    for name, planted in PLANTS.items()
]


@pytest.mark.parametrize(("oracle", "plant", "case"), PARAMETERS)
def test_the_oracle_at_fault_is_named(
    monkeypatch: pytest.MonkeyPatch, oracle: str, plant: Plant, case: Case
) -> None:
    """A wrong rule, a wrong kink, a dropped term: each dispute names the oracle that has it."""
    plant(monkeypatch)
    said = consult(case)
    found = disputes(said)
    assert {dispute.oracle for dispute in found} == {oracle}


@pytest.mark.parametrize(("oracle", "plant", "case"), PARAMETERS)
def test_without_the_fault_there_is_no_dispute(oracle: str, plant: Plant, case: Case) -> None:
    """The same cases, and nothing planted: silence."""
    said = consult(case)
    assert disputes(said) == (), (oracle, plant)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("oracle", "plant"),
    [("interval", interval_rule), ("interval", interval_term), ("symbolic", symbolic_rule)],
)
def test_a_check_fails_for_the_harness_and_accuses_no_engine(
    monkeypatch: pytest.MonkeyPatch, oracle: str, plant: Plant
) -> None:
    """A whole check of a right engine: exit 4, the oracle named, not one finding."""
    plant(monkeypatch)
    with load("micrograd.engine:Value") as engine:
        outcome = run.outcome(engine, run.Plan(examples=20, exhaust=1, networks=()))
    assert outcome.exit_code == Exit.HARNESS
    assert (outcome.verdict, outcome.findings) == ("inconclusive", ())
    assert oracle in {name for dispute in outcome.disputes for name in dispute.oracle.split(" or ")}


def test_without_torch_the_witnesses_still_name_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two witnesses against the judge are enough: torch is an extra."""
    monkeypatch.setattr(torch_autograd, "available", lambda: False)
    interval_rule(monkeypatch)
    said = consult(SMOOTH)
    assert said.floats == ()
    found = disputes(said)
    assert {dispute.oracle for dispute in found} == {"interval"}
