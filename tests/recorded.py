"""The reference corpus, read once by each process of a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.corpus.format import read

if TYPE_CHECKING:
    from verify.corpus.entry import Header, Line

CORPUS: Final = Path(__file__).parent / "reference/corpus.jsonl"


@cache
def recorded() -> tuple[Header, list[Line]]:
    """Its header and its lines, which nobody changes."""
    header, lines = read(CORPUS)
    return header, list(lines)
