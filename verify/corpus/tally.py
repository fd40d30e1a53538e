"""What a replay has found so far, and the outcome that it makes."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply
from verify.verdict.conclusion import MINIMUM, concluded, of_operations
from verify.verdict.control import control
from verify.verdict.judge import POWER
from verify.verdict.outcome import Accounts, Finding, Outcome
from verify.versions import versions

if TYPE_CHECKING:
    from verify.corpus.entry import Entry, Header
    from verify.engines import EngineInfo
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.verdict.judgement import Judged, Judgement
    from verify.verdict.outcome import Status
    from verify.verdict.reference import Reference

_CONTROLS: Final = 40
_WORSE: Final[tuple[Status, ...]] = (
    "undecided",
    "proven",
    "correct",
    "missing",
    "imprecise",
    "wrong",
)


@dataclass(slots=True)
class Tally:
    """What was judged, what was found, and what the engine has.

    Attributes:
        accounts: every number, and every case that was left out.
        findings: what is wrong.
        forms: the worst that was said of each form that stands alone.
        right: readings for the control to plant mistakes in.
        expected: gradients that there are to judge; where they are few, all of them have to be.
    """

    accounts: Accounts = field(default_factory=Accounts)
    findings: list[Finding] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    right: list[tuple[Reading, Reference]] = field(default_factory=list)
    expected: int = 0

    def count(self, stage: str, case: Case, judgement: Judgement) -> None:
        """Enter the numbers of a judgement."""
        self.accounts.enter(stage, case, judgement, functools.partial(_reason, stage))

    def status(self, entry: Entry, status: Status) -> None:
        """The worst that was said of a form that stands alone."""
        nodes = [node for node in entry.case.graph.nodes if isinstance(node, Apply)]
        if len(nodes) == 1 and entry.milestone != "edges":
            form = nodes[0].form
            before = self.forms.get(form, "undecided")
            self.forms[form] = max(before, status, key=_WORSE.index)

    def keep(self, reading: Reading, entry: Entry) -> None:
        """A right reading, for the control."""
        if len(self.right) < _CONTROLS and _sharp(entry):
            self.right.append((reading, entry.reference))

    def outcome(self, engine: EngineInfo, header: Header, seconds: float) -> Outcome:
        """The outcome of the whole replay."""
        held = control(self.right)
        verdict, reason = concluded(
            self.accounts,
            held if self.right else None,
            wrong=bool(self.findings),
            has_backward=engine.has_backward,
            minimum=min(MINIMUM, self.expected),
        )
        return Outcome(
            engine=engine,
            verdict=verdict,
            reason=reason,
            findings=tuple(self.findings),
            operations=of_operations(self.forms),
            forms=dict(self.forms),
            accounts=self.accounts,
            control=held,
            disputes=(),
            oracles=header.oracles,
            seed=header.seed or 0,
            examples=header.cases,
            seconds=seconds,
            versions=versions(),
            asked=False,
        )


def _reason(stage: str, number: Judged) -> str:
    return "edge" if number.reason == "not implemented" and stage == "edges" else number.reason


def _sharp(entry: Entry) -> bool:
    """Whether the file can tell a mistake of 1 % in every gradient, and there are some."""
    slopes = [
        (abs(known.enclosure.middle), known.loose)
        for known in entry.reference.gradients
        if known is not None and known.enclosure.middle
    ]
    return bool(slopes) and all(loose <= POWER * size for size, loose in slopes)
