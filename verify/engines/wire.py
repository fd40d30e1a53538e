"""Requests and answers as data: nothing that the code under test says is believed as it is."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, get_args

from verify.engines.engine import EngineError, EngineInfo, Measured
from verify.expression.graph import number_to_json
from verify.expression.reading import (
    Condition,
    Formulas,
    NetworkReading,
    NetworkState,
    Phase,
    Raised,
    Reading,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines.engine import Step, Steps
    from verify.expression.graph import Graph, Number
    from verify.expression.reading import Tree

SOURCE: Final = "engine"
_HEX: Final = re.compile(r"-?(0x[01](\.[0-9a-f]{1,13})?p[+-]\d{1,4}|inf)|nan")
_PHASES: Final[dict[str, Phase]] = {phase: phase for phase in get_args(Phase)}
_MESSAGE, _NAME = 500, 80


class ProtocolError(Exception):
    """An answer that is not what was asked for; the message says in which way."""


def encode_step(step: Step) -> list[Any]:
    """A step for the wire: numbers that are set are exact to the bit."""
    name, *rest = step
    if name == "set":
        return [name, rest[0], number_to_json(rest[1])]
    return [name, *[list(r) if isinstance(r, tuple) else r for r in rest]]


def encode_run(graph: Graph, point: Sequence[Number], steps: Steps) -> dict[str, Any]:
    """The request to run a graph at a point."""
    return {
        "graph": graph.to_json(),
        "point": [number_to_json(x) for x in point],
        "steps": [encode_step(step) for step in steps],
    }


def decode_load(answer: Any, spec: str, path: str, isolation: str) -> EngineInfo:
    """What the first answer says of the engine; its texts are cut to size, and can be written.

    Raises:
        EngineError: if it says that there is no engine, or says nothing.
    """
    error, about = answer.get("error"), answer.get("loaded")
    if isinstance(error, dict):
        line = error.get("line")
        raise EngineError(
            _text(error.get("kind"), _NAME),
            _text(error.get("message"), 4 * _MESSAGE),
            line if type(line) is int else None,
        )
    if not isinstance(about, dict):
        raise EngineError("protocol", "the first answer says neither loaded nor error")
    adapter, notes = about.get("adapter"), about.get("notes")
    words = adapter.items() if isinstance(adapter, dict) else ()
    return EngineInfo(
        spec=spec,
        path=path,
        class_name=_text(about.get("class"), _NAME),
        python=_text(about.get("python"), _NAME),
        adapter={_text(k, _NAME): _text(v, _MESSAGE) for k, v in words},
        isolation=isolation,
        notes=tuple([_text(n, _MESSAGE) for n in notes[:20]]) if isinstance(notes, list) else (),
        has_backward=about.get("backward") is True,
    )


def decode_run(answer: Any, graph: Graph, steps: Steps) -> tuple[Reading, ...]:
    """The readings in an answer.

    Raises:
        ProtocolError: unless it holds exactly the numbers that were asked for.
    """
    size, expected = len(graph.nodes), sum(step[0] == "read" for step in steps)
    if not isinstance(answer, dict) or not isinstance(answer.get("readings"), list):
        raise ProtocolError("the answer has no readings")
    raised = decode_raised(answer.get("raised"), size)
    readings = [_of_leaves(decode_reading(row, size), graph) for row in answer["readings"]]
    if len(readings) > expected or (raised is None and len(readings) != expected):
        raise ProtocolError(f"{len(readings)} readings where {expected} were asked for")
    if raised is not None:
        readings = [*readings[: max(expected - 1, 0)], Reading(SOURCE, raised=raised)]
    return tuple(readings)


def _of_leaves(reading: Reading, graph: Graph) -> Reading:
    """The reading; a leaf always has a gradient of its own, whatever the answer says."""
    if not reading.same:
        return reading
    return replace(reading, same=reading.same.difference(graph.leaves))


def decode_seconds(answer: Any) -> float | None:
    """The processor time that an answer says it took; ``None`` where it says none."""
    said = answer.get("seconds") if isinstance(answer, dict) else None
    return said if type(said) is float and 0 <= said < math.inf else None


def decode_hung(answer: Any) -> bool:
    """Whether an answer says that the engine did not come back and was interrupted."""
    raised = answer.get("raised") if isinstance(answer, dict) else None
    return isinstance(raised, dict) and raised.get("type") == "timeout"


def decode_reading(row: Any, size: int) -> Reading:
    """Values and gradients, one for each node; ProtocolError for anything else."""
    if not isinstance(row, dict):
        raise ProtocolError("a reading is not an object")
    faults: dict[tuple[str, int], str] = {}
    columns = []
    for name, key in (("value", "values"), ("gradient", "gradients")):
        column = row.get(key)
        if not isinstance(column, list) or len(column) != size:
            count = len(column) if isinstance(column, list) else "no"
            raise ProtocolError(f"{count} {key} for {size} nodes")
        columns.append(tuple([decode_number(x, name, i, faults) for i, x in enumerate(column)]))
    same = row.get("same", [])
    if not isinstance(same, list) or not all(type(i) is int and 0 < i < size for i in same):
        raise ProtocolError("nodes that are the same are not indices")
    return Reading(SOURCE, columns[0], columns[1], None, faults, frozenset(same))


def decode_number(
    data: Any, name: str, index: int, faults: dict[tuple[str, int], str]
) -> float | None:
    """A float in the one accepted spelling, or None; what was no float goes to ``faults``."""
    if data is None:
        return None
    if type(data) is str and _HEX.fullmatch(data):
        return float.fromhex(data)
    if isinstance(data, dict) and len(data) == 1 and type(kind := data.get("not")) is str:
        faults[name, index] = kind[:_NAME]
        return None
    raise ProtocolError(f"the {name} of node {index} is not a number in hexadecimal")


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
    expected = sum(step[0] == "read" for step in steps)
    if not isinstance(answer, dict) or not isinstance(answer.get("readings"), list):
        raise ProtocolError("the answer has no readings")
    about = answer.get("about")
    raised = decode_raised(answer.get("raised"), 0)
    if not isinstance(about, dict) or len(answer["readings"]) > expected:
        raise ProtocolError("the answer does not say which network it is about")
    counts = {key: about.get(key, 0) for key in ("parameters", "shared", "hidden")}
    if any(type(n) is not int or not 0 <= n < MOST_PARAMETERS for n in counts.values()):
        raise ProtocolError("counts of parameters that are none")
    if raised is None and len(answer["readings"]) != expected:
        raise ProtocolError(f"{len(answer['readings'])} readings where {expected} were asked for")
    states = tuple([_state(row, counts["parameters"]) for row in answer["readings"]])
    words = {key: _text(about.get(key), _NAME) for key in ("class", "built", "zero", "update")}
    return NetworkReading(words, **counts, states=states, raised=raised)


MOST_PARAMETERS: Final = 10_000


def _state(row: Any, parameters: int) -> NetworkState:
    if not isinstance(row, dict):
        raise ProtocolError("a reading is not an object")
    columns: list[tuple[float | None, ...]] = []
    for key in ("outputs", "data", "gradients"):
        column = row.get(key)
        if not isinstance(column, list) or len(column) > MOST_PARAMETERS:
            raise ProtocolError(f"no {key}")
        if key != "outputs" and len(column) != parameters:
            raise ProtocolError(f"{len(column)} {key} for {parameters} parameters")
        columns.append(tuple([decode_number(x, key, i, {}) for i, x in enumerate(column)]))
    loss = decode_number(row.get("loss"), "loss", 0, {})
    return NetworkState(columns[0], loss, columns[1], columns[2])


def decode_formulas(answer: Any, graph: Graph) -> Formulas:
    """The formulas in an answer to a run on symbols.

    Raises:
        ProtocolError: unless it holds one formula for each value and gradient.
    """
    size = len(graph.nodes)
    if not isinstance(answer, dict):
        raise ProtocolError("the answer is not an object")
    if raised := decode_raised(answer.get("raised"), size):
        return Formulas(raised=raised)
    readings, path, leaks = (answer.get(key) for key in ("readings", "path", "leaks"))
    if not (isinstance(readings, list) and len(readings) == 1 and isinstance(readings[0], dict)):
        raise ProtocolError("not one reading where one was asked for")
    columns = []
    for key in ("values", "gradients"):
        column = readings[0].get(key)
        if not isinstance(column, list) or len(column) != size:
            raise ProtocolError(f"not {size} {key}")
        columns.append(tuple([_tree(cell) for cell in column]))
    if not isinstance(path, list) or not isinstance(leaks, list):
        raise ProtocolError("no path")
    conditions = tuple([_condition(row) for row in path])
    return Formulas(columns[0], columns[1], conditions, tuple([_text(x, _NAME) for x in leaks]))


def _condition(row: Any) -> Condition:
    if not isinstance(row, list) or len(row) != 4 or type(row[3]) not in {bool, float, int}:
        raise ProtocolError("a condition that is none")
    return Condition(_text(row[0], 2), _part(row[1]), _part(row[2]), row[3])


def _tree(cell: Any) -> Tree:
    if isinstance(cell, dict) and set(cell) == {"tree"}:
        return None if cell["tree"] is None else _part(cell["tree"])
    return decode_number(cell, "formula", 0, {})


def _part(data: Any, depth: int = 0) -> Tree:
    if depth > _DEEPEST:
        raise ProtocolError("a formula too deep")
    if isinstance(data, str):
        return data[:_NAME]
    if isinstance(data, dict) and set(data) == {"number"}:
        return decode_number(data["number"], "formula", 0, {})
    if isinstance(data, list) and data and isinstance(data[0], str):
        return (data[0][:_NAME], *[_part(x, depth + 1) for x in data[1:]])
    raise ProtocolError("a formula that is none")


_DEEPEST: Final = 200


def decode_raised(data: Any, size: int) -> Raised | None:
    """What an engine raised, with every part checked and cut to size."""
    if data is None:
        return None
    if not isinstance(data, dict):
        raise ProtocolError("what was raised is not an object")
    node, line, during = data.get("node"), data.get("line"), data.get("during")
    return Raised(
        type=_text(data.get("type"), _NAME) or "Exception",
        message=_text(data.get("message"), _MESSAGE),
        during=_PHASES.get(during, "forward") if isinstance(during, str) else "forward",
        node=node if type(node) is int and 0 <= node < size else None,
        line=line if type(line) is int and 0 < line < 1 << 31 else None,
        refused=data.get("refused") is True,
    )


def _text(data: object, length: int) -> str:
    # Lone surrogates would make every later writer of this text fail.
    return data[:length].encode("utf-8", "replace").decode() if isinstance(data, str) else ""


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
    found = answer.get("measured") if isinstance(answer, dict) else None
    if found is None:
        reason = _text(answer.get("reason"), _MESSAGE) if isinstance(answer, dict) else ""
        return Measured(reason=reason or "it does not measure")
    if not isinstance(found, dict):
        raise ProtocolError("a measurement that is not an object")
    seconds, size = found.get("seconds"), found.get("bytes")
    if (
        not isinstance(seconds, list)
        or len(seconds) != batches
        or type(size) is not int
        or size < 0
    ):
        raise ProtocolError(f"a measurement without bytes and {batches} times")
    if not all(type(x) is float and 0 <= x < math.inf for x in seconds):
        raise ProtocolError("a measurement with a time that is not in seconds")
    return Measured(tuple(seconds), size)
