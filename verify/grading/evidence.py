"""What was seen of one submission, as plain data: the same for every rubric."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Seen = Literal["right", "wrong", "missing", "not reached", "undecided"]
"""What is said of a criterion.  ``wrong``: a mistake is charged to it.  ``missing``: it is not
there.  ``not reached``: mistakes that are charged elsewhere leave nothing to judge it by."""

GRADED: Final = "graded"
NOT_GRADED: Final = "not graded"
REACHES: Final = "reaches"
"""The kind of a sign with which no submission is called correct."""
DIFFERENCES: Final = "finite differences"
"""The kind of a sign that is a mistake as well, where gradients are nothing else."""
SEED: Final = "seed"
"""The convention by which the gradient of the result is 1 when a pass begins."""
BY_BACKWARD, BY_CALLER, GIVEN = "backward sets it", "the caller sets it", "the caller passes it"
IDLE: Final = "backward leaves every gradient at 0"
"""What is said of a pass that does nothing that is seen: it shows no more than none."""
UNJUDGED: Final = "is there and was not judged"
_NOT_RUN: Final = "only its definitions were used"
_INNER: Final = re.compile(r"the engine is in .*/")


@dataclass(frozen=True, slots=True)
class Told:
    """One mistake, in words and numbers that a page can show; text in it is never trusted.

    Attributes:
        criterion: what it is charged to.
        fault: its id in the catalogue; ``""`` where none is known.
        title: a line.
        explanation: a paragraph.
        question: the question that leads to it.
        operations: that it blames.
        expression: the smallest one that shows it.
        inputs: the point, by name.
        where: which number is wrong, after what.
        got: what the engine says.
        want: what is right; ``""`` where ``got`` is a sentence and no number.
        program: to paste.
        formula: the engine's beside the right one; ``""`` if unknown.
        line: in the submission; ``None`` if unknown.
        change: a unified diff that mends it; ``""`` where none is known.
        graph: the expression as rows, for a picture.
        values: the engine's value and gradient of each node, as text.
    """

    criterion: str
    fault: str
    title: str
    explanation: str
    question: str
    operations: tuple[str, ...]
    expression: str
    inputs: dict[str, str]
    where: str
    got: str
    want: str
    program: str
    formula: str = ""
    line: int | None = None
    change: str = ""
    graph: list[list[Any]] = field(default_factory=list)
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that somebody should look; it costs no points.

    Attributes:
        kind: ``delegates``, ``finite differences``, ``table``, ``notices``, ``reaches``,
            ``refuses``, ``seed``.
        evidence: where and what, in words.
    """

    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an exam showed of one engine.

    Attributes:
        status: ``graded`` or ``not graded``.
        reason: why not; ``""`` if it was.
        criteria: what is said of each.
        found: the mistakes, one a cause.
        conventions: what the engine does where right engines differ.
        warnings: for a teacher to look at.
        notes: what else a person should know.
        engine: its class, and the Python that ran it.
        isolation: what was in force.
        asked: questions that were asked.
        wrong: questions that were answered wrongly.
        absent: forms of operations that are not there, as in ``2 - a``.
        advice: what a teacher may do about who was not graded.
    """

    status: str
    reason: str = ""
    criteria: dict[str, Seen] = field(default_factory=dict)
    found: tuple[Told, ...] = ()
    conventions: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()
    engine: str = ""
    isolation: str = ""
    asked: int = 0
    wrong: int = 0
    absent: tuple[str, ...] = ()
    advice: str = ""

    @property
    def partly(self) -> tuple[str, ...]:
        """Notes that say which part of what was handed in was judged, where it is not all of it."""
        return tuple([note for note in self.notes if of_a_part(note)])

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Notes that say which networks are there and were not judged, and why."""
        return tuple([note for note in self.notes if UNJUDGED in note])


def of_a_part(note: str) -> bool:
    """Whether a note says that a part was judged: the definitions, or a folder in a folder."""
    return _NOT_RUN in note or _INNER.match(note) is not None


def dumps(evidence: Evidence) -> str:
    """As one line of JSON, the same for the same evidence."""
    return json.dumps(asdict(evidence), sort_keys=True, allow_nan=False)


def loads(text: str) -> Evidence:
    """The inverse of :func:`dumps`."""
    data = json.loads(text)
    found = tuple([_told(row) for row in data.pop("found")])
    warnings = tuple([Sign(**row) for row in data.pop("warnings")])
    texts = {key: tuple(data.get(key, ())) for key in ("notes", "absent")}
    return Evidence(**data | texts | {"found": found, "warnings": warnings})


def _told(row: dict[str, Any]) -> Told:
    values = tuple([(a, b) for a, b in row["values"]])
    return Told(**row | {"operations": tuple(row["operations"]), "values": values})
