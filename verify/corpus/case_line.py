"""A case with its answer as a line of a corpus.

A long chain is written by its pattern: ``{"repeat": row, "times": n}``, where an operand of -1 is
the row before; its enclosures are then a few, by the number of their node.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from verify.corpus.entry import ENGINE, Entry, Known
from verify.corpus.rows import (
    check_size,
    decode_bits,
    decode_known,
    encode_bits,
    encode_known,
    given,
    is_given,
    text,
)
from verify.expression.graph import Case, Graph, number_from_json, number_to_json
from verify.expression.reading import Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.corpus.rows import Row, Rows

_LONG: Final = 100
"""Rows of one pattern from which on it is written once."""
_MOST: Final = 100_000
"""Rows that a pattern may stand for."""


def encode_entry(entry: Entry) -> dict[str, Any]:
    """The entry as plain JSON."""
    graph = entry.case.graph
    rows = _packed(graph.to_json())
    values, gradients = encode_known(Known(entry.truth, entry.freedom))
    for node, start in _starts(entry.case).items():
        if is_given(entry.truth.values[node], start):
            values[node] = None
    long = len(rows) < len(graph.nodes)
    data: dict[str, Any] = {
        "graph": rows,
        "point": [number_to_json(x) for x in entry.case.point],
        "values": _sparse(values) if long else values,
        "gradients": _sparse(gradients) if long else gradients,
        "milestone": entry.milestone,
        "tags": list(entry.tags),
    }
    if entry.reading is not None:
        data["engine"] = _encode_reading(entry.reading)
    return data


def decode_entry(data: Mapping[str, Any], line: int) -> Entry:
    """The entry that a line holds; ``ValueError`` and its like name what is wrong."""
    graph = Graph.from_json(_unpacked(data["graph"]))
    case = Case(graph, tuple([number_from_json(x) for x in data["point"]]))
    size = len(graph.nodes)
    values, gradients = (_full(data[key], size) for key in ("values", "gradients"))
    check_size("values", len(values), size, "nodes")
    check_size("gradients", len(gradients) or size, size, "nodes")
    known = given(decode_known(values, gradients), _starts(case))
    return Entry(
        case=case,
        milestone=text(data["milestone"], "milestone"),
        truth=known.truth,
        freedom=known.freedom,
        tags=tuple([text(tag, "tags") for tag in data.get("tags", ())]),
        reading=_decode_reading(data["engine"], size) if "engine" in data else None,
        line=line,
    )


def _starts(case: Case) -> dict[int, float]:
    return {leaf: float(x) for leaf, x in zip(case.graph.leaves, case.point, strict=True)}


# --- long chains ----------------------------------------------------------------------------------


def _packed(rows: list[list[Any]]) -> list[Any]:
    """The rows, with a pattern for a long run of them."""
    relative = [
        (index, [-1 if arg == index - 1 and type(arg) is int else arg for arg in row])
        for index, row in enumerate(rows)
    ]
    packed: list[Any] = []
    for row, group in groupby(relative, key=lambda each: each[1]):
        places = [index for index, _ in group]
        if len(places) < _LONG:
            packed += [rows[index] for index in places]
        else:
            packed.append({"repeat": row, "times": len(places)})
    return packed


def _unpacked(rows: Sequence[Any]) -> list[Any]:
    full: list[Any] = []
    for row in rows:
        if not isinstance(row, dict):
            full.append(row)
            continue
        times, pattern = row["times"], row["repeat"]
        if type(times) is not int or not 0 < times <= _MOST:
            raise ValueError(f"times must be a whole number up to {_MOST:,}, not {times!r}")
        full += [
            [len(full) + i - 1 if arg == -1 and type(arg) is int else arg for arg in pattern]
            for i in range(times)
        ]
    return full


def _sparse(rows: Rows) -> dict[str, Row]:
    return {str(node): row for node, row in enumerate(rows) if row is not None}


def _full(rows: Sequence[Row] | Mapping[str, Row], size: int) -> Sequence[Row]:
    if not isinstance(rows, dict):
        return rows  # type: ignore[return-value]
    full: list[Row] = [None] * size
    for key, row in rows.items():
        if not key.isdecimal() or int(key) >= size:
            raise ValueError(f"{key!r} is not one of {size} nodes")
        full[int(key)] = row
    return full


# --- an engine's bits -----------------------------------------------------------------------------


def _encode_reading(reading: Reading) -> dict[str, Any]:
    if (raised := reading.raised) is not None:
        lacks = {"refused": True} if raised.refused else {}
        return {"raised": raised.type, "during": raised.during, "node": raised.node, **lacks}
    faults: dict[str, dict[int, str]] = {"value": {}, "gradient": {}}
    for (quantity, node), kind in reading.faults.items():
        faults[quantity][node] = kind
    return {
        "values": encode_bits(reading.values, faults["value"]),
        "gradients": encode_bits(reading.gradients, faults["gradient"]),
    }


def _decode_reading(data: Mapping[str, Any], size: int) -> Reading:
    if "raised" in data:
        during, node = data.get("during", "forward"), data.get("node")
        kind, refused = text(data["raised"], "raised"), data.get("refused") is True
        return Reading(ENGINE, raised=Raised(kind, "", during, node, refused=refused))
    for key in ("values", "gradients"):
        check_size(f"{key} of the engine", len(data[key]) or size, size, "nodes")
    (values, odd), (gradients, odder) = (decode_bits(data[key]) for key in ("values", "gradients"))
    faults = {("value", node): kind for node, kind in odd.items()}
    faults |= {("gradient", node): kind for node, kind in odder.items()}
    return Reading(ENGINE, values, gradients, None, faults)
