"""``verify baseline``: keep what is known of an engine in a file, and hold it against that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.commands import Number, Whole, console, engine_options, example, load_engine, write_file
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from verify.compare.baseline import Baseline, Change
    from verify.verdict.outcome import Outcome


@click.group("baseline", epilog=example("verify baseline save engine.py -o engine.toml"))
def command() -> None:
    """Keep an engine's verdicts, speed and known deviations in a file to commit."""


@command.command("save", epilog=example("verify baseline save engine.py -o engine.toml"))
@click.argument("engine")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file.",
)
@click.option("--python", metavar="PATH", help="Interpreter that runs the engine.")
@click.option(
    "--examples",
    type=Whole(min=0),
    default=400,
    show_default=True,
    help="Random expressions.",
)
@click.option("--seed", type=Whole(min=0), default=0, show_default=True, help="Of those.")
@click.option("--no-speed", is_flag=True, help="Leave the speed out.")
@engine_options
def save_command(  # noqa: PLR0913 - one argument an option
    engine: str,
    *,
    output: Path,
    python: str | None,
    examples: int,
    seed: int,
    no_speed: bool,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Check ENGINE and write what was found; a wrong engine's deviations become known ones."""
    from verify.checking.run import Plan
    from verify.compare.baseline import observe, text

    with load_engine(engine, python=python, **options) as loaded:
        seen, found = observe(loaded, Plan(examples, seed), speed=not no_speed)
    if found.exit_code == Exit.HARNESS:
        click.echo(f"verify: {plain(found.reason)}", err=True)
        return Exit.HARNESS
    write_file("--output", output, text(seen).encode())
    count = len(seen.deviations)
    words = f"{output}: {seen.spec} is {seen.verdict}, {count} known deviations"
    click.echo(plain(words, 1000))
    return Exit.CORRECT


@command.command("check", epilog=example("verify baseline check engine.toml engine.py"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("engine", required=False)
@click.option("--python", metavar="PATH", help="Interpreter that runs the engine.")
@click.option(
    "--max-slowdown",
    metavar="RATIO",
    type=Number(min=1),
    default=1.2,
    show_default=True,
    help="How much slower counts.",
)
@click.option("--no-speed", is_flag=True, help="Leave the speed out.")
@engine_options
def check_command(
    file: Path,
    engine: str | None,
    *,
    python: str | None,
    max_slowdown: float,
    no_speed: bool,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Is ENGINE (or the one that FILE names) as FILE says?

    What got worse fails (1). What got better makes an entry stale: reported, and no failure.
    """
    from verify.checking.run import Plan
    from verify.compare.baseline import BaselineError, changes, observe, read

    try:
        saved = read(file)
    except BaselineError as error:
        raise click.BadParameter(str(error), param_hint="FILE") from None
    with load_engine(engine or saved.spec, python=python, **options) as loaded:
        plan = Plan(saved.examples, saved.seed)
        seen, found = observe(loaded, plan, speed=bool(saved.speed) and not no_speed)
        changed = list(changes(saved, seen, loaded, max_slowdown))
    _print(saved, seen, changed)
    return _code(found, changed)


def _code(found: Outcome, changed: list[Change]) -> Exit:
    if found.exit_code in {Exit.HARNESS, Exit.UNUSABLE}:
        return found.exit_code
    return Exit.WRONG if any(change.worse for change in changed) else Exit.CORRECT


def _print(saved: Baseline, seen: Baseline, changed: list[Change]) -> None:
    from rich.text import Text

    from verify.report.layout import STYLES, table

    shown = console()
    for change in changed:
        word = (
            Text("WORSE", STYLES["wrong"]) if change.worse else Text("STALE", STYLES["imprecise"])
        )
        words = Text(plain(f"{change.what}: {change.was}; now {change.now}"))
        shown.lines(table([(word, words)], shown.width))
    stale = sum(not change.worse for change in changed)
    counts = (
        f"{len(saved.deviations)} known deviations, {len(changed) - stale} worse, {stale} stale"
    )
    click.echo(plain(f"{seen.spec}: {seen.verdict}, {counts}") + "; save it again" * bool(stale))
