"""A worker process and the conversation with it; whatever it does ends as data in this process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from verify.engines.engine import DEFAULT, EngineError, EngineInfo, Limits, Measured, Steps
from verify.engines.sandbox import CONFINE, runnable
from verify.engines.usage import PATIENCE, Allowance, below, less
from verify.engines.wire import (
    SOURCE,
    ProtocolError,
    decode_extras,
    decode_formulas,
    decode_hung,
    decode_load,
    decode_measure,
    decode_network,
    decode_run,
    decode_seconds,
    encode_measure,
    encode_network,
    encode_run,
)
from verify.expression.reading import Formulas, NetworkReading, Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from verify.expression.graph import Case, Graph, Number

T = TypeVar("T")

FRAME_BASE, FRAME_PER_NODE = 16384, 512
"""The longest answer: so many bytes, and so many for each node in each reading."""
_FORMULA_CAP: Final = 1 << 20
_NETWORK_CAP: Final = 1 << 20
_MEASURE_CAP: Final = 1 << 16
_MEASURE_SECONDS: Final = 20.0
_START_SECONDS: Final = 60.0
HASH_SEED: Final = "PYTHONHASHSEED"
"""The variable that says in which order a worker's sets of text come out."""
_COPIES: Final = 1000
"""How often a worker that tries edited copies is started again: some of them hang for good."""
_LOOK: Final = 0.25
"""Seconds of waiting after which a look is taken at what the worker does."""
_AHEAD: Final = 32
"""Requests that lie ready while an answer is awaited."""
_GRACE: Final = 1.0  # the worker's own alarm rings first and can say where


class Lost(Exception):
    """The worker is gone or has to go: ``kind`` is timeout, died, memory, output or protocol."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker is started and what it is told first.

    Attributes:
        order: what the watcher is told, see :func:`verify.engines.sandbox.order`.
        load: the first request, which names the engine.
        spec: what the user named.
        path: the file or folder, where there is one.
        limits: what it may use up.
    """

    order: Mapping[str, Any]
    load: Mapping[str, Any]
    spec: str
    path: str
    limits: Limits


