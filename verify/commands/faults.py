"""``verify faults``: the harness against its own catalogue, the kill matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from verify.commands import (
    Whole,
    console,
    example,
    json_option,
    no_color_option,
    write_file,
    write_json,
)
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from verify.checking.kill_matrix import Row


@click.command("faults", epilog=example("verify faults --list"))
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--seed", type=Whole(min=0), default=0, show_default=True)
@click.option("--docs", metavar="FILE", help="Write the catalogue and this run as a page.")
@click.option(
    "--diagnosis", is_flag=True, help="Check each to the end: is it named rightly, and told once?"
)
@click.option(
    "--lecture", is_flag=True, help="With --diagnosis: in an engine like the lecture's as well."
)
@click.option("--list", "only_list", is_flag=True, help="List the mistakes; plant none.")
@json_option
@no_color_option
def command(  # noqa: PLR0913 - one argument an option
    ids: tuple[str, ...],
    *,
    seed: int,
    docs: str | None,
    diagnosis: bool,
    lecture: bool,
    only_list: bool,
    json_file: str | None,
    no_color: bool,
) -> Exit:
    """Does the harness catch every mistake that it knows?

    Plants each mistake of the catalogue (or those named) in a right engine and checks it. Exit code
    0 if all are caught, 4 if the harness misses one; with --diagnosis, if one gets another's name.
    """
    from verify.checking.kill_matrix import matrix, summary, to_json, to_markdown
    from verify.faults import CATALOGUE

    if unknown := [name for name in ids if name not in CATALOGUE]:
        raise click.UsageError(f"no mistake {unknown[0]!r}; `verify faults --list` names them all")
    out = console(no_color=no_color)
    if only_list:
        for name in ids or CATALOGUE:
            out.print(f"{name:<24} {CATALOGUE[name].title}", markup=False, highlight=False)
        return Exit.CORRECT
    if diagnosis:
        return _diagnosed(out, ids, seed, docs, json_file, lecture=lecture)
    rows = list(matrix(seed, ids))
    figures = summary(rows)
    if json_file:
        write_json(json_file, to_json(rows, seed))
    if docs:
        write_file("--docs", docs, to_markdown(rows, seed).encode())
    if json_file != "-":
        out.print(_table(rows))
        out.print(
            f"{figures['caught']} of {figures['faults']} caught; median "
            f"{figures['median_seconds']:.2f} s, worst {figures['worst_seconds']:.1f} s; "
            f"{figures['small']} counterexamples of at most three operations",
            highlight=False,
        )
    return Exit.CORRECT if figures["caught"] == figures["faults"] else Exit.HARNESS


def _diagnosed(  # noqa: PLR0913 - one argument an option
    out: Console,
    ids: tuple[str, ...],
    seed: int,
    docs: str | None,
    json_file: str | None,
    *,
    lecture: bool,
) -> Exit:
    """Every mistake checked to the end; a line for each that is not named first and told once."""
    from verify.checking.naming import Named, namings, summary, to_json, to_markdown

    runs: list[list[Named]] = []
    for style in (False, True)[: 1 + lecture]:
        runs.append([])
        for row in namings(seed, ids, lecture=style):
            runs[-1].append(row)
            if json_file != "-" and (row.rank != 1 or row.findings != 1):
                out.print(f"{row.fault}: {'; '.join(row.names)}", markup=False, highlight=False)
        figures = summary(runs[-1])
        if json_file != "-":
            where = " in the lecture's style" if style else ""
            out.print(
                f"{figures['first']} of {figures['faults']}{where} named rightly and first, "
                f"{figures['in_three']} among the first three, {len(figures['plain'])} in plain "
                f"words, {len(figures['false'])} by another's name; {figures['once']} told once",
                highlight=False,
            )
    rows, *others = runs
    if json_file:
        write_json(json_file, to_json(rows, seed, *others))
    if docs:
        write_file("--docs", docs, to_markdown(rows, seed, *others).encode())
    bad = any(told["false"] or told["unseen"] for told in map(summary, runs))
    return Exit.HARNESS if bad else Exit.CORRECT


def _table(rows: list[Row]) -> Table:
    from rich.table import Table

    table = Table("mistake", "caught by", "cases", "seconds", "operations", "named", box=None)
    for row in rows:
        table.add_row(
            row.fault,
            row.check if row.caught else "MISSED",
            str(row.cases),
            f"{row.seconds:.2f}",
            str(row.operations),
            "itself" if row.named == row.fault else row.named or "none",
        )
    return table
