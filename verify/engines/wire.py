"""Requests and answers as data: nothing that the code under test says is believed as it is.

Every answer, of a worker, of a program in another language and of an object in this process, comes
through one of the functions ``decode_…`` here.  What has not exactly the shape that was asked for
is a :class:`ProtocolError`, which ends as ``protocol`` of that engine.  What is well formed is
still a claim: of "the same object" only that is kept which can be so.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, get_args

from verify.engines.engine import EngineError, EngineInfo, Measured
from verify.engines.gate import (
    LONGEST_MESSAGE,
    ProtocolError,
    cell,
    finite,
    formula,
    plain_numbers,
    record,
    row,
    seconds,
    text,
    truth,
    whole,
    word,
)
from verify.expression.graph import Apply, number_to_json
from verify.expression.identity import may_be_one_object
from verify.expression.reading import (
    WORDS,
    Condition,
    Formulas,
    NetworkReading,
    NetworkState,
    Phase,
    Question,
    Raised,
    RaisedKind,
    Reading,
    Seen,
    Watched,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verify.engines.engine import Step, Steps
    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Tree

__all__ = ["ProtocolError"]

SOURCE: Final = "engine"
_VERSION: Final = 1
MOST_PARAMETERS: Final = 10_000
_MOST_NOTES, _MOST_WORDS = 20, 100
_LONGEST_PATH, _MOST_LEAKS = 1000, 100
_PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
_KINDS: Final[tuple[RaisedKind, ...]] = get_args(RaisedKind)
_REFUSALS: Final = frozenset({"missing", "refused"})
_RELATIONS: Final = ("<", "<=", ">", ">=", "==", "!=", "%")
_ASKED: Final = ("<", "<=", ">", ">=", "==", "!=", "whole", "overflow", "minus", "kind")
_NOTES: Final = (
    "lost", "local", "rule", "state", "count", "sets", "edges", "networks", "lazy", "tape",
    "reach", "kinds", "half",
)  # fmt: skip
_LINES: Final = 1 << 31
_BYTES: Final = 1 << 62
_ANY_NUMBER: Final = "c"
SEED: Final = "seed"
"""The name of the gradient of an output by itself, in the formulas of watched graphs."""


def encode_step(step: Step) -> list[Any]:
    """A step for the wire: numbers that are set are exact to the bit."""
    name, *rest = step
    if name == "set":
        return [name, rest[0], number_to_json(rest[1])]
    return [name, *[list(r) if isinstance(r, tuple) else r for r in rest]]


def encode_run(graph: Graph, point: Sequence[Number], steps: Steps) -> dict[str, Any]:
    """The request to run a graph at a point."""
    return {
        "graph": graph.rows,
        "point": [number_to_json(x) for x in point],
        "steps": [encode_step(step) for step in steps],
    }


def decode_load(answer: Any, spec: str, path: str, isolation: str) -> EngineInfo:
    """What the first answer says of the engine; its texts are cut to size, and can be written.

    Raises:
        EngineError: if it says that there is no engine, or is not of the right shape.
    """
    try:
        found = record(answer, "the first answer")
        if found.get("error") is not None:
            raise _decode_error(record(found["error"], "the error"))
        about = record(found.get("loaded"), "what is loaded")
        whole(about.get("protocol", _VERSION), "the protocol", _VERSION, _VERSION + 1)
        return EngineInfo(
            spec=spec,
            path=path,
            class_name=text(about.get("class"), "the class"),
            python=text(about.get("python", ""), "the version"),
            adapter=_decode_words(about.get("adapter", {})),
            isolation=isolation,
            notes=tuple(
                [
                    text(note, "a note", LONGEST_MESSAGE)
                    for note in row(about.get("notes", []), "notes", _MOST_NOTES)
                ]
            ),
            has_backward=truth(about.get("backward"), "backward"),
            reaches=_decode_reaches(about.get("reaches", [])),
        )
    except ProtocolError as error:
        raise EngineError("protocol", f"the first answer: {error}") from None


def _decode_error(error: dict[str, Any]) -> EngineError:
    line = error.get("line")
    return EngineError(
        text(error.get("kind"), "the kind of an error"),
        text(error.get("message"), "the message of an error", 4 * LONGEST_MESSAGE),
        None if line is None else whole(line, "a line", 0, _LINES),
    )


def _decode_reaches(data: Any) -> tuple[tuple[str, int | None], ...]:
    found = []
    for each in row(data, "what it reaches for", _MOST_NOTES):
        words, line = row(each, "what it reaches for", 2, 2)
        told = None if line is None else whole(line, "a line", 0, _LINES)
        found.append((text(words, "what it reaches for", LONGEST_MESSAGE), told))
    return tuple(found)


def _decode_words(data: Any) -> dict[str, str]:
    words = record(data, "the adapter")
    row(list(words), "words of the adapter", _MOST_WORDS)
    return {
        text(name, "a name"): text(meaning, f"adapter.{name[:20]}", LONGEST_MESSAGE)
        for name, meaning in words.items()
    }


def decode_extras(answer: Any, known: Sequence[str]) -> frozenset[str]:
    """Which of the requests beyond graphs a program says that it answers."""
    about = answer.get("loaded") if type(answer) is dict else None
    found = about.get("extras", []) if type(about) is dict else []
    return frozenset(x for x in known if type(found) is list and x in found)


def decode_run(
    answer: Any, graph: Graph, steps: Steps, point: Sequence[Number]
) -> tuple[Reading, ...]:
    """The readings in an answer.

    Args:
        answer: what came back.
        graph: that was asked about.
        steps: that were to be taken.
        point: a number for each leaf.

    Raises:
        ProtocolError: unless it holds exactly the numbers that were asked for.
    """
    found = record(answer, "the answer")
    size, points = len(graph.nodes), list(_points(graph, steps, point))
    raised = decode_raised(found.get("raised"), size)
    least = len(points) if raised is None else 0
    rows = row(found.get("readings"), "readings", len(points), least)
    readings = [
        decode_reading(each, graph, at) for each, at in zip(rows, points, strict=False)
    ]
    if "seconds" in found:
        seconds(found["seconds"], "seconds")
    if raised is not None:
        readings = [*readings[: max(len(points) - 1, 0)], Reading(SOURCE, raised=raised)]
    return tuple(readings)


def _points(
    graph: Graph, steps: Steps, point: Sequence[Number]
) -> Iterator[tuple[Sequence[Number], ...]]:
    """For each reading, the points at which its nodes may have been made: first and last."""
    now = list(point)
    for step in steps:
        if step[0] == "set":
            now[graph.leaves.index(step[1])] = step[2]
        elif step[0] == "read":
            yield (point,) if tuple(now) == tuple(point) else (point, tuple(now))


def decode_seconds(answer: Any) -> float | None:
    """The processor time that an answer says it took; ``None`` where it says none."""
    found = record(answer, "the answer")
    return seconds(found["seconds"], "seconds") if "seconds" in found else None


_TAIL: Final = re.compile(rb',"id":([1-9]\d*),"seconds":\d\.\d{9}e(?:-\d\d|\+0\d)\}')
"""How an answer of our worker ends.  The comma is at the outermost level, or the line would be no
JSON: what stands before it means the same, whichever number and time follow."""
_LONGEST_TAIL: Final = 64


def fingerprint(number: int, line: bytes) -> bytes | None:
    """A digest that is the same for two answers that differ in their number and time alone.

    Args:
        number: of the request.
        line: the answer as it came.

    Returns:
        ``None`` where the line does not end with that number and a time, as our worker writes them.
    """
    end = line.rfind(b',"id":', -_LONGEST_TAIL)
    tail = _TAIL.fullmatch(line, end) if end >= 0 else None
    if tail is None or int(tail[1]) != number:
        return None
    return hashlib.sha256(line[:end]).digest()


def decode_hung(answer: Any) -> bool:
    """Whether an answer says that the engine did not come back and was interrupted."""
    raised = answer.get("raised") if type(answer) is dict else None
    return type(raised) is dict and raised.get("type") == "timeout"


def decode_reading(data: Any, graph: Graph, points: Sequence[Sequence[Number]]) -> Reading:
    """Values and gradients, one for each node, and what can be so of what is told besides."""
    found, size = record(data, "a reading"), len(graph.nodes)
    faults: dict[tuple[str, int], str] = {}
    values, gradients = (
        _column(found.get(f"{name}s"), name, size, faults) for name in ("value", "gradient")
    )
    same = [whole(i, "a node that is the same", 0, size) for i in _told(found, "same", size)]
    cut: dict[int, str] = {}
    for each in _told(found, "cut", size):
        node, returned = row(each, "what is no node", 2, 2)
        if isinstance(graph.nodes[whole(node, "what is no node", 0, size)], Apply):
            cut[node] = text(returned, "the type of what is no node")
    one = may_be_one_object(graph, points, values, same) if same else frozenset()
    told = [whole(i, "a node that was bypassed", 0, size) for i in _told(found, "bypassed", size)]
    bypassed = [i for i in told if isinstance(graph.nodes[i], Apply) and not gradients[i]]
    return Reading(SOURCE, values, gradients, None, faults, one.union(bypassed), cut)


def _told(found: dict[str, Any], key: str, size: int) -> list[Any]:
    return row(found[key], key, size) if key in found else []


def _column(
    data: Any, name: str, size: int, faults: dict[tuple[str, int], str]
) -> tuple[float | None, ...]:
    """The numbers of one kind; what was none goes to ``faults``."""
    entries = row(data, f"{name}s", size, size)
    if (plain := plain_numbers(entries)) is not None:
        return plain
    numbers: list[float | None] = []
    for index, entry in enumerate(entries):
        got = cell(entry, f"the {name} of node {index}")
        if isinstance(got, str):
            faults[name, index] = got
            got = None
        numbers.append(got)
    return tuple(numbers)


def encode_network(sizes: Sequence[int], steps: Steps) -> dict[str, Any]:
    """The request to build a network of the engine's own and to take steps with it."""
    return {
        "network": list(sizes),
        "steps": [[step[0], *map(_hexadecimal, step[1:])] for step in steps],
    }


