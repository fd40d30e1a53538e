"""The engine's own source text: files, or the cells of a notebook, as this process reads them.

A worker says in which files its lines are; it is believed only as far as a file lies where the
engine does.  Nothing here writes.
"""

from __future__ import annotations

import json
import linecache
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.engines.worker.errors import Unusable
from verify.engines.worker.notebook import code_cells, notebook_cells, without_magics
from verify.engines.worker.source import read_source
from verify.verdict.outcome import SourceLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.engines import EngineInfo
    from verify.engines.workshop import Line

_CELL: Final = re.compile(r"<cell (\d+)>")
_LONGEST: Final = 1 << 20


@dataclass(frozen=True)
class Sources:
    """The texts that an engine is made of.

    Attributes:
        info: which engine.
        texts: by file, or by cell: ``<cell 3>``.
        notebook: the notebook's path, if it is one.
    """

    info: EngineInfo
    texts: dict[str, str] = field(default_factory=dict)
    notebook: str = ""

    def line(self, where: Line, column: int = 0, width: int = 0) -> SourceLine | None:
        """A line with its text, and where the caret goes; ``None`` if there is no such line."""
        file, number = where
        lines = self.texts.get(file, "").splitlines()
        if not 1 <= number <= len(lines):
            return None
        text = lines[number - 1]
        start = len(text) - len(text.lstrip())
        cell = _CELL.fullmatch(file)
        return SourceLine(
            file=self.shown(file),
            line=number,
            text=text,
            before=lines[number - 2] if number > 1 else "",
            column=column or start,
            width=width or len(text.strip()),
            cell=int(cell[1]) if cell else None,
        )

    def shown(self, file: str) -> str:
        """How a report calls a file: as the user did, or by its name beside that."""
        if _CELL.fullmatch(file):
            return self.info.spec.partition(":")[0]
        path = Path(file)
        base = Path(self.info.path or ".").absolute()
        if path == base:
            return self.info.spec if self.info.spec.endswith(".py") else path.name
        folder = base if base.is_dir() else base.parent
        try:
            return str(path.relative_to(folder))
        except ValueError:
            return path.name


def sources(info: EngineInfo, files: Iterable[str]) -> Sources:
    """The texts of those files that lie where the engine does."""
    path = info.path
    found = {file: text for file in files if (text := _text(info, file)) is not None}
    if path.endswith(".ipynb"):
        return Sources(info, {**_cells(path), **found}, path)
    if Path(path).is_dir():
        books = [note.removeprefix("the engine is in ") for note in info.notes]
        book = next((b for b in books if b.endswith(".ipynb") and ".." not in b), None)
        if book is not None:
            whole = str(Path(path, book))
            return Sources(info, {**_cells(whole), **found}, whole)
    return Sources(info, found)


def _text(info: EngineInfo, file: str) -> str | None:
    """The text of a file that a worker names, if it is one of the engine's."""
    if not file.endswith(".py") or not Path(file).is_absolute():
        lines = linecache.getlines(file) if _here(info) else []
        return "".join(lines) or None  # a cell of the notebook that runs here
    where = Path(file).resolve()
    if not any(where.is_relative_to(place) for place in _places(info)):
        return None
    try:
        text = read_source(file)
    except (OSError, Unusable):
        return None
    return text if len(text) < _LONGEST else None


def _here(info: EngineInfo) -> bool:
    return info.isolation.startswith("none")


def _places(info: EngineInfo) -> list[Path]:
    """Where the files of an engine are believed to lie."""
    if info.path:
        path = Path(info.path).resolve()
        folder = path if path.is_dir() else path.parent
        return [folder, folder.parent / "src"] if not _here(info) else [folder]
    top = re.split(r"[.:]", info.spec)[0]
    return [Path(p or ".").resolve() / name for p in sys.path for name in (top, f"{top}.py")]


def _cells(path: str) -> dict[str, str]:
    try:
        cells = notebook_cells(path)
    except (OSError, Unusable):
        return {}
    return {f"<cell {number}>": source for number, source in cells}


def as_python(text: str) -> str:
    """A text as Python parses it: lines for IPython are left out, line for line."""
    plain = without_magics(text)[1]
    return "" if plain is None else plain


def with_cells(path: str, texts: dict[str, str]) -> str:
    """A notebook as JSON with these cells in place of its own."""
    document: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    known = dict(code_cells(document))
    sheets = document.get("worksheets") or [document]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    for number, cell in enumerate(cells, 1):
        new = texts.get(f"<cell {number}>")
        if number in known and new is not None and new != known[number]:
            key = "source" if "source" in cell else "input"
            cell[key] = new.splitlines(keepends=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def same_size(text: str) -> str:
    """A cell without its lines for IPython, each character where it was."""
    plain = as_python(text).split("\n")
    rows = text.split("\n")
    if len(plain) != len(rows):
        return text
    return "\n".join(
        new.ljust(len(old)) if new != old and len(new) <= len(old) else old
        for new, old in zip(plain, rows, strict=True)
    )
