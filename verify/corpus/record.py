"""Answers for cases: from the oracles, who must agree, and from an engine, bit by bit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from verify.corpus.format import Entry, Freedom, Header
from verify.corpus.population import VERSION, population
from verify.corpus.replay import answers
from verify.judge import disputes
from verify.oracles.consult import consult, present
from verify.reading import Truth
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from verify.corpus.population import Chosen
    from verify.engines import Engine
    from verify.judge import Dispute
    from verify.reading import Enclosure, Note


@dataclass(frozen=True, slots=True)
class Disputed(Exception):  # noqa: N818 - what happened, not an error of the caller's
    """The oracles contradict each other on a case, so that there is no answer to record."""

    chosen: Chosen
    disputes: tuple[Dispute, ...]

    def __str__(self) -> str:
        return f"the oracles contradict each other on {self.chosen.case}: {self.disputes[0]}"


def recorded(count: int, seed: int) -> tuple[Header, Iterator[Entry]]:
    """A corpus from the oracles; ``cases`` and ``digest`` of the header are left to writing."""
    header = Header(0, "", seed, VERSION, present(), versions())
    return header, (answer(chosen) for chosen in population(count, seed))


def header(seed: int | None, engine: Engine | None = None) -> Header:
    """A header that says who recorded, with which versions."""
    return Header(
        0, "", seed, VERSION, present(), versions(), None if engine is None else about(engine)
    )


def renewed(header: Header) -> Header:
    """The header of a corpus whose cases are answered again, here and now."""
    return replace(header, oracles=present(), versions=versions(), engine=None)


def about(engine: Engine) -> Mapping[str, str]:
    """Whose bits a golden file holds."""
    info = engine.info
    return {"spec": info.spec, "class": info.class_name, "python": info.python}


def answer(chosen: Chosen) -> Entry:
    """The case with what the oracles know of it.

    Raises:
        Disputed: if they contradict each other.
    """
    said = consult(chosen.case)
    if found := disputes(said.truth, said.witnesses, said.floats, said.relax):
        raise Disputed(chosen, found)
    tight = said.relax(said.truth, ())
    loose = said.relax(said.truth, range(len(said.truth.values)))
    slopes = slice(None) if chosen.milestone != "forward" else slice(0)
    truth = Truth(said.truth.source, said.truth.values, said.truth.gradients[slopes])
    known = _column(tight.gradients[slopes], "freedom")
    freedom = Freedom(
        values=_column(loose.values, "freedom"),
        gradients=known,
        loose=tuple(map(max, known, _column(loose.gradients[slopes], "freedom"))),
        scales=_column(tight.gradients[slopes], "scale"),
        value_notes=_notes(loose.values),
        gradient_notes=_notes(loose.gradients[slopes]),
    )
    return Entry(chosen.case, chosen.milestone, truth, freedom, chosen.tags)


def _column(row: Sequence[Enclosure | None], name: str) -> tuple[float, ...]:
    known = [math.inf if e is None else getattr(e, name) for e in row]
    return tuple([math.inf if math.isnan(x) else x for x in known])  # where nothing is known


def _notes(row: Sequence[Enclosure | None]) -> tuple[Note, ...]:
    return tuple(["" if e is None else e.note for e in row])


def golden(entries: Iterable[Entry], engine: Engine) -> Iterator[Entry]:
    """The entries with what the engine says, bit by bit."""
    for entry, reading in answers(engine, entries):
        yield replace(entry, reading=reading)
