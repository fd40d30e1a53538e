"""The bound holds every rounding of float64, and the enclosure holds the truth."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.generators.random import cases
from verify.oracles import interval
from verify.oracles.balls import UNIT, exact, forward, precision, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

RATIONAL = {
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a + 2",
    "a * 2",
    "2 - a",
    "2 / a",
    "-a",
    "sum([a, b])",
}
PARTIALS = {
    "add": lambda a, b: (1, 1),
    "sub": lambda a, b: (1, -1),
    "mul": lambda a, b: (b, a),
    "div": lambda a, b: (1 / b, -a / (b * b)),
    "neg": lambda a: (-1,),
    "sum": lambda *terms: (1,) * len(terms),
}
VALUES = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "sum": lambda *terms: sum(terms[1:], terms[0]),
}


def sweep(graph: Graph, point: Sequence[float], number: type) -> tuple[list, list]:
    """Values and gradients in a type of numbers: floats round, fractions do not."""
    values, inputs = [], iter(point)
    for node in graph.nodes:
        if isinstance(node, Leaf):
            values.append(number(next(inputs)))
        else:
            values.append(VALUES[node.op](*operands(node, values, number)))
    gradients = [number(0)] * len(values)
    gradients[-1] = number(1)
    for index in range(len(values) - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Apply):
            partials = PARTIALS[node.op](*operands(node, values, number))
            for parent, partial in zip(node.args, partials, strict=True):
                if isinstance(parent, int):
                    gradients[parent] += gradients[index] * partial
    return values, gradients


def operands(node: Apply, values: Sequence, number: type) -> list:
    """The operands of a node in a type of numbers."""
    return [number(a.value) if isinstance(a, Const) else values[a] for a in node.args]


@given(
    case=st.one_of(
        *[cases(population=p, forms=RATIONAL, max_operations=12) for p in ("tame", "wide")]
    )
)
def test_rational_graphs_against_exact_fractions(case: Case) -> None:
    """Fractions give the truth without balls: it lies in the enclosure, and floats in the bound."""
    truth = interval.truth(case.graph, case.point)
    true, rounded_ = sweep(case.graph, case.point, Fraction), sweep(case.graph, case.point, float)
    for said, exactly, floats in zip((truth.values, truth.gradients), true, rounded_, strict=True):
        for e, t, g in zip(said, exactly, floats, strict=True):
            assert abs(t - Fraction(e.middle)) <= Fraction(e.radius)
            if math.isfinite(e.bound) and math.isfinite(g):
                assert abs(Fraction(g) - t) <= Fraction(e.bound) + Fraction(e.radius)


@given(case=cases(max_operations=15))
def test_enclosures_are_tight(case: Case) -> None:
    """What is not noted as special is known far better than float64 could say it."""
    truth = interval.truth(case.graph, case.point)
    for e in (*truth.values, *truth.gradients):
        if e.note == "" and math.isfinite(e.bound):
            assert e.radius <= 2**-10 * e.bound + math.ulp(e.middle)


@given(case=cases(max_operations=15))
def test_freedom_only_widens(case: Case) -> None:
    """Other formulas may lose more than the textbook's, never less; the truth stays as it is."""
    truth = interval.truth(case.graph, case.point)
    for free in ((), range(len(truth.values))):
        relaxed = interval.loosened(case.graph, case.point, truth, free)
        pairs = zip(
            (*truth.values, *truth.gradients), (*relaxed.values, *relaxed.gradients), strict=True
        )
        for before, after in pairs:
            assert (before.middle, before.radius, before.bound) == (
                after.middle,
                after.radius,
                after.bound,
            )
            assert after.freedom >= after.bound


@given(a=st.floats(-700, 700), b=st.floats(-700, 700))
def test_every_rule_rounds_by_at_least_one_half_ulp(a: float, b: float) -> None:
    """A rule that forgot to round would call correct rounding a mistake."""
    with precision(200):
        for op in "+-*/":
            if op == "/" and abs(b) < 1e-300:
                continue
            graph = Graph.parse(f"a {op} b")
            true, ball = (forward(graph, (a, b), rounding)[-1] for rounding in (exact, rounded))
            assert ball.contains(true * (1 + arb(UNIT) / 2))
            assert ball.contains(true * (1 - arb(UNIT) / 2))


@given(case=cases(population="wide", max_operations=12))
def test_given_the_true_values_the_chain_rule_is_the_gradient(case: Case) -> None:
    """Taking an engine's values for granted changes nothing where they are right."""
    truth = interval.truth(case.graph, case.point)
    if all(e.known and e.note == "" and e.radius == 0 for e in truth.values):
        for e, own in zip(
            truth.gradients,
            interval.at_values(case.graph, [e.middle for e in truth.values]),
            strict=True,
        ):
            if e.known and e.note == "" and own.known:
                assert abs(e.middle - own.middle) <= e.radius + own.radius + 4 * math.ulp(e.middle)
