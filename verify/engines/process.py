"""A worker process and the conversation with it; whatever it does ends as data in this process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from verify.engines.engine import DEFAULT, EngineError, EngineInfo, Limits, Steps
from verify.engines.wire import SOURCE, ProtocolError, decode_run, encode_run
from verify.reading import Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from verify.graph import Case, Graph, Number

FRAME_BASE, FRAME_PER_NODE = 16384, 512
"""The longest answer: so many bytes, and so many for each node in each reading."""
_GRACE: Final = 1.0  # the worker's own alarm rings first and can say where


class Lost(Exception):
    """The worker is gone or has to go: ``kind`` is timeout, died, memory, output or protocol."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker is started and what it is told first."""

    command: tuple[str, ...]
    load: Mapping[str, Any]
    spec: str
    path: str
    limits: Limits
    environment: Mapping[str, str]


class Worker:
    """One running process: a line in, a line out, within a time and a size."""

    def __init__(self, launch: Launch) -> None:
        self.isolation = "weak: a process of its own and limits"
        self._buffer = b""
        self._ids = 0
        try:
            self._process = subprocess.Popen(
                launch.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(launch.environment),
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError("command", f"cannot start {launch.command[0]}: {error.strerror}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def ask(self, request: dict[str, Any], seconds: float, cap: int) -> Any:
        """Send one request, return its answer.

        Raises:
            Lost: if there is none in time, if it is too long or is not JSON, or if the process ends.
        """
        self.send(request, seconds)
        return self.receive(seconds, cap)

    def send(self, request: dict[str, Any], seconds: float) -> None:
        """Write one request; a worker that does not read is lost."""
        self._ids += 1
        frame = json.dumps({"id": self._ids, **request}, separators=(",", ":")).encode() + b"\n"
        deadline = time.monotonic() + seconds
        while frame:
            try:
                frame = frame[os.write(self._in, frame) :]
            except BlockingIOError:
                if not select.select([], [self._in], [], max(0.0, deadline - time.monotonic()))[1]:
                    raise Lost("timeout", "it does not read its requests") from None
            except OSError:
                raise self._ended() from None

    def receive(self, seconds: float, cap: int) -> Any:
        """The answer to the last request."""
        deadline = time.monotonic() + seconds
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > cap:
                raise Lost("output", f"an answer of more than {cap} bytes")
            if not select.select([self._out], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Lost("timeout", f"no answer within {seconds:g} s")
            if not (chunk := os.read(self._out, 1 << 16)):
                raise self._ended()
            self._buffer += chunk
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        if len(line) > cap or self._buffer:
            raise Lost("protocol", "more than one answer to one request" if self._buffer else "an answer too long")
        try:
            answer = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Lost("protocol", f"an answer that is not JSON: {type(error).__name__}") from None
        if not isinstance(answer, dict) or answer.get("id") != self._ids or type(answer["id"]) is not int:
            raise Lost("protocol", "an answer to another request")
        return answer

    def _ended(self) -> Lost:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.returncode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return Lost("died", f"its process was ended by {name}")
        return Lost("died", f"its process ended by itself (exit code {code})")

    def close(self) -> None:
        """Kill the process and all that it started in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


class ProcessEngine:
    """An engine in a process of its own, started again when it was lost."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._restarts = launch.limits.restarts
        self._worker: Worker | None = None
        self.info = self._start()

    def _start(self) -> EngineInfo:
        launch, seconds = self._launch, self._launch.limits.load_seconds
        worker = Worker(launch)
        try:
            answer = worker.ask({"load": launch.load}, seconds, 1 << 20)
            info = _decode_load(answer, launch, worker.isolation)
        except Lost as lost:
            worker.close()
            kind = "endless" if lost.kind == "timeout" else lost.kind
            message = f"the engine does not come back while it is loaded ({lost})" if kind == "endless" else f"while the engine was loaded: {lost}"
            raise EngineError(kind, message) from None
        except BaseException:
            worker.close()
            raise
        self._worker = worker
        return info

    def run(self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT) -> tuple[Reading, ...]:
        """See :meth:`verify.engines.Engine.run`."""
        if self._worker is None and (raised := self._restart()):
            return (Reading(SOURCE, raised=raised),)
        assert self._worker is not None
        seconds = self._launch.limits.seconds
        request = {**encode_run(graph, point, steps), "seconds": seconds}
        cap = FRAME_BASE + FRAME_PER_NODE * len(graph.nodes) * sum(step[0] == "read" for step in steps)
        try:
            return decode_run(self._worker.ask(request, seconds + _GRACE, cap), graph, steps)
        except ProtocolError as error:
            lost = Lost("protocol", str(error))
        except Lost as error:
            lost = error
        self.close()
        return (Reading(SOURCE, raised=Raised(lost.kind, str(lost), "answer")),)

    def _restart(self) -> Raised | None:
        if self._restarts == 0:
            return Raised("died", f"given up after {self._launch.limits.restarts} restarts", "answer")
        self._restarts -= 1
        try:
            self._start()
        except EngineError as error:
            return Raised("died", f"cannot be started again: {error}", "answer")
        return None

    def run_many(self, cases: Iterable[Case], steps: Steps = DEFAULT) -> Iterator[tuple[Reading, ...]]:
        """:meth:`run` for each case."""
        return (self.run(case.graph, case.point, steps) for case in cases)

    def close(self) -> None:
        """End the worker; the next run starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decode_load(answer: dict[str, Any], launch: Launch, isolation: str) -> EngineInfo:
    error, about = answer.get("error"), answer.get("loaded")
    if isinstance(error, dict):
        line = error.get("line")
        raise EngineError(str(error.get("kind"))[:40], str(error.get("message"))[:2000], line if type(line) is int else None)
    if not isinstance(about, dict):
        raise EngineError("protocol", "the worker's first answer says neither loaded nor error")
    adapter, notes = about.get("adapter"), about.get("notes")
    return EngineInfo(
        spec=launch.spec,
        path=launch.path,
        class_name=str(about.get("class", ""))[:80],
        python=str(about.get("python", ""))[:40],
        adapter={str(k)[:40]: str(v)[:200] for k, v in adapter.items()} if isinstance(adapter, dict) else {},
        isolation=isolation,
        notes=tuple(str(note)[:500] for note in notes[:20]) if isinstance(notes, list) else (),
        has_backward=about.get("backward") is True,
    )
