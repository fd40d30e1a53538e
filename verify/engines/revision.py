"""An engine of another git revision: ``git:REV:PATH`` names it wherever an engine is named."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from verify.engines.engine import EngineError
from verify.files import passing_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX: Final = "git:"
_PLAINLY: Final = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
"""Nothing that a repository's settings name is run."""


@contextmanager
def checked_out(spec: str) -> Iterator[str]:
    """The spec as a path; what ``git:REV:PATH`` names is unpacked beside the working tree's.

    Args:
        spec: ``git:HEAD~1:package/engine.py``, with ``:Class`` behind it where there are several,
            the path relative to the top of the repository around the current folder; any other
            spec stays as it is.

    Yields:
        A path that lasts as long as the context; an engine that was loaded needs it no more.

    Raises:
        EngineError: if there is no repository, no such revision or no such path in it.
    """
    if not spec.startswith(PREFIX):
        yield spec
        return
    revision, _, path = spec[len(PREFIX) :].partition(":")
    if not revision or not path:
        raise EngineError("not found", f"{spec}: write git:REVISION:PATH, as in git:HEAD:engine.py")
    with passing_folder() as folder:
        _unpack(revision, folder)
        yield str(folder / path)


def _unpack(revision: str, folder: Path) -> None:
    """The files of a revision as they are stored: no filter, no hook, nothing fetched."""
    try:
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        listed = _git("-C", top, "ls-tree", "-r", "-z", "--full-tree", _commit(revision, top))
        files = dict(_files(listed))
        asked = "".join(f"{name}\n" for name in files.values()).encode()
        contents = _git("-C", top, "cat-file", "--batch", asked=asked)
    except FileNotFoundError:
        raise EngineError("not found", "git is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip() or "git failed"
        raise EngineError("not found", f"revision {revision}: {reason}") from None
    start = 0
    for path in files:
        head = contents.index(b"\n", start)
        size, start = int(contents[start:head].split()[2]), head + 1
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(contents[start : start + size])
        start += size + 1


def _commit(revision: str, top: str) -> str:
    """The tree that a revision means; never taken for an option."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}")
    try:
        return _git("-C", top, *words).decode().strip()
    except subprocess.CalledProcessError:
        raise EngineError("not found", f"there is no revision {revision}") from None


def _files(listed: bytes) -> Iterator[tuple[str, str]]:
    """(path, name of its contents) of the regular files of a tree."""
    for line in listed.split(b"\0"):
        about, _, path = line.partition(b"\t")
        if about.startswith(b"100") and b".." not in path.split(b"/"):
            yield os.fsdecode(path), about.split()[2].decode()


def _git(*words: str, asked: bytes = b"") -> bytes:
    told = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_OPTIONAL_LOCKS": "0"}
    return subprocess.run(
        ["git", "--no-replace-objects", "--no-pager", *_PLAINLY, *words],  # noqa: S607 - on PATH
        check=True, capture_output=True, input=asked, env={**os.environ, **told},
    ).stdout  # fmt: skip
