"""Softmax has the values and gradients of what its probabilities add up to, by every oracle."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from verify.api import check
from verify.engines import load

ROOT = Path(__file__).parents[2]
FORMULAS = runpy.run_path(str(ROOT / "tests/formulas.py"))
SPEC = "tests.backends.softmax"
MADE_OF_PROBABILITIES = {"sigmoid", "tanh"}


def standings() -> dict[str, set[str]]:
    """Return what a proof says of each operation that is made of probabilities."""
    with load(SPEC, symbols=True) as engine:
        theorems = list(FORMULAS["prove"](engine))
    return {op: {t.standing for t in theorems if t.op == op} for op in MADE_OF_PROBABILITIES}


@pytest.mark.search
def test_sums_of_probabilities_are_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose sigmoid and tanh come from softmax is right on all random graphs."""
    monkeypatch.chdir(ROOT)
    outcome = check(SPEC)
    assert (outcome.verdict, outcome.findings) == ("correct", ())


@pytest.mark.slow
def test_sums_of_probabilities_are_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and gradients are proven for all scores, whichever is the largest."""
    monkeypatch.chdir(ROOT)
    assert standings() == {op: {"proven"} for op in MADE_OF_PROBABILITIES}


@pytest.mark.slow
@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("whole = total(powers)", "whole = total(powers).data"),
        ("[power / whole for power in powers]", "[power / whole for power in powers[::-1]]"),
        ("[(z - peak).exp() for z in nodes]", "[(z - peak).exp() + 1 for z in nodes]"),
    ],
)
def test_a_mistake_in_softmax_is_noticed(
    right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken line of softmax is wrong, and not proven."""
    for folder in ("micrograd", "tests/backends"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    target = tmp_path / "micrograd/losses.py"
    source = target.read_text()
    assert source.count(right) == 1
    target.write_text(source.replace(right, wrong))
    monkeypatch.chdir(tmp_path)
    assert check(SPEC, examples=20).verdict == "wrong"
    assert any("not proven" in found for found in standings().values())
