"""``--examples`` and ``--seed`` reproduce a run exactly, whatever the hash seed and the load."""

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from verify.checking import run
from verify.checking.run import Plan
from verify.engines import load
from verify.engines.worker.session import frame
from verify.expression.graph import Case
from verify.faults import CATALOGUE
from verify.faults.match import planted
from verify.generators import chains
from verify.generators.scenarios import ask, cluttered
from verify.oracles import registry, torch_autograd

ROOT = Path(__file__).parents[2]
ENGINES = ("micrograd.engine:Value", "examples/lecture_flawed.ipynb", "tests/zoo/relapse.ipynb")
"""A right one, and two flawed ones whose nodes keep their children in sets."""
SMALL = Plan(examples=24)


def report(hash_seed: int, *arguments: str) -> dict[str, Any]:
    """The JSON of a check of all engines in a process with this hash seed, without ``seconds``."""
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
    options = ["--no-mend", "--json", "-", *arguments]
    command = [sys.executable, "-m", "verify", "check", *options, *ENGINES]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    data: dict[str, Any] = json.loads(done.stdout)
    for each in data["reports"]:
        del each["seconds"]
    return data


@pytest.mark.search
def test_two_runs_say_the_same() -> None:
    """Byte for byte but for the time it took, whatever the hash seed of the harness."""
    first, second = (report(seed, "--examples", "16", "--seed", "4") for seed in (1, 2))
    assert json.dumps(first) == json.dumps(second)
    assert [each["verdict"] for each in first["reports"]] == ["correct", "wrong", "wrong"]


ADDRESSED = """
class Value:
    alive = []
    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands
        self.alive.append(self)
    def __add__(self, other):
        out = Value(0.0)
        out.data = float(id(out))
        return out
    def __mul__(self, other):
        return Value(self.data * other.data, (self, other))
    def backward(self, upstream=1.0):
        self.grad += upstream
        if self.operands:
            a, b = self.operands
            a.backward(upstream * b.data)
            b.backward(upstream * a.data)
"""
"""An engine with right products, whose sums are the addresses of its nodes; none is used twice."""


@pytest.mark.parametrize("before", [0, 1, 25, 142])
def test_pieces_of_a_request_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """In however many pieces a busy machine hands the requests over, addresses stay the same.

    Whatever was asked before: what is allocated for a piece shows in some states of memory only.
    """
    path = tmp_path / "engine.py"
    path.write_text(ADDRESSED, encoding="utf-8")

    def addresses() -> list[Any]:
        with load(str(path)) as engine:
            lengths = [*[1] * before, *range(1 if not before else 150, 200, 3)]
            cases = [chains.chain(length) for length in lengths]
            return [engine.run(case.graph, case.point)[0].values for case in cases]

    def in_pieces(to: int, frame: bytes) -> int:
        time.sleep(1e-4)  # for the other side to take what is there
        return write(to, frame[: next(sizes)])

    whole = addresses()
    write, sizes = os.write, itertools.cycle(range(1, 600, 31))
    monkeypatch.setattr(os, "write", in_pieces)
    assert addresses() == whole


def test_the_time_does_not_matter() -> None:
    """An answer is as long as ever, whatever time it took."""
    answers = [frame({"id": 1, "seconds": s}) for s in (0.0, 1e-9, 0.1, 1 / 8, 123.456)]
    assert [len(answer) for answer in answers] == [len(answers[0])] * len(answers)
    assert [json.loads(answer)["seconds"] for answer in answers] == [0, 1e-9, 0.1, 0.125, 123.456]


@pytest.mark.parametrize(
    ("name", "program", "right", "wrong"),
    [("order-by-address", "a * b + a", -2.0, 1.0), ("operands-in-a-set", "a - b", 1.0, -1.0)],
)
def test_unstable_mistakes_are_recognised_by_the_same_numbers(
    name: str, program: str, right: float, wrong: float
) -> None:
    """The gradient of ``a`` among twelve kinds of clutter: as drawn, wherever the nodes lie."""
    case = Case.parse(program, a=2.0, b=-3.0)

    def found() -> list[float | None]:
        engine = planted(CATALOGUE[name])
        readings = [ask(engine, case, cluttered(pattern)) for pattern in range(12)]
        return [reading.gradients[0] for _, reading in filter(None, readings)]

    first, _elsewhere, second = found(), [object() for _ in range(10_000)], found()
    assert first == second
    assert set(first) == {right, wrong}


def drawn(seed: int) -> list[Any]:
    """The random cases of a run of our engine."""
    with load("micrograd.engine:Value") as engine:
        course = run._Check(engine, Plan(examples=24, seed=seed)).course
        course.judging.forms = dict.fromkeys(["a + b", "a * b", "a.tanh()"], "correct")
        return [course.drawn(population, 24) for population in ("tame", "wide")]


@pytest.mark.slow
def test_another_seed_draws_other_cases() -> None:
    """The same seed the same cases; another seed shares hardly any of them."""
    first, second = drawn(0), drawn(1)
    assert drawn(0) == first
    for mine, others in zip(first, second, strict=True):
        assert len(set(map(repr, mine)) & set(map(repr, others))) <= 2


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As where torch is not installed; nothing is remembered of what it said."""
    monkeypatch.setattr(torch_autograd, "available", lambda: False)
    with registry.afresh():
        yield


@pytest.mark.search
@pytest.mark.usefixtures("in_short")
def test_torch_changes_no_case(request: pytest.FixtureRequest) -> None:
    """One oracle less, and all else is the same: cases, numbers, verdicts."""
    with load("micrograd.engine:Value") as engine:
        first = run.outcome(engine, SMALL)
        request.getfixturevalue("without_torch")
        second = run.outcome(engine, SMALL)
    assert "torch" not in second.oracles
    assert second.accounts == first.accounts
    assert (second.verdict, second.forms) == (first.verdict, first.forms)
