"""Why an engine cannot be graded: what its author needs to know, and what a teacher may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.report.facts import REMEDIES, reason
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


def refused(error: EngineError) -> str:
    """Why, in words for the author."""
    remedy = _REMEDIES.get(error.kind)
    return plain(f"{reason(error)}. {remedy.author if remedy else ''}".strip(), 1000)


def advice(error: EngineError) -> str:
    """What the teacher may do besides; ``""`` if there is nothing."""
    remedy = _REMEDIES.get(error.kind)
    return remedy.teacher if remedy else REMEDIES.get(error.kind, "")
