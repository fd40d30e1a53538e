"""Which installed packages a module needs: those that it imports, and that those import in turn.

Found by the words after ``import``, or, of a large package, by what it declares to need.  A module
that is asked for by a name that is put together while the program runs is not found so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines.regular import Unreadable, read_regular
from verify.engines.submission import imported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.metadata import Distribution

_LARGE: Final = 400
"""Files of a package from which on it is not read, but asked what it declares."""
_REQUIRED: Final = re.compile(r"[\w.-]+")
_STARTED: Final = re.compile(r"import(?:__)?\W+(\w+)")


def installed(folders: Iterable[str]) -> dict[str, list[str]]:
    """The outermost modules in folders of installed packages, each with its files and folders."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(Path(folder).iterdir()) if Path(folder).is_dir() else ():
            name = path.name.partition(".")[0]
            if name.isidentifier() and (path.is_dir() or path.suffix in {".py", ".so", ".pyd"}):
                found.setdefault(name, []).append(str(path))
    return found


def started(folders: Iterable[str]) -> Iterator[str]:
    """What Python itself imports when it starts: lines of ``.pth`` files may say so."""
    for folder in folders:
        for path in Path(folder).glob("*.pth"):
            yield from _STARTED.findall(_text(str(path)))


def needed(names: Iterable[str], folders: Sequence[str]) -> set[str]:
    """The outermost installed modules that these modules need, themselves included.

    Args:
        names: modules, ``package.module`` too.
        folders: of installed packages.
    """
    there, declared = installed(folders), _Declared(folders)
    found: set[str] = set()
    queue = [name.partition(".")[0] for name in names]
    for name in queue:
        if name in there and name not in found:
            found.add(name)
            files = [file for path in there[name] for file in _files(path)]
            if len(files) < _LARGE:
                queue += [n.partition(".")[0] for file in files for n in imported(_text(file))]
            else:
                queue += declared.of(name)
    return found


def _files(path: str) -> list[str]:
    if not path.endswith(".py"):
        return [str(file) for _, file in zip(range(_LARGE), Path(path).rglob("*.py"), strict=False)]
    return [path]


def _text(path: str) -> str:
    try:
        return read_regular(path, follow=True).decode("utf-8", "replace")
    except Unreadable:
        return ""


class _Declared:
    """What distributions say that they hold and need; read where it is asked for."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders
        self._held: dict[str, list[Distribution]] | None = None
        self._holds: dict[str, list[str]] = {}

    def of(self, name: str) -> list[str]:
        """Outermost modules of what the distributions that hold one require, and of these."""
        if self._held is None:
            from importlib.metadata import distributions

            self._held = {}
            for one in distributions(path=list(self._folders)):
                names = _modules(one)
                self._holds[_plain(one.name)] = names
                for each in names:
                    self._held.setdefault(each, []).append(one)
        owners = self._held.get(name, [])
        required = [_plain(found[0]) for one in owners for line in one.requires or ()
                    if (found := _REQUIRED.match(line))]  # fmt: skip
        return [each for key in required for each in self._holds.get(key, ())]


def _modules(one: Distribution) -> list[str]:
    if told := one.read_text("top_level.txt"):
        return told.split()
    listed = (one.read_text("RECORD") or "").splitlines()
    tops = {line.partition(",")[0].partition("/")[0].partition(".")[0] for line in listed}
    return [top for top in tops if top.isidentifier()]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
