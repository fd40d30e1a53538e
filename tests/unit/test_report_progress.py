"""Progress: on a terminal only, stage by stage, and gone when it is over."""

import io

import pytest
from rich.console import Console

from verify.engines import EngineInfo
from verify.report.progress import DOING, LiveProgress
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
            live.refresh()
    return out.getvalue()


def test_a_terminal_sees_each_stage() -> None:
    """The stage in plain words, how many cases of how many, and the line is erased at the end."""
    text = shown(terminal=True)
    for part in (DOING["known"], "1/3", "2/3", "a stage of tomorrow", "1/2"):
        assert part in text
    assert text.endswith("\x1b[2K")


def test_a_file_sees_nothing() -> None:
    """Off a terminal nothing at all is written."""
    assert shown(terminal=False).strip() == ""


@pytest.mark.parametrize("stage", ["forms", "known", "random", "wide", "edges"])
def test_stages_have_plain_names(stage: str) -> None:
    """The stages of every run are told in words that need no glossary."""
    assert len(DOING[stage].split()) > 1
