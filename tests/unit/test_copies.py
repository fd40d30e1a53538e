"""Copies that hang cost time, and shares that are kept by operand are told where they are kept."""

from pathlib import Path

import pytest

from verify.checking.assess import examine, finding
from verify.engines import load
from verify.engines.workshop import Bench
from verify.expression.graph import Case
from verify.faults import SOURCE
from verify.mending.localise import localised


@pytest.mark.slow
def test_the_time_of_a_copy_that_hangs_is_used_up(tmp_path: Path) -> None:
    """It takes its worker with it, and what that has used of the search's time is not forgotten."""
    path = tmp_path / "engine.py"
    path.write_text(SOURCE, encoding="utf-8")
    deaf = "import signal\nfor each in (signal.SIGPROF, signal.SIGALRM):\n"
    deaf += "    signal.signal(each, signal.SIG_IGN)\nwhile True: pass\n"
    with load(str(path)) as engine, Bench(engine) as bench:
        for times in (1, 2):
            assert bench.load({str(path): deaf}, []) is None
            assert bench.used() > times


def test_of_shares_that_are_kept_by_operand_the_line_that_keeps_them_is_told(
    tmp_path: Path,
) -> None:
    """`a + a` leaves one key, and the pass that adds what it finds is right."""
    path = tmp_path / "engine.py"
    made = "        return Num(self.x + other.x, {self: 1.0, other: 1.0})\n"
    path.write_text(
        "class Num:\n    def __init__(self, x, slopes=()):\n"
        "        self.x, self.slopes, self.grad = x, dict(slopes), 0.0\n\n"
        "    def __add__(self, other):\n" + made + "\n    def __mul__(self, other):\n"
        + made.replace("+", "*").replace("1.0, other: 1.0", "other.x, other: self.x")
        + "\n    def backward(self):\n        self.grad, todo = 1.0, [self]\n"
        "        for node in todo:\n            for part, slope in node.slopes.items():\n"
        "                part.grad += slope * node.grad\n                todo.append(part)\n",
        encoding="utf-8",
    )
    with load(str(path)) as engine:
        case = Case.parse("a + a", a=2.0)
        found = finding(engine, examine(engine, case), "forms", case)
        (told,) = localised(engine, [found], {"a + b": "correct", "a * b": "correct"})
    assert told.rule is not None
    assert told.rule.text.strip() == made.strip()
