"""Zeros are decided from the expression, and what is decided is so."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.expression.graph import Case, Graph
from verify.generators.random import cases
from verify.oracles.balls import exact, forward, precision
from verify.oracles.exact_zeros import zeros

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]


@given(
    case=st.one_of(cases(max_operations=15), cases(population="wide", max_operations=15), edges())
)
def test_what_is_called_zero_is_zero(case: Case) -> None:
    """At 2,000 bits the ball of such a node still contains 0, and a tie's difference too."""
    found = zeros(case.graph, case.point)
    with precision(2000):
        balls = forward(case.graph, case.point, exact)
        for index in found.nodes:
            assert not balls[index].is_finite() or balls[index].contains(0)
        for index in found.ties:
            first, second = (
                balls[a] if isinstance(a, int) else a.value for a in case.graph.nodes[index].args
            )
            gap = first - second
            assert not gap.is_finite() or gap.contains(0)


ZERO = [
    "a - a", "a * b - b * a", "a.tanh() - a.tanh()", "c = a.exp(); 2 * c - c - c",
    "c = a * b; d = a * b; c.sin() - d.sin()", "0 * a.exp()", "(a - a).sin()", "(a / a).log()",
    "sum([a, b]) - b - a", "(a.exp() - a.exp()) / 3",
]  # fmt: skip


@pytest.mark.parametrize("text", ZERO)
def test_these_are_zero_at_any_point(text: str) -> None:
    """Cancellation, commuted operands and equal calls are seen through, at an awkward point."""
    graph = Graph.parse(text)
    point = (0.1, 0.7)[: len(graph.leaves)]
    assert len(graph.nodes) - 1 in zeros(graph, point).nodes


def test_floats_are_rational_numbers() -> None:
    """0.1 + 0.2 - 0.3 in floats is 5.6e-17, of these three floats exactly 2.8e-17, and not 0."""
    case = Case.parse("a + b - c", a=0.1, b=0.2, c=0.3)
    assert zeros(case.graph, case.point).nodes == frozenset()


@pytest.mark.parametrize("text", ["c = a.exp()" + "; c = c * c" * 200, "c = a" + "; c *= c" * 200])
def test_repeated_squaring_ends(text: str) -> None:
    """Coefficients double their digits each time, and atoms their operands: neither is followed."""
    graph = Graph.parse(text)
    twice = Graph.parse(text + "; d = a.exp() - a.exp(); d + c")
    assert zeros(graph, (1.5,)).nodes == frozenset()
    assert len(twice.nodes) - 2 in zeros(twice, (1.5,)).nodes
