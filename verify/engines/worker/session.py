"""The conversation: requests come in a line each, and so do the answers."""

from __future__ import annotations

import io
import json
import os
import sys
import time

from .alarm import ALARM
from .cost import measure
from .errors import OutOfTime, Unusable, summary
from .execute import execute
from .guard import GUARD
from .imports import prepare
from .load import load
from .naming import know
from .source import global_names
from .texts import replace
from .training import execute_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Final, Iterator

    from .adapter import Adapter
    from .imports import AbsentFinder
    from .namespace import Namespace

    Message = dict[str, Any]

PROTOCOL: Final = 1
READER: Final = json.JSONDecoder()
WRITER: Final = json.JSONEncoder(separators=(",", ":"))
CHUNK: Final = 1 << 16
NEWLINE: Final = 10


class Session:
    """One engine and the requests about it; the same on both sides of the wall.

    Attributes:
        space: its definitions, once it is loaded.
        adapter: how it is used, likewise.
        symbols: the module, where the engine runs on floats that carry a formula.
        watched: the module, where the engine is rewritten to be proven.
        reads: where gradients are read in the engine as it is, once a copy was tried.
        request: that named the engine; None for an object of this process.
        before: modules, path and finders, before any engine was looked for.
    """

    space: Namespace
    adapter: Adapter
    symbols: ModuleType | None = None
    watched: ModuleType | None = None
    reads: str | None = None
    request: Message | None = None
    before: tuple[set[str], list[str], list[Any]] | None = None

    def load(self, request: Message) -> Message:
        """Find the engine and say what it is, or why there is none."""
        self.request = request
        self.before = set(sys.modules), list(sys.path), list(sys.meta_path)
        know(request.get("operations", ()))
        if request.get("texts"):
            replace(request["texts"])
        absent = prepare(request)
        if request.get("symbols"):
            from . import symbols

            symbols.install()
            self.symbols = symbols
        if request.get("watched"):
            from .proving import run

            run.install(request)
            self.watched = run
        try:
            self.space, self.adapter = load(request)
            if self.watched is not None:
                self.watched.adopt(self.space, self.adapter)
            if self.symbols is not None:
                self.symbols.adopt(self.space.modules, sys.modules.get("numpy"))
        except Unusable as problem:
            return refusal(problem, absent)
        except OutOfTime:
            message = "the engine does not come back while it is looked at"
            return refusal(Unusable("endless", message))
        except RecursionError as error:
            return refusal(Unusable("import", summary(error)))
        if absent is not None and absent.names:
            self.adapter.notes.append(absent.told())
        return {"loaded": self.about()}

    def about(self) -> Message:
        """What the harness is told of an engine."""
        adapter = self.adapter
        nodes = [name for name, held in self.space.names.items() if _is_a(held, adapter.cls)]
        outside = sorted(global_names(adapter.cls).intersection(nodes)) if nodes else []
        return {
            "protocol": PROTOCOL,
            "class": adapter.cls.__name__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "adapter": {
                **{str(k): str(v) for k, v in adapter.guess.items()},
                **({"nodes outside": ", ".join(outside)} if outside else {}),
            },
            "backward": adapter.enter is not None or adapter.forward is not None,
            "extras": ["network", "measure"],
            "notes": [str(n)[:500] for n in adapter.notes[:20]],
            **self.reaches(),
        }

    def reaches(self) -> Message:
        """What the engine's code reached for in this program, if anything."""
        GUARD.told = GUARD.reached(self.space)
        found = [[words[:200], line] for words, line in GUARD.told[:5]]
        return {"reaches": found} if found else {}

    def run(self, request: Message) -> Message:
        """Run a graph; see :func:`execute`."""
        answer: Message = ALARM.call(
            request.get("seconds"), execute, self.adapter, self.space, request, self.symbols
        )
        return answer

    def proofs(self, request: Message) -> Message:
        """Run graphs watched, on numbers that are not known; see :mod:`.proving.run`."""
        module: Any = self.watched
        answers = []
        for each in request["proofs"]:
            try:
                seconds = request.get("seconds")
                answers.append(ALARM.call(seconds, module.run, self.adapter, self.space, each))
            except OutOfTime:
                answers.append({"values": [], "gradients": [], "raised": dict(RANG_OUTSIDE)})
        return {"proofs": answers}

    def train(self, request: Message) -> Message:
        """Train a network; see :func:`execute_network`."""
        answer: Message = ALARM.call(
            request.get("seconds"), execute_network, self.adapter, self.space, request
        )
        return answer

    def cost(self, request: Message) -> Message:
        """Measure a graph; see :func:`measure`."""
        what = request["measure"]
        order = [what[key] for key in ("graph", "point", "batches", "runs")]
        try:
            seconds = request.get("seconds")
            return {"measured": ALARM.call(seconds, measure, self.adapter, *order)}
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            return {"measured": None, "reason": summary(error)}

    # Few sessions need these; what is not imported costs no start.

    def candidate(self, request: Message) -> Message:
        """Load an edited copy, or the engine as it is again, and tell what it says of cases."""
        from .candidate import answers, read_elsewhere, tried

        if self.before is None or self.request is None:
            return {"unusable": "an object of this process is not edited"}
        loaded, why = tried(self.before, self.request, request)
        if loaded is None:
            return {"unusable": why[:500]}
        if self.reads is None:  # as it is, it was loaded with that request
            self.reads = self.adapter.guess.get("gradient", "")
        if read_elsewhere(loaded[1], self.reads):
            return {"unusable": f"its gradients are no more read as {self.reads}"[:500]}
        self.space, self.adapter = loaded
        return {"answers": answers(self.adapter, self.space, request)}

    def more(self, request: Message) -> Message:
        """What is asked of the engine that is loaded, besides graphs and networks."""
        from .candidate import answers
        from .paste import paste
        from .traced import watch

        seconds = request.get("seconds")
        if "cases" in request:
            return {"answers": answers(self.adapter, self.space, request)}
        if "program" in request:
            program, inside = request["program"], request["inside"]
            return dict(ALARM.call(seconds, paste, self.space, program, inside))
        return dict(ALARM.call(seconds, watch, self.adapter, self.space, request["watch"]))

    def answer(self, request: Message) -> Message:
        """The answer to one request."""
        if "graph" in request or "network" in request:  # first: nearly all are
            begun = time.process_time()
            try:
                answer = self.run(request) if "graph" in request else self.train(request)
            except OutOfTime:  # it rang outside the engine's code
                answer = {"readings": [], "raised": dict(RANG_OUTSIDE)}
            news = GUARD.news(self.space)
            if news is not None:
                answer["raised"] = reaching(*news)
            answer["seconds"] = time.process_time() - begun
        elif "measure" in request:
            answer = self.cost(request)
        elif "proofs" in request:
            answer = self.proofs(request)
        elif "texts" in request:
            answer = self.candidate(request)
        elif any(key in request for key in MORE):
            try:
                answer = self.more(request)
            except OutOfTime:
                answer = {"unusable": "it does not come back"}
        else:
            answer = self.load(request["load"])
        answer["id"] = request["id"]
        return answer


