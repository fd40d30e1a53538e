"""A corpus as a file: JSON lines, a header and then one case a line.

The header says what the columns of an enclosure are, and carries a digest of the case lines, so
that a damaged or cut file is noticed.  Numbers of a point are hexadecimal and exact to the bit; a
middle is the shortest decimal that reads back to the same float64; error bounds are rounded *up* to
two digits.  Keys and trailing columns that this version does not know are ignored.

Reading is lazy and needs no oracle: :meth:`Entry.relax` answers from the file what the interval
oracle would.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Context, Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from verify.graph import Case, Graph, GraphError, Leaf, number_from_json, number_to_json
from verify.reading import Enclosure, Note, Raised, Reading, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SCHEMA: Final = "verify.corpus/1"
SOURCE: Final = "interval"
"""Whose enclosures a corpus holds."""
ENGINE: Final = "engine"
"""Whose bits it may hold besides."""

COLUMNS: Final = ("middle", "bound", "radius", "freedom", "scale", "loose", "note")
"""An enclosure as a row.  Missing at the end: ``bound``, ``radius`` and ``scale`` 0, ``freedom``
the bound, ``loose`` the freedom, no note.  ``loose`` is the freedom of a gradient when the *values*
were made by other formulas than the textbook's too.  A note such as ``overflow/beyond`` is two:
what the textbook formulas meet, and what is left of it when others are granted.  A row of the
middle alone is that number, and ``null`` is a leaf, whose value is the point's."""

_NOTES: Final[dict[Any, tuple[Note, Note]]] = {
    a if a == b else f"{a}/{b}": (a, b) for a in get_args(Note) for b in get_args(Note) if a or b
}
"""A note as it stands in a row: with the bound alone, and with other formulas granted."""
_NO_FLOAT: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_UP_2: Final = Context(prec=2, rounding=ROUND_CEILING)
_UP_1: Final = Context(prec=1, rounding=ROUND_CEILING)

Number: TypeAlias = float | str
Row: TypeAlias = "list[Number] | Number | None"


