"""The first wrong number is told before all oracles are loaded; nothing else is changed by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.meta.test_causes import engine
from verify.checking import first_wrong, stages
from verify.checking.first_wrong import Answers, asked_early
from verify.checking.judging import Judging
from verify.checking.run import Plan, check
from verify.engines import EngineError
from verify.expression.graph import Case
from verify.expression.reading import Enclosure, Reading, Truth
from verify.oracles import difference, registry
from verify.verdict.outcome import StageStarted, Suspected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.expression.graph import Graph

ROOT = Path(__file__).parents[2]
TANH = ("(1 - t**2)", "(1 - t)")
WRONG = Case.parse("a.tanh()", a=0.5)


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What an oracle says in one test is not remembered in another."""
    with registry.afresh():
        yield


@pytest.mark.slow
def test_no_large_package_is_loaded_before() -> None:
    """A rule that is wrong is on the screen before SymPy or torch is imported."""
    program = (
        "import sys\n"
        "from verify.checking.run import check\n"
        "from verify.engines import load\n"
        "from verify.faults import CATALOGUE, module\n"
        "from verify.verdict.outcome import Suspected\n"
        "with load(module(CATALOGUE['sigmoid-upside-down'].source).Value) as engine:\n"
        "    first = next(e for e in check(engine) if isinstance(e, Suspected))\n"
        "print('sigmoid' in str(first.case), {'sympy', 'torch'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True set()\n"


def asked(*, early: bool, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What an engine is asked in the stage of the forms, in which order."""
    made, questions = engine(TANH), list[tuple[str, Any]]()
    run = made.run

    def noted(graph: Graph, point: Any, *steps: Any) -> Any:
        questions.append((graph.expression(), tuple(point)))
        return run(graph, point, *steps)

    if not early:
        monkeypatch.setattr(stages, "asked_early", lambda engine, _: Answers(engine))
    monkeypatch.setattr(made, "run", noted)
    for event in check(made, Plan(examples=0, networks=())):
        if isinstance(event, StageStarted):
            if event.stage == "growth":
                break
            questions.clear()
    return questions


@pytest.mark.slow
def test_the_engine_is_asked_the_same() -> None:
    """The same questions in the same order: one that keeps a state answers as it would have."""
    found = []
    for early in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            found.append(asked(early=early, monkeypatch=patch))
    assert len(found[0]) > 100
    assert found[0] == found[1]


def test_it_is_told_once() -> None:
    """What was told early is not told again in its turn."""
    judging = Judging(engine(TANH))
    answers = asked_early(judging.engine, [[Case.parse("a + b", a=2.0, b=3.0)], [WRONG]])
    assert answers.wrong is not None
    events = list(judging.tell(answers.wrong))
    assert [type(event) for event in events] == [Suspected]
    seen = judging.judge(WRONG)
    assert seen is not None
    assert not any(isinstance(event, Suspected) for event in judging.enter("forms", seen))


@pytest.mark.usefixtures("forgetful")
def test_one_oracle_alone_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the difference oracle does not say the same, the engine is not accused."""
    def sevens(graph: Graph, _: Any) -> Truth:
        return Truth(difference.SOURCE, *((Enclosure(7.0),) * len(graph.nodes),) * 2)

    monkeypatch.setattr(difference, "truth", sevens)
    judging = Judging(engine(TANH))
    seen = judging._by_one(WRONG, first_wrong.read(judging.engine, WRONG))
    assert seen.judgement.wrong
    assert list(judging.tell(seen)) == []


def test_what_is_raised_early_is_raised_in_its_turn() -> None:
    """What was asked before an engine broke off is entered all the same."""
    said = [Reading("engine", (1.0,), (1.0,)), EngineError("died", "it ended")]

    def run(*_: Any) -> tuple[Reading, ...]:
        if isinstance(one := said.pop(0), Exception):
            raise one
        return (one,)

    answers = Answers(SimpleNamespace(run=run, info=SimpleNamespace(has_backward=True)))  # type: ignore[arg-type]
    one, other = Case.parse("a", a=1.0), Case.parse("-a", a=1.0)
    assert (answers.ask(one) is None, answers.ask(other) is None) == (False, True)
    assert answers.of(one).values == (1.0,)
    with pytest.raises(EngineError, match="it ended"):
        answers.of(other)
