"""The Pythons that are installed here: on PATH, and where version managers keep them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEWEST: Final = 20
"""Minor versions that are looked for on PATH: 3.8 to this one."""


def installed() -> tuple[str, ...]:
    """One executable a version from 3.8 on, the oldest first; the running one is among them.

    Those that do not start are left out.
    """
    from verify.engines.loading import ask_python

    found: dict[tuple[int, ...], str] = {tuple(sys.version_info[:3]): sys.executable}
    for path in _candidates():
        try:
            version = tuple(ask_python(str(path)).version)
        except EngineError:
            continue
        found.setdefault(version, str(path))
    return tuple([found[version] for version in sorted(found)])


def _candidates() -> Iterator[Path]:
    folders = [Path(folder) for folder in os.get_exec_path()]
    for minor in range(8, _NEWEST + 1):
        yield from (p for folder in folders if (p := folder / f"python3.{minor}").is_file())
    home = Path.home()
    for store in (
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(os.environ.get("ASDF_DATA_DIR", home / ".asdf")) / "installs" / "python",
        Path(os.environ.get("MISE_DATA_DIR", home / ".local/share/mise")) / "installs" / "python",
    ):
        yield from sorted(store.glob("*/bin/python3"))
