"""What is told of a finding names no more than the finding touches."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from verify.checking import known
from verify.checking.assess import assess, finding
from verify.checking.networks import Oracles
from verify.corpus.population import exercises
from verify.engines import load
from verify.expression.formats import DOUBLE
from verify.expression.graph import Case, Graph
from verify.expression.reading import Raised, Reading
from verify.faults import SOURCE
from verify.grading.tell import _touched, told_all
from verify.networks.judge import NetworkJudge
from verify.report import facts

NETWORK = """

import random


class MLP:
    def __init__(self, inputs, sizes):
        self.layers = []
        for size in sizes:
            rows = [[Value(random.uniform(-1, 1)) for _ in range(inputs + 1)] for _ in range(size)]
            self.layers.append(rows)
            inputs = size

    def __call__(self, x):
        for rows in self.layers:
            x = [sum((w * y for w, y in zip(row, x)), row[-1]) for row in rows][:1]
        return x

    def parameters(self):
        return [w for rows in self.layers for row in rows for w in row]
"""


def test_operations_are_those_of_the_smallest_expression() -> None:
    """A mistake that any operation shows names those that show it here, and no other."""
    case = SimpleNamespace(graph=Graph.parse("a * a + b"))
    finding: Any = SimpleNamespace(blames=frozenset({"abs", "add", "cos", "mul"}), case=case)
    assert _touched(finding) == ("add", "mul")


def test_what_is_no_number_has_no_right_one(tmp_path: Path) -> None:
    """A network that gives too few outputs: how many are due stands in what is said of it."""
    (tmp_path / "engine.py").write_text(SOURCE + NETWORK)
    with load(str(tmp_path / "engine.py")) as engine:
        judge = NetworkJudge(engine)
        made = next(
            f for each in exercises(1, ((1, 2),))
            for f in judge.judge(each, Oracles(each.rate, DOUBLE)).findings
        )  # fmt: skip
        (shown,) = told_all(engine, [(made, "networks/mlp")])
    assert (shown.got, shown.want) == ("1 output where 2 are due", "")
    assert facts.told(made) == shown.got


def test_a_program_that_shows_nothing_is_not_shown(tmp_path: Path) -> None:
    """What was read once, and a program says otherwise when it is run, has no program."""
    (tmp_path / "engine.py").write_text(SOURCE)
    case = Case.parse("a + b", a=2.0, b=-3.0)
    raised = Reading("engine", raised=Raised("OverflowError", "too large", during="backward"))
    once = Reading("engine", (2.0, -3.0, -1.0), (7.0, 1.0, 1.0))
    with load(str(tmp_path / "engine.py")) as engine:
        seen = [assess(engine, case, reading, known.testified(case)) for reading in (raised, once)]
        found = [finding(engine, each, "known", case, needed=frozenset()) for each in seen]
        shown = told_all(engine, [(made, "backward/chain") for made in found])
    assert [told.program for told in shown] == ["", ""]
