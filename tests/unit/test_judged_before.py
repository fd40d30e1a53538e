"""What was judged of one engine is not judged again of the next that says the same, to the bit."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import micrograd
from verify.checking import assess
from verify.checking.assess import read
from verify.engines import load, process
from verify.expression.graph import Case
from verify.oracles.registry import by_interval

if TYPE_CHECKING:
    from verify.expression.reading import Reading

CASE = Case.parse("c = a * b; c * 0.0 + c", a=3.0, b=0.0)
"""Some of its numbers are 0, which is equal to -0."""


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the judge is called."""
    calls: Counter[str] = Counter()
    good = assess.judge

    def counted(*args: Any, **options: Any) -> Any:
        calls["judge"] += 1
        return good(*args, **options)

    monkeypatch.setattr(assess, "judge", counted)
    return calls


def verdicts(*readings: Reading) -> list[Any]:
    """Of each reading, by one engine after the other that knows the same of the case."""
    known, found = by_interval(CASE), []
    for reading in readings:
        with load(micrograd.Value) as engine:
            judgement = assess.assess(engine, CASE, reading, known).judgement
            found.append(tuple(judgement.numbers))
    return found


def answered() -> Reading:
    """What our engine says of the case."""
    with load(micrograd.Value) as engine:
        return read(engine, CASE)


def with_gradient(reading: Reading, number: float) -> Reading:
    """The reading with another gradient of the first leaf."""
    return replace(reading, gradients=(number, *reading.gradients[1:]))


def test_the_same_answer_is_judged_once(judged: Counter[str]) -> None:
    """Another engine says the same: what comes of it is the same, and no judge is asked."""
    reading = answered()
    first, second = verdicts(reading, replace(reading))
    assert (first, judged["judge"]) == (second, 1)


@pytest.mark.parametrize("number", [1.0, -0.0, float("nan")])
def test_another_answer_is_judged(judged: Counter[str], number: float) -> None:
    """Wrong, or equal and not the same to the bit: it is judged by itself."""
    reading = answered()
    assert repr(reading.gradients[0]) == "0.0"
    found = verdicts(reading, with_gradient(reading, number))
    assert judged["judge"] == 2
    assert repr(found[1]) == repr(verdicts(with_gradient(reading, number))[0])


def test_whoever_is_accused_is_judged_each_time(judged: Counter[str]) -> None:
    """Of what is wrong nothing is kept."""
    wrong = with_gradient(answered(), 1.0)
    first, second = verdicts(wrong, wrong)
    assert (first, judged["judge"]) == (second, 2)


def test_an_answer_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next engine's answer is known by its text: nothing is read out of it again."""
    calls: Counter[str] = Counter()
    good = process.decode_run

    def counted(*args: Any) -> Any:
        calls["decoded"] += 1
        return good(*args)

    monkeypatch.setattr(process, "decode_run", counted)
    cases = [Case.parse("a * b + a", a=float(i), b=2.0) for i in range(5)]
    found = []
    for _ in range(2):
        with load("micrograd.engine:Value") as engine:
            found.append(list(engine.run_many(cases)))
    assert (found[0], calls["decoded"]) == (found[1], len(cases))