class Worker:
    """One running process behind its watcher: a line in, a line out, within a time and a size."""

    def __init__(self, launch: Launch) -> None:
        self._buffer = b""
        self._sent = 0
        self._caps: deque[int] = deque()
        self._cpu_seconds = launch.limits.cpu_seconds
        lifeline, self._lifeline = os.pipe()
        self._status, status = os.pipe()
        order = json.dumps({**launch.order, "lifeline": lifeline, "status": status})
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", runnable(CONFINE), order],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(lifeline, status),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            os.close(self._status)
            raise
        finally:
            os.close(lifeline)
            os.close(status)
        self._in, self._out = (
            stream.fileno() for stream in (self._process.stdin, self._process.stdout) if stream
        )
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        report = self._report(_START_SECONDS)
        if "parts" not in report:
            self.close()
            what = report.get("failed", "its watcher did not report")
            raise EngineError(
                "isolation" if "failed" in report else "died",
                f"the worker could not be started: {what}",
            )
        self.isolation = describe(launch.order["tier"], report["parts"])

    def _report(self, seconds: float) -> dict[str, Any]:
        """The watcher's next line; empty if there is none in time.  It is ours, and trusted."""
        line, deadline = b"", time.monotonic() + seconds
        while not line.endswith(b"\n"):
            if not select.select([self._status], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return {}
            if not (chunk := os.read(self._status, 1 << 12)):
                return {}
            line += chunk
        report: dict[str, Any] = json.loads(line.splitlines()[0])
        return report

    def ask(self, request: dict[str, Any], seconds: float, cap: int) -> Any:
        """Send one request, return its answer.

        Raises:
            Lost: if there is none in time, if it is too long or no JSON, or if the process ends.
        """
        self.send(request, seconds, cap)
        return self.receive(seconds)

    def send(self, request: dict[str, Any], seconds: float, cap: int) -> None:
        """Write one request, whose answer has so many bytes at most.

        Earlier ones may be unanswered: what comes of them is taken in, so that neither side waits
        for the other for ever.

        Raises:
            Lost: if the worker does not read it for long, or has ended.
        """
        self._sent += 1
        self._caps.append(cap)
        frame = json.dumps({"id": self._sent, **request}, separators=(",", ":")).encode() + b"\n"
        deadline = time.monotonic() + PATIENCE * seconds
        while frame:
            try:
                frame = frame[os.write(self._in, frame) :]
            except BlockingIOError:
                left = max(0.0, deadline - time.monotonic())
                readable, writable, _ = select.select([self._out], [self._in], [], left)
                if readable:
                    self._take()
                elif not writable:
                    raise Lost("timeout", "it does not read its requests") from None
            except OSError:
                raise self._ended() from None

    def receive(self, seconds: float) -> Any:
        """The answer to the first request without one, in so many seconds of processor time.

        Raises:
            Lost: as :meth:`ask`.
        """
        cap = self._caps[0]
        allowance = Allowance(self._process.pid, seconds)
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > cap:
                raise Lost("output", f"an answer of more than {cap} bytes")
            if select.select([self._out], [], [], _LOOK)[0]:
                self._take()
            elif not allowance.left():
                raise Lost("timeout", f"no answer within {seconds:g} s")
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        number = self._sent - len(self._caps) + 1
        self._caps.popleft()
        if len(line) > cap:
            raise Lost("protocol", "an answer too long")
        if self._buffer and not self._caps:
            raise Lost("protocol", "more than one answer to one request")
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

    def _take(self) -> None:
        """What lies ready of its answers, no more than all of them together may have."""
        if not (chunk := os.read(self._out, 1 << 16)):
            raise self._ended()
        self._buffer += chunk
        if len(self._buffer) > (most := sum(self._caps) + len(self._caps)):
            raise Lost("output", f"answers of more than {most} bytes")

    def used(self) -> tuple[float, bool] | None:
        """See :func:`verify.engines.usage.below`."""
        return below(self._process.pid)

    def _ended(self) -> Lost:
        report = self._report(_START_SECONDS)
        if (number := report.get("signal")) is not None:
            name = (
                signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            )
            spent = number == signal.SIGKILL and (report.get("cpu") or 0) >= self._cpu_seconds
            if number == signal.SIGXCPU or spent:
                return Lost("timeout", f"it used up its {self._cpu_seconds} s of processor time")
            return Lost("died", f"its process was ended by {name}")
        code = report.get("exit")
        return Lost(
            "died",
            "its process ended by itself" + (f" (exit code {code})" if code is not None else ""),
        )

    def close(self) -> None:
        """Kill the process and all that it started; the watcher sees to it."""
        if self._lifeline < 0:
            return
        os.close(self._lifeline)
        self._lifeline = -1
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._status)

    def __del__(self) -> None:
        self.close()


def describe(tier: str, parts: Sequence[str]) -> str:
    """A tier and what is really in force, for a report."""
    return (
        f"{tier}: {', '.join([*parts, 'limits'])}"
        if parts
        else f"{tier}: a process of its own, limits"
    )


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


@dataclass(slots=True, eq=False)
class _Asked(Generic[T]):
    """A request, and its answer once that was read: ``seconds`` and bytes (``cap``) at most."""

    request: dict[str, Any]
    seconds: float
    cap: int
    decode: Callable[[Any], T]
    answer: T | Raised | None = None


def _readings(answer: tuple[Reading, ...] | Raised) -> tuple[Reading, ...]:
    return (Reading(SOURCE, raised=answer),) if isinstance(answer, Raised) else answer


