"""Truths kept on disk between runs: the fixed part of a check is the same each time.

A file holds what the interval oracle said of cases, of which of them all oracles agreed, and which
cases were drawn.
Its name is a digest of everything that the answers follow from: the versions of all that takes part
and the very text of the oracles.  It lies in the user's cache directory, never anywhere else, may
be deleted at any time, and is not read unless its own digest fits and nobody else can write it.
Whom it would accuse is judged again by oracles that are asked anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
import struct
import sys
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, get_args

from verify.expression.graph import number_to_json
from verify.expression.reading import Column, Enclosure, Measured, Note
from verify.files import replace_file
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import Truth

Row: TypeAlias = "Sequence[Enclosure | None]"
Entries: TypeAlias = dict[bytes, tuple[int, bytes]]
"""What an entry is, and its bytes, by the digest of what it is about."""

VARIABLE: Final = "VERIFY_CACHE"
"""The environment variable that names another folder, or turns this ``off``."""
OFF: Final = frozenset({"off", "0", "no"})
_MAGIC: Final = b"verify.truths/2\n"
_DIGEST: Final = 32
_HEAD: Final = struct.Struct("<16sBI")
"""An entry: the digest of what it is about, what it is, how many bytes it has."""
_PLAIN, _NOTED, _TEXT, _AGREED = 1, 2, 4, 8
"""What an entry is: columns, numbers with notes, a text; and that all oracles agreed."""
_COLUMNS: Final = 6
_NOTES: Final[tuple[Note, ...]] = get_args(Note)
_MOST_BYTES: Final = 1 << 24
"""A file is read at every start: beyond this, what a run did not ask for is let go."""
_WORTH: Final = 1 << 20
"""New bytes for which a full file is written anew."""
_LAST: Final[dict[tuple[object, ...], Entries]] = {}
"""What this process read last, by the file and its state: a second engine need not wait for it."""


def folder() -> Path | None:
    """Where it lies; ``None`` where it is turned off, or there is no such place."""
    named = os.environ.get(VARIABLE, "")
    if named.lower() in OFF:
        return None
    if named:
        path = Path(named)
    else:
        import platformdirs

        path = Path(platformdirs.user_cache_dir("micrograd-verify"))
    return path if path.is_absolute() else None


class Stored:
    """The truths of one file, and those that are to be written to it."""

    def __init__(  # noqa: D107 - as the class says
        self, path: Path | None, *, collects: bool = False
    ) -> None:
        self._path, self._keeps = path, collects or path is not None
        self.entries: Entries = {}
        self._asked: dict[bytes, None] = {}
        self._new = 0
        if path is not None:
            with contextlib.suppress(OSError, ValueError, struct.error):
                self.entries = dict(_read(path))

    @classmethod
    def of_user(cls) -> Stored:
        """That of this user, for these versions."""
        place = folder()
        return cls(None if place is None else place / f"truths-{_key()}")

    def get(self, case: Case) -> tuple[Row, Row, bool] | None:
        """Values, gradients, and whether all oracles were asked and agreed; ``None``: not kept."""
        kind, data = self._entry(_digest(case)) if self.entries else (0, b"")
        if not kind & (_PLAIN | _NOTED):
            return None
        numbers = array("d", data)
        size = len(case.graph.nodes)
        if kind & _PLAIN:
            if len(numbers) != _COLUMNS * size:
                return None
            rows = [numbers[i * size : (i + 1) * size].tolist() for i in range(_COLUMNS)]
            values, gradients = (
                Column(middles, Measured(radii, bounds=bounds))
                for middles, radii, bounds in (rows[:3], rows[3:])
            )
            return values, gradients, bool(kind & _AGREED)
        if len(numbers) != 2 * _COLUMNS * size:
            return None
        both = [
            _enclosure(*numbers[at : at + _COLUMNS]) for at in range(0, len(numbers), _COLUMNS)
        ]
        return tuple(both[:size]), tuple(both[size:]), bool(kind & _AGREED)

    def put(self, case: Case, truth: Truth, *, agreed: bool) -> None:
        """Keep what the interval oracle said, without freedom."""
        if not self._keeps:
            return
        values, gradients = truth.values, truth.gradients
        rows: list[float] = []
        if isinstance(values, Column) and isinstance(gradients, Column):
            kind = _PLAIN
            for column in (values, gradients):
                rows += [*column.middles, *column.radii, *(column.bounds or ())]
        else:
            kind = _NOTED
            for e in (*values, *gradients):
                rows += _told(e)
        self._enter(_digest(case), (kind | _AGREED * agreed, array("d", rows).tobytes()))

    def text(self, name: str) -> str | None:
        """A text that was kept by its name."""
        kind, data = self._entry(_named(name))
        return data.decode() if kind == _TEXT else None

    def put_text(self, name: str, text: str) -> None:
        """Keep a text by a name."""
        if self._keeps:
            self._enter(_named(name), (_TEXT, text.encode()))

    def take(self, entries: Entries) -> None:
        """Take over what another one collected."""
        for digest, entry in entries.items():
            self._enter(digest, entry)

    def _entry(self, digest: bytes) -> tuple[int, bytes]:
        self._asked[digest] = None
        return self.entries.get(digest, (0, b""))

    def _enter(self, digest: bytes, entry: tuple[int, bytes]) -> None:
        self._asked[digest] = None
        self.entries[digest] = entry
        self._new += _HEAD.size + len(entry[1])

    def save(self) -> None:
        """Write what is new, if it can be written; nobody is told where it cannot.

        What this run asked for comes first: the fixed part of a check is asked for by every run,
        what a wrong engine was asked besides hardly ever again.
        """
        if not self._new or self._path is None:
            return
        size = sum([_HEAD.size + len(data) for _, data in self.entries.values()])
        if size > _MOST_BYTES and self._new < _WORTH:
            return
        asked = {digest: self.entries[digest] for digest in self._asked if digest in self.entries}
        parts, size = [], 0
        for digest, (kind, data) in {**asked, **self.entries}.items():
            size += _HEAD.size + len(data)
            if size > _MOST_BYTES:
                break
            parts += [_HEAD.pack(digest, kind, len(data)), data]
        body = b"".join(parts)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, _MAGIC + _digest_of(body) + body)
            self._path.chmod(0o600)
            self._new = 0


def _read(path: Path) -> Entries:
    """The entries of a file; those of the last one are remembered while it is untouched."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        state = (path, about.st_ino, about.st_size, about.st_mtime_ns)
        _verified_owner(about)
        if state not in _LAST:
            _LAST.clear()
            _LAST[state] = _entries(_verified(file.read(_MOST_BYTES * 2)))
        return _LAST[state]


