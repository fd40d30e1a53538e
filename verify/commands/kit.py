"""``verify kit``: a grader in the layout that a platform wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from verify.commands import Whole, example, misuse
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from pathlib import Path

_PLATFORMS: Final = ("gradescope", "prairielearn", "github", "otter", "nbgrader")


@click.command("kit", epilog=example("verify kit gradescope --out autograder"))
@click.argument("platform", type=click.Choice(_PLATFORMS))
@click.option("--out", metavar="FOLDER", required=True, help="Where it is written.")
@click.option("--rubric", metavar="FILE", help="What is demanded, in TOML.")
@click.option(
    "--seed", type=Whole(min=0), help="Draws the exam; secret unless told."
)
def command(platform: str, *, out: str, rubric: str | None, seed: int | None) -> Exit:
    """Write a grader for PLATFORM, with the rubric in it.

    gradescope: zip the folder and upload it. prairielearn: a question's folder. github: put it into
    each student's repository, and the secret VERIFY_SEED. otter, nbgrader: tests and cells for a
    notebook.
    """
    import secrets
    import textwrap
    from pathlib import Path

    from verify.grading import rubric as rubrics
    from verify.grading.kits import KITS

    with misuse(rubrics.RubricError, OSError):
        demanded = rubrics.Rubric() if rubric is None else rubrics.load(Path(rubric))
    folder = _empty(Path(out))
    KITS[platform].make(demanded, secrets.randbelow(2**32) if seed is None else seed, folder)
    click.echo(f"{platform}: {KITS[platform].says}")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        click.echo(f"  {path}")
    click.echo(textwrap.fill(f"Next: {KITS[platform].then}", 80))
    return Exit.CORRECT


def _empty(folder: Path) -> Path:
    """A folder with nothing in it, so that nothing is overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.UsageError(f"--out {folder}: there is something already; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
