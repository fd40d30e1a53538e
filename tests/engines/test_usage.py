"""A limit of time is one of processor time; the clock ends only what sleeps, or takes for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from verify.engines import usage
from verify.engines.usage import PATIENCE, Allowance, below

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 3.0


def lasts(monkeypatch: pytest.MonkeyPatch, used: Callable[[float], object]) -> int:
    """Seconds by the clock that a worker is given which uses so much of the processor."""
    clock = 0
    monkeypatch.setattr(usage, "below", lambda _: used(clock))
    monkeypatch.setattr(usage.time, "monotonic", lambda: float(clock))
    allowance = Allowance(1, LIMIT)
    while allowance.left():
        clock += 1
    return clock - 1


@pytest.mark.parametrize(
    ("used", "seconds"),
    [
        (lambda t: (float(t), False), LIMIT),
        (lambda t: (100.0 + t, False), LIMIT),  # what it used before does not count
        (lambda t: (t / 4, True), 4 * LIMIT),
        (lambda _: (7.0, False), LIMIT),
        (lambda t: (min(t, 2.0), False), 2 + LIMIT),
        (lambda _: (7.0, True), PATIENCE * LIMIT),
        (lambda t: (t / 100, False), PATIENCE * LIMIT),
        (lambda _: None, PATIENCE * LIMIT),
    ],
    ids=["busy", "busy before", "a quarter of the processor", "asleep", "falls asleep",
         "never gets its turn", "naps", "nobody says"],
)  # fmt: skip
def test_who_is_given_how_long(
    monkeypatch: pytest.MonkeyPatch, used: Callable[[float], object], seconds: float
) -> None:
    """Its own time counts, or the lack of it; whoever waits for a processor is waited for."""
    assert lasts(monkeypatch, used) == seconds


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system as Linux answers")
def test_processes_below_are_counted() -> None:
    """A grandchild's time is part of it; a process that is not there is not known."""
    asked, ticks = 0.2, 0.05  # the system counts in whole ticks of a hundredth, and rounds down
    loop = f"while time.process_time() < {asked + ticks}: pass"
    busy = f"import time\n{loop}\nprint(flush=True); input()"
    middle = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    with subprocess.Popen(
        [sys.executable, "-c", middle], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = below(os.getpid())
        process.communicate(b"\n")
    assert seen is not None
    assert seen[0] >= asked
    assert below(2**31 - 1) is None
