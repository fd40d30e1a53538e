"""Tell tox about interpreters that are installed but not on PATH.

tox loads this file by its name. It puts the folders of version managers *behind* PATH: what the
user has active still wins, and on a machine without any of them nothing changes.
"""

import os
from pathlib import Path

HOME = Path.home()
STORES = (  # where version managers keep one folder a version
    Path(os.environ.get("PYENV_ROOT", HOME / ".pyenv")) / "versions",
    Path(os.environ.get("ASDF_DATA_DIR", HOME / ".asdf")) / "installs" / "python",
    Path(os.environ.get("MISE_DATA_DIR", HOME / ".local/share/mise")) / "installs" / "python",
)

_found = [str(python.parent) for store in STORES for python in sorted(store.glob("*/bin/python3"))]
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *_found])