class CorpusError(ValueError):
    """A corpus that cannot be read: the file, the line, the reason.

    Attributes:
        line: line in the file, counted from 1; ``None`` where it is the whole file.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        """``reason`` ends the message."""
        super().__init__(f"{path}: {reason}" if line is None else f"{path}, line {line}: {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a corpus.

    Attributes:
        cases: how many case lines follow.
        digest: ``sha256:`` of the case lines as they stand in the file.
        seed: of the population, ``None`` where the cases are somebody's own.
        generator: version of the population: the same version and seed give the same cases.
        oracles: who agreed on the answers.
        versions: of what took part in recording.
        engine: whose bits the file holds, as ``spec``, ``class`` and ``python``; ``None`` without.
    """

    cases: int
    digest: str
    seed: int | None = None
    generator: int | None = None
    oracles: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    engine: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Freedom:
    """What other formulas than the textbook's may do to each number of a case.

    Attributes:
        values: freedom of each value.
        gradients: freedom of each gradient where the values were made by the textbook's formulas.
        loose: freedom of each gradient where the values were made by others too.
        scales: size of what is subtracted to make each gradient, where rounding may leave 0.
        value_notes: the note of each value when other formulas are granted.
        gradient_notes: the note of each gradient when they are.
    """

    values: tuple[float, ...]
    gradients: tuple[float, ...]
    loose: tuple[float, ...]
    scales: tuple[float, ...]
    value_notes: tuple[Note, ...]
    gradient_notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with its answer.

    Attributes:
        case: the graph and the point.
        milestone: the step of the course that it belongs to, see :mod:`verify.corpus.population`.
        truth: enclosures with bounds; no gradients where only values are asked for.
        freedom: what :meth:`relax` adds to them.
        tags: free words.
        reading: what an engine said when it was recorded, bit by bit; ``None`` without.
        line: where it stands in the file, ``0`` before it stands anywhere.
    """

    case: Case
    milestone: str
    truth: Truth
    freedom: Freedom
    tags: tuple[str, ...] = ()
    reading: Reading | None = None
    line: int = 0

    @property
    def gradients(self) -> bool:
        """Whether gradients are asked for."""
        return bool(self.truth.gradients)

    def relax(self, truth: Truth, free: Sequence[int]) -> Truth:
        """What the interval oracle's ``relax`` gives, from the file.

        Where any node is ``free``, all of them are: which ones was not recorded.
        """
        known = self.freedom
        slopes = known.loose if free else known.gradients
        values = zip(truth.values, known.values, known.value_notes, strict=True)
        gradients = zip(truth.gradients, slopes, known.scales, known.gradient_notes, strict=True)
        return Truth(
            truth.source,
            tuple([e and replace(e, freedom=f, note=note) for e, f, note in values]),
            tuple([e and replace(e, freedom=f, scale=s, note=note) for e, f, s, note in gradients]),
        )


def write(path: Path, header: Header, entries: Iterable[Entry]) -> Header:
    """Write a corpus; ``cases`` and ``digest`` of the header are filled in.

    Returns:
        The header as written.
    """
    lines = [encode(entry) for entry in entries]
    text = "".join(f"{line}\n" for line in lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    header = replace(header, cases=len(lines), digest=f"sha256:{digest}")
    path.write_text(f"{_dump(encode_header(header))}\n{text}", encoding="utf-8")
    return header


def read(path: Path) -> tuple[Header, Iterator[Entry]]:
    """The header, and the entries one by one as they are asked for.

    Raises:
        CorpusError: naming the line that is not of this form and why; at the end, if lines are
            missing or were changed.  ``OSError`` passes.
    """
    with path.open("rb") as file:
        header = decode_header(_load(file.readline(), str(path), 1), str(path))
    return header, _entries(path, header)


def _entries(path: Path, header: Header) -> Iterator[Entry]:
    digest, count, name = hashlib.sha256(), 0, str(path)
    with path.open("rb") as file:
        file.readline()
        for number, line in enumerate(file, 2):
            digest.update(line)
            count += 1
            yield decode(_load(line, name, number), name, number)
    if count != header.cases:
        promise = f"{count} cases where the header promises {header.cases}"
        raise CorpusError(name, None, f"{promise}: the file was cut or edited; record it again")
    if header.digest != f"sha256:{digest.hexdigest()}":
        damage = "the digest does not fit the case lines: the file was edited or damaged"
        raise CorpusError(name, None, f"{damage}; record it again")


def _load(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = "it is empty" if not line.strip() else f"not JSON: {error}"
        raise CorpusError(name, number, reason) from None
    if not isinstance(data, dict):
        raise CorpusError(name, number, "not a JSON object")
    return data


def _dump(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


# --- the header -----------------------------------------------------------------------------------


def encode_header(header: Header) -> dict[str, Any]:
    """The header as plain JSON."""
    return {
        "schema": SCHEMA,
        "cases": header.cases,
        "digest": header.digest,
        "seed": header.seed,
        "generator": header.generator,
        "oracles": list(header.oracles),
        "versions": dict(header.versions),
        "columns": list(COLUMNS),
        **({"engine": dict(header.engine)} if header.engine else {}),
    }


def decode_header(data: Mapping[str, Any], name: str) -> Header:
    """The inverse of :func:`encode_header`.

    Raises:
        CorpusError: for another schema, or a key that is missing or of another type.
    """
    if data.get("schema") != SCHEMA:
        raise CorpusError(name, 1, f"schema {data.get('schema')!r}; this version reads {SCHEMA}")
    for key, kind in (("cases", int), ("digest", str)):
        if type(data.get(key)) is not kind:
            raise CorpusError(name, 1, f"{key} must be {kind.__name__}, not {data.get(key)!r}")
    if data.get("columns", list(COLUMNS))[: len(COLUMNS)] != list(COLUMNS):
        raise CorpusError(name, 1, f"columns begin otherwise than {', '.join(COLUMNS)}")
    engine = data.get("engine")
    return Header(
        cases=data["cases"],
        digest=data["digest"],
        seed=data.get("seed"),
        generator=data.get("generator"),
        oracles=tuple(data.get("oracles") or ()),
        versions=dict(data.get("versions") or {}),
        engine=dict(engine) if isinstance(engine, dict) else None,
    )


# --- a case ---------------------------------------------------------------------------------------


def encode(entry: Entry) -> str:
    """The entry as one line of JSON."""
    case, truth, free = entry.case, entry.truth, entry.freedom
    given = iter(case.point)
    leaves = [float(next(given)) if isinstance(node, Leaf) else None for node in case.graph.nodes]
    data: dict[str, Any] = {
        "graph": case.graph.to_json(),
        "point": [number_to_json(x) for x in case.point],
        "values": [
            None if _given(e, leaf) else _encode(e, freedom, 0.0, freedom, note)
            for e, leaf, freedom, note in zip(
                truth.values, leaves, free.values, free.value_notes, strict=True
            )
        ],
        "gradients": list(
            map(
                _encode,
                truth.gradients,
                free.gradients,
                free.scales,
                free.loose,
                free.gradient_notes,
            )
        ),
        "milestone": entry.milestone,
        "tags": list(entry.tags),
    }
    if entry.reading is not None:
        data["engine"] = _encode_reading(entry.reading)
    return _dump(data)


def _given(e: Enclosure | None, leaf: float | None) -> bool:
    """Whether a value is that of a leaf, which the point says already."""
    return (
        leaf is not None
        and e is not None
        and (e.middle, e.radius, e.bound, e.note) == (leaf, 0.0, 0.0, "")
    )


def _encode(e: Enclosure | None, freedom: float, scale: float, loose: float, note: Note) -> Row:
    if e is None:
        return None
    bound, freedom = up(e.bound), up(freedom)
    columns = (e.middle, bound, up(e.radius, _UP_1), freedom, up(scale), up(loose))
    defaults = (None, 0.0, 0.0, bound, 0.0, freedom)
    kept = max(i for i, (x, y) in enumerate(zip(columns, defaults, strict=True)) if not _same(x, y))
    row: list[Number] = [x if math.isfinite(x) else repr(x) for x in columns[: kept + 1]]
    if e.note or note:
        row.append(e.note if note == e.note else f"{e.note}/{note}")
    return row[0] if len(row) == 1 else row


def _same(a: float, b: float | None) -> bool:
    return a == b or (b is not None and math.isnan(a) and math.isnan(b))


def up(size: float, context: Context = _UP_2) -> float:
    """The number rounded up to two digits, or to those of the context."""
    return float(context.plus(Decimal(repr(size)))) if math.isfinite(size) else size


def decode(data: Mapping[str, Any], name: str, line: int) -> Entry:
    """The entry that a line holds.

    Raises:
        CorpusError: naming what is missing or of another form.
    """
    try:
        case = Case(
            Graph.from_json(data["graph"]), tuple([number_from_json(x) for x in data["point"]])
        )
        nodes = case.graph.nodes
        given = iter(case.point)
        rows, slopes = data["values"], data["gradients"]
        _check_size("values", len(rows), len(nodes))
        _check_size("gradients", len(slopes) or len(nodes), len(nodes))
        starts = [float(next(given)) if isinstance(node, Leaf) else None for node in nodes]
        values = list(map(_decode, rows, starts))
        gradients = [_decode(row, None) for row in slopes]
        return Entry(
            case=case,
            milestone=_text(data["milestone"], "milestone"),
            truth=Truth(SOURCE, tuple([v[0] for v in values]), tuple([g[0] for g in gradients])),
            freedom=Freedom(
                tuple([v[1] for v in values]),
                tuple([g[1] for g in gradients]),
                tuple([g[3] for g in gradients]),
                tuple([g[2] for g in gradients]),
                tuple([v[4] for v in values]),
                tuple([g[4] for g in gradients]),
            ),
            tags=tuple([_text(tag, "tags") for tag in data.get("tags", ())]),
            reading=_decode_reading(data["engine"], len(nodes)) if "engine" in data else None,
            line=line,
        )
    except GraphError as error:
        raise CorpusError(name, line, str(error)) from None
    except KeyError as error:
        raise CorpusError(name, line, f"{error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise CorpusError(name, line, str(error)) from None


def _check_size(key: str, size: int, nodes: int) -> None:
    if size != nodes:
        raise ValueError(f"{size} {key} for {nodes} nodes")


def _decode(row: Row, start: float | None) -> tuple[Enclosure | None, float, float, float, Note]:
    """An enclosure with its bound; its freedom, its scale, its loose freedom, its other note."""
    if row is None:
        given = None if start is None else Enclosure(start)
        return (given, 0.0, 0.0, 0.0, "") if given else (None, math.inf, 0.0, math.inf, "")
    if not isinstance(row, list):
        return Enclosure(_number(row)), 0.0, 0.0, 0.0, ""
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
    return Enclosure(columns[0], radius, bound, note=notes[0]), freedom, scale, loose, notes[1]


def _number(data: object) -> float:
    if type(data) is float:
        return data
    if type(data) is int:
        return float(data)
    if isinstance(data, str) and data in _NO_FLOAT:
        return _NO_FLOAT[data]
    raise ValueError(f"{data!r} is not a number, nor nan, inf or -inf as text")


def _text(data: object, key: str) -> str:
    if isinstance(data, str):
        return data
    raise ValueError(f"{key}: {data!r} is not text")


# --- an engine's bits -----------------------------------------------------------------------------


def _encode_reading(reading: Reading) -> dict[str, Any]:
    if (raised := reading.raised) is not None:
        return {"raised": raised.type, "during": raised.during, "node": raised.node}
    return {
        "values": _encode_bits(reading, "value", reading.values),
        "gradients": _encode_bits(reading, "gradient", reading.gradients),
    }


def _encode_bits(reading: Reading, quantity: str, column: Sequence[float | None]) -> list[Any]:
    faults = reading.faults
    return [
        x.hex()
        if x is not None
        else {"not": fault}
        if (fault := faults.get((quantity, i)))
        else None
        for i, x in enumerate(column)
    ]


def _decode_reading(data: Mapping[str, Any], size: int) -> Reading:
    if "raised" in data:
        during, node = data.get("during", "forward"), data.get("node")
        return Reading(ENGINE, raised=Raised(_text(data["raised"], "raised"), "", during, node))
    faults: dict[tuple[str, int], str] = {}
    columns: list[tuple[float | None, ...]] = []
    for key in ("values", "gradients"):
        column = data[key]
        _check_size(f"{key} of the engine", len(column) or size, size)
        for index, x in enumerate(column):
            if isinstance(x, dict):
                faults[key[:-1], index] = _text(x["not"], "not")
        columns.append(tuple([float.fromhex(x) if isinstance(x, str) else None for x in column]))
    return Reading(ENGINE, columns[0], columns[1], None, faults)
