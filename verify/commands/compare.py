"""``verify compare``: where two engines differ, and which of them is right."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from verify.commands import (
    Number,
    Whole,
    console,
    engine_options,
    example,
    json_option,
    load_engine,
    misuse,
    no_color_option,
    quiet_option,
    reaches,
    seed_option,
    write_json,
)
from verify.compare.difference import KINDS, SIDES
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from verify.compare.difference import Comparison
    from verify.compare.search import Search
    from verify.engines import Engine



@click.command(
    "compare",
    epilog=example(
        "verify compare old.py new.py",
        "verify compare git:HEAD~1:engine.py engine.py",
    ),
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--examples",
    type=Whole(min=0),
    default=2000,
    show_default=True,
    help="Random expressions.",
)
@seed_option
@click.option(
    "--allow",
    metavar="CLASS",
    multiple=True,
    help=f"Accept differences of a kind ({', '.join(KINDS)}) or a side ({', '.join(SIDES)}). "
    "A kind accepts only those in which neither engine is wrong. Repeatable.",
)
@click.option("--exact", is_flag=True, help="Accept no rounding either.")
@click.option(
    "--max-slowdown",
    metavar="RATIO",
    type=Number(min=0.01),
    help="Fail if NEW is clearly slower than this times OLD.",
)
@click.option("--no-cost", is_flag=True, help="Leave speed and memory out.")
@click.option("--old-python", metavar="PATH", help="Interpreter that runs OLD.")
@click.option("--new-python", metavar="PATH", help="Interpreter that runs NEW.")
@engine_options
@json_option
@quiet_option
@no_color_option
def command(  # noqa: PLR0913 - one argument an option
    old: str,
    new: str,
    *,
    examples: int,
    seed: int,
    allow: tuple[str, ...],
    exact: bool,
    max_slowdown: float | None,
    no_cost: bool,
    old_python: str | None,
    new_python: str | None,
    json_file: str | None,
    quiet: bool,
    no_color: bool,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Do OLD and NEW give the same answers?

    Either may be git:REVISION:PATH, the engine of another revision. Exit code 1 means that they
    differ by more than rounding explains or --allow accepts.
    """
    from verify.compare.difference import allowance
    from verify.compare.search import Search

    if no_cost and max_slowdown:
        raise click.UsageError("--max-slowdown needs the measurement that --no-cost leaves out")
    with misuse(ValueError, what="--allow: "):
        allowance(allow)
    search = Search(examples=examples, seed=seed, allow=allow, exact=exact)
    with ExitStack() as stack:
        one = _load(stack, old, old_python, options)
        two = _load(stack, new, new_python, options)
        most = None if no_cost else max_slowdown or float("inf")
        found = _named(_compare(one, two, search, most), old, new)
    if json_file:
        from verify.report.comparison import as_json

        write_json(json_file, as_json(found))
    if json_file != "-":
        from verify.report.comparison import lines, verdict_lines

        shown = console(no_color=no_color)
        shown.lines((verdict_lines if quiet else lines)(found, shown.width))
    told = [reaches(info, "its answers are not believed") for info in (found.old, found.new)]
    return Exit.WRONG if any(told) else found.exit_code


def _load(stack: ExitStack, spec: str, python: str | None, options: dict[str, Any]) -> Engine:
    from verify.engines import EngineError
    from verify.engines.revision import checked_out

    with checked_out(spec) as path:
        try:
            return stack.enter_context(load_engine(path, python=python, **options))
        except EngineError as error:
            error.engine = error.engine and spec  # not the folder where a revision was unpacked
            raise


def _named(found: Comparison, old: str, new: str) -> Comparison:
    """What the user named, instead of where it was unpacked."""
    from dataclasses import replace

    return replace(found, old=replace(found.old, spec=old), new=replace(found.new, spec=new))


def _compare(old: Engine, new: Engine, search: Search, most: float | None) -> Comparison:
    """The comparison, with what is slower than ``most`` times; nothing is measured for ``None``."""
    from dataclasses import replace

    from verify.compare.cost import costs, slowdowns
    from verify.compare.search import compare

    begun = time.perf_counter()
    found = compare(old, new, search)
    if most is None:
        return found
    ratios, reason = costs(old, new)
    slower = tuple(slowdowns(ratios, most))
    return replace(
        found,
        ratios=ratios,
        unmeasured=reason,
        differences=(*found.differences, *slower),
        seconds=time.perf_counter() - begun,
    )
