"""Columns of text and their colours: what every report on a screen is laid out with.

Nothing here is rich markup: text that came from an engine can say nothing to the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STYLES: Final = {
    "correct": "green",
    "proven": "bold green",
    "wrong": "bold red",
    "imprecise": "yellow",
    "inconclusive": "yellow",
    "unusable": "bold red",
    "undecided": "yellow",
    "missing": "dim",
}
"""How a verdict looks, one word a meaning."""

_NARROWEST: Final = 20
_MEASURE: Final = Console(width=80, color_system=None)
"""rich wants a console to measure text with; this one prints nothing."""


def table(
    rows: Iterable[tuple[Text, ...]], width: int, *, indent: int = 0, gap: int = 2
) -> Iterator[Text]:
    """Columns side by side, without a blank at the end of a line; the last column is wrapped."""
    rows = list(rows)
    columns = max((len(row) for row in rows), default=0)
    widths = [
        max((row[i].cell_len for row in rows if i < len(row) - 1), default=0)
        for i in range(columns)
    ]
    for row in rows:
        line = Text(" " * indent)
        for cell, size in zip(row[:-1], widths, strict=False):
            line.append_text(cell)
            line.append(" " * (size - cell.cell_len + gap))
        start = line.cell_len
        for part in _wrapped(row[-1], max(width - start, _NARROWEST)):
            line.append_text(part)
            line.rstrip()
            yield line
            line = Text(" " * start)


def _wrapped(text: Text, width: int) -> Iterable[Text]:
    return text.wrap(_MEASURE, width, overflow="fold") or [text]


def block(text: Text, width: int, indent: int) -> Iterator[Text]:
    """A paragraph, wrapped and indented."""
    return table([(text,)], width, indent=indent)


def cut(line: str, width: int) -> str:
    """A line that is quoted, with dots where it would be too wide; no blank at its end."""
    return (line if len(line) <= width else f"{line[: width - 4]} ...").rstrip()
