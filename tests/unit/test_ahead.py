"""Oracles in other processes find out what is true before it is a case's turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import micrograd
from verify.checking import ahead
from verify.checking.judging import Judging, consulted, consulted_together
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.oracles import interval, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH = Graph.parse("c = a * b; (c.relu() + c) * c - 1 / a")
CASES = [Case(GRAPH, (0.5 + i / 64, (i - 40) / 16)) for i in range(80)]
"""One of them stands on a kink."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What this process remembers must not hide what a helper says."""
    with registry.afresh():
        yield


def test_every_case_comes_in_its_order() -> None:
    """No case is lost, and none comes before it is known."""
    with ahead.helpers(2), registry.stored():
        known = ahead.known_ahead(CASES, consulted_together)
        got = [(case, registry.is_kept(case)) for case in known]
    assert got == [(case, True) for case in CASES]


def test_what_a_helper_knows_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process asks no oracle about what another one found out, kinks included."""
    with ahead.helpers(2), registry.stored():
        known = ahead.known_ahead(CASES, consulted_together)
        monkeypatch.setattr(interval, "truth", lambda *_: pytest.fail("asked"))
        told = [consulted(case)[0].truth for case in known]
    monkeypatch.undo()
    expected = [interval.truth(case.graph, case.point) for case in CASES]
    assert repr([(*t.values, *t.gradients) for t in told]) == repr(
        [(*t.values, *t.gradients) for t in expected]
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stage_judges_the_same(jobs: int) -> None:
    """With helpers or without, the accounts of a stage are the same."""
    with load(micrograd.Value) as engine:
        judging = Judging(engine)
        with ahead.helpers(jobs), registry.stored():
            list(judging.stage("known", CASES))
    numbers = 2 * len(GRAPH.nodes) * len(CASES)
    assert (dict(judging.accounts.verdicts), judging.disputes) == ({"correct": numbers}, [])


def test_one_job_needs_no_process() -> None:
    """One job is this process."""
    with ahead.helpers(1):
        assert ahead._HELPERS == []
