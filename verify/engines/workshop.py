"""An engine's lines watched, edited copies of it tried, programs run with it.

All of it happens where the engine is, and only plain data comes back.  The truth stays here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from verify.engines.engine import EngineError
from verify.engines.gate import LONGEST_MESSAGE, ProtocolError, record, row, text, whole, word
from verify.engines.in_process import ObjectEngine
from verify.engines.process import ProcessEngine
from verify.engines.requests import FRAME_BASE, FRAME_PER_NODE
from verify.engines.wire import decode_raised, decode_run, encode_run
from verify.expression.reading import Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.engines.engine import Engine, Steps
    from verify.expression.graph import Graph, Number

Line: TypeAlias = tuple[str, int]
"""A file, or a notebook's cell as ``<cell 3>``, and a line of it."""

_PHASES: Final = ("construct", "forward", "backward", "read")
_SECONDS: Final = 3.0
_EACH: Final = 0.25
"""Seconds for one case of an edited copy: one that takes longer is none to keep."""
_MOST_SECONDS: Final = 2.5
"""Seconds for all cases of a request: a power of whole numbers cannot be interrupted."""
_GRACE: Final = 1.0
_FILES: Final = 200
_LINES: Final = 1 << 20
_CAP: Final = 1 << 20
_PRINTED: Final = 20
_LONGEST_PATH: Final = 4096


@dataclass(frozen=True, slots=True)
class Ran:
    """A line that ran: in which phase, and for which node where it made one."""

    during: str
    node: int | None
    line: Line


