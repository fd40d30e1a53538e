"""Progress: a live line on a terminal, a line now and then in a file, in a cell its own."""

import io
import sys
import types
from typing import Any

import pytest
from rich.console import Console

from verify.engines import EngineInfo
from verify.report.progress import DOING, CellProgress, LiveProgress
from verify.verdict.outcome import CaseDone, Event, StageStarted, Started

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
