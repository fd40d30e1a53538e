"""How far a check is: a live line on a terminal, a line now and then elsewhere, in a cell its own.

What is shown on a terminal or in a cell is gone when the check is over.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from verify.report.facts import EVERY, SILENT
from verify.report.layout import block
from verify.report.plain import plain
from verify.verdict.outcome import CaseDone, Found, StageStarted, Started, Suspected

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from verify.verdict.outcome import Event

DOING: Final = {
    "forms": "each operation alone",
    "known": "known special cases",
    "random": "random expressions",
    "wide": "wide ranges of numbers",
    "edges": "edges of the domain",
    "small": "all small expressions",
    "state": "more than one backward pass",
    "growth": "time on shared expressions",
    "depth": "deep expressions",
    "fan-out": "nodes that are used often",
    "size": "large expressions",
    "large gradients": "large gradients",
    "small gradients": "small gradients",
    "passes": "one program, thousands of times",
    "errors": "after errors that were caught",
    "factors": "each operation with something after it",
    "signs": "zeros, signs, equal and whole numbers",
    "numbers": "numbers beside nodes, and exponents",
    "magnitudes": "numbers of all magnitudes",
    "each on each": "each operation on each",
    "two on one": "two operations on one node",
    "operand of operand": "operands of operands",
    "equal in value": "different nodes of equal value",
    "result zero": "nodes of value 0",
    "networks": "networks",
    "stability": "the same again elsewhere",
}
"""What a stage does, in plain words."""


_CELL: Final = 0.3


class Listener(Protocol):
    """Listens to the events of a check, from its begin to its end."""

    def listen(self, event: Event) -> None:
        """Show an event."""

    def __enter__(self) -> Self:
        """The check begins."""

    def __exit__(self, *_: object) -> None:
        """The check is over."""


class Counted:
    """How far a check is, in numbers and in words."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.engine = ""
        self.stage = "starting"
        self.done = self.total = self.found = 0

    def listen(self, event: Event) -> None:
        """Count an event."""
        match event:
            case CaseDone():
                self.done += 1
            case Started(engine):
                self.engine = plain(engine.spec)
            case StageStarted(stage, cases):
                self.stage, self.done, self.total = DOING.get(stage, stage), 0, cases
            case Found():
                self.found += 1

    def __str__(self) -> str:
        known = self.done <= self.total  # a stage may go on where it finds something
        of = (f" {self.done:,}" + f" of {self.total:,}" * known) if self.done else ""
        return f"{self.stage}{of}" + (f", {self.found} wrong" if self.found else "")


class NoProgress:
    """Listens to the events of a check and shows nothing."""

    def listen(self, event: Event) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class CellProgress:
    """How far a check is, below a notebook's cell."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Shown now and then by this clock."""
        display: Any = importlib.import_module("IPython.display")
        self._counted, self._clock, self._next = Counted(), clock, clock()
        self._shown: Any = display.display(_Html(""), display_id=True)

    def listen(self, event: Event) -> None:
        """Show an event."""
        self._counted.listen(event)
        if self._shown is not None and self._clock() >= self._next:
            self._next = self._clock() + _CELL
            self._shown.update(_Html(f"<p>{escape(str(self._counted))}</p>"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown is not None:
            self._shown.update(_Html(""))


@dataclass(frozen=True)
class _Html:
    """A piece of HTML as a notebook takes it."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def first_wrong(event: Suspected) -> str:
    """A wrong number as it was read, before it is known what it comes from."""
    number, case = event.number, event.case
    what = f"{number.quantity} of {case.graph.names[number.node]} in {case}"
    expected = number.truth
    if number.got is None or expected is None or not expected.known:
        return f"wrong: {plain(f'{what}: {number.reason}')}; looking into it"
    return f"wrong: {plain(what)}: {number.got!r}, should be {expected.middle!r}; looking into it"


class LiveProgress:
    """Listens to the events of a run; where the console is no terminal, a line now and then."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """On this console, by this clock, in seconds."""
        self._console, self._clock, self._live = console, clock, console.is_terminal
        self._counted, self._begun = Counted(), clock()
        self._next = self._begun + SILENT
        self._shown = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.elapsed:.0f} s"),
            TextColumn("{task.fields[found]}", style="red", markup=False),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._shown.add_task("starting", total=None, found="", count="")
        # Written to directly, and read when it is shown: to tell each case costs half a judgement.
        self._line = self._shown.tasks[0]
        self._tried = 0
        self._suspected = False

    def listen(self, event: Event) -> None:
        """Show an event."""
        self._counted.listen(event)
        if not self._live:
            self._tell(self._counted)
            return
        match event:
            case CaseDone():
                self._so_far(self._counted.done, self._counted.total)
            case StageStarted(stage, cases):
                self._stage(DOING.get(stage, stage), cases)
            case Suspected() if not self._suspected:
                self._suspected = True
                self._print(first_wrong(event))
            case Found():
                self._line.fields["found"] = f"{self._counted.found} wrong"

    def mending(self) -> None:
        """Show that another change of the source was tried."""
        self._tried += 1
        if not self._live:
            self._tell(f"changes that mend it, {self._tried} tried")
            return
        if self._tried == 1:
            self._stage("changes that mend it", None)
        self._so_far(self._tried, None)

    def _stage(self, text: str, total: int | None) -> None:
        """Begin to count anew; the clock goes on."""
        self._line.description = text
        self._so_far(0, total)

    def _so_far(self, done: int, total: int | None) -> None:
        """Show how many, and of how many as long as that is true: a stage may go on."""
        known = total is not None and done <= total
        self._line.total, self._line.completed = (total if known else None), done
        self._line.fields["count"] = f"{done:,}/{total:,}" if known else f"{done:,}"

    def _tell(self, text: object) -> None:
        """A line where no terminal shows what happens, if the last one is long ago."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        self._print(f"verify: {self._counted.engine}: {text}, {now - self._begun:.0f} s")

    def _print(self, text: str) -> None:
        """In lines that fit."""
        lines = block(Text(text), self._console.width, 0)
        self._console.print(Text("\n").join(lines), soft_wrap=True)

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()
