"""The weighted sum of a neuron has the gradients of the sums and products it stands for."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from verify.api import check
from verify.engines import load

ROOT = Path(__file__).parents[2]
FORMULAS = runpy.run_path(str(ROOT / "tests/formulas.py"))
SPEC = "tests.backends.sums"
MADE_OF_SUMS = {"add", "sub", "mul", "sum"}
CONDITION = "(0 + (1 * g)) != 0"
"""An upstream gradient of 0 adds nothing, and is passed by."""


@pytest.mark.search
def test_sums_and_products_as_weighted_sums_are_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose every sum and product is one n-ary node is right on all random graphs."""
    monkeypatch.chdir(ROOT)
    outcome = check(SPEC)
    assert (outcome.verdict, outcome.findings) == ("correct", ())


@pytest.mark.slow
def test_the_weighted_sum_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gradients are proven for all inputs, wherever any gradient comes from above."""
    monkeypatch.chdir(ROOT)
    with load(SPEC, symbols=True) as engine:
        theorems = [t for t in FORMULAS["prove"](engine) if t.op in MADE_OF_SUMS]
    assert {t.standing for t in theorems} == {"proven"}
    assert {t.op for t in theorems} == MADE_OF_SUMS
    assert {t.conditions[0] for t in theorems} == {CONDITION}


@pytest.mark.slow
@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("w.grad += g * x.data", "w.grad += g * w.data"),
        ("x.grad += g * w.data", "x.grad = g * w.data"),
        ("next(weights).grad += g", "next(weights).grad += 1"),
    ],
)
def test_a_mistake_in_the_weighted_sum_is_noticed(
    right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken rule of the n-ary node is wrong, and not proven."""
    for folder in ("micrograd", "tests/backends"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    target = tmp_path / "micrograd/engine.py"
    source = target.read_text()
    assert source.count(right) == 1
    target.write_text(source.replace(right, wrong))
    monkeypatch.chdir(tmp_path)
    assert check(SPEC, examples=20).verdict == "wrong"
    with load(SPEC, symbols=True) as engine:
        theorems = list(FORMULAS["prove"](engine))
    assert "not proven" in {t.standing for t in theorems}