@dataclass(frozen=True, slots=True)
class Watched:
    """What ran while a graph was built and differentiated.

    Attributes:
        ran: lines, each once a phase and node, in the order in which they first ran.
        wrote: lines that changed the gradient that was watched.
        files: the engine's own.
    """

    ran: tuple[Ran, ...] = ()
    wrote: tuple[Line, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graphs:
    """A graph at a point and what is done with it."""

    graph: Graph
    point: Sequence[Number]
    steps: Steps


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program printed, a text for each ``print``, and what it raised."""

    lines: tuple[str, ...]
    raised: Raised | None


def can_watch(engine: Engine) -> bool:
    """Whether it is Python code that runs where its lines can be watched."""
    return isinstance(engine, ObjectEngine) or can_edit(engine)


def can_edit(engine: Engine) -> bool:
    """Whether edited copies of it can be tried: it runs in a worker of ours."""
    return isinstance(engine, ProcessEngine) and engine.reads_python


def edited(engine: Engine, texts: Mapping[str, str]) -> Engine | None:
    """An engine with these texts in place of its files; ``None`` where that cannot be had."""
    if not isinstance(engine, ProcessEngine) or not engine.reads_python:
        return None
    try:
        return engine.edited(texts)
    except EngineError:
        return None


def watch(engine: Engine, asked: Graphs, about: int | None = None) -> Watched:
    """Which lines of its own files run for a graph; ``about``: whose gradient is watched."""
    if not isinstance(engine, ProcessEngine | ObjectEngine) or not can_watch(engine):
        return Watched()
    request = {"watch": {**encode_run(asked.graph, asked.point, asked.steps), "about": about}}
    watched = engine.ask({**request, "seconds": _SECONDS}, _SECONDS + _GRACE, _CAP, _watched)
    if isinstance(watched, Raised):
        return Watched()
    return _own(engine, watched) if isinstance(engine, ProcessEngine) else watched


def _own(engine: ProcessEngine, watched: Watched) -> Watched:
    """What was said of files that the worker was given: of no other the text is looked at."""
    files = [name for name in watched.files if not name.startswith("/") or engine.owns(name)]
    return Watched(
        tuple([each for each in watched.ran if each.line[0] in files]),
        tuple([line for line in watched.wrote if line[0] in files]),
        tuple(files),
    )


def _watched(answer: Any) -> Watched:
    found = record(answer, "the answer")
    if "unusable" in found:
        return Watched()
    files = [
        text(each, "a file", _LONGEST_PATH) for each in row(found.get("files"), "files", _FILES)
    ]
    ran = []
    for each in row(found.get("lines"), "lines", _LINES):
        during, node, *line = row(each, "a line", 4, 4)
        place = None if node is None else whole(node, "a node", 0, _LINES)
        ran.append(Ran(word(during, "during", _PHASES), place, _line(line, files)))
    wrote = [_line(each, files) for each in row(found.get("wrote"), "lines", _LINES)]
    return Watched(tuple(ran), tuple(wrote), tuple(files))


def _line(data: Any, files: Sequence[str]) -> Line:
    file, line = row(data, "a line", 2, 2)
    return files[whole(file, "a file", 0, len(files))], whole(line, "a line", 0, _LINES)


def paste(engine: Engine, program: str, *, inside: bool) -> Printed | None:
    """Run a program where the engine is; ``None`` where that cannot be done."""
    if not isinstance(engine, ProcessEngine | ObjectEngine) or not can_watch(engine):
        return None
    request = {"program": program, "inside": inside, "seconds": _SECONDS}
    printed = engine.ask(request, _SECONDS + _GRACE, _CAP, _printed)
    return Printed((), printed) if isinstance(printed, Raised) else printed


def _printed(answer: Any) -> Printed:
    found = record(answer, "the answer")
    if "unusable" in found:
        return Printed((), Raised("timeout"))
    lines = row(found.get("printed"), "what was printed", _PRINTED)
    raised = decode_raised(found.get("raised"), 1)
    return Printed(tuple([text(each, "a line", LONGEST_MESSAGE) for each in lines]), raised)


class Bench:
    """Edited copies of one engine, tried one after the other in a worker of their own.

    Attributes:
        tried: how many copies were loaded.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine: ProcessEngine | None = None
        if isinstance(engine, ProcessEngine) and engine.reads_python:
            self._engine = engine.for_copies()
        self.tried = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()

    @property
    def engine(self) -> Engine:
        """The copy that was loaded last, as an engine.

        Raises:
            ValueError: for an engine of which no copies can be tried.
        """
        if self._engine is None:
            raise ValueError("no edited copies of this engine can be tried")
        return self._engine

    def used(self) -> float:
        """Processor time of the workers, in seconds."""
        return 0.0 if self._engine is None else self._engine.used()

    def load(self, texts: Mapping[str, str], asked: Sequence[Graphs]) -> list[Reading] | None:
        """Load a copy with these texts in place of files and ask it.

        Returns:
            What it says of each case; ``None`` if it is no engine any more.
        """
        self.tried += 1
        return self._ask({"texts": dict(texts)}, asked)

    def ask(self, asked: Sequence[Graphs]) -> list[Reading] | None:
        """Ask the copy that was loaded last; ``None`` if it was lost."""
        return self._ask({}, asked)

    def _ask(self, request: dict[str, Any], asked: Sequence[Graphs]) -> list[Reading] | None:
        engine = self._engine
        if engine is None:
            return None
        cases = [encode_run(each.graph, each.point, each.steps) for each in asked]
        size = sum(len(each.graph.nodes) for each in asked)
        cap = FRAME_BASE * (1 + len(asked)) + 4 * FRAME_PER_NODE * size
        seconds = min(1.0 + _EACH * len(asked), _MOST_SECONDS)
        told = {**request, "cases": cases, "each": _EACH}
        readings = engine.ask(told, seconds + _GRACE, cap, lambda answer: _answers(answer, asked))
        return None if isinstance(readings, Raised) else readings


def _answers(answer: Any, asked: Sequence[Graphs]) -> list[Reading] | None:
    """What a copy said of each case; ``None`` if it is no engine."""
    found = record(answer, "the answer")
    if "unusable" in found:
        return None
    rows = row(found.get("answers"), "answers", len(asked), len(asked))
    return [_decoded(each, one) for each, one in zip(rows, asked, strict=True)]


def _decoded(answer: Any, asked: Graphs) -> Reading:
    try:
        return decode_run(answer, asked.graph, asked.steps, asked.point)[-1]
    except ProtocolError as error:
        return Reading("engine", raised=Raised("protocol", str(error), "answer"))
