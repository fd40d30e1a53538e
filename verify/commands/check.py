"""``verify check``: the verdict, the smallest counterexamples, the diagnosis."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from verify.api import EXAMPLES, how_many, plan
from verify.commands import (
    Whole,
    console,
    engine_options,
    example,
    json_option,
    load_engine,
    misuse,
    no_color_option,
    print_outcome,
    pythons_option,
    quiet_option,
    seed_option,
    verbose_option,
    worst,
    write_json,
)
from verify.report.facts import REMEDIES
from verify.report.plain import shell
from verify.verdict.outcome import Exit, Finished, Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine, EngineInfo
    from verify.mending.mend import Mended
    from verify.report.progress import LiveProgress
    from verify.verdict.outcome import Finding, Outcome

DEEP_TOTAL: Final = 1200.0
"""Seconds of processor time that an engine has in all for a deep check."""


@click.command(
    "check",
    epilog=example(
        "verify check student.py",
        "verify check lecture.ipynb --verbose",
        "verify check package.module:Class",
    ),
)
@click.argument("engines", metavar="ENGINE...", nargs=-1)
@pythons_option
@click.option(
    "--examples", type=Whole(min=0), help=f"Random expressions; {EXAMPLES} unless told."
)
@seed_option
@click.option("--deep", is_flag=True, help="Search longer: more and larger expressions.")
@click.option(
    "--precision",
    type=click.Choice(["64"]),
    help="Demand numbers of so many bits; found out and said unless told.",
)
@click.option("--no-mend", is_flag=True, help="Do not search for changes that mend the file.")
@click.option(
    "--mend", "mend_file", metavar="FILE", help="Write a changed copy that passes; ENGINE stays."
)
@engine_options
@json_option
@click.option(
    "--hints", type=Whole(0, 3), default=3, show_default=True,
    help="How much is told: milestone, program, mistake, all.",
)  # fmt: skip
@verbose_option
@click.option(
    "--jobs", type=Whole(min=1), default=1, show_default=True,
    help="Processes: engines at a time, or oracles that help with one.",
)  # fmt: skip
@quiet_option
@no_color_option
def command(  # noqa: PLR0913 - one argument an option
    engines: tuple[str, ...],
    *,
    pythons: tuple[str, ...],
    examples: int | None,
    seed: int,
    deep: bool,
    precision: str | None,
    no_mend: bool,
    mend_file: str | None,
    json_file: str | None,
    hints: int,
    jobs: int,
    verbose: bool,
    quiet: bool,
    no_color: bool,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Are the gradients of ENGINE right?

    ENGINE is a .py file, a notebook, a package's folder, package.module or package.module:Class.
    Of several, the exit code is the worst: 4, 2, 1, 3, 0 in that order.
    """
    from verify.report.hints import shown as told_at
    from verify.report.json import reports

    if not engines:
        if not options["command"]:
            raise click.UsageError(f"name an engine. {REMEDIES['not found']}")
        engines = (options["command"],)
    bits = None if precision is None else int(precision)
    if deep and options["total"] is None:
        options["total"] = DEEP_TOTAL
    _writable(mend_file, engines)
    line_is_told = told_at(hints).mistake  # which a change that passes confirms
    mend = not no_mend and bool(line_is_told or mend_file or json_file)
    effort = _Effort(how_many(examples, deep=deep), seed, deep, bits, mend)
    talk = json_file != "-"
    outcomes: list[Outcome] = []
    checked = _checked(engines, pythons, effort, options, jobs=jobs, no_color=no_color)
    for engine in engines:
        for python in pythons or (None,):
            outcome, mended = next(checked)
            outcomes.append(outcome)
            if talk:
                again = _again(engine, python, effort, options)
                shown = console(stderr=outcome.verdict == "unusable", no_color=no_color)
                print_outcome(shown, outcome, again, hints, verbose=verbose, quiet=quiet)
            _write_copy(mend_file, mended)
    if json_file:
        write_json(json_file, reports(outcomes))
    if talk and len(outcomes) > 1 and not quiet:
        from verify.report.text import overview

        screen = console(no_color=no_color)
        screen.lines(overview(outcomes, screen.width))
    return worst(outcomes)


@dataclass(frozen=True, slots=True)
class _Effort:
    examples: int
    seed: int
    deep: bool
    precision: int | None
    mend: bool = True

    @property
    def plan(self) -> dict[str, Any]:
        """What the plan of a check is made of."""
        return {key: value for key, value in asdict(self).items() if key != "mend"}


def _checked(  # noqa: PLR0913 - what is checked, and how
    engines: Sequence[str],
    pythons: Sequence[str],
    effort: _Effort,
    options: dict[str, Any],
    *,
    jobs: int,
    no_color: bool,
) -> Iterator[tuple[Outcome, Mended | None]]:
    """The outcome of each engine under each Python, in order; so many at a time.

    One alone is helped by oracles in other processes.
    """
    tasks = []
    for engine in engines:
        apart = {"apart": [other for other in engines if other != engine]}
        tasks += [(engine, python, effort, options | apart) for python in pythons or (None,)]
    if jobs == 1 or len(tasks) == 1 or "fork" not in multiprocessing.get_all_start_methods():
        from verify.checking.ahead import helpers

        with helpers(jobs if len(tasks) == 1 else 1):
            for task in tasks:
                yield _check(*task, no_color=no_color)
        return
    with multiprocessing.get_context("fork").Pool(min(jobs, len(tasks)), _quietly) as pool:
        for outcome in pool.imap(_check_apart, tasks):
            yield outcome, None  # a copy is written of one engine only


