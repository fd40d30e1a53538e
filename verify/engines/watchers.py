"""Watchers, seen from the harness: a process each, which starts a worker and ends with it.

They are forked, one for each worker, by a *fork server*: one process a harness that has read
``confine.py`` once.  To start Python and to read it anew would take as long as a worker needs to
load an engine, and most checks start several.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Any, Final

from verify.engines.sandbox import CONFINE, runnable

_ANSWER: Final = 1 << 10
"""Bytes at most of what the fork server says: a number, or a reason."""
_END_SECONDS: Final = 60.0
"""In which a watcher takes away all that its worker left, and the fork server ends."""


@dataclass(slots=True)
class Watcher:
    """A watcher, which stands between the harness and a worker.

    Attributes:
        pid: the number of its process, which is no child of this one.
        streams: where the worker reads, where it writes, and where it writes its last words.
    """

    pid: int
    streams: tuple[IO[bytes], IO[bytes], IO[bytes]]
    _lifeline: int
    _status: int
    _end: int
    _said: bytes = b""

    def report(self, seconds: float) -> dict[str, Any]:
        """Its next line; empty if there is none in time.  It is ours, and trusted."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._said:
            if not (chunk := self._read(deadline)):
                return {}
            self._said += chunk
        line, _, self._said = self._said.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report

    def _read(self, deadline: float) -> bytes:
        """What it says next; empty where it says nothing in time, or has ended."""
        left = max(0.0, deadline - time.monotonic())
        ready = select.select([self._status], [], [], left)[0]
        return os.read(self._status, 1 << 12) if ready else b""

    def running(self, seconds: float = 0.0) -> bool:
        """Whether it is still there after so many seconds."""
        return not select.select([self._end], [], [], seconds)[0]

    def close(self) -> None:
        """Make it kill the worker and all that it started; once only.  The streams stay open."""
        os.close(self._lifeline)
        if self.running(_END_SECONDS):
            signal.pidfd_send_signal(self._end, signal.SIGKILL)
        os.close(self._status)
        os.close(self._end)


def start(order: int) -> Watcher:
    """Start a watcher.

    Args:
        order: descriptor of a file with all that it is told, see ``confine.py``.

    Raises:
        OSError: if there is no memory, process or descriptor left for it.
    """
    with contextlib.ExitStack() as both, contextlib.ExitStack() as its:
        ours: list[int] = []
        given: list[int] = []
        for writes in (True, False, False, True, False):  # stdin, stdout, stderr, lifeline, status
            reading, writing = os.pipe()
            mine, other = (writing, reading) if writes else (reading, writing)
            both.callback(os.close, mine)
            its.callback(os.close, other)
            ours.append(mine)
            given.append(other)
        pid, end = _SERVER.fork([*given, order])
        both.pop_all()
        into, out, errors, lifeline, status = ours
        streams = os.fdopen(into, "wb", 0), os.fdopen(out, "rb", 0), os.fdopen(errors, "rb", 0)
        return Watcher(pid, streams, lifeline, status, end)


class _ForkServer:
    """The fork server of this process, started when it is first wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def fork(self, descriptors: list[int]) -> tuple[int, int]:
        """Hand these to a new watcher; the number of its process, and a descriptor of it."""
        with self._lock:
            orders = self._orders or self._start()
            try:
                answer, handles = _asked(orders, descriptors)
            except OSError:  # somebody ended it: there may be another
                self._end()
                answer, handles = _asked(self._start(), descriptors)
        if not handles:
            raise OSError(answer.decode("utf-8", "replace"))
        return int(answer), handles[0]

    def _start(self) -> socket.socket:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", runnable(CONFINE), str(its.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(its.fileno(),),
                start_new_session=True,
                cwd="/",
            )
        self._orders = mine
        return mine

    def _end(self) -> None:
        """It ends as nobody can tell it anything; its watchers go on."""
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:  # somebody else holds the socket, too
                self._process.kill()
                self._process.wait()
        self.forget()

    def end(self) -> None:
        """The same, once this process wants no more of it."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a copy of this process: it is another's."""
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            self._process.returncode = 0  # no child of ours, and nobody waits for it
        self._lock = threading.Lock()
        self._process = self._orders = None


def _asked(orders: socket.socket, descriptors: list[int]) -> tuple[bytes, list[int]]:
    """What the fork server says, and hands over; OSError where it is gone."""
    socket.send_fds(orders, [b"!"], descriptors)
    answer, handles, _, _ = socket.recv_fds(orders, _ANSWER, 1)
    if not answer:
        raise BrokenPipeError
    return answer, handles


_SERVER: Final = _ForkServer()
atexit.register(_SERVER.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SERVER.forget)
