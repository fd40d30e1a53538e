"""Evidence is never dropped: one number judged wrong, ever, and no engine is called correct."""

import pytest

from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.faults import module
from verify.faults.base import SOURCE
from verify.verdict.outcome import Exit, Outcome

pytestmark = pytest.mark.slow

BRIEF = Plan(examples=8, exhaust=1, networks=())
ALTERED = """
import random

_chance = random.Random({seed})


def _careless(make):
    def operation(self, *others):
        out = make(self, *others)
        if isinstance(out, Value) and _chance.random() < {probability}:
            rule = out._backward
            out._backward = lambda: (rule(), rule())
        return out

    return operation


for _name in ("__add__", "__mul__", "__pow__", "__abs__", "relu", "tanh", "exp", "log", "sigmoid"):
    setattr(Value, _name, _careless(getattr(Value, _name)))
"""
COUNTED = """

_passes = [0]


def passed():
    _passes[0] += 1
    return _passes[0] % {period}
"""


def check(source: str, plan: Plan) -> Outcome:
    """An engine given as text, checked in this process."""
    return outcome(load(module(source).Value), plan)


@pytest.mark.sample(200)
@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("probability", [1.0, 1e-1, 1e-2, 1e-3])
def test_no_engine_is_correct_of_which_a_wrong_number_was_counted(
    probability: float, seed: int
) -> None:
    """Every operation is wrong at random: what was counted decides, and a finding shows it."""
    found = check(SOURCE + ALTERED.format(seed=seed, probability=probability), BRIEF)
    counted = found.accounts.verdicts["wrong"] > 0
    assert (found.verdict == "wrong", bool(found.findings)) == (counted, counted)
    assert counted or probability < 1e-2


@pytest.mark.sample(2)
@pytest.mark.parametrize("period", [97, 700])
def test_what_does_not_happen_again_is_a_finding_as_it_was_read(period: int) -> None:
    """Some passes are wrong: shown with both answers, and how many of how many more were wrong."""
    seeded = "self.grad = 1.0 if passed() else 2.0\n"
    source = SOURCE.replace("self.grad = 1.0\n", seeded) + COUNTED.format(period=period)
    assert seeded in source
    found = check(source, Plan(examples=40))
    assert found.exit_code is Exit.WRONG
    unstable = [f for f in found.findings if f.repeats[1]]
    assert unstable
    assert {"unstable" in f.diagnosis.title for f in unstable} == {True}
    assert all(f.wrong.got in f.answers and len(f.answers) > 1 for f in unstable)
    assert all(f.repeats[0] < f.repeats[1] for f in unstable)