MORE: Final = ("cases", "program", "watch")

RANG_OUTSIDE: Final = {
    "type": "timeout",
    "message": "",
    "during": "forward",
    "node": None,
    "line": None,
    "refused": False,
}


def reaching(words: str, line: int | None) -> Message:
    """What such an answer is in place of: whoever changes the program is not to be believed."""
    message = f"reaches into the program that asks it: {words}"[:500]
    told = {"type": "protocol", "message": message, "line": line, "during": "answer"}
    return {**RANG_OUTSIDE, **told}


def refusal(problem: Unusable, absent: AbsentFinder | None = None) -> Message:
    """Why there is no engine, as an answer; it may lie in modules that are not there."""
    message = problem.message
    if problem.kind == "no engine" and absent is not None and absent.names:
        message += f"; {absent.told()}"
    return {"error": {"kind": problem.kind, "message": message, "line": problem.line}}


def _is_a(thing: object, cls: type) -> bool:
    """Whether an object is one of a class; what cannot be asked is none."""
    try:
        return isinstance(thing, cls)
    except Exception:  # noqa: BLE001 - an object may do anything when it is asked
        return False


# The order of a set of nodes depends on their addresses, and those on every small object that was
# made before.  So no clock decides what is allocated here: requests are read into a buffer that is
# there already, in however many pieces they come, and the time always has as many digits.


def lines(requests: int) -> Iterator[bytes]:
    """The requests that come through this pipe, where several may lie ready."""
    pipe = io.FileIO(requests, closefd=False)
    held, begin, end = bytearray(2 * CHUNK), 0, 0
    while True:
        stop = held.find(b"\n", begin, end)
        if stop >= 0:
            yield bytes(held[begin:stop])
            begin = stop + 1
            continue
        if begin:
            held[: end - begin] = held[begin:end]
            begin, end = 0, end - begin
        elif end == len(held):
            held.extend(bytes(end))
        while True:  # the same steps for each piece, which leave nothing behind
            with memoryview(held) as view:
                read = pipe.readinto(view[end:])
            del view
            if not read:
                return
            end += read
            del read
            if held[end - 1] == NEWLINE or end == len(held):
                break


def frame(answer: Message) -> bytes:
    """An answer as a line."""
    seconds = answer.pop("seconds", None)
    text = in_columns(answer) or WRITER.encode(answer)
    if seconds is not None:
        text = f'{text[:-1]},"seconds":{seconds:.9e}}}'
    return text.encode() + b"\n"


def in_columns(answer: Message) -> str | None:
    """An answer that consists of numbers alone, as text; None for any other.

    So are nearly all, and of hexadecimal numbers nothing has to be escaped.
    """
    if answer.keys() != PLAIN or answer["raised"] is not None:
        return None
    readings = []
    for reading in answer["readings"]:
        if reading.keys() != COLUMNS:
            return None
        try:
            values, gradients = '","'.join(reading["values"]), '","'.join(reading["gradients"])
        except TypeError:  # nothing there, or no number
            return None
        if not (values and gradients):
            return None
        readings.append(f'{{"values":["{values}"],"gradients":["{gradients}"]}}')
    return f'{{"readings":[{",".join(readings)}],"raised":null,"id":{answer["id"]}}}'


PLAIN: Final = frozenset({"readings", "raised", "id"})
COLUMNS: Final = frozenset({"values", "gradients"})


def pipes() -> tuple[int, int]:
    """The pipes of requests and answers, taken away from where the engine would look for them.

    Standard error stays: its end is told where the process ends by itself.
    """
    sys.dont_write_bytecode = True
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    os.close(null)
    return requests, answers


def serve(requests: int, answers: int) -> None:
    """Answer requests until there are no more."""
    session = Session()
    ALARM.install()
    GUARD.stand()
    for line in lines(requests):
        with memoryview(frame(session.answer(READER.decode(line.decode())))) as answer:
            sent = 0
            while sent < len(answer):
                sent += os.write(answers, answer[sent:])
