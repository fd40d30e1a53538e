"""The engine under test, as the rest of the harness sees it: what it is, and how it is asked."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import ExitStack

    from verify.expression.graph import Case, Graph, Number
    from verify.expression.reading import NetworkReading, Reading

Step: TypeAlias = "Sequence[Any]"
"""``["backward", node]`` (a third entry says how many calls nearer to Python's recursion limit),
``["read"]``, ``["zero", "leaves" | "all" | [nodes]]``, ``["set", leaf, number]``, ``["rebuild"]``:
the operation nodes made anew from the same leaves, or ``["clutter", pattern]``, which comes first:
the nodes lie elsewhere in memory."""

Steps: TypeAlias = "Sequence[Step]"
"""What is done with a graph once it is built."""
StepsOf: TypeAlias = "Callable[[Case], Steps]"
"""The same, where it depends on the case."""

TRACEBACK: Final = "VERIFY_TRACEBACK"
"""The environment variable with which an accident is shown as Python shows it."""
DEFAULT: Final[Steps] = (("backward", -1), ("read",))
"""One backward pass from the output, then everything is read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the code under test may use up.

    Attributes:
        seconds: processor time for one graph.  What uses none for so long is asleep, and what goes
            on for ten times as long by the clock has hung: then it is over too.
        load_seconds: the same to import the engine and find out how it is used.
        cpu_seconds: processor time for the whole life of one worker.
        memory: bytes of address space.
        processes: how many processes it may start; none by default.
        threads: how many threads it may have, all its processes together.
        files: open files.
        restarts: how often a worker that died or hung is started again.
        total_seconds: processor time for all workers of one check together; three times that by the
            clock, as far as it is waited for them.
    """

    seconds: float = 3.0
    load_seconds: float = 8.0
    cpu_seconds: int = 300
    memory: int = 1 << 30
    processes: int = 0
    threads: int = 32
    files: int = 64
    restarts: int = 20
    total_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What was found out about an engine.

    Attributes:
        spec: what the user named.
        path: the file or folder, ``""`` where there is none.
        class_name: the class that behaves like a node.
        python: the version of the interpreter that runs it, ``""`` for another language.
        adapter: what was guessed, in words: ``{"gradient": "grad", "backward": ".backward()"}``.
        isolation: what really was in force while it ran.
        notes: what else a person should know, such as what was left out.
        has_backward: whether there is a backward pass at all.
        digest: of the text that was judged, ``sha256:…``; empty where nothing was read.
        beside: files beside it that it may import, and that are in the digest.
        reaches: what its code reached for in the program that asks it while it was loaded, and
            the line of its file, where it is known: ``("__main__.execute", 118)``.
    """

    spec: str
    path: str
    class_name: str
    python: str
    adapter: Mapping[str, str] = field(default_factory=dict)
    isolation: str = "none: in this process"
    notes: tuple[str, ...] = ()
    has_backward: bool = True
    digest: str = ""
    beside: tuple[str, ...] = ()
    reaches: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a graph costs an engine.

    Attributes:
        seconds: wall clock of each batch of runs; empty if it cannot be measured.
        bytes: allocated at the peak of one run; 0 if unknown.
        reason: why it cannot be measured.
    """

    seconds: tuple[float, ...] = ()
    bytes: int = 0
    reason: str = ""


class EngineError(Exception):
    """The engine cannot be used: what is wrong, and the line of its file where there is one.

    Attributes:
        kind: ``not found``, ``no engine``, ``not adapted``, ``several``, ``elsewhere``,
            ``syntax``, ``notebook``, ``import``, ``construct``, ``endless``, ``memory``, ``died``,
            ``python``, ``isolation``, ``override``, ``command``, ``protocol``, ``system``,
            ``accident``.
        message: one sentence; parts of it may come from the engine, so escape it when shown.
        line: line in the engine's file.
        engine: what the user named, where its process said so; ``""`` if nobody has to be told.
    """

    engine: str = ""

    def __init__(self, kind: str, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.kind = kind
        self.message = message
        self.line = line


class Spent(EngineError):
    """An engine has used up all the time that it has for the whole of a check."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "endless",
            f"the {seconds:g} s that it has in all are used up; --total SECONDS gives more",
        )


def broke_off(error: Exception) -> EngineError:
    """What to say of an engine whose check ended in an accident: nobody knows whose mistake."""
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return EngineError("system", f"the system refused: {error.strerror or error}{where}")
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    place = f" ({Path(step.tb_frame.f_code.co_filename).name}:{step.tb_lineno})" if step else ""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    return EngineError("accident", f"the check broke off: {type(error).__name__}: {error}{place}")


class Engine(Protocol):
    """An implementation under test."""

    @property
    def info(self) -> EngineInfo:
        """What was found out about it."""

    def run(
        self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT
    ) -> tuple[Reading, ...]:
        """Build the graph at the point, take the steps; one reading for each ``read`` step.

        An engine that raises, hangs or dies ends the run: the last reading says so and holds no
        numbers.  Never raises for anything that the engine does.
        """

    def network(self, sizes: Sequence[int], steps: Steps) -> NetworkReading:
        """Build a network of the engine's own, ``sizes`` its inputs and each layer's outputs.

        One size alone is a single neuron with so many inputs.

        Steps are ``["set", numbers]`` (the parameters, in their order), ``["forward", inputs,
        targets or None]``, ``["backward"]``, ``["read"]``, ``["zero"]``, ``["update", rate]``.
        An engine that has no network ``raised`` something that is ``refused``.
        """

    def measure(
        self, graph: Graph, point: Sequence[Number], batches: int = 1, runs: int = 1
    ) -> Measured:
        """What building the graph, going backward and letting go of it costs.

        Takes ``batches`` times the time of ``runs`` runs, by a clock where the engine is.
        """

    def clock(self, graph: Graph, point: Sequence[Number], steps: Steps = DEFAULT) -> float:
        """Seconds of processor time for one :meth:`run`; by the clock where nobody says better."""

    def again(self, *, symbols: bool = False) -> Engine | None:
        """The same engine in another new process, closed by the caller; ``None`` in process.

        With ``symbols`` it runs on floats that carry a formula, and has ``formulas``; ``None`` for
        an engine in another language.
        """

    def run_many(
        self,
        cases: Iterable[Case],
        steps: Steps | StepsOf = DEFAULT,
        *,
        seconds: float | None = None,
    ) -> Iterator[tuple[Reading, ...]]:
        """:meth:`run` for each case, in order, overlapped where that is quicker.

        Steps are the same for all cases, or what a function says of each.  Within ``seconds`` of
        processor time each has to come back, where that is less than the engine's limit.
        """

    def close(self) -> None:
        """End its process; more than once is harmless."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def anew(engine: Engine, stack: ExitStack) -> Engine:
    """The same engine in a new process, closed with the stack; itself where it can have none."""
    other = engine.again()
    return engine if other is None else stack.enter_context(other)
