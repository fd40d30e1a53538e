"""Enclosures as rows of numbers, and an engine's bits: what the lines of a corpus are made of.

A middle is the shortest decimal that reads back to the same float64; error bounds are rounded *up*
to two digits; an engine's bits are hexadecimal.  What is not of this form is a :class:`ValueError`
with the reason.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import ROUND_CEILING, Context, Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from verify.corpus.entry import SOURCE, Freedom, Known
from verify.expression.reading import Enclosure, Note, Truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
Rows: TypeAlias = "list[Row]"


def encode_known(known: Known) -> tuple[Rows, Rows]:
    """A row for each value, and one for each gradient."""
    truth, free = known.truth, known.freedom
    values = [
        _encode(e, freedom, 0.0, freedom, note)
        for e, freedom, note in zip(truth.values, free.values, free.value_notes, strict=True)
    ]
    slopes = (free.gradients, free.scales, free.loose, free.gradient_notes)
    return values, [_encode(*row) for row in zip(truth.gradients, *slopes, strict=True)]


def decode_known(values: Sequence[Row], gradients: Sequence[Row]) -> Known:
    """The inverse of :func:`encode_known`."""
    v, g = ([_decode(row) for row in rows] for rows in (values, gradients))
    return Known(
        Truth(SOURCE, tuple([r[0] for r in v]), tuple([r[0] for r in g])),
        Freedom(
            values=tuple([r[1] for r in v]),
            gradients=tuple([r[1] for r in g]),
            loose=tuple([r[3] for r in g]),
            scales=tuple([r[2] for r in g]),
            value_notes=tuple([r[4] for r in v]),
            gradient_notes=tuple([r[4] for r in g]),
        ),
    )


def given(known: Known, starts: Mapping[int, float]) -> Known:
    """With the values of leaves, which the point says already, at their nodes."""
    truth, free = known.truth, known.freedom
    values, freedoms = list(truth.values), list(free.values)
    for node, start in starts.items():
        if values[node] is None:
            values[node], freedoms[node] = Enclosure(start), 0.0
    return Known(
        replace(truth, values=tuple(values)), replace(free, values=tuple(freedoms))
    )


def is_given(e: Enclosure | None, start: float) -> bool:
    """Whether a value is that of a leaf, which the point says already."""
    return e is not None and (e.middle, e.radius, e.bound, e.note) == (start, 0.0, 0.0, "")


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


def _decode(row: Row) -> tuple[Enclosure | None, float, float, float, Note]:
    """An enclosure with its bound; its freedom, its scale, its loose freedom, its other note."""
    if row is None:
        return None, math.inf, 0.0, math.inf, ""
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


def text(data: object, key: str) -> str:
    """The data, if it is text."""
    if isinstance(data, str):
        return data
    raise ValueError(f"{key}: {data!r} is not text")


def check_size(what: str, size: int, due: int, of: str = "") -> None:
    """Refuse ``3 values for 2 nodes``, or ``3 inputs where 2 are due``."""
    if size != due:
        place = f"for {due} {of}" if of else f"where {due} are due"
        raise ValueError(f"{size} {what} {place}")


# --- an engine's bits -----------------------------------------------------------------------------


def encode_bits(
    column: Sequence[float | None], faults: Mapping[int, str] | None = None
) -> list[Any]:
    """Floats in hexadecimal, ``{"not": kind}`` for what is no float, ``null`` for nothing."""
    said = faults or {}
    return [
        x.hex() if x is not None else {"not": said[i]} if i in said else None
        for i, x in enumerate(column)
    ]


def decode_bits(column: Sequence[Any]) -> tuple[tuple[float | None, ...], dict[int, str]]:
    """The inverse of :func:`encode_bits`."""
    faults = {i: text(x["not"], "not") for i, x in enumerate(column) if isinstance(x, dict)}
    return tuple([float.fromhex(x) if isinstance(x, str) else None for x in column]), faults
