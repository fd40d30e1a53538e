"""Progress: a live line on a terminal, a line now and then in a file, in a cell its own."""

import io
import re
import sys
import types
from typing import Any

import pytest
from rich.console import Console

from verify.engines import EngineInfo
from verify.expression.graph import Case
from verify.expression.reading import Enclosure
from verify.report.progress import DOING, CellProgress, LiveProgress
from verify.verdict.judgement import Judged, Verdict
from verify.verdict.outcome import CaseDone, Event, StageStarted, Started, Suspected

EVENTS: list[Event] = [
    Started(EngineInfo("student.py", "student.py", "Value", "3.11"), ("interval",), 0, 400),
    StageStarted("known", 3),
    CaseDone("known", "correct"),
    CaseDone("known", "wrong"),
    StageStarted("a stage of tomorrow", 2),
    CaseDone("a stage of tomorrow", "correct"),
]


def shown(*, terminal: bool) -> str:
    """What is written while the events go by."""
    out = io.StringIO()
    with LiveProgress(Console(file=out, force_terminal=terminal, width=80)) as live:
        for event in EVENTS:
            live.listen(event)
            live._shown.refresh()
    return out.getvalue()


def test_a_terminal_sees_each_stage() -> None:
    """The stage in plain words, how many cases of how many, and the line is erased at the end."""
    text = shown(terminal=True)
    for part in (DOING["known"], "1/3", "2/3", "a stage of tomorrow", "1/2"):
        assert part in text
    assert text.endswith("\x1b[2K")


def test_no_total_that_is_not_true() -> None:
    """A stage that goes on beyond what was planned shows how many, and no longer of how many."""
    out = io.StringIO()
    with LiveProgress(Console(file=out, force_terminal=True, width=80)) as live:
        for event in (StageStarted("known", 2), *[CaseDone("known", "correct")] * 3):
            live.listen(event)
            live._shown.refresh()
    assert "2/2" in out.getvalue()
    assert "3/2" not in out.getvalue()


def test_lines_fit() -> None:
    """A wrong number as it was read is told in lines that fit, and so is what lasts."""
    case = Case.parse(" + ".join(["a * b.tanh()"] * 9), a=2.0, b=3.0)
    wrong = Judged(0, "gradient", Verdict.WRONG, "differs", 1.25, Enclosure(2.5))
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    with LiveProgress(console) as live:
        live.listen(Suspected(case, wrong))
    said = out.getvalue()
    assert "looking into it" in said
    bare = re.sub(r"\x1b\[[\d?]*\w", "", said)
    assert max(map(len, re.split(r"[\r\n]", bare))) <= 80


def test_a_file_sees_nothing_of_what_is_quick() -> None:
    """Off a terminal nothing at all is written by work that is soon over."""
    assert shown(terminal=False).strip() == ""


def test_a_file_sees_what_lasts() -> None:
    """Off a terminal a line says now and then which engine, which stage, how far, how long."""
    out = io.StringIO()
    times = iter(range(0, 1000, 4))  # seconds: an event each four of them
    with LiveProgress(Console(file=out, width=80), lambda: float(next(times))) as live:
        for event in EVENTS * 3:
            live.listen(event)
        live.mending()
    first, *lines = out.getvalue().splitlines()
    assert first == "verify: student.py: known special cases 1 of 3, 12 s"
    assert lines[-1] == "verify: student.py: changes that mend it, 1 tried, 76 s"
    assert len(lines) < 11


def test_a_cell_is_empty_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook one output is written over, and nothing of it stays."""
    written: list[str] = []

    class Handle:
        def update(self, thing: Any) -> None:
            written.append(thing._repr_html_())

    def display(thing: Any, *, display_id: bool) -> Handle:
        assert display_id
        written.append(thing._repr_html_())
        return Handle()

    module = types.ModuleType("IPython.display")
    monkeypatch.setattr(module, "display", display, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    times = iter(range(1000))
    with CellProgress(lambda: float(next(times))) as live:
        for event in EVENTS:
            live.listen(event)
    assert "<p>known special cases 1 of 3</p>" in written
    assert (written[0], written[-1]) == ("", "")


@pytest.mark.parametrize("stage", ["forms", "known", "random", "wide", "edges"])
def test_stages_have_plain_names(stage: str) -> None:
    """The stages of every run are told in words that need no glossary."""
    assert len(DOING[stage].split()) > 1
