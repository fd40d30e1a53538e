"""A program that a report shows, run against the engine; what it prints is told."""

from __future__ import annotations

import os
import sys

from .attempt import Attempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from .namespace import Namespace

MOST_PRINTED: Final = 20
LONGEST: Final = 200


def paste(space: Namespace, program: str, inside: bool) -> dict[str, Any]:
    """Run a program and tell what it printed, a text for each ``print``, and what it raised.

    Args:
        space: the engine's definitions.
        program: Python text.
        inside: whether it stands below the definitions, as in a notebook's cell; otherwise it has
            to import what it uses.
    """
    printed: list[str] = []

    def write(*things: Any, **_: Any) -> None:
        if len(printed) < MOST_PRINTED:
            printed.append(" ".join(map(str, things))[:LONGEST])

    names: dict[str, Any] = dict(space.names) if inside else {}
    names.update(__name__="__main__", print=write)
    path, folder = list(sys.path), os.getcwd()
    for file in sorted(space.files)[:1]:
        if os.path.isdir(os.path.dirname(file)):
            os.chdir(os.path.dirname(file))  # where whoever pastes it has the file
    with Attempt(space) as attempt:
        attempt.during = "forward"
        exec(compile(program, "<program>", "exec", dont_inherit=True), names)  # noqa: S102
    sys.path[:] = path
    os.chdir(folder)
    return {"printed": printed, "raised": attempt.raised}