def _hexadecimal(part: Any) -> Any:
    if isinstance(part, tuple | list):
        return [number_to_json(x) for x in part]
    return part if part is None else number_to_json(part)


def decode_network(answer: Any, steps: Steps) -> NetworkReading:
    """What an engine's network said.

    Raises:
        ProtocolError: unless it holds as many readings, with as many numbers, as were asked for.
    """
    found = record(answer, "the answer")
    expected = [step[0] for step in steps if step[0] in {"read", "compute"}]
    about = record(found.get("about"), "what the network is")
    raised = decode_raised(found.get("raised"), 0)
    counts = {
        key: whole(about.get(key, 0), key, 0, MOST_PARAMETERS)
        for key in ("parameters", "shared", "hidden")
    }
    least = len(expected) if raised is None else 0
    rows = row(found.get("readings"), "readings", len(expected), least)
    states = tuple(
        [
            _state(each, counts["parameters"], outputs_only=step == "compute")
            for each, step in zip(rows, expected, strict=False)
        ]
    )
    words = {key: text(about.get(key, ""), key) for key in WORDS}
    return NetworkReading(words, **counts, states=states, raised=raised)


def _state(data: Any, parameters: int, *, outputs_only: bool) -> NetworkState:
    found = record(data, "a reading")
    if outputs_only:
        nothing = [None] * parameters
        found = {"outputs": found.get("outputs"), "data": nothing, "gradients": nothing}
    outputs, numbers, gradients = (
        tuple(
            [
                None if isinstance(got := cell(entry, f"{key} {index}"), str) else got
                for index, entry in enumerate(row(found.get(key), key, most, least))
            ]
        )
        for key, most, least in (
            ("outputs", MOST_PARAMETERS, 0),
            ("data", parameters, parameters),
            ("gradients", parameters, parameters),
        )
    )
    loss = cell(found.get("loss"), "the loss")
    return NetworkState(outputs, None if isinstance(loss, str) else loss, numbers, gradients)


