"""What is tried before a mistake is named or shown: nothing that cannot tell anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import micrograd
from verify.checking.assess import read
from verify.checking.known import knows
from verify.engines import load
from verify.engines.workshop import Printed
from verify.faults import CATALOGUE
from verify.faults.fresh import fresh
from verify.faults.match import has_made, planted
from verify.report import reproduce

if TYPE_CHECKING:
    from verify.expression.graph import Case
    from verify.expression.reading import Truth

FAULT = CATALOGUE["mul-of-magnitudes"]


def test_where_both_say_the_same_the_truth_is_not_asked_for_ever() -> None:
    """Enough of what was wrong alike is enough; only a contradiction tells more then."""
    asked: list[Case] = []

    def counted(case: Case) -> Truth:
        asked.append(case)
        return knows(case)

    others = list(fresh(FAULT.case).cases)
    assert has_made(planted(FAULT), FAULT, FAULT.case, counted)
    assert 0 < len(asked) < len(others) / 2


def test_a_contradiction_is_still_seen_at_the_end() -> None:
    """Whoever is right in the last case that shows it has made another mistake."""
    engine, other = planted(FAULT), load(micrograd.Value)
    last = [case for case in fresh(FAULT.case).cases if read(engine, case) != read(other, case)][-1]

    class Right:
        """The planted mistake, but for one case."""

        info = engine.info

        def run(self, graph: Any, point: Any, *steps: Any) -> Any:
            chosen = other if (graph, tuple(point)) == (last.graph, last.point) else engine
            return chosen.run(graph, point, *steps)

        def run_many(self, cases: Any, steps: Any) -> Any:
            for case in cases:
                yield self.run(case.graph, case.point, steps(case))

    right: Any = Right()
    assert not has_made(right, FAULT, FAULT.case, knows)


COMPARES, RAISES, ENDLESS, SAYS = (
    "print(x.grad)  # is 1, should be 2", "x.backward()  # ValueError",
    "x.backward()  # does not come back", "print(x.grad)  # 1",
)  # fmt: skip
ERROR = SimpleNamespace(type="ValueError", returned="")


@pytest.mark.parametrize(
    ("raised", "check", "programs", "run"),
    [
        (None, "", [SAYS, COMPARES, SAYS], [COMPARES]),
        (None, "growth", [ENDLESS], [ENDLESS]),
        (ERROR, "", [RAISES, COMPARES], [RAISES, COMPARES]),
    ],
)
def test_a_program_that_can_show_nothing_is_not_run(
    monkeypatch: pytest.MonkeyPatch, raised: Any, check: str, programs: list[str], run: list[str]
) -> None:
    """No process is begun for what ends in no comparison, where a number is to be shown."""
    begun: list[str] = []

    def printed(_: object, told: str, *, inside: bool) -> Printed:
        assert not inside
        begun.append(told)
        return Printed((), None)

    monkeypatch.setattr(reproduce, "_programs", lambda *_: iter([(p, False) for p in programs]))
    monkeypatch.setattr(reproduce, "paste", printed)
    finding: Any = SimpleNamespace(check=check, reading=SimpleNamespace(raised=raised))
    engine: Any = SimpleNamespace(again=lambda: None)
    assert reproduce._shown(engine, finding, handed_in=False) == ""
    assert begun == run
