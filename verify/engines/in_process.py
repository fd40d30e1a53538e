"""An engine that is an object of this process: a class or a module, as in a notebook's cell.

The same adapter code runs as in a worker; nothing protects this process from the engine.
"""

from __future__ import annotations

import linecache
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from verify.engines.engine import (
    DEFAULT,
    EngineError,
    EngineInfo,
    Limits,
    Measured,
    Steps,
    StepsOf,
)
from verify.engines.requests import readings
from verify.engines.steady import SteadyHash
from verify.engines.usage import less
from verify.engines.wire import (
    ProtocolError,
    decode_hung,
    decode_measure,
    decode_network,
    decode_run,
    encode_measure,
    encode_network,
    encode_run,
)
from verify.engines.worker.alarm import ALARM
from verify.engines.worker.errors import OutOfTime, Unusable
from verify.engines.worker.find_class import probe
from verify.engines.worker.modules import files_of, of_package
from verify.engines.worker.namespace import Namespace
from verify.engines.worker.naming import know
from verify.engines.worker.session import Session
from verify.expression.ops import OPS
from verify.expression.reading import NetworkReading, Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from verify.expression.graph import Case, Graph, Number

T = TypeVar("T")


class ObjectEngine:
    """A class or a module of this process as an engine."""

    def __init__(
        self,
        thing: object,
        overrides: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        know(OPS)
        self.session = Session()
        self._patience = limits.seconds
        self.session.space, wanted = _namespace(thing)
        try:
            with ALARM.borrowed():
                self.session.adapter = ALARM.call(
                    limits.load_seconds, probe, self.session.space, wanted, overrides
                )
        except Unusable as problem:
            raise EngineError(problem.kind, problem.message, problem.line) from None
        except OutOfTime:
            message = "the engine does not come back while it is looked at"
            raise EngineError("endless", message) from None
        about = self.session.about()
        self.info = EngineInfo(
            spec=str(getattr(thing, "__qualname__", getattr(thing, "__name__", repr(thing)))),
            path=next(iter(sorted(self.session.space.files)), ""),
            class_name=about["class"],
            python=about["python"],
            adapter=about["adapter"],
            notes=tuple(about["notes"]),
            has_backward=about["backward"],
        )

    def run(
        self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT
    ) -> tuple[Reading, ...]:
        """See :meth:`verify.engines.Engine.run`.

        An engine that hangs is interrupted in the main thread, where signals can reach it.
        """
        return self._run(_Question(graph, point, steps), None)

    def _run(self, question: _Question, seconds: float | None) -> tuple[Reading, ...]:
        limit = self._patience if seconds is None else min(seconds, self._patience)
        with SteadyHash(self.session.adapter.cls, question.salt):
            answers = self._answer({**question.request, "seconds": limit}, question.decode)
        return readings(answers)

    def _answer(self, request: dict[str, Any], decode: Callable[[Any], T]) -> T | Raised:
        """What the answer to a request says; there is less and less time for one, if it hangs."""
        with ALARM.borrowed():
            answer = self.session.answer({"seconds": self._patience, **request, "id": 0})
        if decode_hung(answer):
            self._patience = less(self._patience)
        try:
            return decode(answer)
        except ProtocolError as error:
            return Raised("protocol", str(error), "answer")

    def network(self, sizes: Sequence[int], steps: Steps) -> NetworkReading:
        """See :meth:`verify.engines.Engine.network`."""
        reading = self._answer(
            encode_network(sizes, steps), lambda answer: decode_network(answer, steps)
        )
        return NetworkReading(raised=reading) if isinstance(reading, Raised) else reading

    def measure(
        self, graph: Graph, point: Sequence[Number], batches: int = 1, runs: int = 1
    ) -> Measured:
        """See :meth:`verify.engines.Engine.measure`."""
        measured = self._answer(
            {"measure": encode_measure(graph, point, batches, runs)},
            lambda answer: decode_measure(answer, batches),
        )
        return Measured(reason=measured.message) if isinstance(measured, Raised) else measured

    def clock(self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT) -> float:
        """See :meth:`verify.engines.Engine.clock`."""
        begun = time.process_time()
        self.run(graph, point, steps)
        return time.process_time() - begun

    def ask(
        self, request: dict[str, Any], _seconds: float, _cap: int, decode: Callable[[Any], T]
    ) -> T | Raised:
        """A request of another kind; never raises for what the engine does."""
        with ALARM.borrowed():
            answer = self.session.answer({"seconds": self._patience, **request, "id": 0})
        try:
            return decode(answer)
        except ProtocolError as error:
            return Raised("protocol", str(error), "answer")

    def again(self, *, symbols: bool = False) -> None:
        """There is no second process to have it in."""

    def run_many(
        self,
        cases: Iterable[Case],
        steps: Steps | StepsOf = DEFAULT,
        *,
        seconds: float | None = None,
    ) -> Iterator[tuple[Reading, ...]]:
        """:meth:`run` for each case; the same one over and over is the same question."""
        case, question = None, None
        for each in cases:
            taken = steps(each) if callable(steps) else steps
            if question is None or each is not case or taken != question.steps:
                case, question = each, _Question(each.graph, each.point, taken)
            yield self._run(question, seconds)

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Question:
    """A graph to run: encoded once, and decoded where the answer is not what it was before."""

    def __init__(self, graph: Graph, point: Sequence[Number], steps: Steps) -> None:
        self.graph, self.point, self.steps = graph, point, steps
        self.request = encode_run(graph, point, steps)
        self.salt = 1000 * steps[0][1] if steps and steps[0][0] == "clutter" else 0
        self._before: Any = None
        self._readings: tuple[Reading, ...] = ()

    def decode(self, answer: dict[str, Any]) -> tuple[Reading, ...]:
        """The readings in an answer; raises ProtocolError as :func:`decode_run` does."""
        told = {key: part for key, part in answer.items() if key != "seconds"}
        if told != self._before:
            self._readings = decode_run(answer, self.graph, self.steps, self.point)
            self._before = told
        return self._readings


def _namespace(thing: object) -> tuple[Namespace, type | None]:
    """Where the definitions around an object are, and the class itself where it is one."""
    if isinstance(thing, ModuleType):
        return Namespace([thing], files_of([thing, *of_package(thing.__name__)])), None
    if not isinstance(thing, type):
        raise EngineError(
            "no engine",
            f"{type(thing).__name__} is no engine: "
            "give a class, a module, a path, or package.module:Class",
        )
    module = sys.modules.get(thing.__module__) or ModuleType(thing.__module__)
    space = Namespace([module])
    space.files |= {
        method.__code__.co_filename
        for base in thing.__mro__
        for method in vars(base).values()
        if hasattr(method, "__code__")
    } | set(files_of(of_package(thing.__module__)))
    for file in space.files:  # it may have been edited, and loaded again, since it was last read
        linecache.checkcache(file)
    return space, thing
