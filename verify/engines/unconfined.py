"""A worker on a system where nothing can watch it: a process of its own, and a limit of time.

The watcher (``confine.py``) needs what Linux has.  On macOS and Windows the command is started as
it is: nothing bounds its memory, and it can read what its user can.  Reports call that "weak".
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTS: Final = ("a process of its own", "limits of time alone")
_END_SECONDS: Final = 5.0
_CALLS: Final = ("fork", "pidfd_open", "waitid", "killpg")
_SIGNALS: Final = ("SIGALRM", "SIGXCPU", "SIGKILL", "SIGHUP")


@functools.cache
def lacking() -> str:
    """What this system lacks for a worker to be watched and limited; ``""`` for nothing."""
    if sys.platform != "linux":
        return "only on Linux"
    for module in ("resource", "fcntl", "ctypes"):
        if importlib.util.find_spec(module) is None:
            return f"this Python has no module {module}"
    for thing, names in ((os, _CALLS), (signal, _SIGNALS)):
        for name in names:
            if not hasattr(thing, name):
                return f"this Python has no {name}"
    if not Path("/proc/self/fd").exists():
        return "there is no /proc"
    try:
        from verify.engines import confine

        confine.prctl(confine.PR_GET_DUMPABLE)
    except (AttributeError, OSError):
        return "this system has no prctl"
    return ""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A process without a watcher, to be used as :class:`verify.engines.watchers.Watcher` is.

    Attributes:
        process: with a pipe for each standard stream.
        folder: of its files.
    """

    process: subprocess.Popen[bytes]
    folder: str

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def streams(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """What it reads, what it writes, and its last words."""
        into, out, errors = self.process.stdin, self.process.stdout, self.process.stderr
        if into is None or out is None or errors is None:
            raise AssertionError("a process with pipes has three")
        return into, out, errors

    def report(self, seconds: float) -> dict[str, Any]:
        """How it ended, as a watcher would report it; empty if it still runs."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return {}
        return {"signal": -code} if code < 0 else {"exit": code}

    def running(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None

    def close(self) -> None:
        """End it with all that it started, as far as the system lets us, and its folder."""
        if hasattr(os, "killpg") and hasattr(signal, "SIGKILL"):
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(
    command: Sequence[str], environment: Mapping[str, str], folder: str, files: Mapping[str, bytes]
) -> Unwatched:
    """Start a command beside its files, which are laid out in a folder that nobody can guess.

    Raises:
        OSError: if that cannot be done; no folder is left behind then.
    """
    try:
        os.mkdir(folder, 0o700)  # noqa: PTH102 - with its mode, whatever the umask
        for name, data in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Unwatched(process, folder)
