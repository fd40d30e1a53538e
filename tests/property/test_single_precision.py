"""Engines in 32 bits: the right ones are never wrong, and what they get wrong is told."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.engines import load
from verify.expression.formats import DOUBLE, SINGLE
from verify.expression.graph import Graph
from verify.expression.reading import Reading
from verify.faults import module
from verify.generators.random import cases
from verify.oracles import interval
from verify.oracles.balls import arithmetic, working
from verify.oracles.registry import by_interval
from verify.verdict.judge import judge
from verify.verdict.judgement import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.engines import Engine
    from verify.expression.graph import Case

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]
RIGHT = Path(__file__).parent.parent / "right"
ROUNDED = """
import struct


def _rounded(self, name, x):
    if name in ("data", "grad"):
        big = abs(x) > (2 - 2**-24) * 2.0**127
        x = math.copysign(math.inf, x) if big else struct.unpack("f", struct.pack("f", x))[0]
    object.__setattr__(self, name, x)


Value.__setattr__ = _rounded
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The engine of the lecture, every number rounded to 32 bits."""
    source = (RIGHT / "closures.py").read_text(encoding="utf-8") + ROUNDED
    with load(module(source, "single_closures")) as loaded:
        yield loaded


def judged(case: Case, reading: Reading) -> Judgement:
    """What the judge says of a reading in single precision."""
    return judge(reading, by_interval(case, SINGLE))


@given(st.one_of(cases(), cases(population="wide"), edges(max_operations=4)))
def test_right_engines_are_never_wrong(engine: Engine, case: Case) -> None:
    """Whatever is computed in 32 bits by right formulas is within the bound, or undecided."""
    assert judged(case, engine.run(case.graph, case.point)[-1]).wrong == ()


@given(cases(max_operations=4), st.sampled_from([0.0, -1.0, 2.0, 1.01]))
def test_a_wrong_gradient_is_never_accepted(engine: Engine, case: Case, factor: float) -> None:
    """A gradient of 0, of the other sign, twice or 1 % as large is not called right.

    0 is right where the textbook's formula rounds to it.
    """
    reading = engine.run(case.graph, case.point)[-1]
    before = judged(case, reading)
    for node, gradient in enumerate(reading.gradients):
        right = [n for n in before.numbers if (n.quantity, n.node) == ("gradient", node)]
        if not gradient or not right or right[0].verdict is not Verdict.CORRECT:
            continue
        truth = right[0].truth
        if truth is not None and (truth.note == "kink" or (truth.scale and not factor)):
            continue
        said = (*reading.gradients[:node], factor * gradient, *reading.gradients[node + 1 :])
        after = judged(case, Reading(reading.source, reading.values, said))
        (number,) = [n for n in after.numbers if (n.quantity, n.node) == ("gradient", node)]
        assert number.verdict is not Verdict.CORRECT


def test_the_bound_is_that_of_24_bits() -> None:
    """The same graph at the same point has half a billion times the error, and the same truth."""
    graph, point = Graph.parse("a * b + a"), (0.7, 1.3)
    double, single = interval.truth(graph, point), interval.truth(graph, point, SINGLE)
    (wide,), (narrow,) = single.values[-1:], double.values[-1:]
    assert wide is not None
    assert narrow is not None
    assert wide.middle == narrow.middle
    assert 2.0**27 < wide.bound / narrow.bound < 2.0**31


def test_float64_is_meant_unless_told() -> None:
    """The format is in force within its block only, also when that raises."""

    def fails() -> None:
        with arithmetic(SINGLE):
            assert working() is SINGLE
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert working() is DOUBLE


def test_nothing_is_due_of_numbers_that_32_bits_do_not_hold() -> None:
    """A leaf, or a number beside a node, beyond the range of the format has no true answer."""
    for text, point in (("a * 1e200", (0.0,)), ("a * 2", (1e-40,)), ("a + b", (1.0, 1e39))):
        said = interval.truth(Graph.parse(text), point, SINGLE)
        assert {e and e.note for e in (*said.values, *said.gradients)} == {"beyond"}


def test_overflow_is_that_of_the_format() -> None:
    """What is computed beyond 2**128 is no number of 32 bits."""
    said = interval.truth(Graph.parse("a.exp()"), (100.0,), SINGLE)
    assert said.values[-1] is not None
    assert said.values[-1].note == "overflow"
