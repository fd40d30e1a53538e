"""``verify replay``: an engine against a corpus, under one interpreter or under several."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

import click

from verify.commands import (
    console,
    corpus_file,
    engine_options,
    example,
    json_option,
    load_engine,
    no_color_option,
    print_outcome,
    pythons_option,
    quiet_option,
    verbose_option,
    worst,
    write_json,
)
from verify.report.plain import shell
from verify.verdict.outcome import Exit, Finished

if TYPE_CHECKING:
    from pathlib import Path

    from verify.corpus.cross_python import Run
    from verify.corpus.entry import Entry
    from verify.expression.reading import Reading

_REMEDY: Final = "record them with `verify record ENGINE -o FILE`, or leave --exact out"
BISECT: Final = {Exit.UNUSABLE: 125, Exit.INCONCLUSIVE: 125, Exit.HARNESS: 128}
"""Exit codes for ``git bisect run``: 125 leaves a commit out, 128 ends the search."""


@click.command("replay", epilog=example("verify replay golden.jsonl engine.py --exact"))
@click.argument("corpus", callback=corpus_file)
@click.argument("engine")
@click.option("--exact", is_flag=True, help="Demand the bits that were recorded from an engine.")
@click.option("--first", is_flag=True, help="Stop at the first finding.")
@pythons_option
@click.option("--all-pythons", is_flag=True, help="Every installed interpreter from 3.8 on.")
@click.option(
    "--bisect", is_flag=True, help="Exit 125 where nothing can be said, for git bisect run."
)
@engine_options
@json_option
@verbose_option
@quiet_option
@no_color_option
def command(  # noqa: PLR0913 - one argument an option
    corpus: Path,
    engine: str,
    *,
    exact: bool,
    first: bool,
    pythons: tuple[str, ...],
    all_pythons: bool,
    bisect: bool,
    json_file: str | None,
    verbose: bool,
    quiet: bool,
    no_color: bool,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> int:
    """Does ENGINE give the answers of CORPUS?

    The bounds in the file judge, so that no oracle is needed. Under several interpreters a table
    shows where their bits differ, and whether the bounds cover it.
    """
    from verify.report.agreement import as_json, lines
    from verify.report.json import reports

    if all_pythons:
        from verify.engines.loading import installed_pythons

        pythons = (*pythons, *installed_pythons())
    shown = console(no_color=no_color)
    runs = [
        _replay(corpus, engine, python, options, exact=exact, first=first)
        for python in pythons or (None,)
    ]
    outcomes = [run.outcome for run in runs]
    if json_file:
        write_json(json_file, reports(outcomes) | (as_json(runs) if len(runs) > 1 else {}))
    if json_file != "-" and len(runs) > 1:
        shown.lines(lines(runs, shown.width))
    elif json_file != "-":
        again = shell(["verify", *sys.argv[1:]])
        print_outcome(shown, outcomes[0], again, verbose=verbose, quiet=quiet)
    code = worst(outcomes)
    return BISECT.get(code, int(code)) if bisect else code


def _replay(  # noqa: PLR0913 - one argument an option
    corpus: Path,
    spec: str,
    python: str | None,
    options: dict[str, Any],
    *,
    exact: bool,
    first: bool,
) -> Run:
    from verify.corpus.cross_python import Run
    from verify.corpus.format import CorpusError, read
    from verify.engines import EngineError, EngineInfo

    begun = time.perf_counter()
    kept: list[tuple[Entry, Reading]] = []
    try:
        header, entries = read(corpus)
        if exact and header.engine is None:
            raise click.UsageError(f"{corpus} holds no engine's bits: {_REMEDY}")
        with load_engine(spec, python=python, **options) as engine:
            from verify.corpus.replay import replay

            for event in replay(engine, header, entries, exact=exact, first=first, kept=kept):
                if isinstance(event, Finished):
                    return Run(python or "", event.outcome, kept)
    except EngineError as error:
        from verify.report.json import unusable

        seconds = time.perf_counter() - begun
        info = EngineInfo(spec, "", "", "")
        outcome = unusable(info, error, seed=0, examples=0, seconds=seconds)
        return Run(python or "", outcome)
    except CorpusError as error:
        raise click.BadParameter(str(error), param_hint="CORPUS") from None
    raise AssertionError("a replay ends with its outcome")
