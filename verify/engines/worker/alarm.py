"""An alarm that interrupts code which does not come back."""

from __future__ import annotations

import signal
import time

from .errors import OutOfTime

TYPE_CHECKING = False  # typing takes longer to import than this module to run
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, Final

ASLEEP: Final = 1e-3
"""Code that uses less of the processor than this does not wait for it: it sleeps."""
MOST_TICKS: Final = 10
COLLECTS: Final = "gc_callback"
MOMENT: Final = 0.01
PROBE_SECONDS: Final = 1.0
IMPORT_SECONDS: Final = 2.0
STATEMENT_SECONDS: Final = 0.5


class Alarm:
    """Interrupts code that does not come back.  Works in the main thread only; nests.

    Processor time counts, which nobody else on a busy machine uses up.  The wall clock only asks,
    once in each span of that length, whether the code still moves: what sleeps is interrupted too.
    """

    def __init__(self) -> None:
        self.works = False
        self.ticks, self.used = 0, 0.0
        self.most: float | None = None

    def install(self) -> list[tuple[Any, Any]]:
        """Take over the signals of both clocks, where there are such signals: what was there."""
        try:
            before = [(signal.SIGPROF, signal.signal(signal.SIGPROF, self.ring))]
            before.append((signal.SIGALRM, signal.signal(signal.SIGALRM, self.tick)))
        except (ValueError, AttributeError):  # not the main thread, or a system without alarms
            return []
        self.works = True
        return before

    def borrowed(self) -> Borrowed:
        """A stretch in which the alarm works; then the signals are handled as before."""
        return Borrowed(self)

    def ring(self, _signal: int, frame: FrameType | None) -> None:
        """The processor time is used up.

        Python throws away what is raised in a callback of its garbage collector (Hypothesis has
        one, in the process of the harness): there it rings again, a moment later.
        """
        if frame is not None and frame.f_code.co_name == COLLECTS:
            signal.setitimer(signal.ITIMER_PROF, MOMENT, signal.getitimer(signal.ITIMER_PROF)[1])
            return
        raise OutOfTime

    def tick(self, _signal: int, _frame: FrameType | None) -> None:
        """A span has passed by the wall clock; the time is up for code that sleeps through it."""
        before, self.used = self.used, time.process_time()
        self.ticks += 1
        span = signal.getitimer(signal.ITIMER_REAL)[1]
        if self.used - before < ASLEEP * span or self.ticks >= MOST_TICKS:
            raise OutOfTime

    def call(self, seconds: float | None, function: Callable[..., Any], *args: Any) -> Any:
        """``function(*args)``; raises OutOfTime after so many seconds, where alarms work."""
        if not self.works or not seconds:
            return function(*args)
        seconds = seconds if self.most is None else min(seconds, self.most)
        outer = self.ticks, self.used
        self.ticks, self.used = 0, time.process_time()
        # It rings again: a bare "except:" of the engine's may have swallowed the first time.
        left = signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
        tick = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        try:
            return function(*args)
        finally:
            signal.setitimer(signal.ITIMER_REAL, *tick)
            signal.setitimer(signal.ITIMER_PROF, *left)
            self.ticks, self.used = outer

    def within(self, seconds: float, function: Callable[..., Any], *args: Any) -> Any:
        """As :meth:`call`, and no call inside of it may take longer either."""
        self.most = seconds
        try:
            return self.call(seconds, function, *args)
        finally:
            self.most = None


class Borrowed:
    """A context in which an alarm has the signals of both clocks, in somebody else's process."""

    def __init__(self, alarm: Alarm) -> None:
        self.alarm = alarm
        self.before: list[tuple[Any, Any]] = []

    def __enter__(self) -> None:
        if self.alarm.works or not (hasattr(signal, "SIGPROF") and hasattr(signal, "SIGALRM")):
            return
        self.before = self.alarm.install()

    def __exit__(self, *_: object) -> None:
        if self.before:
            for number, handler in self.before:
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self.alarm.works = False


ALARM: Final = Alarm()
