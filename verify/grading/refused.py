"""Why an engine cannot be graded: what its author needs to know, and what a teacher may do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.report.facts import REMEDIES, placeless
from verify.report.plain import plain

if TYPE_CHECKING:
    from verify.engines import EngineError


@dataclass(frozen=True, slots=True)
class _Remedy:
    """Of a kind of error.

    Attributes:
        author: what the author does about it.
        teacher: what the teacher may do.
    """

    author: str
    teacher: str = ""


_REMEDIES: Final = {
    "syntax": _Remedy(
        "Correct that line.", "If it is meant for another Python, name that with --python."
    ),
    "import": _Remedy(
        "It has to import by itself.", "If it needs another Python, name that with --python."
    ),
    **{kind: _Remedy(REMEDIES[kind])
       for kind in ("notebook", "construct", "endless", "memory", "died")},
}  # fmt: skip
"""By the kind of error; of all others the remedy is the teacher's."""
_COMMAND: Final = re.compile(
    r"(?:; (judge each by itself)|, which is (judged by))?: (verify check .*)", re.DOTALL
)
"""What a message tells to type: nothing for an author, who has neither the tool nor that place."""
_ELSEWHERE: Final = {
    "judge each by itself": _Remedy("Hand in one of them.", "Judge each by itself"),
    "judged by": _Remedy("Hand in the file that defines it.", "That one is judged by"),
}
"""By these words before the command: the engine is not the one thing that was handed in."""
_LACKING: Final = re.compile(r"is needed, and \S+ is not available here")
"""How it is said that a package is not there, whatever is done with it."""
_WITHOUT: Final = _Remedy("It has to do without that package.")


def refused(error: EngineError) -> str:
    """Why, in words for the author: no place of the teacher's, and nothing to type."""
    words = _COMMAND.sub("", str(error).rstrip("."))
    if error.engine:
        words = words.replace(error.engine, Path(error.engine).name)
    remedy = _remedy(error)
    return plain(f"{placeless(words)}. {remedy.author if remedy else ''}".strip(), 1000)


def advice(error: EngineError) -> str:
    """What the teacher may do besides; ``""`` if there is nothing."""
    remedy = _remedy(error)
    words = remedy.teacher if remedy else REMEDIES.get(error.kind, "")
    command = _COMMAND.search(str(error))
    return f"{words}: {command[3]}" if command and (command[1] or command[2]) else words


def _remedy(error: EngineError) -> _Remedy | None:
    if _LACKING.search(str(error)):
        return _WITHOUT
    if (command := _COMMAND.search(str(error))) and (how := command[1] or command[2]):
        return _ELSEWHERE[how]
    return _REMEDIES.get(error.kind)
