"""A corpus as a file: JSON lines, a header and then one case or lesson a line.

The header says what the columns of an enclosure are, and carries a digest of the lines after it, so
that a damaged or cut file is noticed.  Keys and trailing columns that this version does not know
are ignored.  Reading is lazy and needs no oracle.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from verify.corpus.codec import COLUMNS, decode_entry, decode_lesson, encode_entry, encode_lesson
from verify.corpus.entry import Entry, Header, Line
from verify.expression.graph import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

SCHEMA: Final = "verify.corpus/1"


class CorpusError(ValueError):
    """A corpus that cannot be read: the file, the line, the reason.

    Attributes:
        line: line in the file, counted from 1; ``None`` where it is the whole file.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        """``reason`` ends the message."""
        super().__init__(f"{path}: {reason}" if line is None else f"{path}, line {line}: {reason}")
        self.line = line


def whole(header: Header, entries: Iterable[Line]) -> tuple[Header, str]:
    """The header with ``cases`` and ``digest`` filled in, and the text of the whole file."""
    lines = [encode(entry) for entry in entries]
    text = "".join(f"{line}\n" for line in lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    header = replace(header, cases=len(lines), digest=f"sha256:{digest}")
    return header, f"{_dump(encode_header(header))}\n{text}"


def read(path: Path) -> tuple[Header, Iterator[Line]]:
    """The header, and the entries one by one as they are asked for.

    Nothing is believed before the digest of all of it fits: a changed number would judge.

    Raises:
        CorpusError: if lines are missing or were changed, naming the first that is not of this form
            and why, where there is one.  ``OSError`` passes.
    """
    with path.open("rb") as file:
        header = decode_header(_load(file.readline(), str(path), 1), str(path))
        digest, count = hashlib.sha256(), 0
        for line in file:
            digest.update(line)
            count += 1
    if (count, f"sha256:{digest.hexdigest()}") != (header.cases, header.digest):
        _tell_damage(path, header.cases, count)
    return header, _entries(path)


def _tell_damage(path: Path, promised: int, count: int) -> NoReturn:
    name = str(path)
    for _ in _entries(path):
        pass  # it raises at a line that is of another form
    if count != promised:
        promise = f"{count} cases where the header promises {promised}"
        raise CorpusError(name, None, f"{promise}: the file was cut or edited; record it again")
    damage = "the digest does not fit the case lines: the file was edited or damaged"
    raise CorpusError(name, None, f"{damage}; record it again")


def _entries(path: Path) -> Iterator[Line]:
    name = str(path)
    with path.open("rb") as file:
        file.readline()
        for number, line in enumerate(file, 2):
            yield decode(_load(line, name, number), name, number)


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
    columns = data.get("columns", list(COLUMNS))
    if not isinstance(columns, list) or columns[: len(COLUMNS)] != list(COLUMNS):
        raise CorpusError(name, 1, f"columns begin otherwise than {', '.join(COLUMNS)}")
    engine = data.get("engine")
    try:
        return Header(
            cases=data["cases"],
            digest=data["digest"],
            seed=data.get("seed"),
            generator=data.get("generator"),
            oracles=tuple(map(str, data.get("oracles") or ())),
            versions=dict(data.get("versions") or {}),
            engine=dict(engine) if isinstance(engine, dict) else None,
        )
    except (TypeError, ValueError) as error:
        raise CorpusError(name, 1, f"oracles or versions are of another form: {error}") from None


# --- a line ---------------------------------------------------------------------------------------

_KINDS: Final[dict[str, Callable[[Mapping[str, Any], int], Line]]] = {
    "graph": decode_entry,
    "network": decode_lesson,
}
"""What a line holds, by the key that only this kind has."""


def encode(line: Line) -> str:
    """The entry or lesson as one line of JSON."""
    return _dump(encode_entry(line) if isinstance(line, Entry) else encode_lesson(line))


def decode(data: Mapping[str, Any], name: str, line: int) -> Line:
    """The entry or lesson that a line holds.

    Raises:
        CorpusError: naming what is missing or of another form.
    """
    kind = next((key for key in _KINDS if key in data), None)
    if kind is None:
        raise CorpusError(name, line, f"{' or '.join(_KINDS)} is missing")
    try:
        return _KINDS[kind](data, line)
    except GraphError as error:
        raise CorpusError(name, line, str(error)) from None
    except KeyError as error:
        raise CorpusError(name, line, f"{error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise CorpusError(name, line, str(error)) from None
