"""A worker process and its pipes: requests in, answers out, and what becomes of it in the end."""

from __future__ import annotations

import contextlib
import json
import secrets
import select
import signal
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.engines import sandbox, streams, unconfined, watchers
from verify.engines.engine import EngineError, Limits
from verify.engines.packed import NAME as PACKED
from verify.engines.packed import packed
from verify.engines.sandbox import View, unseen
from verify.engines.usage import PATIENCE, Allowance, Budget, below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines.submission import Submission
    from verify.engines.unconfined import Unwatched
    from verify.engines.watchers import Watcher

_START_SECONDS: Final = 60.0
HERE: Final = "\0"
"""Stands for the folder of a worker's files; no path and no text of a request begins so."""
_MODES: Final = {"symbols": "symbols", "watched": "proving.run"}
"""Modules of the worker that words of a first request ask for."""
_END_SECONDS: Final = 2.0
"""For which the watcher is waited for once the pipe of the answers is closed."""
_LAST_WORDS: Final = 400
"""Bytes that are kept of the end of a worker's standard error."""
_KILLED: Final = getattr(signal, "SIGKILL", None)
_NO_TIME_LEFT: Final = getattr(signal, "SIGXCPU", None)
_HELD: Final = 1 << 12
"""Bytes of requests that are written together: as many as keep a worker busy for a moment."""
_LOOK: Final = 0.25
"""Seconds of waiting after which a look is taken at what the worker does."""


class Lost(Exception):
    """The worker is gone or has to go: ``kind`` is timeout, died, memory, output or protocol."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker is started and what it is told first.

    Attributes:
        tier: of isolation, see :data:`verify.engines.sandbox.TIERS`.
        command: program and arguments; :data:`HERE` in front of a word or of a text of ``load``
            stands for the folder in which this worker finds the files.
        view: what else it may see of the file system.
        environment: its environment, whole.
        load: the first request, which names the engine.
        spec: what the user named.
        path: the file or folder, where there is one.
        limits: what it may use up.
        submission: the files that it gets; ``None`` for none.
        address_space: whether memory bounds all that is mapped or only what is written to.
        budget: what is left for all workers of this check; one of its own unless told.
        worker: its folder, where the command runs that in one compiled file.
    """

    tier: str
    command: Sequence[str]
    view: View
    environment: Mapping[str, str]
    load: Mapping[str, Any]
    spec: str
    path: str
    limits: Limits
    submission: Submission | None = None
    address_space: bool = True
    budget: Budget | None = None
    worker: Path | None = None

    @property
    def files(self) -> Mapping[str, bytes]:
        """All that is laid out in the worker's folder, by name."""
        own = self.submission.files if self.submission else {}
        if self.worker is None:
            return own
        extra = [name for word, name in _MODES.items() if self.load.get(word)]
        return {**own, PACKED: packed(self.worker, extra)}


def settled(thing: Any, folder: str) -> Any:
    """A request or a command with a folder's path in place of :data:`HERE`."""
    if isinstance(thing, str):
        return folder + thing[len(HERE) :] if thing.startswith(HERE) else thing
    if isinstance(thing, Mapping):
        return {settled(key, folder): settled(value, folder) for key, value in thing.items()}
    return [settled(part, folder) for part in thing] if isinstance(thing, list | tuple) else thing


def unsettled(thing: Any, folder: str, own: Submission) -> Any:
    """An answer with the submission's own paths in place of those that a worker has of it."""
    if isinstance(thing, str):
        return own.outside(thing[len(folder) + 1 :]) if thing.startswith(f"{folder}/") else thing
    if isinstance(thing, dict):
        return {key: unsettled(value, folder, own) for key, value in thing.items()}
    return [unsettled(part, folder, own) for part in thing] if isinstance(thing, list) else thing


@contextlib.contextmanager
def _written(launch: Launch, folder: str) -> Iterator[int]:
    """The descriptor of a file, which has no name, with all that the watcher is told."""
    files = launch.files
    view = launch.view + View((), inside=(folder,) if files else ())
    numbers = {
        name: getattr(launch.limits, name)
        for name in ("cpu_seconds", "memory", "files", "processes", "threads")
    }
    order = sandbox.order(
        launch.tier,
        settled(launch.command, folder),
        view,
        dict(launch.environment),
        {**numbers, "address_space": launch.address_space},
    )
    names = [[name, len(data)] for name, data in files.items()]
    with tempfile.TemporaryFile() as file:
        told = {**order, "folder": folder, "files": names}
        file.write(json.dumps(told).encode() + b"\n" + b"".join(files.values()))
        file.seek(0)
        yield file.fileno()


def _watched(launch: Launch, folder: str) -> Watcher:
    """A watcher, which starts the command."""
    if launch.tier == "weak" and launch.load:
        unseen()
    with _written(launch, folder) as order:
        return watchers.start(order)


