"""Files that are whole or absent, and folders that stay no longer than who made them."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAKE_AWAY: Final = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1])"
"""A program that takes a folder away when its input ends, which it does with who started it."""


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file in place of another, which stays as it was until the new one is whole.

    What is no regular file (a pipe, ``/dev/stdout``) is written to as it is; a link stays one.

    Raises:
        OSError: if it cannot be written; nothing new is left behind then.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        target.write_bytes(data)
        return
    beside = target.with_name(f".verify-{secrets.token_hex(8)}")
    nameless = _nameless(target.parent, beside, data)
    try:
        if not nameless:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        beside.chmod(0o666 & ~_umask() if mode is None else stat.S_IMODE(mode))
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, also where this process is killed before."""
    folder = tempfile.mkdtemp(prefix="verify-")
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _TAKE_AWAY, folder],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, cwd="/",
    ):  # fmt: skip
        yield Path(folder)


def _nameless(folder: Path, name: Path, data: bytes) -> bool:
    """Write a file that gets its name when it is whole; False where that is not to be had.

    A program that is killed while it writes leaves nothing.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError:  # not on this kind of disk
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        with contextlib.suppress(OSError):
            os.link(f"/proc/self/fd/{descriptor}", name, follow_symlinks=True)
            return True
    return False


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
