"""An engine of another git revision: ``git:REV:PATH`` names it wherever an engine is named."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "git:"


@contextmanager
def checked_out(spec: str) -> Iterator[str]:
    """The spec as a path; what ``git:REV:PATH`` names is unpacked beside the working tree's.

    Args:
        spec: ``git:HEAD~1:package/engine.py``, with ``:Class`` behind it where there are several,
            the path relative to the top of the repository around the current folder; any other
            spec stays as it is.

    Yields:
        A path that lasts as long as the context.

    Raises:
        EngineError: if there is no repository, no such revision or no such path in it.
    """
    if not spec.startswith(PREFIX):
        yield spec
        return
    revision, _, path = spec[len(PREFIX) :].partition(":")
    if not revision or not path:
        raise EngineError("not found", f"{spec}: write git:REVISION:PATH, as in git:HEAD:engine.py")
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        _unpack(_archive(revision), Path(folder))
        yield str(Path(folder, path))


def _archive(revision: str) -> bytes:
    try:
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        return _git("-C", top, "archive", "--format=tar", "--end-of-options", revision)
    except FileNotFoundError:
        raise EngineError("not found", "git is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip() or "git failed"
        raise EngineError("not found", f"revision {revision}: {reason}") from None


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], check=True, capture_output=True).stdout  # noqa: S607 - found on PATH


def _unpack(archive: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
