"""The terminal, or whatever stands in its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text


class Screen(Console):
    """A console that says when nobody reads it any more, instead of ending the program."""

    def on_broken_pipe(self) -> NoReturn:
        """Rich would exit with code 1, which is a verdict here.

        Raises:
            BrokenPipeError: always.
        """
        raise BrokenPipeError

    def lines(self, laid_out: Iterable[Text]) -> None:
        """Print lines that are as long as they are meant to be."""
        for line in laid_out:
            self.print(line, soft_wrap=True)


def screen(*, stderr: bool = False, no_color: bool = False) -> Screen:
    """One of the standard streams: plain text unless it is a terminal.

    Args:
        stderr: standard error instead of standard output.
        no_color: no escape sequence at all; the environment variable ``NO_COLOR`` says the same.
    """
    bare = no_color or bool(os.environ.get("NO_COLOR"))
    return Screen(
        stderr=stderr,
        color_system=None if bare else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )
