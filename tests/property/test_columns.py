"""Columns are compared as their numbers are one by one, and cost what the graph's size costs."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd
from verify.checking.assess import examine
from verify.checking.promise import promise
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.expression.reading import Column, Reading
from verify.generators.random import cases
from verify.oracles import balls, difference, interval, registry, special_values, symbolic
from verify.verdict.disputes import disputes
from verify.verdict.judge import judge

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from verify.expression.reading import Enclosure, Truth

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]
ANY = st.one_of(cases(max_operations=20), cases(population="wide", max_operations=20), edges())


def one_by_one(truth: Truth) -> Truth:
    """The same truth without columns."""
    return replace(truth, values=tuple(truth.values), gradients=tuple(truth.gradients))


@given(case=ANY)
def test_a_column_is_what_the_notes_would_say(case: Case) -> None:
    """Where nothing is special the sweeps give the enclosures that are made node by node."""
    plain = interval.truth(case.graph, case.point)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interval, "_plain", lambda *_: None)
        slow = interval.truth(case.graph, case.point)
    assert repr((tuple(plain.values), tuple(plain.gradients))) == repr(
        (slow.values, slow.gradients)
    )


@given(
    case=ANY,
    seed=st.randoms(use_true_random=False),
    off=st.sampled_from([0.0, 1e-17, 1e-16, 1e-15, 1e-12, 1e-6, math.nan]),
    lost=st.booleans(),
)
def test_columns_are_judged_as_numbers_are(
    case: Case, seed: random.Random, off: float, *, lost: bool
) -> None:
    """Whatever is read, the verdicts are those of one number after the other."""
    truth = interval.truth(case.graph, case.point)

    def read(row: Sequence[Enclosure | None]) -> tuple[float | None, ...]:
        some = [0.0 if e is None else e.middle * (1 + seed.choice([0.0, 0.0, off])) for e in row]
        return tuple([None if lost and seed.random() < 0.1 else x for x in some])

    reading = Reading("engine", read(truth.values), read(truth.gradients))
    unkept = [i for i in range(len(case.graph.nodes)) if seed.random() < 0.1]
    got, expected = (
        judge(reading, registry.Testimony(case, each), unkept=unkept)
        for each in (truth, one_by_one(truth))
    )
    assert repr(tuple(got.numbers)) == repr(tuple(expected.numbers))
    assert (got.counts, got.verdict, got.gradients, got.wrong == ()) == (
        expected.counts, expected.verdict, expected.gradients, expected.wrong == ()
    )  # fmt: skip


@given(case=ANY, seed=st.randoms(use_true_random=False), off=st.sampled_from([1e-16, 1e-9, 1.0]))
def test_oracles_are_compared_as_numbers_are(
    case: Case, seed: random.Random, off: float
) -> None:
    """A dispute between columns is the dispute between their numbers."""
    truth = interval.truth(case.graph, case.point)
    witnesses = [o.truth(case.graph, case.point) for o in (symbolic, difference)]
    numbers = [
        tuple([0.0 if e is None else e.middle * (1 + seed.choice([0.0, 0.0, off])) for e in row])
        for row in (truth.values, truth.gradients)
    ]
    floats = [Reading("torch", *numbers)]
    same = disputes(registry.Testimony(case, truth, witnesses, floats))
    singly = list(map(one_by_one, witnesses))
    assert repr(same) == repr(disputes(registry.Testimony(case, one_by_one(truth), singly, floats)))


@given(case=cases(max_operations=20))
def test_a_glance_and_a_close_look_agree(case: Case) -> None:
    """The difference oracle's short way says what its long way says."""
    glance = difference.truth(case.graph, case.point)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(difference._Glance, "slopes", lambda _, wanted: dict.fromkeys(wanted))
        closely = difference.truth(case.graph, case.point)
    assert disputes(registry.Testimony(case, closely, [glance])) == ()


def test_a_step_at_the_point_is_no_glance() -> None:
    """What is steep on the scale of the step is looked into.

    An odd function hides it from both sides alike; half a step on one of them does not.
    """
    case = Case.parse("(a * 1e30).tanh()", a=0.0)
    (slope, *_) = difference.truth(case.graph, case.point).gradients
    assert slope is not None
    assert abs(slope.middle - 1e30) <= slope.radius + 1e15


@pytest.mark.parametrize("text", ["c = a * b; c - b * a", "c = a.tanh(); c * c - c**2 + b.sin()"])
def test_what_cancels_is_level_at_a_glance(text: str) -> None:
    """It is 0 but for what rounding leaves; what is flat at one point alone is looked into."""
    case = Case.parse(text, a=0.7, b=1.3)
    with balls.precision(difference._GLANCE_BITS):
        slope = difference._Glance.at(case.graph, case.point).slopes(case.graph.leaves)[0]
    assert slope is not None
    assert (slope.middle, slope.radius < 1e-29) == (0.0, True)
    flat = Case.parse("a**2 + b", a=0.0, b=1.3)
    with balls.precision(difference._GLANCE_BITS):
        assert difference._Glance.at(flat.graph, flat.point).slopes([0]) == {0: None}


@pytest.mark.parametrize("term", ["{}**2", "1e30 * {}**2", "{}**4", "{}.cos()"])
@pytest.mark.parametrize("rest", ["", " + c", " + a * c"])
def test_what_bends_both_ways_is_no_glance(term: str, rest: str) -> None:
    """One number bends the function as much as another one bends it back: neither is straight."""
    text = f"{term.format('a')} - {term.format('b')}{rest}"
    case = Case.parse(text, a=0.0, b=0.0, **({"c": 0.0} if "c" in rest else {}))
    slopes = difference.truth(case.graph, case.point).gradients
    for place in case.graph.leaves[:2]:
        assert (slope := slopes[place]) is not None
        assert abs(slope.middle) <= slope.radius


def test_ordinary_graphs_are_columns() -> None:
    """The short way is taken where nothing is special; else it would be tested in vain."""
    case = Case.parse("c = a * b; (c.tanh() + c) * c - a", a=0.7, b=1.6)
    truth = interval.truth(case.graph, case.point)
    assert all(isinstance(column, Column) for column in (truth.values, truth.gradients))


def test_a_right_answer_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Radii and bounds of ordinary numbers are worked out for nobody who is plainly right."""
    case = Case.parse("c = a * b; d = c.tanh() + a; d * d - b", a=0.7, b=1.6)
    with load(micrograd.Value) as engine:
        promise(engine)  # to find that out, every bound is looked at
        monkeypatch.setattr(interval, "_measured", None)
        seen = examine(engine, case)
    assert (seen.judgement.verdict, seen.disputes) == ("correct", ())


def squared(times: int) -> Case:
    """``c = c * c + c`` so many times: paths grow threefold, nodes by two."""
    text = "c = a * 0.1; " + "c = c * c + c; " * times + "c * 0.0001"
    return Case(Graph.parse(text), (1e-3,))


@pytest.mark.parametrize("times", [50, 100, 200])
def test_an_operation_is_made_a_fixed_number_of_times(
    monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Shared or not, each oracle applies an operation as often as it stands there, times a few."""
    calls = {"interval": 0, "difference": 0}
    rule, function = balls.RULES["add"], difference._FUNCTIONS["add"]

    def counted(*args: balls.Ball) -> balls.Ball:
        calls["difference"] += 1
        return function(*args)

    def value(*args: balls.Ball) -> balls.Ball:
        calls["interval"] += 1
        return rule.value(*args)

    monkeypatch.setitem(balls.RULES, "add", replace(rule, value=value))
    monkeypatch.setitem(difference._FUNCTIONS, "add", counted)
    case = squared(times)
    interval.truth(case.graph, case.point)
    difference.truth(case.graph, case.point)
    assert calls == {"interval": 2 * times, "difference": 3 * times}


def test_no_note_is_looked_for_where_nothing_is_special(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes, and errors of other formulas, cost nothing where the plain bound is enough."""
    case = squared(20)
    for name in ("of_values", "of_gradients", "kinks", "strained"):
        monkeypatch.setattr(special_values, name, None)
    truth = interval.truth(case.graph, case.point)
    said = [[e.middle for e in row if e] for row in (truth.values, truth.gradients)]
    reading = Reading("engine", *map(tuple, said))
    monkeypatch.setattr(interval, "loosened", None)
    assert judge(reading, registry.Testimony(case, truth)).wrong == ()
