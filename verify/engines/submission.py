"""The text of a submission, read once: the file or folder that was named, and what it imports.

Every worker of a check gets these bytes and no others, in a folder of its own that holds nothing
else: what changes on the disk meanwhile, and what else lies there, is not seen.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.engines.engine import EngineError
from verify.engines.regular import LARGEST, Unreadable, is_file, is_folder, read_regular
from verify.engines.worker.naming import defines_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^()]*\)|[^\n#;]*)"
    r"|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))",
    re.MULTILINE,
)
_WORD: Final = re.compile(r"\w+")
_SCANNED: Final = 1 << 20
"""Bytes of a text that are searched for imports."""
_MOST_BESIDE, _MOST_FILES, _MOST_SEEN, _MOST_NAMES = 60, 1000, 20_000, 1000
_MOST_BYTES: Final = 1 << 26
_LARGEST_OTHER: Final = 1 << 20
"""Bytes of one file that is neither Python nor a notebook nor compiled Python."""
_CODE: Final = (".py", ".ipynb", ".so", ".pyd")
_LEFT_OUT: Final = frozenset({"__pycache__", "node_modules", "venv", "env"})
"""Folders that hold nothing of an engine's; those whose name begins with a dot are left out too."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What was read.

    Attributes:
        files: contents by name; a name is a path below the folder that a worker gets.
        places: paths on the disk that were asked for, and what they are called there.
        beside: files that the engine may import, as far as it is one file.
        notes: what was left out, and why.
    """

    files: Mapping[str, bytes]
    places: Mapping[str, str]
    beside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def inside(self, path: str) -> str | None:
        """What a file on the disk is called in a worker; ``None`` where it has none of it."""
        for root in self._roots:
            if path.startswith(root) and path[len(root) :] in self.files:
                return path[len(root) :]
        return None

    def outside(self, name: str) -> str:
        """Where a worker's file lies on the disk; its name where that is not known."""
        return next((root + name for root in self._roots if name in self.files), name)

    @property
    def _roots(self) -> list[str]:
        """Folders below which names and paths on the disk are the same."""
        pairs = self.places.items()
        return [path[: -len(name)] for path, name in pairs if name and path.endswith(f"/{name}")]

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents, in order; the name of the outermost folder is not in."""
        total = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            inside = (name.partition("/")[2] or name).encode("utf-8", "surrogateescape")
            total.update(b"%d %d\n" % (len(inside), len(data)))
            total.update(inside + data)
        return f"sha256:{total.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Apart:
    """What a submission must not see: all that is not its own, or what belongs to others.

    Attributes:
        alone: whether a file sees nothing but itself.
        others: the files and folders of other submissions.
    """

    alone: bool = False
    others: tuple[str, ...] = ()

    def may_see(self, path: str) -> bool:
        """Whether a file or folder belongs to nobody else."""
        return not any(
            path == other or _within(path, other) or _within(other, path) for other in self.others
        )


_NOT_APART: Final = Apart()


def apart_from(path: str, others: Sequence[str]) -> Apart:
    """How a file is kept apart from other submissions: alone, where one lies in its folder."""
    folder = os.path.dirname(path)
    strangers = [other for other in others if other != path]
    owned = [os.path.dirname(o) if is_file(o) else o for o in strangers]
    foreign = [o for o in owned if o != folder and not _within(path, o)]
    return Apart(any(os.path.dirname(o) == folder for o in strangers), (*strangers, *foreign))


def _within(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def of_file(path: str, apart: Apart = _NOT_APART) -> Submission:
    """A file or a notebook, and the files beside it that it imports.

    Args:
        path: absolute; a person named it, so that it may be a link where it is not ``alone``.
        apart: what it must not see.

    Raises:
        EngineError: if the file itself cannot be read.
    """
    read = _Read(apart)
    read.named(path)
    if not apart.alone:
        read.add_beside([path])
    beside = [os.path.relpath(p, os.path.dirname(path)) for p in sorted(read.found) if p != path]
    return read.submission([path], beside)


def of_folder(path: str, apart: Apart = _NOT_APART) -> Submission:
    """A folder with all that is in it: regular files, those with code first.

    Raises:
        EngineError: if there is nothing to read in it.
    """
    read = _Read(apart)
    read.add_folder(path)
    if not read.found:
        why = f" ({read.notes[0]})" if read.notes else ""
        raise EngineError("not found", f"the folder holds no Python file and no notebook{why}")
    return read.submission([path])


def of_module(
    parts: Sequence[str], roots: Sequence[str], installed: Sequence[str] = ()
) -> Submission | None:
    """A module of a folder on the import path, and what it imports from such folders.

    Args:
        parts: of its name.
        roots: the folders, none of them one of installed packages.
        installed: those of installed packages, which need not be read: the module may be there.

    Returns:
        ``None`` if neither it nor anything that it imports is in one of ``roots``.
    """
    read = _Read(_NOT_APART)
    place = next((r for r in (*roots, *installed) if any(map(_is, _tops(r, parts[0])))), None)
    if place is not None and place not in roots:
        there = _Read(_NOT_APART)
        texts = [there.found[path] for path in there.take(_modules(place, parts))]
        names = [n for text in texts for n in imported(text.decode("utf-8", "replace"))]
        for name in dict.fromkeys(names):
            read.take([path for root in roots for path in _modules(root, name.split("."))])
    elif place is not None:
        read.take([*_modules(place, parts), *_networks(place, parts)])
    read.add_beside([path for path in read.found if path.endswith(".py")], roots)
    used = [root for root in roots if any(_within(path, root) for path in read.found)]
    return read.submission(used) if read.found else None


def _networks(root: str, parts: Sequence[str]) -> list[str]:
    """Files of the package that a module lies in which define networks: its own ones."""
    if len(parts) < 2:
        return []
    folder = os.path.join(root, *parts[:-1])
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))[:_MOST_BESIDE]
    except OSError:
        return []
    return [path for name in names if _has_network(path := os.path.join(folder, name))]


def _has_network(path: str) -> bool:
    try:
        text = read_regular(path)[:_SCANNED].decode("utf-8", "replace")
    except Unreadable:
        return False
    return defines_network(text)


def _is(path: str) -> bool:
    return is_file(path) or is_folder(path)


def _tops(root: str, name: str) -> tuple[str, str]:
    return os.path.join(root, name), os.path.join(root, f"{name}.py")


def of_paths(paths: Sequence[str], apart: Apart = _NOT_APART) -> Submission:
    """Files and folders for a program in another language.

    Of what lies beside a file those files are read too that have the same ending and are named in
    its text, or in theirs: each language has its own way to import.

    Raises:
        EngineError: if a file cannot be read.
    """
    read = _Read(apart)
    for path in paths:
        if is_folder(path):
            read.add_folder(path)
        else:
            read.named(path)
            if not apart.alone:
                read.add_mentioned(path)
    return read.submission(paths)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read so far.

    Attributes:
        apart: what must not be seen.
        found: contents by path.
        notes: what was left out, and why.
    """

    apart: Apart
    found: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def named(self, path: str) -> None:
        """Read a file that a person named."""
        follow = not self.apart.alone
        try:
            self.found[path] = read_regular(path, follow=follow)
        except Unreadable as problem:
            why = "it is a link" if not follow and os.path.islink(path) else problem
            raise EngineError("not found", f"{os.path.basename(path)}: {why}") from None

    def add(self, path: str, most: int, source: str = "") -> bool:
        """Read a file, if it is a regular one and there is room for it; a note says why not.

        What it holds is read from ``source``, where it is a link.
        """
        room = _MOST_BYTES - sum(map(len, self.found.values()))
        if len(self.found) >= _MOST_FILES:
            return False
        try:
            self.found[path] = read_regular(source or path, min(most, room))
        except Unreadable as problem:
            self.notes.append(f"{os.path.basename(path)} was not read: {problem}")
            return False
        return True

    def add_folder(self, folder: str) -> None:
        """Read all files of a folder that nobody else owns."""
        inside = [p for p in _walk(folder) if p not in self.found and self.apart.may_see(p)]
        inside.sort(key=lambda path: (not path.endswith(_CODE), path.count(os.sep), path))
        for path in inside[:_MOST_FILES]:
            most = LARGEST if path.endswith(_CODE) else _LARGEST_OTHER
            self.add(path, most, os.path.realpath(path) if os.path.islink(path) else path)
        if len(inside) > _MOST_FILES:
            self.notes.append(f"{len(inside) - _MOST_FILES} files of the folder were not read")

    def add_mentioned(self, path: str) -> None:
        """Read what lies beside a file and is named in its text, or in theirs."""
        folder, ending = os.path.split(path)[0], os.path.splitext(path)[1]
        try:
            names = [n for n in sorted(os.listdir(folder))[:_MOST_SEEN] if n.endswith(ending)]
        except OSError:
            return
        queue = [path] if ending else []
        own = len(self.found)
        while queue and len(self.found) < own + _MOST_BESIDE:
            text = self.found[queue.pop()][:_SCANNED].decode("utf-8", "replace")
            words = set(_WORD.findall(text))
            for name in names:
                other = os.path.join(folder, name)
                if other in self.found or not words.issuperset(_WORD.findall(name[: -len(ending)])):
                    continue
                if is_file(other) and self.apart.may_see(other) and self.add(other, LARGEST):
                    queue.append(other)

    def take(self, paths: Sequence[str]) -> list[str]:
        """Read files and folders that nobody else owns; which Python files came of it."""
        before = set(self.found)
        for path in paths:
            if path not in self.found and self.apart.may_see(path):
                if is_folder(path):
                    self.add_folder(path)
                else:
                    self.add(path, LARGEST)
        return [path for path in self.found if path not in before and path.endswith(".py")]

    def add_beside(self, queue: list[str], roots: Sequence[str] = ()) -> None:
        """Read what the files in ``queue`` import, and what that imports in turn.

        Found by the words after ``import``, without parsing what may be hostile.
        """
        own = len(self.found)
        while queue and len(self.found) < own + _MOST_BESIDE:
            part = queue.pop()
            text = self.found[part][:_SCANNED].decode("utf-8", "replace")
            if part.endswith(".ipynb"):  # its lines are texts of a JSON document
                text = text.replace('"', "\n").replace("\\n", "\n")
            for name in imported(text):
                places = [path for root in roots for path in _modules(root, name.split("."))]
                queue += self.take([*_meant(name, os.path.dirname(part)), *places])

    def submission(self, asked: Sequence[str], beside: Sequence[str] = ()) -> Submission:
        """The files by their names below the folder around all of them."""
        folders = [path if is_folder(path) else os.path.dirname(path) for path in asked]
        around = os.path.dirname(os.path.commonpath([*map(os.path.dirname, self.found), *folders]))
        files = {os.path.relpath(path, around): data for path, data in self.found.items()}
        places = {path: os.path.relpath(path, around) for path in asked}
        return Submission(files, places, tuple(beside), tuple(self.notes))


