"""A live line while a check runs; only on a terminal, and gone when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from verify.verdict.outcome import CaseDone, Found, StageStarted

if TYPE_CHECKING:
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


class LiveProgress:
    """Listens to the events of a run; does nothing where the console is not a terminal."""

    def __init__(self, console: Console) -> None:
        """On this console."""
        self._shown = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[found]}", style="red", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._shown.add_task("starting", total=None, found="")
        self._found = self._tried = 0

    def listen(self, event: Event) -> None:
        """Show an event."""
        match event:
            case StageStarted(stage, cases):
                self._shown.reset(self._task, total=cases, description=DOING.get(stage, stage))
            case CaseDone():
                self._shown.advance(self._task)
            case Found():
                self._found += 1
                self._shown.update(self._task, found=f"{self._found} wrong")

    def mending(self) -> None:
        """Show that another change of the source was tried."""
        self._tried += 1
        if self._tried == 1:
            self._shown.reset(self._task, total=None, description="changes that mend it")
        self._shown.update(self._task, completed=self._tried)

    def refresh(self) -> None:
        """Draw now; otherwise it is drawn ten times a second."""
        self._shown.refresh()

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()