def _quietly() -> None:
    """Several at a time show no progress, and leave Ctrl-C to the process that was started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _check_apart(task: tuple[str, str | None, _Effort, dict[str, Any]]) -> Outcome:
    return _check(*task, no_color=True)[0]


def _check(
    engine: str,
    python: str | None,
    effort: _Effort,
    options: dict[str, Any],
    *,
    no_color: bool,
) -> tuple[Outcome, Mended | None]:
    from verify.engines import EngineError, EngineInfo
    from verify.engines.engine import broke_off

    begun = time.perf_counter()
    refused = EngineError("accident", "the check ended without an outcome")
    so_far: tuple[list[Finding], EngineInfo | None] = [], None
    try:
        with load_engine(engine, python=python, **options) as loaded:
            from verify.checking.run import check

            found: list[Finding] = []
            with _progress(no_color=no_color) as live:
                try:
                    for event in check(loaded, plan(**effort.plan)):
                        live.listen(event)
                        if isinstance(event, Found):
                            found.append(event.finding)
                        if isinstance(event, Finished):
                            done = _looked_into(loaded, event.outcome, live, mend=effort.mend)
                            return replace(done[0], seconds=time.perf_counter() - begun), done[1]
                except KeyboardInterrupt:
                    so_far = found, loaded.info
                    raise
    except KeyboardInterrupt:
        _print_so_far(*so_far, no_color=no_color)
        raise
    except EngineError as error:
        refused = error
    except click.ClickException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one engine brings about, the next is run
        refused = broke_off(error)
    from verify.engines.regular import exists
    from verify.report.json import unusable

    spent = time.perf_counter() - begun
    info = EngineInfo(engine, engine if exists(engine) else "", "", "")
    refusal = unusable(info, refused, seed=effort.seed, examples=effort.examples, seconds=spent)
    return refusal, None


def _print_so_far(found: list[Finding], info: EngineInfo | None, *, no_color: bool) -> None:
    """What was found until Ctrl-C: no verdict, since much was not tried."""
    if not found or info is None:
        return
    from verify.report.text import findings_lines

    shown = console(no_color=no_color)
    shown.print("interrupted; found so far:")
    shown.lines(findings_lines(found, info, shown.width))


def _looked_into(
    engine: Engine, outcome: Outcome, live: LiveProgress, *, mend: bool
) -> tuple[Outcome, Mended | None]:
    """The outcome with lines, changes and programs; Ctrl-C ends the search, not the report."""
    if not outcome.findings:
        return outcome, None
    from verify.mending.after import looked_into
    from verify.report.reproduce import reproduced

    found, _ = looked_into(engine, outcome, mend=False)
    done: Mended | None = None
    if mend:
        try:
            found, done = looked_into(engine, outcome, mend=True, listen=live.mending)
        except KeyboardInterrupt:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)  # it was heard
            click.echo("no longer searched for changes", err=True)
    return reproduced(engine, found), done


def _writable(file: str | None, engines: tuple[str, ...]) -> None:
    """Refuse early to write several copies, or over what is checked."""
    if file is None:
        return
    if len(engines) != 1:
        raise click.UsageError("--mend FILE takes one engine")
    if Path(file).exists() and Path(file).samefile(engines[0].partition(":")[0] or "."):
        raise click.UsageError(f"--mend {file}: that is the engine itself; name another file")
    if Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
        raise click.BadParameter(f"{file}: not a file in an existing folder")


def _write_copy(file: str | None, mended: Mended | None) -> None:
    """Write the changed copy, if one is wanted and there is one."""
    if file is None:
        return
    if mended is None or not mended.changed:
        click.echo(f"--mend: nothing was mended, {file} was not written", err=True)
        return
    with misuse(OSError, ValueError, what=f"--mend {file}: "):
        Path(file).write_text(mended.copy(), encoding="utf-8")


def _progress(*, no_color: bool) -> LiveProgress:
    from verify.report.progress import LiveProgress

    return LiveProgress(console(stderr=True, no_color=no_color))


def _again(engine: str, python: str | None, effort: _Effort, options: dict[str, Any]) -> str:
    """The command that repeats the check of one engine."""
    words: list[str] = ["verify", "check", engine]
    numbers = {
        "--python": python,
        "--seed": effort.seed,
        "--examples": effort.examples,
        "--precision": effort.precision,
    }
    for name, value in numbers.items():
        words += [name, str(value)] if value is not None else []
    words += ["--deep"] * effort.deep
    for name, key in _SPELLED.items():
        value = options[key]
        for one in value if isinstance(value, tuple) else (value,):
            words += [name, str(one)] if one is not None else []
    return shell(words)


_SPELLED: Final = {
    "--class": "class_name",
    "--command": "command",
    "--isolation": "isolation",
    "--adapter": "adapter",
    "--timeout": "timeout",
    "--total": "total",
}
