"""How much of the processor a worker has used, seen from outside: whose time is it that passes?

On a busy machine the clock runs on while a worker waits for its turn.  So a limit of time is one of
processor time; the clock alone ends what uses none of it, and what goes on for far too long.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE: Final = 10
"""By the clock, a worker has so many times its limit as long as it gets anywhere."""
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
_WAITS: Final = frozenset("RD")
"""States of a process that would go on if the machine let it: for a processor, for a disk."""
_UTIME, _STIME = 11, 12  # proc(5), counted from the state, which comes after the name


LEAST: Final = 0.05
"""Seconds for which an engine is waited for that has hung often; a right one needs a hundredth."""


def less(patience: float) -> float:
    """Seconds for which an engine is waited for once it has hung."""
    return max(patience / 2, LEAST)


CLOCK: Final = 3
"""By the clock, all workers of a check together have so many times their processor time."""


@dataclass(slots=True)
class Budget:
    """What all workers of one check may use up together.

    Attributes:
        seconds: of processor time.
        processor: seconds of it that were used.
        clock: seconds for which somebody waited for a worker.
    """

    seconds: float
    processor: float = 0.0
    clock: float = 0.0

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.processor > self.seconds or self.clock > CLOCK * self.seconds


@dataclass(slots=True)
class Allowance:
    """What a worker may still use up for one answer.

    Attributes:
        watcher: the process below which the worker runs.
        seconds: of processor time, of sleep at a stretch, and ``PATIENCE`` times that in all.
    """

    watcher: int
    seconds: float
    _begun: float = -1.0
    _moved: float = 0.0
    _first: float = 0.0
    _last: float = 0.0

    def left(self) -> bool:
        """Whether it may go on; to be asked from time to time, the first time to begin with."""
        now, used = time.monotonic(), below(self.watcher)
        if self._begun < 0:
            self._begun = self._moved = now
            self._first = self._last = used[0] if used else 0.0
            return True
        if now - self._begun > PATIENCE * self.seconds:
            return False
        if used is None:  # nobody says: it has the benefit of the doubt
            return True
        if used[1] or used[0] > self._last:
            self._moved, self._last = now, used[0]
        return used[0] - self._first <= self.seconds and now - self._moved <= self.seconds


def below(process: int) -> tuple[float, bool] | None:
    """Seconds of processor time of all processes below this one, and whether one waits for more.

    Returns:
        ``None`` where the system does not say.
    """
    total, waits = 0.0, False
    try:
        queue = _children(process)
        for child in queue:
            fields = Path(f"/proc/{child}/stat").read_text("ascii", "replace").rpartition(")")[2]
            state, *numbers = fields.split()
            total += (int(numbers[_UTIME - 1]) + int(numbers[_STIME - 1])) * _TICK
            waits |= state in _WAITS
            queue += _children(child)
    except (OSError, ValueError, IndexError):
        return None
    return total, waits


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(word) for word in listed.split()]