def _walk(folder: str) -> Iterator[str]:
    """Regular files below a folder, outer ones first, and links to others of them."""
    seen, queue = 0, [folder]
    for place in queue:
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if seen > _MOST_SEEN:
                return
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _LEFT_OUT and not entry.name.startswith("."):
                    queue.append(entry.path)
            elif entry.is_file(follow_symlinks=False) or _leads_to(entry.path, folder):
                yield entry.path


def _leads_to(path: str, folder: str) -> bool:
    """Whether a link leads to a regular file of the folder."""
    try:
        real = os.path.realpath(path)
    except (OSError, ValueError):
        return False
    return os.path.islink(path) and is_file(real) and _within(real, os.path.realpath(folder))


def imported(text: str) -> list[str]:
    """Dotted names of modules that a text may import, those relative to it with their dots."""
    names: dict[str, None] = {}
    for found in _IMPORT.finditer(text):
        source, parts, modules = found.groups("")
        new = [word.strip() for word in modules.split(",")]
        new += [source, *[f"{source.rstrip('.')}.{part}" for part in _WORD.findall(parts)]]
        if source.strip(".") == "":
            new += [source + part for part in _WORD.findall(parts)]
        names.update(dict.fromkeys([name for name in new if name.strip(".")]))
        if len(names) > _MOST_NAMES:
            break
    return list(names)[:_MOST_NAMES]


