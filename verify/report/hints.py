"""How much a report says of a mistake: from the milestone alone to the change that mends it.

A student who is told everything learns little, and one who is told nothing cannot go on.  Level 0
names the step of the course; 1 the operation and the smallest program; 2 the mistake, the question
that leads to it, and the line; 3 the formula, and the change of the source, where one is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.corpus.population import milestone
from verify.faults import CATALOGUE

if TYPE_CHECKING:
    from verify.verdict.outcome import Finding

MOST: Final = 3
"""The level that tells all; the default for one's own engine."""
IN_CLASS: Final = 1
"""The default for a class."""
LEVELS: Final = (
    "which milestone",
    "the operation, and the smallest program that shows it",
    "the mistake, the question that leads to it, and the line",
    "the formula, and the change that mends it",
)
"""What each level adds to the one before."""

_FAMILIES: Final[dict[str, str]] = {
    "forward": "values", "operands": "numbers beside nodes", "local rule": "local derivatives",
    "accumulation": "accumulation on reuse", "order": "the order of the pass",
    "graph": "the graph is kept", "state": "several passes", "cost": "time",
    "network": "networks",
}  # fmt: skip
_GENERAL: Final = {
    "value": "Work the expression out by hand: which operation gives another value?",
    "gradient": "Work out the derivative by hand: what does backward hand to this node, and when?",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which parts of a finding a level shows.

    Attributes:
        program: the operation, the numbers and the program.
        mistake: the title, the explanation, the question, and the line.
        mending: formula and change.
    """

    program: bool
    mistake: bool
    mending: bool


def shown(level: int) -> Shown:
    """What is shown at a level, 0 to 3.

    Raises:
        ValueError: for another level.
    """
    if level not in range(MOST + 1):
        raise ValueError(f"there is no level of help {level}: 0 to {MOST}")
    return Shown(level >= 1, level >= 2, level >= 3)


def step(finding: Finding) -> str:
    """The step of the course that a finding belongs to, in words."""
    known = CATALOGUE.get(finding.diagnosis.fault)
    if known:
        return _FAMILIES[known.family]
    if finding.place:
        return _FAMILIES["network"]
    if finding.scenario:
        return _FAMILIES["state"]
    return milestone(finding.case)


def question(fault: str, quantity: str = "gradient") -> str:
    """The question that leads to a mistake, from the catalogue where it is known.

    Args:
        fault: id in the catalogue; ``""`` for a mistake that is not in it.
        quantity: ``value`` or ``gradient``, whichever is wrong.
    """
    known = CATALOGUE.get(fault)
    return known.hints[1] if known else _GENERAL[quantity]


def answer(fault: str) -> str:
    """The last hint: nearly what to write; ``""`` for a mistake that is not in the catalogue."""
    known = CATALOGUE.get(fault)
    return known.hints[2] if known else ""


def change(finding: Finding) -> str:
    """The change of the source that mends it, as a unified diff; ``""`` where none is known."""
    return finding.mend.diff if finding.mend and finding.mend.confirmed else ""
