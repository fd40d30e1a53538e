"""The standard streams of a worker, which never make the harness wait.

Where a system can wait for the end of a pipe (POSIX), a stream is its descriptor.  Elsewhere
(Windows) only sockets can be waited for: a thread carries the bytes between the pipe and a socket.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import IO, Protocol

_CHUNK = 1 << 16


class Stream(Protocol):
    """One end of a connection, as :func:`select.select` takes it."""

    def fileno(self) -> int:
        """What is waited for."""

    def recv(self, most: int, /) -> bytes:
        """What lies ready, empty at the end; BlockingIOError where nothing does."""

    def send(self, data: bytes, /) -> int:
        """How many bytes were taken; BlockingIOError where none can be now."""

    def close(self) -> None:
        """Nothing more is read or written."""


class Descriptor:
    """A pipe of a system that can wait for pipes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        os.set_blocking(pipe.fileno(), False)

    def fileno(self) -> int:
        """See :class:`Stream`."""
        return self._pipe.fileno()

    def recv(self, most: int, /) -> bytes:
        """See :class:`Stream`."""
        return os.read(self.fileno(), most)

    def send(self, data: bytes, /) -> int:
        """See :class:`Stream`."""
        return os.write(self.fileno(), data)

    def close(self) -> None:
        """See :class:`Stream`."""
        with contextlib.suppress(OSError):
            self._pipe.close()


def of(
    pipes: tuple[IO[bytes], IO[bytes], IO[bytes]], *, waits: bool
) -> tuple[Stream, Stream, Stream]:
    """The standard input, output and error of a process.

    Args:
        pipes: one for each.
        waits: whether this system can wait for pipes.
    """
    into, out, errors = pipes
    if waits:
        return Descriptor(into), Descriptor(out), Descriptor(errors)
    return _carried_to(into), _carried_from(out), _carried_from(errors)


def _carried_from(pipe: IO[bytes]) -> socket.socket:
    """A socket with all that comes out of a pipe."""
    mine, its = socket.socketpair()

    def carry() -> None:
        with its, pipe, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), _CHUNK):
                its.sendall(chunk)

    return _begun(carry, mine)


def _carried_to(pipe: IO[bytes]) -> socket.socket:
    """A socket of which all goes into a pipe."""
    mine, its = socket.socketpair()

    def carry() -> None:
        with its, contextlib.suppress(OSError, ValueError):
            while chunk := its.recv(_CHUNK):
                pipe.write(chunk)
                pipe.flush()
        with contextlib.suppress(OSError, ValueError):
            pipe.close()

    return _begun(carry, mine)


def _begun(carry: object, mine: socket.socket) -> socket.socket:
    mine.setblocking(False)
    threading.Thread(target=carry, daemon=True).start()  # type: ignore[arg-type]  # takes nothing
    return mine
