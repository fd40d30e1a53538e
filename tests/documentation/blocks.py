"""What stands in a page between fences, and what a reader would do with it.

A page is followed from above, in a folder of its own:

- a block whose first line is a comment with a file's name, ``# value.py``, is that file; so is one
  behind ``<!-- file: grades.csv -->``, where the format has no comments;
- each line of a ``sh`` block, and each ``run`` of a workflow, is a command; a comment says where it
  ends with another code than 0: ``# ends with exit code 1``;
- a ``python`` block is a program of its own; what it prints is the comment behind ``print``;
- each line of a ``text`` block was printed by what stands before it; ``…`` is anything;
- ``json``, ``toml``, ``ini`` and ``yaml`` can be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = tuple(sorted([
    "README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md",
    "changes/README.md", "tests/README.md", "examples/refactor/README.md",
    *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
]))  # fmt: skip
"""All that this repository tells a reader."""
LANGUAGES: Final = frozenset(
    {"sh", "python", "text", "json", "toml", "ini", "yaml", "csv", "diff", "json schema", ""}
)
"""Of fences that a reader sees, none for a drawing; braces are Sphinx's own."""
_FENCE: Final = re.compile(
    r"^(?:<!-- file: (?P<named>\S+) -->\n)?"
    r"(?P<indent> *)```(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_FILE: Final = re.compile(r"\A(?:#|//) (?P<name>[\w./-]+\.\w+)\n")
_CODE: Final = re.compile(r"#.*\bexit(?: code)?:? (\d+)")
_RUN: Final = re.compile(r"^ *- run: ([^|>].*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one fence.

    Attributes:
        language: ``""`` where none is told.
        text: without the indent of the fence.
        file: what it is to be saved as; ``""`` if it is no file.
        line: where it begins in its page.
    """

    language: str
    text: str
    file: str
    line: int

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands in it, each in one line, comments included."""
        if self.language == "yaml":
            return tuple(_RUN.findall(self.text))
        if self.language != "sh":
            return ()
        joined = self.text.replace("\\\n", " ")
        lines = (line.strip() for line in joined.splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))


def blocks(page: str) -> Iterator[Block]:
    """Those of a page, in order; what Sphinx fills in is left out."""
    text = (ROOT / page).read_text("utf-8")
    for found in _FENCE.finditer(text):
        if found["language"].startswith("{"):
            continue
        indent = len(found["indent"])
        inside = "".join(line[indent:] or "\n" for line in found["text"].splitlines(keepends=True))
        named = _FILE.match(inside)
        file = found["named"] or (named["name"] if named else "")
        yield Block(found["language"], inside, file, text.count("\n", 0, found.start()) + 1)


def exit_code(command: str) -> int:
    """The code with which a command is said to end."""
    told = _CODE.search(command)
    return int(told[1]) if told else 0


def unprinted(text: str, output: str) -> list[str]:
    """Lines of a ``text`` block that are in no line of the output, blanks aside."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    missing = []
    for wanted in (" ".join(line.split()) for line in text.splitlines()):
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        if not any(pattern.search(line) for line in lines):
            missing.append(wanted)
    return missing


def said(program: str) -> list[str]:
    """What the comments behind ``print`` say is printed."""
    return re.findall(r"^ *print\(.*\)\s*#\s*(.*)$", program, re.MULTILINE)
