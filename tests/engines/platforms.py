"""Run a program as on a system that lacks something: ``python platforms.py WHAT PROGRAM``.

``WHAT`` is one of the keys of :data:`ABSENT`, or ``all``.
"""

import builtins
import ctypes
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def _without(thing: object, *names: str) -> None:
    for name in names:
        if hasattr(thing, name):
            delattr(thing, name)


def _no_signals() -> None:
    """As on Windows: no alarms, no processor time in a signal."""
    _without(
        signal, "SIGALRM", "SIGPROF", "SIGXCPU", "SIGKILL", "SIGHUP", "setitimer", "getitimer",
        "ITIMER_REAL", "ITIMER_PROF", "alarm", "pthread_kill",
    )  # fmt: skip


def _no_prctl() -> None:
    """As on macOS: the C library has no such function."""

    class Library(ctypes.CDLL):
        def __getattr__(self, name: str) -> Any:
            if name in {"prctl", "syscall"}:
                raise AttributeError(name)
            return super().__getattr__(name)

    ctypes.CDLL = Library  # type: ignore[misc]  # in place of it


def _no_proc() -> None:
    """As on macOS and Windows: nothing is told of processes by files."""

    def blind(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(path: Any = ".", *rest: Any, **options: Any) -> Any:
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith("/proc"):
                raise FileNotFoundError(2, "No such file or directory", os.fspath(path))
            return function(path, *rest, **options)

        return called

    for module, names in ((os, ("stat", "lstat", "listdir", "scandir", "open")), (io, ("open",))):
        for name in names:
            setattr(module, name, blind(getattr(module, name)))
    builtins.open = blind(builtins.open)


def _no_module(name: str) -> Callable[[], None]:
    def taken() -> None:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it then fails

    return taken


def _no_fork() -> None:
    """As on Windows: a process cannot be copied, and has no group."""
    _without(os, "fork", "killpg", "pidfd_open", "waitid", "O_NOFOLLOW", "O_TMPFILE", "O_CLOEXEC")
    _without(os, "O_NONBLOCK", "O_NOCTTY", "getuid", "geteuid")


ABSENT: dict[str, Callable[[], None]] = {
    "signals": _no_signals,
    "resource": _no_module("resource"),
    "fcntl": _no_module("fcntl"),
    "prctl": _no_prctl,
    "proc": _no_proc,
    "fork": _no_fork,
}

if __name__ == "__main__":
    what, program = sys.argv[1:]
    # Python's own modules work there; here they take what they need before it is taken away.
    import shutil
    import subprocess
    import tempfile

    shutil._use_fd_functions = False  # type: ignore[attr-defined]  # as on Windows
    subprocess.Popen.kill = lambda self: os.kill(self.pid, 9)  # type: ignore[method-assign]
    for name, take_away in ABSENT.items():
        if what in {name, "all"}:
            take_away()
    assert tempfile
    sys.argv = ["platforms"]
    exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})  # noqa: S102 - ours
