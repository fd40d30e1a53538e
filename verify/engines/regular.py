"""Files and folders of a submission as they are: regular ones, no link followed, no more than fits.

What lies beside a submission is anything: a link to the whole disk, a pipe that nobody writes to, a
device that never ends, a file with a hole of gigabytes.  Nothing here waits, and nothing leaves.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

LARGEST: Final = 1 << 25
"""Bytes of one file: 32 MB, for a notebook with its pictures."""

# A pipe without a writer would wait for one, and a terminal become ours.
_FLAGS: Final = os.O_RDONLY | sum(
    [getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")]
)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


class Unreadable(Exception):
    """A file that is not read; the message says why, in a few words."""


def exists(path: str) -> bool:
    """Whether there is anything, behind a link too; what cannot be a name names nothing."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a word too long for a name, a NUL
        return False


def is_file(path: str) -> bool:
    """Whether there is a regular file; a link to one is none."""
    return _is(path, stat.S_ISREG)


def is_folder(path: str) -> bool:
    """Whether there is a folder; a link to one is none."""
    return _is(path, stat.S_ISDIR)


def _is(path: str, kind: object) -> bool:
    try:
        return bool(kind(os.lstat(path).st_mode))  # type: ignore[operator]  # of stat's own
    except (OSError, ValueError):  # nothing there, a name too long, a NUL in it
        return False


def read_regular(path: str, most: int = LARGEST, *, follow: bool = False) -> bytes:
    """The bytes of a regular file.

    Args:
        path: where it is.
        most: bytes at most.
        follow: whether ``path`` may be a link to it: where a person named it.

    Raises:
        Unreadable: if there is none, it is no regular file, too large, or closed to us.
    """
    if not (follow or _NO_LINK) and os.path.islink(path):  # this system cannot refuse it
        raise Unreadable("it is a link")
    try:
        descriptor = os.open(path, _FLAGS if follow else _FLAGS | _NO_LINK)
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be opened") from None
    except ValueError:
        raise Unreadable("its name holds a NUL") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("it is no regular file")
        if found.st_size > most:
            raise Unreadable(f"it has {found.st_size} bytes, {most} are the most")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from None
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise Unreadable(f"it has more than {most} bytes")
    return data