def decode_formulas(answer: Any, graph: Graph) -> Formulas:
    """The formulas in an answer to a run on symbols.

    Raises:
        ProtocolError: unless it holds one formula for each value and gradient, over the leaves of
            the graph and the operations that there are.
    """
    found, size = record(answer, "the answer"), len(graph.nodes)
    if raised := decode_raised(found.get("raised"), size):
        return Formulas(raised=raised)
    names = frozenset({*[graph.names[leaf] for leaf in graph.leaves], _ANY_NUMBER})
    (reading,) = row(found.get("readings"), "readings", 1, 1)
    columns = record(reading, "a reading")
    values, gradients = (
        tuple([_tree(entry, names) for entry in row(columns.get(key), key, size, size)])
        for key in ("values", "gradients")
    )
    path = row(found.get("path"), "the path", _LONGEST_PATH)
    leaks = row(found.get("leaks"), "leaks", _MOST_LEAKS)
    return Formulas(
        values,
        gradients,
        tuple([_condition(each, names) for each in path]),
        tuple([text(each, "a leak") for each in leaks]),
    )


@dataclass(frozen=True, slots=True)
class WatchedGraph:
    """A graph to be run on numbers that are not known.

    Attributes:
        graph: the graph.
        names: of constants that stand for any number of their type, by node and operand's place.
        forced: the answers to the first questions.
        point: numbers by name, which answer the others; ``None`` for a default.
        backwards: whether sets are run through from their end.
        whole: names of leaves that are made of an int.
        truths: names of leaves that are made of a truth value.
        residues: whether formulas come back as their numbers at the point, modulo a prime.
        unread: whether no node's number is read before the backward pass.
        used: whether the output is used once more before the backward pass.
    """

    graph: Graph
    names: Mapping[tuple[int, int], str] = field(default_factory=dict)
    forced: tuple[bool, ...] = ()
    point: Mapping[str, float] | None = None
    backwards: bool = False
    whole: tuple[str, ...] = ()
    truths: tuple[str, ...] = ()
    residues: bool = False
    unread: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class WatchedNetwork:
    """A network of the engine's own, of numbers that are not known: ``p0``, … and ``x0``, ….

    Attributes:
        sizes: of its layers, the inputs first; the last is 1.
        forced: the answers to the first questions.
    """

    sizes: tuple[int, ...]
    forced: tuple[bool, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of parameters and inputs, in the order of the gradients that come back."""
        sizes = self.sizes if len(self.sizes) > 1 else (*self.sizes, 1)
        count = sum((n + 1) * m for n, m in pairwise(sizes))
        return (*[f"p{i}" for i in range(count)], *[f"x{i}" for i in range(self.sizes[0])])


def watched_size(request: WatchedGraph | WatchedNetwork) -> tuple[int, int]:
    """How many values and gradients are due."""
    if isinstance(request, WatchedNetwork):
        return 1, len(request.numbers)
    return len(request.graph.nodes), len(request.graph.nodes)


def watched_names(request: WatchedGraph | WatchedNetwork) -> tuple[str, ...]:
    """Names that may stand in formulas."""
    if isinstance(request, WatchedNetwork):
        return request.numbers
    return (*request.graph.names, *request.names.values())


def encode_watched(request: WatchedGraph | WatchedNetwork) -> dict[str, Any]:
    """The request to run one graph, or network, watched."""
    if isinstance(request, WatchedNetwork):
        return {"network": list(request.sizes), "forced": list(request.forced)}
    rows = request.graph.to_json()
    for (node, place), constant in request.names.items():
        rows[node][place + 1]["name"] = constant
    point = None
    if request.point is not None:
        point = {name: number_to_json(x) for name, x in request.point.items()}
    return {
        "graph": rows,
        "forced": list(request.forced),
        "point": point,
        "backwards": request.backwards,
        "whole": list(request.whole),
        "truths": list(request.truths),
        "residues": request.residues,
        "unread": request.unread,
        "used": request.used,
    }


def decode_watched(
    answer: Any, sizes: Sequence[tuple[int, int]], names: frozenset[str]
) -> list[Watched]:
    """What each of several watched graphs answered.

    Args:
        answer: what came back.
        sizes: how many values and gradients are due of each.
        names: of leaves and constants.

    Raises:
        ProtocolError: unless it has exactly the shape that was asked for.
    """
    rows = row(record(answer, "the answer").get("proofs"), "proofs", len(sizes), len(sizes))
    return [_watched(each, size, names) for each, size in zip(rows, sizes, strict=True)]


def _watched(data: Any, sizes: tuple[int, int], names: frozenset[str]) -> Watched:
    found = record(data, "a proof")
    raised = decode_raised(found.get("raised"), max(sizes))
    lost = tuple([_seen(["lost", *row(each, "a loss", 3, 3)]) for each in
                  row(found.get("lost", []), "losses", _MOST_LEAKS)])  # fmt: skip
    asked = tuple([_question(each, names) for each in
                   row(found.get("asked", []), "questions", _LONGEST_PATH)])  # fmt: skip
    notes = tuple([_seen(each) for each in row(found.get("notes", []), "notes", _MOST_LEAKS)])
    sources = tuple([(text(name, "a file"), text(digest, "a hash")) for name, digest in
                     [row(each, "a source", 2, 2) for each in
                      row(found.get("sources", []), "sources", _LONGEST_PATH)]])  # fmt: skip
    if raised is not None or lost:
        return Watched((), (), asked, lost, notes, sources, raised)
    values, gradients = (
        tuple([_tree(entry, names) for entry in row(found.get(key), key, size, size)])
        for key, size in zip(("values", "gradients"), sizes, strict=True)
    )
    return Watched(values, gradients, asked, lost, notes, sources)


def _question(data: Any, names: frozenset[str]) -> Question:
    what, left, right, answer = row(data, "a question", 4, 4)
    return Question(
        word(what, "what is asked", _ASKED),
        formula(left, names),
        formula(right, names),
        truth(answer, "an answer"),
    )


def _seen(data: Any) -> Seen:
    kind, what, file, line = row(data, "a note", 4, 4)
    return Seen(
        word(kind, "the kind of a note", _NOTES),
        text(what, "a note", LONGEST_MESSAGE),
        text(file, "a file"),
        whole(line, "a line", 0, _LINES),
    )


def _condition(data: Any, names: frozenset[str]) -> Condition:
    relation, left, right, answer = row(data, "a condition", 4, 4)
    return Condition(
        word(relation, "a relation", _RELATIONS),
        formula(left, names),
        formula(right, names),
        finite(answer, "the answer of a comparison"),
    )


def _tree(data: Any, names: frozenset[str]) -> Tree:
    if type(data) is dict and set(data) == {"tree"}:
        return None if data["tree"] is None else formula(data["tree"], names)
    got = cell(data, "a formula")
    return None if isinstance(got, str) else got


def decode_raised(data: Any, size: int) -> Raised | None:
    """What an engine raised; texts are cut to size.

    Raises:
        ProtocolError: if any part is not what ``docs/protocol.md`` says.
    """
    if data is None:
        return None
    found = record(data, "what was raised")
    node, line = found.get("node"), found.get("line")
    refused = truth(found.get("refused", False), "refused")
    kind = word(found.get("kind", "refused" if refused else "raised"), "a kind", _KINDS)
    if refused != (kind in _REFUSALS):
        raise ProtocolError(f"{kind} is no refusal" if refused else f"{kind} is a refusal")
    return Raised(
        type=text(found.get("type"), "the type of an exception") or "Exception",
        message=text(found.get("message", ""), "the message of an exception", LONGEST_MESSAGE),
        during=word(found.get("during", "forward"), "during", _PHASES),
        node=None if node is None else whole(node, "the node of an exception", 0, size),
        line=None if line is None else whole(line, "the line of an exception", 1, _LINES),
        refused=refused,
        kind=kind,
        near_miss=text(found.get("near_miss", ""), "a near miss"),
        wanted=text(found.get("wanted", ""), "the method that is looked for"),
        returned=text(found.get("returned", ""), "the type of what came back"),
        file=text(found.get("file", ""), "the file of an exception"),
    )


def encode_measure(
    graph: Graph, point: Sequence[Number], batches: int, runs: int
) -> dict[str, Any]:
    """The request to measure what a graph costs."""
    return {
        "graph": graph.to_json(),
        "point": [number_to_json(x) for x in point],
        "batches": batches,
        "runs": runs,
    }


def decode_measure(answer: Any, batches: int) -> Measured:
    """Seconds and bytes, or why there are none; ProtocolError for anything else."""
    found = record(answer, "the answer")
    if found.get("measured") is None:
        reason = text(found.get("reason", ""), "the reason", LONGEST_MESSAGE)
        return Measured(reason=reason or "it does not measure")
    measured = record(found["measured"], "a measurement")
    times = row(measured.get("seconds"), "the times of a measurement", batches, batches)
    return Measured(
        tuple([seconds(each, "a time of a measurement") for each in times]),
        whole(measured.get("bytes"), "the bytes of a measurement", 0, _BYTES),
    )