def _alone(launch: Launch, folder: str) -> Unwatched:
    """The command by itself, where nothing can watch it."""
    command = settled(launch.command, folder)
    return unconfined.start(command, launch.environment, folder, launch.files)


def _not_started(why: str, kind: str = "died") -> EngineError:
    return EngineError(kind, f"the worker could not be started: {why}")


class Worker:
    """One running process behind its watcher: a line in, a line out, within a time and a size."""

    def __init__(self, launch: Launch) -> None:
        self._open = self._hears = False
        self._buffer = b""
        self._lines: deque[bytes] = deque()
        self._ready = 0
        self._errors = b""
        self._sent = 0
        self._held = b""
        self._caps: deque[int] = deque()
        self._cpu_seconds = launch.limits.cpu_seconds
        # Nobody can list it who does not know its name, and nobody knows it beforehand.
        folder = str(Path(tempfile.gettempdir(), f"verify-{secrets.token_hex(16)}"))
        self.folder, self.load = folder, settled(launch.load, folder)
        watched = not unconfined.lacking()
        try:
            self._process = (_watched if watched else _alone)(launch, folder)
        except OSError as error:
            raise _not_started(error.strerror or str(error)) from None
        self._in, self._out, self._err = streams.of(self._process.streams, waits=watched)
        self._open, self._hears = True, True
        if not watched:
            self.isolation = f"{launch.tier}: {', '.join(unconfined.PARTS)}"
            return
        report = self._process.report(_START_SECONDS)
        if "parts" not in report:
            self._keep_errors()
            self.close()
            what = report.get("failed", "its watcher did not report")
            kind = "isolation" if "failed" in report else "died"
            raise _not_started(f"{what}{self.last_words}", kind)
        self.isolation = describe(launch.tier, report["parts"])

    def ask(self, request: dict[str, Any], seconds: float, cap: int) -> Any:
        """Send one request, return its answer.

        Raises:
            Lost: if there is none in time, if it is too long or no JSON, or if the process ends.
        """
        self.send(request, seconds, cap)
        return self.receive(seconds)

    def send(self, request: dict[str, Any] | bytes, seconds: float, cap: int) -> None:
        """Write one request, whose answer has so many bytes at most, and all that is held.

        Earlier ones may be unanswered: what comes of them is taken in, so that neither side waits
        for the other for ever.

        Args:
            request: what is asked, also as the text of a JSON object.
            seconds: for which its answer may keep the processor.
            cap: bytes of the answer.

        Raises:
            Lost: if the worker does not read it for long, or has ended.
        """
        self._enter(request, cap)
        try:
            self._write(seconds)
        except OSError:
            raise self._ended() from None

    def hold(self, request: dict[str, Any] | bytes, seconds: float, cap: int) -> None:
        """The same for one of many: it may wait until there are more, or an answer is wanted."""
        if len(self._held) > _HELD:
            self.send(request, seconds, cap)
        else:
            self._enter(request, cap)

    def _enter(self, request: dict[str, Any] | bytes, cap: int) -> None:
        self._sent += 1
        self._caps.append(cap)
        told = request if isinstance(request, bytes) else _compact(request)
        self._held += b'{"id":%d,%b\n' % (self._sent, told[1:])

    def _write(self, seconds: float) -> None:
        """Write what is held; ``OSError`` where the worker is gone."""
        frame, self._held = self._held, b""
        deadline = time.monotonic() + PATIENCE * seconds
        while frame:
            try:
                frame = frame[self._in.send(frame) :]
            except BlockingIOError:
                left = max(0.0, deadline - time.monotonic())
                errors = [self._err] if self._hears else []
                readable, writable, _ = select.select([self._out, *errors], [self._in], [], left)
                if self._err in readable:
                    self._keep_errors()
                if self._out in readable:
                    self._take()
                if not writable and time.monotonic() >= deadline:
                    raise Lost("timeout", "it does not read its requests") from None

    def receive(self, seconds: float) -> Any:
        """The answer to the first request without one, in so many seconds of processor time.

        Raises:
            Lost: as :meth:`ask`.
        """
        return self.read(*self.line(seconds))

    def line(self, seconds: float) -> tuple[int, bytes]:
        """The same as it came, with the number of its request; Lost where there is none in time."""
        cap = self._caps[0]
        if self._held and not self._lines:
            with contextlib.suppress(OSError):  # it is gone: its last answers are read first
                self._write(seconds)
        if not self._lines:
            self._await(seconds, cap)
        line = self._lines.popleft()
        self._ready -= len(line) + 1
        number = self._sent - len(self._caps) + 1
        self._caps.popleft()
        if len(line) > cap:
            raise Lost("protocol", "an answer too long")
        if not self._caps and (self._lines or self._buffer):
            raise Lost("protocol", "more than one answer to one request")
        return number, line

    def _await(self, seconds: float, cap: int) -> None:
        """Wait until there is a line; Lost where there is none in time, or too much of it."""
        allowance, look = Allowance(self._process.pid, seconds), time.monotonic() + _LOOK
        while not self._lines:
            if len(self._buffer) > cap:
                raise Lost("output", f"an answer of more than {cap} bytes")
            if time.monotonic() >= look:  # also where a byte comes now and then
                look += _LOOK
                if not allowance.left():
                    raise Lost("timeout", f"no answer within {seconds:g} s")
            self._wait(_LOOK)

    @staticmethod
    def read(number: int, line: bytes) -> Any:
        """What an answer says; Lost unless it is one, and to the request of that number."""
        try:
            answer = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Lost("protocol", f"an answer that is not JSON: {type(error).__name__}") from None
        if (
            not isinstance(answer, dict)
            or answer.get("id") != number
            or type(answer["id"]) is not int
        ):
            raise Lost("protocol", "an answer to another request")
        return answer

    def _wait(self, seconds: float) -> None:
        """Wait so long for answers or last words, and take in what comes of either."""
        errors = [self._err] if self._hears else []
        readable = select.select([self._out, *errors], [], [], seconds)[0]
        if self._err in readable:
            self._keep_errors()
        if self._out in readable:
            self._take()

    def all_output(self, seconds: float, cap: int) -> bytes:
        """What a command writes until it closes its output: for one that is asked nothing.

        Lost if it writes more than ``cap`` bytes, or takes longer by the clock.
        """
        deadline, parts = time.monotonic() + seconds, b""
        while select.select([self._out], [], [], max(0.0, deadline - time.monotonic()))[0]:
            if not (chunk := self._out.recv(1 << 16)):
                return parts
            parts += chunk
            if len(parts) > cap:
                raise Lost("output", f"more than {cap} bytes")
        raise Lost("timeout", f"no answer within {seconds:g} s")

    def _keep_errors(self) -> None:
        """Read what there is on its standard error; only the end of it is kept."""
        with contextlib.suppress(BlockingIOError):
            chunk = self._err.recv(1 << 16) if self._hears else b""
            self._errors = (self._errors + chunk)[-_LAST_WORDS:]
            self._hears = bool(chunk)

    @property
    def last_words(self) -> str:
        """The end of its standard error for a message, on one line; empty where there is none."""
        text = " ".join(self._errors.decode("utf-8", "replace").split())
        return f"; its last words: {text}" if text else ""

    def _take(self) -> None:
        """What lies ready of its answers, no more than all of them together may have."""
        if not (chunk := self._out.recv(1 << 16)):
            raise self._ended()
        *whole, self._buffer = (self._buffer + chunk).split(b"\n")
        self._lines += whole
        self._ready += sum(map(len, whole)) + len(whole)
        if self._ready + len(self._buffer) > (most := sum(self._caps) + len(self._caps)):
            raise Lost("output", f"answers of more than {most} bytes")

    def used(self) -> tuple[float, bool] | None:
        """See :func:`verify.engines.usage.below`."""
        return below(self._process.pid)

    def _ended(self) -> Lost:
        self._keep_errors()
        report = self._process.report(_END_SECONDS)
        if not report and self._process.running():
            return Lost("died", "it closed the pipe of its answers")
        self._keep_errors()  # it is over now, and all its words are there
        if report.get("crowded"):
            return Lost("died", "it started more threads or processes than it may have")
        if (number := report.get("signal")) is not None:
            name = (
                signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            )
            spent = number == _KILLED and (report.get("cpu") or 0) >= self._cpu_seconds
            if number == _NO_TIME_LEFT or spent:
                return Lost("timeout", f"it used up its {self._cpu_seconds} s of processor time")
            return Lost("died", f"its process was ended by {name}{self.last_words}")
        code = report.get("exit")
        told = f" (exit code {code})" if code is not None else ""
        return Lost("died", f"its process ended by itself{told}{self.last_words}")

    def close(self) -> None:
        """Kill the process and all that it started; the watcher sees to it."""
        if not self._open:
            return
        self._open = False
        for stream in (self._in, self._out, self._err):
            stream.close()
        self._process.close()

    def __del__(self) -> None:
        self.close()


def describe(tier: str, parts: Sequence[str]) -> str:
    """A tier and what is really in force, for a report."""
    return (
        f"{tier}: {', '.join([*parts, 'limits'])}"
        if parts
        else f"{tier}: a process of its own, limits"
    )


def _compact(request: dict[str, Any]) -> bytes:
    return json.dumps(request, separators=(",", ":")).encode()


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
