"""The Pythons that are installed here: on PATH, and where version managers keep them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STORES: Final = (
    ("PYENV_ROOT", ".pyenv", "versions"),
    ("ASDF_DATA_DIR", ".asdf", "installs/python"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/python"),
)
"""Of version managers: the variable that names its folder, which that is otherwise, and where."""
_BUILDS: Final = ".local/share/uv/python"
_NEWEST: Final = 20
"""Minor versions that are looked for on PATH: 3.8 to this one."""


def candidates(version: str = "") -> Iterator[Path]:
    """Where an interpreter of a version such as ``3.9`` may be, or of any from 3.8 on."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    for wanted in [version] if version else [f"3.{minor}" for minor in range(8, _NEWEST + 1)]:
        yield from (p for folder in folders if (p := folder / f"python{wanted}").is_file())
    kept = f"{version}.*" if version else "*"
    for variable, usual, inside in _STORES:
        store = Path(os.environ.get(variable, Path.home() / usual), inside)
        yield from sorted(store.glob(f"{kept}/bin/python"))
    yield from sorted((Path.home() / _BUILDS).glob(f"cpython-{kept}/bin/python"))