class ProcessEngine:
    """An engine in a process of its own, started again when it was lost."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._restarts = launch.limits.restarts
        self._patience = launch.limits.seconds
        self._others = 0
        self._waiting: deque[_Asked[Any]] = deque()
        self._worker: Worker | None = None
        self._worker, self.info = self._start()

    def _start(self) -> tuple[Worker, EngineInfo]:
        launch, seconds = self._launch, self._launch.limits.load_seconds
        worker = Worker(launch)
        try:
            answer = worker.ask({"load": launch.load}, seconds, 1 << 20)
            info = decode_load(answer, launch.spec, launch.path, worker.isolation)
            self._extras = decode_extras(answer, ("network", "measure"))
        except Lost as lost:
            worker.close()
            kind = "endless" if lost.kind == "timeout" else lost.kind
            message = (
                f"the engine does not come back while it is loaded ({lost})"
                if kind == "endless"
                else f"while the engine was loaded: {lost}"
            )
            raise EngineError(kind, message) from None
        except BaseException:
            worker.close()
            raise
        return worker, info

    def run(
        self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT
    ) -> tuple[Reading, ...]:
        """See :meth:`verify.engines.Engine.run`."""
        return _readings(self._answer(self._run(graph, point, steps)))

    def run_many(
        self, cases: Iterable[Case], steps: Steps = DEFAULT
    ) -> Iterator[tuple[Reading, ...]]:
        """See :meth:`verify.engines.Engine.run_many`.

        The next requests lie ready for the worker while an answer is judged.  A program in another
        language may want to see one at a time.
        """
        most = _AHEAD if "kind" in self._launch.load else 0
        ahead: deque[_Asked[tuple[Reading, ...] | Raised]] = deque()
        for case in cases:
            ahead.append(self._run(case.graph, case.point, steps))
            self._send(ahead[-1])
            if len(ahead) > most:
                yield _readings(self._answer(ahead.popleft()))
        while ahead:
            yield _readings(self._answer(ahead.popleft()))

    def _run(
        self, graph: Graph, point: Sequence[Number], steps: Steps
    ) -> _Asked[tuple[Reading, ...] | Raised]:
        reads = sum(step[0] == "read" for step in steps)
        return _Asked(
            encode_run(graph, point, steps),
            self._patience,
            FRAME_BASE + FRAME_PER_NODE * len(graph.nodes) * reads,
            lambda answer: decode_run(answer, graph, steps, point),
        )

    def clock(self, graph: Graph, point: Sequence[Number]) -> float:
        """See :meth:`verify.engines.Engine.clock`."""
        begun, before = time.perf_counter(), self._used()
        said = self._ask(
            encode_run(graph, point, DEFAULT),
            self._launch.limits.seconds,
            FRAME_BASE + FRAME_PER_NODE * len(graph.nodes),
            decode_seconds,
        )
        if isinstance(said, float):
            return said
        passed, after = time.perf_counter() - begun, self._used()
        return passed if before is None or after is None else max(0.0, after - before)

    def _used(self) -> float | None:
        """Processor time of the worker up to now, in the system's coarse ticks."""
        seen = self._worker and self._worker.used()
        return seen[0] if seen else None

    def formulas(
        self, graph: Graph, point: Sequence[Number], *, any_number: bool = True
    ) -> Formulas:
        """The formulas that the engine computes on the path of this point.

        With ``any_number`` a float beside a node stands for any number, and is called ``c`` in the
        formulas; whole numbers stand for themselves.  Only for an engine that was loaded
        with ``symbols=True``; never raises for what it does.
        """
        request = encode_run(graph, point, DEFAULT)
        for row in request["graph"] if any_number else ():
            for operand in row[1:]:
                if isinstance(operand, dict) and isinstance(operand["const"], str):
                    operand["name"] = "c"
        said = self._ask(
            request,
            self._patience,
            _FORMULA_CAP,
            lambda answer: decode_formulas(answer, graph),
        )
        return Formulas(raised=said) if isinstance(said, Raised) else said

    def network(self, sizes: Sequence[int], steps: Steps) -> NetworkReading:
        """See :meth:`verify.engines.Engine.network`."""
        if "network" not in self._extras:
            return NetworkReading(raised=Raised("Missing", "the program offers none", refused=True))
        said = self._ask(
            encode_network(sizes, steps),
            self._patience,
            _NETWORK_CAP,
            lambda answer: decode_network(answer, steps),
        )
        return NetworkReading(raised=said) if isinstance(said, Raised) else said

    def measure(
        self, graph: Graph, point: Sequence[Number], batches: int = 1, runs: int = 1
    ) -> Measured:
        """See :meth:`verify.engines.Engine.measure`."""
        if "measure" not in self._extras:
            return Measured(reason="the program does not measure itself")
        said = self._ask(
            {"measure": encode_measure(graph, point, batches, runs)},
            _MEASURE_SECONDS,
            _MEASURE_CAP,
            lambda answer: decode_measure(answer, batches),
        )
        return Measured(reason=str(said)) if isinstance(said, Raised) else said

    def _ask(
        self, request: dict[str, Any], seconds: float, cap: int, decode: Callable[[Any], T]
    ) -> T | Raised:
        """One request and what its answer says, or what became of the worker."""
        return self._answer(_Asked(request, seconds, cap, decode))

    def _answer(self, asked: _Asked[T]) -> T | Raised:
        """The answer to a request, sent now if it was not; those before it are answered first.

        A worker that fails in any way is ended; the next request starts another.
        """
        while asked.answer is None:
            if asked not in self._waiting:
                self._send(asked)
            if self._waiting:
                self._receive()
        return asked.answer

    def _send(self, asked: _Asked[Any]) -> None:
        worker = self._worker or self._restart()
        if isinstance(worker, Raised):
            asked.answer = worker
            return
        self._waiting.append(asked)
        try:
            request = {**asked.request, "seconds": asked.seconds}
            worker.send(request, asked.seconds + _GRACE, asked.cap)
        except Lost as lost:
            if len(self._waiting) == 1:  # or else the worker's last answers are read first
                self._lose(lost)

    def _receive(self) -> None:
        """Read the first answer that is due.

        Each time that a worker hangs it is waited for half as long, or an engine that hangs in
        every other graph would take an hour.
        """
        asked, worker = self._waiting[0], self._worker
        assert worker is not None  # noqa: S101 - something waits for it
        try:
            answer = worker.receive(asked.seconds + _GRACE)
            said, hung = asked.decode(answer), decode_hung(answer)
        except (ProtocolError, Lost) as error:
            self._lose(error)
            return
        self._waiting.popleft()
        asked.answer = said
        if hung:
            self._patience = less(self._patience)

    def _lose(self, error: ProtocolError | Lost) -> None:
        """End the worker; the first unanswered request is to blame, the others are sent again."""
        asked, *others = self._waiting
        self.close()
        kind = error.kind if isinstance(error, Lost) else "protocol"
        asked.answer = Raised(kind, str(error), "answer")
        if kind == "timeout":
            self._patience = less(self._patience)
        for other in others:
            other.seconds = min(other.seconds, self._patience)
            self._send(other)

    def ask(
        self, request: dict[str, Any], seconds: float, cap: int, decode: Callable[[Any], T]
    ) -> T | Raised:
        """A request of another kind; never raises for what the engine does."""
        return self._ask(request, seconds, cap, decode)

    def used(self) -> float:
        """Processor time of the worker up to now, in seconds."""
        return self._used() or 0.0

    def for_copies(self) -> ProcessEngine:
        """The same engine in another new process, which may be lost as often as copies hang."""
        limits = replace(self._launch.limits, restarts=_COPIES)
        return ProcessEngine(replace(self._launch, limits=limits))

    def edited(self, texts: Mapping[str, str]) -> ProcessEngine:
        """The same engine with these texts in place of its files, in another new process.

        Raises:
            EngineError: if it cannot be used any more.
        """
        return ProcessEngine(
            replace(self._launch, load={**self._launch.load, "texts": dict(texts)})
        )

    @property
    def reads_python(self) -> bool:
        """Whether it is Python in a worker of ours, whose lines can be watched and edited."""
        return "kind" in self._launch.load

    def again(self, *, symbols: bool = False) -> ProcessEngine | None:
        """See :meth:`verify.engines.Engine.again`."""
        launch = self._launch
        launch = replace(launch, limits=replace(launch.limits, seconds=self._patience))
        if not symbols:
            self._others += 1
            environment = {**launch.order["environment"], HASH_SEED: str(self._others)}
            order = {**launch.order, "environment": environment}
            return ProcessEngine(replace(launch, order=order))
        if "kind" not in launch.load:  # a program of its own, which reads no Python
            return None
        return ProcessEngine(replace(launch, load={**launch.load, "symbols": True}))

    def _restart(self) -> Worker | Raised:
        """Another worker for one that was lost, a limited number of times."""
        if self._restarts == 0:
            most = self._launch.limits.restarts
            return Raised("died", f"given up after {most} restarts", "answer")
        self._restarts -= 1
        try:
            self._worker, self.info = self._start()
        except EngineError as error:
            return Raised("died", f"cannot be started again: {error}", "answer")
        return self._worker

    def close(self) -> None:
        """End the worker; the next run starts another."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