def _meant(name: str, folder: str) -> list[str]:
    """Files and folders that an import in a folder may mean: beside it, and of its own package."""
    dots = len(name) - len(name.lstrip("."))
    parts, around = name.strip(".").split("."), _initial(folder)
    if dots:
        for _ in range(dots - 1):
            folder = os.path.dirname(folder)
        return _modules(folder, parts) + around
    parent = os.path.dirname(folder)
    found = _modules(folder, parts[:1]) + _modules(os.path.join(folder, "src"), parts[:1])
    for place in (parent, os.path.join(parent, "src")):
        found += [p for p in _modules(place, parts[:1]) if p != folder and _holds_modules(p)]
    if parts[0] == os.path.basename(folder):
        found += _modules(folder, parts[1:])
    while is_file(os.path.join(folder, "__init__.py")):
        own = _modules(folder, parts[1:])
        found += [*own, *around] if own else []
        folder = os.path.dirname(folder)
    return found


def _holds_modules(path: str) -> bool:
    """Whether there is Python right in a folder."""
    try:
        return is_folder(path) and any(name.endswith(".py") for name in os.listdir(path))
    except OSError:
        return False


def _initial(folder: str) -> list[str]:
    """What runs before any module of a folder: ``__init__.py``, there and in packages around it."""
    found = []
    while is_file(path := os.path.join(folder, "__init__.py")):
        found.append(path)
        folder = os.path.dirname(folder)
    return found


def _modules(folder: str, parts: Sequence[str]) -> list[str]:
    """What there is of a module in a folder: itself, and what runs before it."""
    found: list[str] = []
    for part in parts:
        if not is_folder(folder):  # behind a link nothing is the submission's own
            return [path for path in found if is_file(path)]
        found.append(os.path.join(folder, "__init__.py"))
        folder = os.path.join(folder, part)
        found.append(f"{folder}.py")
    if parts and is_folder(folder):
        found.append(folder)
    return [path for path in found if is_file(path) or is_folder(path)]
