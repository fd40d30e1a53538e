"""What was found out for one engine is not found out again for the next: budgets in calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import micrograd
from verify.checking import stages
from verify.checking.judging import Judging
from verify.checking.plan import Plan
from verify.engines import load
from verify.expression import graph
from verify.expression.ops import FORMS
from verify.oracles import difference, interval, registry, symbolic

if TYPE_CHECKING:
    from collections.abc import Iterator

USABLE = ["a + b", "a * b", "a.tanh()", "a.relu()"]
COUNTED = [(interval, "truth"), (interval, "loosened"), (symbolic, "truth"), (difference, "truth"),
           (graph, "_laid_out"), (graph, "check_operation")]  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What this process remembers of other tests does not count."""
    with registry.afresh():
        yield


def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The calls of one engine on known cases and on one row of probes."""
    calls: Counter[str] = Counter()

    def counted(name: str, good: Any) -> Any:
        def call(*args: Any) -> Any:
            calls[name] += 1
            return good(*args)

        return call

    with monkeypatch.context() as patch:
        for module, name in COUNTED:
            patch.setattr(module, name, counted(f"{module.__name__}.{name}", getattr(module, name)))
        with load(micrograd.Value) as engine:
            judging = Judging(engine)
            judging.forms.update({text: "correct" for text in FORMS if text in USABLE})
            course = stages.Course(judging, Plan(exhaust=1))
            calls.clear()
            for stage in (stages.known, stages.small, stages.edges):
                list(stage(course))
    assert judging.accounts.verdicts["wrong"] == 0
    return calls


def test_the_next_engine_costs_no_oracle_and_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same cases, judged for another engine: nothing is asked, built or laid out again."""
    first, second = asked(monkeypatch), asked(monkeypatch)
    assert first["verify.oracles.interval.truth"] > 0
    assert second == {}
