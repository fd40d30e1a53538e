"""An engine in a process of its own: whatever it does ends as data in this process."""

from __future__ import annotations

import contextlib
import io
import secrets
import time
import tokenize
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from verify.engines.engine import (
    DEFAULT,
    EngineError,
    EngineInfo,
    Measured,
    Spent,
    Steps,
    StepsOf,
)
from verify.engines.pipes import HERE, Launch, Lost, Worker, unsettled
from verify.engines.requests import (
    FRAME_BASE,
    FRAME_PER_NODE,
    Asked,
    Put,
    cap_of,
    readings,
    written,
)
from verify.engines.usage import Budget, less
from verify.engines.wire import (
    SEED,
    ProtocolError,
    decode_extras,
    decode_formulas,
    decode_hung,
    decode_load,
    decode_measure,
    decode_network,
    decode_run,
    decode_seconds,
    decode_watched,
    encode_measure,
    encode_network,
    encode_run,
    encode_watched,
    fingerprint,
    watched_names,
    watched_size,
)
from verify.expression.reading import Formulas, NetworkReading, Raised, Reading, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from verify.engines.wire import WatchedGraph, WatchedNetwork
    from verify.expression.graph import Case, Graph, Number

T = TypeVar("T")

_FORMULA_CAP: Final = 1 << 20
_NETWORK_CAP: Final = 1 << 20
_MEASURE_CAP: Final = 1 << 16
_MEASURE_SECONDS: Final = 20.0
HASH_SEED: Final = "PYTHONHASHSEED"
"""The variable that says in which order a worker's sets of text come out."""
_ACCOUNTED: Final = 1.0
"""Seconds of waiting after which it is looked how much of the processor was used."""
_COPIES: Final = 1000
"""How often a worker that tries edited copies is started again: some of them hang for good."""
_AHEAD: Final = 32
"""Requests that lie ready while an answer is awaited."""
_PROGRAMS: Final = ("main", "demo", "example", "try_it", "first", "run", "notes", "train", "test1")
"""What people call a program that uses their engine; which it is nobody knows beforehand."""
_PLACE: Final = "the engine is in "
"""So begins the note in which a worker says which file of a folder the engine is in."""
_GRACE: Final = 1.0  # the worker's own alarm rings first and can say where


