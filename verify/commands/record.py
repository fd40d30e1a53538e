"""``verify record``: cases with their true gradients, or with an engine's bits, as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from verify.commands import (
    Whole,
    corpus_file,
    engine_options,
    example,
    load_engine,
    reaches,
    write_file,
)
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.corpus.entry import Header, Line
    from verify.engines import Engine

CASES: Final = 2400
ORACLES: Final = "-"
STANDARD_OUTPUT: Final = Path("-")


def _writable(_context: click.Context, _option: click.Parameter, output: Path) -> Path:
    """The callback of ``--output``: the work is not done first, and lost then."""
    if output == STANDARD_OUTPUT:
        return output
    if not output.parent.is_dir():
        reason = f"there is no folder {output.parent}; make it, or name another file"
    elif not os.access(output.parent, os.W_OK):
        reason = f"the folder {output.parent} cannot be written to; name another file"
    else:
        return output
    raise click.UsageError(f"--output {output}: {reason}")


def _no_draw_beside(origin: Path | None) -> None:
    """Refuse what says which cases to draw, where a corpus says it."""
    context = click.get_current_context()
    asked = [
        f"--{name}"
        for name in ("cases", "seed")
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]
    if origin is not None and asked:
        raise click.UsageError(
            f"{' and '.join(asked)} and --from: the cases are those of {origin}; leave one out"
        )


@click.command(
    "record",
    epilog=example(
        "verify record - -o exam.jsonl",
        "verify record engine.py -o golden.jsonl",
    ),
)
@click.argument("source", metavar="ENGINE|-")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
    callback=_writable,
    required=True,
    help="The corpus; - is standard output.",
)
@click.option(
    "--from",
    "origin",
    callback=corpus_file,
    metavar="CORPUS",
    help="Take the cases of this corpus; from an engine, their answers too.",
)
@click.option(
    "--cases",
    type=Whole(min=1),
    default=CASES,
    show_default=True,
    help="About how many; some 700 that are not random are always among them.",
)
@click.option(
    "--seed", type=Whole(min=0), default=0, show_default=True, help="Of the random cases."
)
@click.option(
    "--python", metavar="PATH", help="Interpreter or virtual environment that runs the engine."
)
@engine_options
def command(  # noqa: PLR0913 - one argument an option
    source: str,
    *,
    output: Path,
    origin: Path | None,
    cases: int,
    seed: int,
    python: str | None,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Record a corpus: from the oracles (-), or what ENGINE says, bit by bit.

    A file recorded from an engine is a golden file: verify replay --exact demands its bits.
    """
    from verify.corpus.record import Disputed

    _no_draw_beside(origin)
    try:
        header, entries = _answers(origin, cases, seed, again=source == ORACLES)
        if source == ORACLES:
            header = _written(output, header, entries)
            _tell(output, f"{header.cases:,} cases, answered by {', '.join(header.oracles)}")
            return Exit.CORRECT
        with load_engine(source, python=python, **options) as engine:
            if reaches(engine.info, "nothing is recorded of it"):
                return Exit.WRONG
            return _golden(output, header, entries, engine)
    except Disputed as disputed:
        click.echo(f"verify: {plain(str(disputed))}", err=True)
        return Exit.HARNESS


def _answers(
    origin: Path | None, cases: int, seed: int, *, again: bool
) -> tuple[Header, Iterable[Line]]:
    from verify.corpus.format import read
    from verify.corpus.record import anew, recorded, renewed

    if origin is None:
        return recorded(cases, seed)
    header, entries = read(origin)
    if not again:
        return header, entries
    held = list(entries)  # the file may be the one that is written
    return renewed(header), map(anew, held)


def _written(output: Path, header: Header, entries: Iterable[Line]) -> Header:
    from verify.corpus.format import whole

    header, text = whole(header, entries)
    if output == STANDARD_OUTPUT:
        click.echo(text.encode(), nl=False)
    else:
        write_file("--output", output, text.encode())
    return header


def _tell(output: Path, text: str) -> None:
    """What was recorded, away from the corpus itself."""
    name = "standard output" if output == STANDARD_OUTPUT else str(output)
    click.echo(plain(f"{name}: {text}", 1000), err=output == STANDARD_OUTPUT)


def _golden(output: Path, header: Header, entries: Iterable[Line], engine: Engine) -> Exit:
    from dataclasses import replace

    from verify.corpus.answers import ended, judged
    from verify.corpus.entry import Entry
    from verify.corpus.record import about, golden

    lines = list(golden(entries, engine))
    header = _written(output, replace(header, engine=about(engine)), lines)
    cases = [(e, e.reading) for e in lines if isinstance(e, Entry) and e.reading]
    wrong = sum(bool(judged(e, r).wrong) for e, r in cases if not ended(e, r))
    _tell(output, f"{header.cases:,} cases, with the bits of {engine.info.spec}")
    if wrong:
        click.echo(
            f"on {wrong} of them its numbers are wrong; they were recorded as they are", err=True
        )
    return Exit.CORRECT
