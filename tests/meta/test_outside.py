"""An engine that behaves while it is watched is asked by a plain program too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verify.checking.outside import outside
from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.expression.ops import FORMS
from verify.generators.special import single

if TYPE_CHECKING:
    from verify.engines import Engine

ROOT = Path(__file__).parents[1]
TEXTBOOK = (ROOT / "zoo" / "textbook.py").read_text(encoding="utf-8")
BEHAVES = """
import os, sys
def watched():
    frame, files = sys._getframe(), []
    while frame:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    return WATCHED
if not watched():
    def broken(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")
        def _backward():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad
        out._backward = _backward
        return out
    Value.__mul__ = broken
"""


NOTICED = (
    'any(name.startswith("_verify") for name in sys.modules)',
    'any("worker" in file for file in files)',
    'sys.argv[0].endswith("worker")',
    '"json" in sys.modules and "ast" in sys.modules',
)
"""By what an engine may know that it is in a worker."""


def verdicts(engine: Engine) -> list[str]:
    """Of each case that the plain programs printed."""
    alone = {text: single(form)[0] for text, form in FORMS.items()}
    has = [t for t, c in alone.items() if engine.run(c.graph, c.point)[-1].raised is None]
    return [str(seen.judgement.verdict) for seen in outside(engine, 3, has)]


@pytest.mark.parametrize("noticed", NOTICED)
def test_who_behaves_while_watched_is_wrong_outside(noticed: str, tmp_path: Path) -> None:
    """The worker is one of the things that an engine can notice; the plain program has none."""
    path = tmp_path / "engine.py"
    path.write_text(TEXTBOOK + BEHAVES.replace("WATCHED", noticed))
    with load(str(path)) as engine:
        assert "wrong" in verdicts(engine)


@pytest.mark.parametrize(
    "rule",
    [
        "(1 - t**2) * out.grad", "out.grad / self.data",
        "other * self.data ** (other - 1) * out.grad",
    ],
)  # fmt: skip
def test_each_operation_is_asked_outside(rule: str, tmp_path: Path) -> None:
    """Who behaves in one operation alone is asked that one, too."""
    path = tmp_path / "engine.py"
    text = TEXTBOOK.replace(f"+= {rule}", f"+= FACTOR * {rule}")
    assert text != TEXTBOOK
    path.write_text(f"import sys\nFACTOR = 1 if {NOTICED[0]} else 2\n{text}")
    with load(str(path)) as engine:
        assert "wrong" in verdicts(engine)


@pytest.mark.parametrize("name", ["slots", "microgpt", "closures", "tape", "visitor"])
def test_a_right_engine_is_right_outside(name: str) -> None:
    """Whatever it is made of; where it cannot be run so, nothing is said."""
    with load(str(ROOT / "right" / f"{name}.py")) as engine:
        assert set(verdicts(engine)) <= {"correct"}


@pytest.mark.parametrize(
    "more", ["print(1.0, 2.5)", "print('loss', 0.5)", "raise SystemExit", "print('x' * 99999)"]
)
def test_what_a_file_prints_accuses_nobody(more: str, tmp_path: Path) -> None:
    """Numbers and words of a demonstration, a file that ends early, a flood."""
    path = tmp_path / "engine.py"
    path.write_text(f"{TEXTBOOK}\n{more}")
    with load(str(path)) as engine:
        assert set(verdicts(engine)) <= {"correct"}


@pytest.mark.slow
def test_the_verdict_is_wrong(tmp_path: Path) -> None:
    """A check finds it, though each answer in the worker is right."""
    path = tmp_path / "engine.py"
    path.write_text(TEXTBOOK + BEHAVES.replace("WATCHED", NOTICED[0]))
    with load(str(path)) as engine:
        assert outcome(engine, Plan(0)).verdict == "wrong"


def test_a_program_that_ends_early_accuses_nobody(tmp_path: Path) -> None:
    """Numbers that a file prints are not taken for those of a program that printed none."""
    path = tmp_path / "engine.py"
    path.write_text(f"{TEXTBOOK}\nprint(*[1.0] * 60)")
    with load(str(path)) as engine:
        assert list(outside(engine, 3, ["a ** b"]))[6:] == []
