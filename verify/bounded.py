"""Work on what a worker sent, within a time and a memory: in a process that may be ended.

A formula of a few characters can stand for a number that fills the machine.  Whoever reads one asks
here, and is told where it was too much.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pickle
import select
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

SECONDS: Final = 3
"""Of processor time, for one formula."""
MEMORY: Final = 1 << 30
"""Bytes beside those that this process has already."""
_PATIENCE: Final = 10
_PR_SET_PDEATHSIG: Final = 1
"""Of ``prctl(2)``."""
_LIMITS: Final = (
    hasattr(os, "fork")
    and hasattr(signal, "SIGKILL")
    and importlib.util.find_spec("resource") is not None
)


class TooMuch(Exception):  # noqa: N818 - what happened, not that it is an error
    """The work used up its time or its memory, or its process died of it."""


def bounded(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns within :data:`SECONDS`, see :func:`within`."""
    return within(SECONDS, function, *args, **kwargs)


def within(seconds: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns, which must be plain data.

    It runs in a copy of this process: nothing that it does is seen here but what it returns.  Where
    a process can be neither copied nor limited (Windows), it runs here and without limits.

    Args:
        seconds: of processor time; ten times that by the clock.
        function: what is to be done.
        args: of the function.
        kwargs: of the function.

    Raises:
        TooMuch: if it does not come to an end in time and within :data:`MEMORY`, or raises.
    """
    if not _LIMITS:
        return function(*args, **kwargs)
    (read, write), parent = os.pipe(), os.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the copy needs none
        child = os.fork()
    if child == 0:
        os.close(read)
        _serve(write, parent, seconds, function, *args, **kwargs)
    os.close(write)
    try:
        answer = _until(read, time.monotonic() + _PATIENCE * seconds)
    finally:
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        worked, result = pickle.loads(answer)  # noqa: S301 - from a copy of this very process
    except (EOFError, pickle.UnpicklingError):
        raise TooMuch(f"it takes more than {seconds} s or {MEMORY >> 20} MB") from None
    if not worked:
        raise TooMuch(result)
    found: T = result
    return found


def _until(read: int, deadline: float) -> bytes:
    """All that comes through a pipe; less where the time is over before."""
    parts: list[bytes] = []
    while select.select([read], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(read, 1 << 16)
        if not chunk:
            return b"".join(parts)
        parts.append(chunk)
    return b""


def end_with_parent(parent: int) -> None:
    """From here on this process is killed when its parent ends, where the system can do that.

    Args:
        parent: the one that started it, which may have ended before.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None
    if prctl is not None and hasattr(signal, "SIGKILL"):
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _serve(
    write: int,
    parent: int,
    seconds: int,
    function: Callable[P, T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> NoReturn:
    """In the copy: take limits, work, answer; never return to what this process did before."""
    try:
        import resource

        end_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        with contextlib.suppress(OSError, ValueError):
            mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0])
            most = mapped * resource.getpagesize() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        try:
            answer = pickle.dumps((True, function(*args, **kwargs)))
        except Exception as error:  # noqa: BLE001 - told to who asked
            answer = pickle.dumps((False, type(error).__name__))
        while answer:
            answer = answer[os.write(write, answer) :]
    finally:
        os._exit(0)
