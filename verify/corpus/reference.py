"""Where the reference corpus lies: it comes with the installation, by the name ``reference``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAME: Final = "reference"
"""What stands for it where a corpus is to be named."""
_PACKED: Final = Path(__file__).with_name("reference.jsonl")
"""In an installation; pyproject.toml puts it there."""
_WORKING_COPY: Final = Path(__file__).parents[2] / "tests/reference/corpus.jsonl"


def reference() -> Path:
    """The file with the reference corpus."""
    return _PACKED if _PACKED.is_file() else _WORKING_COPY
