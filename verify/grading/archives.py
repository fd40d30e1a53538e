"""Zip files of people one does not know, unpacked so that they do no harm."""

from __future__ import annotations

import calendar
import os
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 64 << 20
"""Of all files of one archive, unpacked."""
MOST_FILES: Final = 5_000
_MOST_RATIO: Final = 200
"""How much smaller than its content an archive may be, before it is taken for a bomb."""
_FREE: Final = 1 << 20
"""Bytes that may be packed as tightly as they will."""
_DEEPEST: Final = 40
"""Folders in one another."""
_BLOCK: Final = 1 << 16
_END: Final = struct.Struct("<4s4H2LH")
"""APPNOTE 4.3.16, the end of the list of files: the sixth field is the size of that list."""
_MOST_LIST: Final = 4 << 20
_LONGEST_COMMENT: Final = 1 << 16
IGNORED: Final = frozenset({"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git", ".DS_Store"})
"""What systems leave behind, and nobody hands in."""


class ArchiveError(Exception):
    """An archive that is not unpacked, and why."""


def unpack(archive: Path, target: Path, most: int = MOST_BYTES) -> None:
    """Unpack plain files; links, absolute names and names that lead elsewhere are left out.

    Args:
        archive: a zip file.
        target: a folder that is made; files keep the order and the times of the archive.
        most: bytes of all files, unpacked.

    Raises:
        ArchiveError: if it is no zip file, encrypted, damaged, or too much, packed or unpacked.
    """
    packed = archive.stat().st_size
    if packed > most:  # its list alone may fill the memory
        raise ArchiveError(f"it has {packed:,} bytes; {most:,} are the most")
    try:
        with _opened(archive) as opened:
            _unpack(opened, target, packed, most)
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"not a zip file, or a damaged one: {error}") from None
    except (NotImplementedError, RuntimeError) as error:  # another method, a password
        raise ArchiveError(f"it cannot be unpacked: {error}") from None
    except ArchiveError:
        raise
    except Exception as error:  # noqa: BLE001 - zlib's own, struct's, … : damage shows anywhere
        raise ArchiveError(f"it cannot be unpacked: {type(error).__name__}") from None


def names(archive: Path, depth: int = 0) -> list[str]:
    """The names of a level of a zip file, of its top level first; none if it cannot be read."""
    try:
        with _opened(archive) as opened:
            found = [PurePosixPath(info.filename).parts for info in opened.infolist()[:MOST_FILES]]
    except Exception:  # noqa: BLE001 - likewise
        return []
    kept = [parts for parts in found if len(parts) > depth and not IGNORED & set(parts)]
    return list(dict.fromkeys(parts[depth] for parts in kept))


def _opened(archive: Path) -> zipfile.ZipFile:
    """The archive, unless the list of its files is so long that it would fill the memory."""
    with archive.open("rb") as file:
        file.seek(-min(archive.stat().st_size, _END.size + _LONGEST_COMMENT), os.SEEK_END)
        end = file.read()
    at = end.rfind(b"PK\5\6")
    listed = _END.unpack_from(end, at)[5] if 0 <= at <= len(end) - _END.size else 0
    if _MOST_LIST < listed < 0xFFFFFFFF:  # that number says: elsewhere
        raise ArchiveError("it holds too many files")
    return zipfile.ZipFile(archive)


def _unpack(opened: zipfile.ZipFile, target: Path, packed: int, most: int) -> None:
    chosen = list(_chosen(opened))
    if len(chosen) > MOST_FILES:
        raise ArchiveError(f"it holds {len(chosen):,} files; {MOST_FILES:,} are the most")
    promised = sum(info.file_size for info, _ in chosen)
    if promised > most or promised > max(_FREE, packed * _MOST_RATIO):
        raise ArchiveError(f"it unpacks to {promised:,} bytes from {packed:,}: not unpacked")
    left = most
    for info, parts in chosen:
        path = target.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        left = _write(opened, info, path, left)


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one file; the size that the archive promises is not believed."""
    with opened.open(info) as source, path.open("wb") as file:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise ArchiveError("it unpacks to more than it promises: not unpacked")
            file.write(block)
    with suppress(ValueError, OverflowError):  # some programs write a month 0
        when = calendar.timegm((*info.date_time, 0, 0, 0))
        os.utime(path, (when, when))  # of a student's two files the later counts
    return left


def _chosen(opened: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    for info in opened.infolist():
        name = PurePosixPath(info.filename.replace("\\", "/"))
        linked = stat.S_ISLNK(info.external_attr >> 16)
        harmless = not (name.is_absolute() or ".." in name.parts or ":" in name.parts[0:1])
        if info.is_dir() or linked or not harmless or IGNORED & set(name.parts):
            continue
        parts = tuple([part[:120].replace("\0", "") for part in name.parts])
        if parts and all(parts) and len(parts) <= _DEEPEST:
            yield info, parts
