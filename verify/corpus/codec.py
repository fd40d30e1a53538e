"""The lines of a corpus: cases and lessons with their answers, as JSON and back.

An enclosure is a row of numbers.  A middle is the shortest decimal that reads back to the same
float64; error bounds are rounded *up* to two digits; an engine's bits are hexadecimal.  A long
chain is written by its pattern: ``{"repeat": row, "times": n}``, where an operand of -1 is the row
before; its enclosures are then a few, by the number of their node.  Conventions that make no
difference to a network share their answers: the later one names the earlier.

What is not of this form is a :class:`ValueError` with the reason; a convention that this version
does not know is passed over.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Context, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from verify.corpus.entry import ENGINE, Entry, Known, Lesson, Passed, Recorded
from verify.expression.graph import Case, Graph, number_from_json, number_to_json
from verify.expression.reading import Enclosure, NetworkReading, NetworkState, Note, Raised, Reading
from verify.generators.architectures import NAMED
from verify.networks.task import Exercise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.corpus.entry import Convention
    from verify.generators.architectures import Architecture

COLUMNS: Final = ("middle", "bound", "radius", "freedom", "scale", "loose", "note")
"""An enclosure as a row.  Missing at the end: ``bound``, ``radius`` and ``scale`` 0, ``freedom``
the bound, ``loose`` the freedom, no note.  ``loose`` is the freedom of a gradient when the *values*
were made by other formulas than the textbook's too.  A note such as ``overflow/beyond`` is two:
what the textbook formulas meet, and what is left of it when others are granted.  A row of the
middle alone is that number, and ``null`` is a number of which nothing is said."""

_NOTES: Final[dict[Any, tuple[Note, Note]]] = {
    a if a == b else f"{a}/{b}": (a, b) for a in get_args(Note) for b in get_args(Note) if a or b
}
"""A note as it stands in a row: with the bound alone, and with other formulas granted."""
_NO_FLOAT: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_UP_2: Final = Context(prec=2, rounding=ROUND_CEILING)
_UP_1: Final = Context(prec=1, rounding=ROUND_CEILING)

Number: TypeAlias = float | str
Row: TypeAlias = "list[Number] | Number | None"


# --- enclosures -----------------------------------------------------------------------------------


def _rows(known: Sequence[Known | None]) -> list[Row]:
    return [None if k is None else _encode(k) for k in known]


def _encode(known: Known) -> Row:
    e, bound, freedom = known.enclosure, up(known.enclosure.bound), up(known.freedom)
    columns = (e.middle, bound, up(e.radius, _UP_1), freedom, up(known.scale), up(known.loose))
    defaults = (None, 0.0, 0.0, bound, 0.0, freedom)
    kept = max(i for i, (x, y) in enumerate(zip(columns, defaults, strict=True)) if not _same(x, y))
    row: list[Number] = [x if math.isfinite(x) else repr(x) for x in columns[: kept + 1]]
    if e.note or known.note:
        row.append(e.note if known.note == e.note else f"{e.note}/{known.note}")
    return row[0] if len(row) == 1 else row


def _same(a: float, b: float | None) -> bool:
    return a == b or (b is not None and math.isnan(a) and math.isnan(b))


def up(size: float, context: Context = _UP_2) -> float:
    """The number rounded up to two digits, or to those of the context."""
    return float(context.plus(Decimal(repr(size)))) if math.isfinite(size) else size


def _known(rows: Sequence[Row]) -> tuple[Known | None, ...]:
    return tuple([None if row is None else _decode(row) for row in rows])


def _decode(row: list[Number] | Number) -> Known:
    if not isinstance(row, list):
        return Known(Enclosure(_number(row)))
    notes: Any = ("", "")
    if row and row[-1] in _NOTES:
        notes = _NOTES[row[-1]]
        row = row[:-1]
    columns = list(map(_number, row[:6]))
    if not columns:
        raise ValueError("an enclosure without a middle")
    size = len(columns)
    bound = columns[1] if size > 1 else 0.0
    radius = columns[2] if size > 2 else 0.0
    freedom = columns[3] if size > 3 else bound
    scale = columns[4] if size > 4 else 0.0
    loose = columns[5] if size > 5 else freedom
    if not (0 <= bound <= freedom <= loose and radius >= 0):
        raise ValueError(f"{row} is not an enclosure: 0 <= bound <= freedom <= loose, 0 <= radius")
    enclosure = Enclosure(columns[0], radius, bound, note=notes[0])
    return Known(enclosure, freedom, loose, scale, notes[1])


def _number(data: object) -> float:
    if type(data) is float:
        return data
    if type(data) is int:
        return float(data)
    if isinstance(data, str) and data in _NO_FLOAT:
        return _NO_FLOAT[data]
    raise ValueError(f"{data!r} is not a number, nor nan, inf or -inf as text")


def _text(data: object, key: str) -> str:
    """The data, if it is text."""
    if isinstance(data, str):
        return data
    raise ValueError(f"{key}: {data!r} is not text")


def _check_size(what: str, size: int, expected: int, of: str = "") -> None:
    """Refuse ``3 values for 2 nodes``, or ``3 inputs where 2 are due``."""
    if size != expected:
        place = f"for {expected} {of}" if of else f"where {expected} are due"
        raise ValueError(f"{size} {what} {place}")


# --- cases ----------------------------------------------------------------------------------------

_LONG: Final = 100
"""Rows of one pattern from which on it is written once."""
_MOST: Final = 100_000
"""Rows that a pattern may stand for."""


def encode_entry(entry: Entry) -> dict[str, Any]:
    """The entry as plain JSON."""
    graph = entry.case.graph
    rows = _packed(graph.to_json())
    values, gradients = _rows(entry.reference.values), _rows(entry.reference.gradients)
    for node, start in _starts(entry.case).items():
        if _is_start(entry.reference.values[node], start):
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
    _check_size("values", len(values), size, "nodes")
    _check_size("gradients", len(gradients) or size, size, "nodes")
    known = list(_known(values))
    for node, start in _starts(case).items():
        known[node] = known[node] or Known(Enclosure(start))
    return Entry(
        case=case,
        milestone=_text(data["milestone"], "milestone"),
        reference=Recorded(tuple(known), _known(gradients)),
        tags=tuple([_text(tag, "tags") for tag in data.get("tags", ())]),
        reading=_decode_reading(data["engine"], size) if "engine" in data else None,
        line=line,
    )


def _starts(case: Case) -> dict[int, float]:
    """The values of leaves, which the point says already, by their nodes."""
    return {leaf: float(x) for leaf, x in zip(case.graph.leaves, case.point, strict=True)}


def _is_start(known: Known | None, start: float) -> bool:
    if known is None:
        return False
    e = known.enclosure
    return (e.middle, e.radius, e.bound, e.note) == (start, 0.0, 0.0, "")


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


def _sparse(rows: list[Row]) -> dict[str, Row]:
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


# --- lessons --------------------------------------------------------------------------------------

PASSES: Final = ("output", "first turn", "second turn")
"""The backward passes of a lesson."""
_NUMBERS: Final = ("parameters", "inputs", "targets", "again")


def encode_lesson(lesson: Lesson) -> dict[str, Any]:
    """The lesson as plain JSON."""
    exercise = lesson.exercise
    shown: dict[int, str] = {}
    conventions: dict[str, Any] = {}
    for a, convention in lesson.answers.items():
        first = shown.setdefault(id(convention), a.name)
        conventions[a.name] = first if first != a.name else _encode_convention(convention)
    data: dict[str, Any] = {
        "network": list(exercise.sizes),
        **{key: [number_to_json(x) for x in getattr(exercise, key)] for key in _NUMBERS},
        "rate": number_to_json(exercise.rate),
        "conventions": conventions,
        "milestone": lesson.milestone,
        "tags": list(lesson.tags),
    }
    if lesson.reading is not None:
        data["engine"] = _encode_network(lesson.reading)
    return data


def decode_lesson(data: Mapping[str, Any], line: int) -> Lesson:
    """The lesson that a line holds; ``ValueError`` and its like name what is wrong."""
    sizes = tuple(data["network"])
    if not sizes or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"network: {data['network']!r} is not a list of sizes")
    numbers = {key: tuple([float(number_from_json(x)) for x in data[key]]) for key in _NUMBERS}
    exercise = Exercise(sizes, rate=float(number_from_json(data["rate"])), **numbers)
    layers, count = exercise.layers, NAMED[_LARGEST].count(exercise.layers)
    for key, size in zip(_NUMBERS, (count, layers[0], layers[-1], count), strict=True):
        _check_size(key, len(numbers[key]), size)
    answers: dict[str, Convention] = {}
    for name, answer in data["conventions"].items():
        if name not in NAMED:
            continue
        if isinstance(answer, str):
            if answer not in answers:
                reason = f"is said to be like {answer!r}, which does not come before"
                raise ValueError(f"{name} {reason}")
            answers[name] = answers[answer]
        else:
            answers[name] = _decode_convention(answer, NAMED[name], layers)
    return Lesson(
        exercise=exercise,
        answers={NAMED[name]: convention for name, convention in answers.items()},
        milestone=_text(data["milestone"], "milestone"),
        tags=tuple([_text(tag, "tags") for tag in data.get("tags", ())]),
        reading=_decode_network(data["engine"]) if "engine" in data else None,
        line=line,
    )


_LARGEST: Final = next(iter(NAMED))
"""One with biases: the others have no more parameters."""


def _encode_convention(convention: Convention) -> dict[str, Any]:
    data = {}
    for key, passed in zip(PASSES, convention, strict=True):
        numbers = passed.numbers
        data[key] = {"values": _rows(numbers.values), "gradients": _rows(numbers.gradients)}
        if passed.moved is not None:
            data[key]["moved"] = _rows(passed.moved.values)
    return data


def _decode_convention(
    data: Mapping[str, Any], a: Architecture, layers: tuple[int, ...]
) -> Convention:
    return tuple([_decode_passed(data[key], a.count(layers), layers, key) for key in PASSES])


def _decode_passed(
    data: Mapping[str, Any], count: int, layers: tuple[int, ...], key: str
) -> Passed:
    first = key == PASSES[0]
    _check_size(f"values ({key})", len(data["values"]), 1 if first else layers[-1] + 1)
    _check_size(f"gradients ({key})", len(data["gradients"]), count)
    numbers = Recorded(_known(data["values"]), _known(data["gradients"]))
    if first:
        return Passed(numbers)
    _check_size(f"moved ({key})", len(data["moved"]), count)
    return Passed(numbers, Recorded(_known(data["moved"])))


# --- an engine's bits -----------------------------------------------------------------------------


def _bits(
    column: Sequence[float | None], faults: Mapping[int, str] | None = None
) -> list[Any]:
    """Floats in hexadecimal, ``{"not": kind}`` for what is no float, ``null`` for nothing."""
    not_floats = faults or {}
    return [
        x.hex() if x is not None else {"not": not_floats[i]} if i in not_floats else None
        for i, x in enumerate(column)
    ]


def _floats(column: Sequence[Any]) -> tuple[tuple[float | None, ...], dict[int, str]]:
    """The inverse of :func:`_bits`."""
    faults = {i: _text(x["not"], "not") for i, x in enumerate(column) if isinstance(x, dict)}
    return tuple([float.fromhex(x) if isinstance(x, str) else None for x in column]), faults


def _encode_reading(reading: Reading) -> dict[str, Any]:
    if (raised := reading.raised) is not None:
        lacks = {"refused": True} if raised.refused else {}
        return {"raised": raised.type, "during": raised.during, "node": raised.node, **lacks}
    faults: dict[str, dict[int, str]] = {"value": {}, "gradient": {}}
    for (quantity, node), kind in reading.faults.items():
        faults[quantity][node] = kind
    return {
        "values": _bits(reading.values, faults["value"]),
        "gradients": _bits(reading.gradients, faults["gradient"]),
    }


def _decode_reading(data: Mapping[str, Any], size: int) -> Reading:
    if "raised" in data:
        during, node = data.get("during", "forward"), data.get("node")
        kind, refused = _text(data["raised"], "raised"), data.get("refused") is True
        return Reading(ENGINE, raised=Raised(kind, "", during, node, refused=refused))
    for key in ("values", "gradients"):
        _check_size(f"{key} of the engine", len(data[key]) or size, size, "nodes")
    (values, odd), (gradients, odder) = (_floats(data[key]) for key in ("values", "gradients"))
    faults = {("value", node): kind for node, kind in odd.items()}
    faults |= {("gradient", node): kind for node, kind in odder.items()}
    return Reading(ENGINE, values, gradients, None, faults)


_COUNTS: Final = ("parameters", "shared", "hidden")
_STATE: Final = ("outputs", "data", "gradients")


def _encode_network(reading: NetworkReading) -> dict[str, Any]:
    if (raised := reading.raised) is not None:
        return {"raised": raised.type, "refused": raised.refused}
    return {
        **{key: getattr(reading, key) for key in _COUNTS},
        "states": [
            {key: _bits(getattr(state, key)) for key in _STATE}
            | {"loss": _bits((state.loss,))[0]}
            for state in reading.states
        ],
    }


def _decode_network(data: Mapping[str, Any]) -> NetworkReading:
    if "raised" in data:
        refused = data.get("refused") is True
        return NetworkReading(raised=Raised(_text(data["raised"], "raised"), refused=refused))
    states = tuple([_decode_state(row) for row in data["states"]])
    parameters, shared, hidden = (int(data[key]) for key in _COUNTS)
    return NetworkReading({}, parameters, shared, hidden, states)


def _decode_state(row: Mapping[str, Any]) -> NetworkState:
    outputs, numbers, gradients = (_floats(row[key])[0] for key in _STATE)
    return NetworkState(outputs, _floats([row["loss"]])[0][0], numbers, gradients)
