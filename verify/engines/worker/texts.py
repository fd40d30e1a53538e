"""Texts that take the place of files: an edited copy of an engine, which lies in no file."""

from __future__ import annotations

import linecache
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Final, Mapping

TEXTS: Final[dict[str, str]] = {}
"""What is read in place of a file, or of a notebook's cell: ``<cell 3>``."""


def replace(texts: Mapping[str, str]) -> None:
    """Read these texts from now on, and no others."""
    for name in [*TEXTS, *texts]:
        linecache.cache.pop(name, None)
    TEXTS.clear()
    TEXTS.update(texts)
    for name, text in texts.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    if SourceFileLoader.get_code is not get_code:
        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
    """What an import runs: the text that takes the file's place, or the file as usual."""
    text = TEXTS.get(loader.path)
    if text is None:
        return usual(loader, name)
    return compile(text, loader.path, "exec", dont_inherit=True)


usual: Final = SourceFileLoader.get_code
