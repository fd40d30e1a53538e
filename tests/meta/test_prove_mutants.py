"""A prover with one guard less calls a wrong engine proven: so each guard is there, and needed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import load, loading
from verify.prove import operations, paths, regions
from verify.prove.algebra import Forms
from verify.prove.certificate import as_json, check, read
from verify.prove.proof import prove

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.reading import Watched

ENGINE = (Path(__file__).parents[1] / "prove" / "right_small.py").read_text()
WRONG = {
    "a dropped path": ("slope = y\n", "slope = y if self.data < 100 else 0.0\n"),
    "an accepted inequality": ("slope = y\n", "slope = y * 1.0000000001\n"),
    "a skipped premise": ("        v.rule()", "        if len(order) < 9999: v.rule()"),
    "an unwatched attribute": (
        "slope = y\n",
        ("deep = self.op == 'exp' and self.children[0].op == 'exp'\n            "
        "slope = 0.0 if deep and self.children[0].children[0].op == 'exp' else y\n"),
    ),
    "a forgotten int": ("slope = y\n", "slope = 0.0 if type(self.data) is int else y\n"),
    "rounding forgotten": ("slope = y\n", "slope = y if y else 5.0\n"),
    "arithmetic unwatched": (
        "            v.rule()",
        "            v.rule()\n            v.grad *= 0.0 ** (sum(1 for w in order) // 9999)",
    ),
    "surroundings unwatched": ("slope = y\n", "slope = 0.0 if __name__ == '__main__' else y\n"),
    "rounding after a question": (
        "slope = y\n", "slope = 0.0 if self.data > 0 and self.data + 1 <= 1 else y\n"
    ),
    "state that changes later": (
        "    def exp(self):\n",
        ("    steps = []\n    def zero_grad(self): self.steps.append(1)\n\n    def exp(self):\n"
        "        if self.steps: return Value(0.0)\n"),
    ),
    "patterns of operations": (
        "        visit(self)\n",
        ("        visit(self)\n        order = [v for v in order if not (v.op == 'exp' and "
        "v.children[0].op == '*' and v.children[0].children[0].op == 'exp' and "
        "v.children[0].children[1].op == '+')]\n"),
    ),
    "a class of numbers overlooked": (
        "slope = y\n",
        ("from fractions import Fraction\n"
        "            slope = 0.0 if isinstance(self.data, Fraction) else y\n"),
    ),
    "a large int forgotten": (
        "        out = Value(self.data * other.data",
        ("        try: float(self.data)\n        except OverflowError: return Value(0.0)\n"
        "        out = Value(self.data * other.data"),
    ),
    "foreign code believed": (
        "    def backward(self)",
        ("    exec('def backward(self, n=[]): n.append(0); self.go() if len(n) < 1e6 else 0')\n\n"
        "    def go(self)"),
    ),
}


class Blind:
    """An engine that is watched, of which nobody reads the notes."""

    def __init__(self, engine: Any) -> None:
        """Take the engine."""
        self.engine, self.info = engine, engine.info

    def watched(self, requests: Sequence[Any]) -> list[Watched]:
        """What it computes, and nothing of what it looked at."""
        return [replace(said, notes=()) for said in self.engine.watched(requests)]

    def sources(self) -> tuple[tuple[str, str], ...]:
        """As they are."""
        return tuple(self.engine.sources())


def drop_paths(patch: pytest.MonkeyPatch, _folder: Path) -> None:
    """No question is answered the other way."""
    patch.setattr(paths, "_others", lambda _asked, _since: iter(()))


def accept_all(patch: pytest.MonkeyPatch, _folder: Path) -> None:
    """Every two formulas are the same."""
    patch.setattr(Forms, "same", lambda _self, _first, _second: True)


def forget_ints(patch: pytest.MonkeyPatch, _folder: Path) -> None:
    """Leaves are made of floats only."""
    patch.setattr(operations, "_ints", lambda *_: [()])


def without(file: str, line: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    """A line less in the worker."""

    def mutate(patch: pytest.MonkeyPatch, folder: Path) -> None:
        worker = folder / "worker"
        shutil.copytree(loading.WORKER, worker)
        text = (worker / "proving" / file).read_text()
        assert text.count(line) == 1
        (worker / "proving" / file).write_text(text.replace(line, ""))
        patch.setattr(loading, "WORKER", worker)

    return mutate


def forget_rounding(patch: pytest.MonkeyPatch, _folder: Path) -> None:
    """What real numbers leave one answer is answered once."""
    patch.setattr(regions, "only_rounding", lambda _question, _given, _before=(): False)


def forget_order(patch: pytest.MonkeyPatch, _folder: Path) -> None:
    """A path is empty if real numbers cannot take it, whatever was asked before."""
    for module in (paths, operations):
        patch.setattr(module, "of_reals", lambda asked, _given: asked)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch, Path], None]] = {
    "a dropped path": drop_paths,
    "an accepted inequality": accept_all,
    "a skipped premise": lambda _patch, _folder: None,  # see Blind
    "an unwatched attribute": without("attributes.py", "            reads(thing, name)\n"),
    "a forgotten int": forget_ints,
    "rounding forgotten": forget_rounding,
    "arithmetic unwatched": without(
        "arithmetic.py",
        '    if STATE.phase == "backward":\n        calculates(name, left, right)\n',
    ),
    "surroundings unwatched": without(
        "attributes.py",
        ("    if STATE.phase is not None:\n"
        '        note("state", f"{name} depends on when or where the engine is imported")\n'),
    ),
    "rounding after a question": forget_order,
    "state that changes later": without("observed.py", "        may_change(name, changed)\n"),
    "patterns of operations": without(
        "attributes.py", "    if STATE.looked:\n        asked_others(STATE.looked[-1][1])\n"
    ),
    "a class of numbers overlooked": without(
        "classes.py",
        "    return issubclass(cls, numbers.Number) and not issubclass(numbers.Complex, cls)\n",
    ),
    "a large int forgotten": without(
        "opaque.py",
        "    if type(a) is Symbol and is_rounded(a):\n        within_floats(a)\n",
    ),
    "foreign code believed": without("run.py", "    STATE.notes.update(STATE.always)\n"),
}


FIRST = ("a dropped path", "an accepted inequality", "a skipped premise", "an unwatched attribute")
"""Those that run with every whole check."""


def standing(path: Path, *, blind: bool = False) -> str:
    """Of the three operations that the engine has."""
    with load(str(path), watched=True) as engine:
        seen = Blind(engine) if blind else engine
        only = frozenset({"add", "mul", "exp"})
        return prove(seen, only=only, largest=2).standing  # type: ignore[arg-type]


@pytest.mark.parametrize("mutant", [
    pytest.param(mutant, marks=pytest.mark.slow if mutant in FIRST else pytest.mark.search)
    for mutant in MUTANTS
])  # fmt: skip
def test_each_guard_is_needed(
    mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong engine is not proven; without this one guard it is."""
    before, after = WRONG[mutant]
    assert ENGINE.count(before) == 1
    path = tmp_path / "engine.py"
    path.write_text(ENGINE.replace(before, after))
    assert standing(path) != "proven"
    MUTANTS[mutant](monkeypatch, tmp_path)
    assert standing(path, blind=mutant == "a skipped premise") == "proven"


def test_a_certificate_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path left out, an equality that is none, and another source are each noticed."""
    path = tmp_path / "engine.py"
    only = frozenset({"exp"})

    def certificate(text: str) -> dict[str, Any]:
        path.write_text(text)
        with load(str(path), watched=True) as engine:
            proof = prove(engine, only=only)  # type: ignore[arg-type]
            data: dict[str, Any] = json.loads(json.dumps(as_json(engine.info, proof)))
        return data

    def complaints(data: dict[str, Any]) -> str:
        with load(str(path), watched=True) as engine:
            found = [str(c) for c in check(engine, read(data))]  # type: ignore[arg-type]
        return " | ".join(each for each in found if "no theorem is about it" not in each)

    right = certificate(ENGINE)
    assert complaints(right) == ""
    path.write_text(ENGINE.replace("slope = y", "slope = y * 1.001"))
    changed = complaints(right)
    assert ("not the text that was proven" in changed, "should be" in changed) == (True, True)
    with monkeypatch.context() as patch:
        drop_paths(patch, tmp_path)
        forged = certificate(ENGINE.replace(*WRONG["a dropped path"]))
    assert "was not tried" in complaints(forged)