class ProcessEngine:
    """An engine in a process of its own, started again when it was lost."""

    def __init__(self, launch: Launch) -> None:
        self._budget = launch.budget or Budget(launch.limits.total_seconds)
        self._launch = replace(launch, budget=self._budget)
        self._unseen = self._seen = self._gone = 0.0
        self._restarts = launch.limits.restarts
        self._patience = launch.limits.seconds
        self._others = 0
        self._waiting: deque[Asked[Any]] = deque()
        self._sources: set[tuple[str, str]] = set()
        self._worker: Worker | None = None
        self._worker, self.info = self._start()

    def _start(self) -> tuple[Worker, EngineInfo]:
        launch, seconds = self._launch, self._launch.limits.load_seconds
        begun = time.monotonic()
        worker = Worker(launch)
        self._seen = 0.0
        try:
            answer = worker.ask({"load": worker.load}, seconds, 1 << 20)
            info = decode_load(answer, launch.spec, launch.path, worker.isolation)
            if launch.submission is not None:
                info = replace(
                    info,
                    digest=launch.submission.digest,
                    beside=launch.submission.beside,
                    notes=(*filter(self._believed, info.notes), *launch.submission.notes),
                )
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
        finally:
            self._budget.clock += time.monotonic() - begun
        return worker, info

    def run(
        self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT
    ) -> tuple[Reading, ...]:
        """See :meth:`verify.engines.Engine.run`."""
        request = encode_run(graph, point, steps)
        asked: Asked[tuple[Reading, ...] | Raised] = Asked(
            request, self._patience, cap_of(graph, steps),
            lambda answer: decode_run(answer, graph, steps, point),
        )  # fmt: skip
        return readings(self._answer(asked))

    def run_many(
        self,
        cases: Iterable[Case],
        steps: Steps | StepsOf = DEFAULT,
        *,
        seconds: float | None = None,
    ) -> Iterator[tuple[Reading, ...]]:
        """See :meth:`verify.engines.Engine.run_many`.

        The next requests lie ready for the worker while an answer is judged.  A program in another
        language may want to see one at a time.
        """
        most = _AHEAD if "kind" in self._launch.load else 0
        ahead: deque[Asked[tuple[Reading, ...] | Raised]] = deque()
        for case in cases:
            taken = steps(case) if callable(steps) else steps
            asked = self._put(written(case, taken), seconds)
            ahead.append(asked)
            self._send(asked, held=most > 0)
            if len(ahead) > most:
                yield readings(self._answer(ahead.popleft()))
        while ahead:
            yield readings(self._answer(ahead.popleft()))

    def _put(self, put: Put, seconds: float | None) -> Asked[tuple[Reading, ...] | Raised]:
        limit = self._patience if seconds is None else min(seconds, self._patience)
        return Asked(
            {}, limit, put.cap,
            lambda answer: decode_run(answer, put.case.graph, put.steps, put.case.point), put=put,
        )  # fmt: skip

    def clock(self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT) -> float:
        """See :meth:`verify.engines.Engine.clock`."""
        begun, before = time.perf_counter(), self._used()
        seconds = self._ask(
            encode_run(graph, point, steps),
            self._launch.limits.seconds,
            FRAME_BASE + FRAME_PER_NODE * len(graph.nodes),
            decode_seconds,
        )
        if isinstance(seconds, float):
            return seconds
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
        request = {**encode_run(graph, point, DEFAULT), "graph": graph.to_json()}
        for row in request["graph"] if any_number else ():
            for operand in row[1:]:
                if isinstance(operand, dict) and isinstance(operand["const"], str):
                    operand["name"] = "c"
        watched = self._ask(
            request,
            self._patience,
            _FORMULA_CAP,
            lambda answer: decode_formulas(answer, graph),
        )
        return Formulas(raised=watched) if isinstance(watched, Raised) else watched

    def watched(self, requests: Sequence[WatchedGraph | WatchedNetwork]) -> list[Watched]:
        """What each of several graphs computes, asks and looks at; never raises for what it does.

        Only for an engine that was loaded with ``watched=True``.
        """
        names = frozenset({SEED, *[name for r in requests for name in watched_names(r)]})
        watched = self._ask(
            {"proofs": [encode_watched(r) for r in requests]},
            self._patience * len(requests),
            _FORMULA_CAP * 8,
            lambda answer: decode_watched(answer, [watched_size(r) for r in requests], names),
        )
        if isinstance(watched, Raised):
            return [Watched(raised=watched)] * len(requests)
        self._sources.update(source for each in watched for source in each.sources)
        return watched

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Each file of the engine that was watched, and the hash of its text."""
        return tuple(sorted(self._sources))

    def network(self, sizes: Sequence[int], steps: Steps) -> NetworkReading:
        """See :meth:`verify.engines.Engine.network`."""
        if "network" not in self._extras:
            return NetworkReading(raised=Raised("Missing", "the program offers none", refused=True))
        reading = self._ask(
            encode_network(sizes, steps),
            self._patience,
            _NETWORK_CAP,
            lambda answer: decode_network(answer, steps),
        )
        return NetworkReading(raised=reading) if isinstance(reading, Raised) else reading

    def measure(
        self, graph: Graph, point: Sequence[Number], batches: int = 1, runs: int = 1
    ) -> Measured:
        """See :meth:`verify.engines.Engine.measure`."""
        if "measure" not in self._extras:
            return Measured(reason="the program does not measure itself")
        measured = self._ask(
            {"measure": encode_measure(graph, point, batches, runs)},
            _MEASURE_SECONDS,
            _MEASURE_CAP,
            lambda answer: decode_measure(answer, batches),
        )
        return Measured(reason=str(measured)) if isinstance(measured, Raised) else measured

    def as_program(self, name: str, text: str) -> str | None:
        """What a program prints that imports a class from the engine's file and does as it says.

        It runs beside that file in a process of its own, as shut off as a worker, with nothing of
        the harness in it.

        Args:
            name: the class.
            text: Python, below the import.

        Returns:
            ``None`` where the engine is no single file, or the program does not come to its end.
        """
        launch = self._launch
        own, target = launch.submission, str(launch.load.get("target", ""))
        stem = Path(target).stem
        if own is None or launch.load.get("kind") != "file" or not stem.isidentifier():
            return None
        folder = str(Path(target.removeprefix(f"{HERE}/")).parent)
        names = [f"{folder}/{each}.py" for each in _PROGRAMS if each != stem]
        program = secrets.choice([name for name in names if name not in own.files] or [""])
        if not program:
            return None
        data = f"from {stem} import {name}\n\n{text}\n".encode()
        words = [word for word in launch.command[:-1] if word != "-s"]
        begun = time.monotonic()
        try:
            with contextlib.closing(
                Worker(
                    replace(
                        launch,
                        command=[*words, "-s", f"{HERE}/{program}"],
                        load={},
                        worker=None,
                        submission=replace(own, files={**own.files, **self._edited, program: data}),
                    )
                )
            ) as process:
                printed = process.all_output(launch.limits.load_seconds, _MEASURE_CAP)
        except (Lost, EngineError):
            return None
        finally:
            self._budget.clock += time.monotonic() - begun
        return printed.decode("utf-8", "replace")

    def _ask(
        self, request: dict[str, Any], seconds: float, cap: int, decode: Callable[[Any], T]
    ) -> T | Raised:
        """One request and what its answer says, or what became of the worker."""
        return self._answer(Asked(request, seconds, cap, decode))

    def _answer(self, asked: Asked[T]) -> T | Raised:
        """The answer to a request, sent now if it was not; those before it are answered first.

        A worker that fails in any way is ended; the next request starts another.  Spent where no
        time is left at all.
        """
        while not asked.answered:
            if asked not in self._waiting:
                self._send(asked)
            if self._waiting:
                self._receive()
        return asked.answer  # type: ignore[return-value]  # settled, as what it may be

    def _send(self, asked: Asked[Any], *, held: bool = False) -> None:
        if self._budget.spent:
            self.close()
            raise Spent(self._budget.seconds)
        worker = self._worker or self._restart()
        if isinstance(worker, Raised):
            asked.settle(worker)
            return
        self._waiting.append(asked)
        begun = time.monotonic()
        try:
            request = asked.told(worker.folder)
            write = worker.hold if held else worker.send
            write(request, asked.seconds + _GRACE, asked.cap)
        except Lost as lost:
            self._account(time.monotonic() - begun)
            if len(self._waiting) == 1:  # or else the worker's last answers are read first
                self._lose(lost)

    def _receive(self) -> None:
        """Read the first answer that is due.

        Each time that a worker hangs it is waited for half as long, or an engine that hangs in
        every other graph would take an hour.
        """
        asked, worker = self._waiting[0], self._worker
        assert worker is not None  # noqa: S101 - something waits for it
        begun = time.monotonic()
        try:
            answer, hung = self._understood(asked, worker, *worker.line(asked.seconds + _GRACE))
        except (ProtocolError, Lost) as error:
            self._account(time.monotonic() - begun)
            self._lose(error)
            return
        self._account(time.monotonic() - begun)
        self._waiting.popleft()
        asked.settle(answer)
        if hung:
            self._patience = less(self._patience)

    def _understood(
        self, asked: Asked[T], worker: Worker, number: int, line: bytes
    ) -> tuple[T, bool]:
        """What an answer says, and whether it says that the engine hung.

        What was understood once, to the byte, is not read again.
        """
        put = asked.put
        digest = fingerprint(number, line) if put is not None else None
        if put is not None and digest is not None:
            known: T | None = put.recall(digest)
            if known is not None:
                return known, False
        answer = worker.read(number, line)
        if asked.files and self._launch.submission is not None:
            answer = unsettled(answer, worker.folder, self._launch.submission)
        value, hung = asked.decode(answer), decode_hung(answer)
        if put is not None and digest is not None and not hung:
            put.keep(digest, value)
        return value, hung

    def _lose(self, error: ProtocolError | Lost) -> None:
        """End the worker; the first unanswered request is to blame, the others are sent again."""
        asked, *others = self._waiting
        self._account(0.0, now=True)
        self._gone += self._seen
        self.close()
        kind = error.kind if isinstance(error, Lost) else "protocol"
        asked.settle(Raised(kind, str(error), "answer"))
        if kind == "timeout":
            self._patience = less(self._patience)
        for other in others:
            other.seconds = min(other.seconds, self._patience)
            self._send(other)

    def _account(self, waited: float, *, now: bool = False) -> None:
        """Take down what was used; how much of the processor it was is asked from time to time."""
        self._budget.clock += waited
        self._unseen += waited
        if (now or self._unseen > _ACCOUNTED) and (used := self._used()) is not None:
            self._budget.processor += max(0.0, used - self._seen)
            self._seen, self._unseen = used, 0.0

    def ask(
        self, request: dict[str, Any], seconds: float, cap: int, decode: Callable[[Any], T]
    ) -> T | Raised:
        """A request of another kind; never raises for what the engine does.

        Files are called in requests and answers as they are called outside.
        """
        if "texts" in request:
            request = {**request, "texts": self._inside(request["texts"])}
        return self._answer(Asked(request, seconds, cap, decode, files=True))

    @property
    def _edited(self) -> dict[str, bytes]:
        """The files of an edited copy, by their names in the submission, as edited."""
        own, found = self._launch.submission, {}
        for path, text in self._launch.load.get("texts", {}).items():
            name = path.removeprefix(f"{HERE}/")
            if own is not None and name in own.files:
                encoding, _ = tokenize.detect_encoding(io.BytesIO(own.files[name]).readline)
                found[name] = text.encode(encoding)
        return found

    def _inside(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Texts by the name that their file has in a worker."""
        own = self._launch.submission
        names = {path: None if own is None else own.inside(path) for path in texts}
        return {
            path if (name := names[path]) is None else f"{HERE}/{name}": text
            for path, text in texts.items()
        }

    def _believed(self, note: str) -> bool:
        """Whether a note may be so: others read the file in which the engine is said to be."""
        return not note.startswith(_PLACE) or self.owns(
            f"{self._launch.path}/{note.removeprefix(_PLACE)}"
        )

    def owns(self, path: str) -> bool:
        """Whether a file that a worker names is one of those that it was given.

        Of an engine that was named as a module it may be an installed one, too.
        """
        own = self._launch.submission
        return not self._launch.path or (own is not None and own.inside(path) is not None)

    def used(self) -> float:
        """Processor time of the worker, and of those that were lost before it, in seconds."""
        return self._gone + (self._used() or 0.0)

    def for_copies(self) -> ProcessEngine:
        """The same engine in another new process, which may be lost as often as copies hang."""
        limits = replace(self._launch.limits, restarts=_COPIES)
        return ProcessEngine(replace(self._launch, limits=limits))

    def edited(self, texts: Mapping[str, str]) -> ProcessEngine:
        """The same engine with these texts in place of its files, in another new process.

        Raises:
            EngineError: if it cannot be used any more.
        """
        load = {**self._launch.load, "texts": self._inside(texts)}
        return ProcessEngine(replace(self._launch, load=load))

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
            environment = {**launch.environment, HASH_SEED: str(self._others)}
            return ProcessEngine(replace(launch, environment=environment))
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

