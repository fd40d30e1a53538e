"""``verify check``: the verdict, the smallest counterexamples, the diagnosis."""

from __future__ import annotations

from typing import Any

import click

from verify.commands import engine_options, load_engine
from verify.outcome import Exit, Finished


@click.command("check")
@click.argument("engine")
@engine_options
def command(engine: str, **options: Any) -> Exit:
    """Are the gradients of ENGINE right?"""
    from verify.run import check

    with load_engine(engine, **options) as loaded:
        for event in check(loaded):
            if isinstance(event, Finished):
                click.echo(event.outcome.verdict)
                return event.outcome.exit_code
    raise AssertionError("a check ends with its outcome")