def _verified_owner(about: os.stat_result) -> None:
    """Raise ValueError unless a file is the user's own, and nobody else can write it."""
    if hasattr(os, "getuid") and about.st_uid != os.getuid():
        raise ValueError("somebody else's file")
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValueError("others can write it")


def _verified(data: bytes) -> bytes:
    """The body of a file that is whole; else ValueError."""
    start = len(_MAGIC) + _DIGEST
    body = data[start:]
    if data[:start] != _MAGIC + _digest_of(body):
        raise ValueError("damaged")
    return body


def _digest_of(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


def _entries(body: bytes) -> Entries:
    found, at = {}, 0
    while at < len(body):
        digest, kind, size = _HEAD.unpack_from(body, at)
        begin = at + _HEAD.size
        at = begin + size
        found[digest] = kind, body[begin:at]
    return found


def _told(e: Enclosure | None) -> tuple[float, ...]:
    if e is None:
        return (math.nan, 0.0, 0.0, -1.0, math.nan, math.nan)
    first, second = e.ends or (math.nan, math.nan)
    return e.middle, e.radius, e.bound, float(_NOTES.index(e.note)), first, second


def _enclosure(
    middle: float, radius: float, bound: float, note: float, *ends: float
) -> Enclosure | None:
    if note < 0:
        return None
    first, second = ends
    both = None if math.isnan(first) else (first, second)
    return Enclosure(middle, radius, bound, note=_NOTES[int(note)], ends=both)


def _named(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16, person=b"text").digest()


def _digest(case: Case) -> bytes:
    told = [case.graph.rows, [number_to_json(x) for x in case.point]]
    text = json.dumps(told, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _key() -> str:
    """A digest of all that the answers follow from."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps([sys.byteorder, sorted(versions().items())]).encode())
    here = Path(__file__).parent
    for room in (here, here.parent / "expression"):
        for path in sorted(room.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
