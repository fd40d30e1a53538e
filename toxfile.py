"""Tell tox about interpreters that are not on PATH, and to make use of more than one processor.

tox loads this file by its name. It puts the folders of version managers *behind* PATH: what the
user has active still wins, and on a machine without any of them nothing changes.

A plain ``tox`` runs two environments beside each other: one is installed, which is a single
process's work, while tests of another run. Each one's output is shown whole once it has ended.
Where environments are named it is shown as it comes, one after another; ``tox -p 0`` does so too.
"""

import os
import sys
from pathlib import Path

HOME = Path.home()
STORES = (  # where version managers keep one folder a version
    Path(os.environ.get("PYENV_ROOT", HOME / ".pyenv")) / "versions",
    Path(os.environ.get("ASDF_DATA_DIR", HOME / ".asdf")) / "installs" / "python",
    Path(os.environ.get("MISE_DATA_DIR", HOME / ".local/share/mise")) / "installs" / "python",
)

_found = [str(python.parent) for store in STORES for python in sorted(store.glob("*/bin/python3"))]
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *_found])

if len(sys.argv) == 1:
    os.environ.setdefault("TOX_PARALLEL", "2")
