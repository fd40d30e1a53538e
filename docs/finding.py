"""Draw what ``verify check`` says of a student's notebook: ``python docs/finding.py``.

Writes ``docs/_static/finding.svg``, the picture of README.md and of the start page.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import verify
from verify.report.text import report

NOTEBOOK: Final = "examples/lecture_flawed.ipynb"
PICTURE: Final = Path(__file__).parent / "_static" / "finding.svg"
LAST: Final = "^^^"
"""What is in the last line that is drawn: the caret below the line that is wrong."""
_COLOURS: Final = TerminalTheme(
    (24, 26, 31), (220, 223, 228),
    [(40, 44, 52), (224, 108, 117), (152, 195, 121), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (220, 223, 228)],
)  # fmt: skip
_FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own has a font from the network; a picture must not ask for one."""


def shown() -> list[Text]:
    """The finding, from its title to the line that is wrong."""
    outcome = verify.check(NOTEBOOK, examples=8, report=False)
    lines = list(report(outcome, 80))
    (first, *_) = [i for i, line in enumerate(lines) if line.plain.startswith("1. ")]
    (last, *_) = [i for i, line in enumerate(lines) if LAST in line.plain]
    return lines[first : last + 1]


def drawn(lines: list[Text]) -> str:
    """The lines as a picture of a terminal."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ verify check {NOTEBOOK}\n", style="dim"))
    for line in lines:
        console.print(line)
    svg = console.export_svg(
        title="verify", theme=_COLOURS, code_format=_FORMAT, unique_id="finding"
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(shown()), "utf-8")
