"""Sentences that pages and files make of what was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from verify.grading.evidence import BY_CALLER, DIFFERENCES, GRADED, SEED

if TYPE_CHECKING:
    from verify.grading.evidence import Evidence, Told

_A_KIND: Final = re.compile(r"an? ([^\W\d]\w*)")
"""How it is said that something else stands where a number has to be."""
_BEGINS: Final = "backward does not set the gradient of the result to 1: whoever calls it has to"


def gave(told: Told) -> tuple[str, str]:
    """What the engine did, as a verb and its object: ``raises``, ``TypeError``; ``is``, ``2.0``."""
    if told.got.startswith("raises "):
        return "raises", told.got.removeprefix("raises ")
    if (kind := _A_KIND.fullmatch(told.got)) is None:
        return "is", told.got
    if kind[1] == "NoneType":
        return "gives", "None"
    return ("is an" if kind[1][0].lower() in "aeiou" else "is a"), kind[1]


def remarks(evidence: Evidence, milestone: str) -> tuple[str, ...]:
    """What a milestone's row says besides its points: it costs none unless the rubric says so."""
    if milestone == "networks":
        return evidence.unjudged
    leaves_it = milestone == "backward" and evidence.conventions.get(SEED) == BY_CALLER
    return (_BEGINS,) if leaves_it else ()


def costs(kind: str, evidence: Evidence) -> str:
    """What comes behind a sign where it is not so that it costs nothing."""
    if evidence.status != GRADED:
        return " (not graded)"
    known = kind == DIFFERENCES and any(kind in told.title for told in evidence.found)
    return " (found as a mistake, too, which has cost points)" if known else ""
