"""One engine under several interpreters: a line each, as text and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.text import Text

from verify.corpus.cross_python import agreements
from verify.report.facts import word as word_of
from verify.report.layout import STYLES, table
from verify.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.corpus.cross_python import Agreement, Run


def lines(runs: Sequence[Run], width: int) -> Iterator[Text]:
    """A table: interpreter, verdict, bits against the first one that has any; then what differs."""
    found = agreements(runs)
    heads = [Text("Python", "bold"), Text("verdict", "bold"), Text("bits", "bold")]
    rows = [tuple(heads)]
    base = next((i for i, each in enumerate(found) if each is not None), None)
    for place, (run, each) in enumerate(zip(runs, found, strict=True)):
        verdict = run.outcome.verdict
        text = Text("the first" if place == base else _bits(each, plain(run.outcome.reason)))
        word = Text(word_of(run.outcome), STYLES[verdict])
        rows.append((Text(plain(run.name)), word, text))
    yield from table(rows, width)
    for run, each in zip(runs, found, strict=True):
        if each is not None and each.furthest is not None:
            yield Text()
            yield Text(f"Python {plain(run.name)}, the furthest apart:")
            yield from table([(Text(plain(str(each.furthest))),)], width, indent=2)


def _bits(each: Agreement | None, reason: str) -> str:
    if each is None:
        return reason
    if each.same:
        return f"the same {each.numbers:,}"
    differ = f"{len(each.apart):,} of {each.numbers:,} differ"
    if not each.covered:
        return f"{differ}, beyond the bounds"
    most = max((a.bounds for a in each.apart if math.isfinite(a.bounds)), default=0.0)
    return f"{differ}, all within the bounds (at most {most:.2g} of one)"


def as_json(runs: Sequence[Run]) -> dict[str, Any]:
    """The same as plain JSON, under the key ``agreement``."""
    return {
        "agreement": [
            {
                "python": run.name,
                "verdict": run.outcome.verdict,
                **({} if each is None else _counts(each)),
            }
            for run, each in zip(runs, agreements(runs), strict=True)
        ]
    }


def _counts(each: Agreement) -> dict[str, Any]:
    return {
        "cases": each.cases,
        "numbers": each.numbers,
        "differ": len(each.apart),
        "covered": each.covered,
        "furthest": None if each.furthest is None else plain(str(each.furthest)),
    }
