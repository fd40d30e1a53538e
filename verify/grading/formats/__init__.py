"""Results as files that platforms read, one module a format, found by being here.

Each has ``write(rows, rubric, folder)``: ``rows`` are the students, ``folder`` is where its file,
or its files by student, go.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verify.grading.pages import Row
    from verify.grading.rubric import Rubric

USUAL: Final = ("csv", "jsonl")
"""Those that are written unless others are named."""
FORMATS: Final = (*USUAL, *[m.name for m in pkgutil.iter_modules(__path__) if m.name not in USUAL])
"""Every format."""


def write(name: str, rows: Iterable[Row], rubric: Rubric, folder: Path) -> None:
    """Write the results in one of :data:`FORMATS`."""
    importlib.import_module(f"{__name__}.{name}").write(rows, rubric, folder)
