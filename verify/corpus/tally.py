"""What a replay has found so far, and the outcome that it makes."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply
from verify.expression.ops import FORMS, OPS
from verify.verdict.control import control
from verify.verdict.judge import POWER, Judged, Judgement
from verify.verdict.outcome import Accounts, Control, Finding, Outcome
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.corpus.entry import Entry, Header
    from verify.engines import EngineInfo
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.verdict.outcome import EngineVerdict, Status
    from verify.verdict.reference import Reference

MINIMUM: Final = 100
"""Gradients that must be judged before an engine may be called correct; all, if they are fewer."""
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
        due: gradients that there are to judge.
    """

    accounts: Accounts = field(default_factory=Accounts)
    findings: list[Finding] = field(default_factory=list)
    forms: dict[str, Status] = field(default_factory=dict)
    right: list[tuple[Reading, Reference]] = field(default_factory=list)
    due: int = 0

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
        verdict, reason = self._verdict(engine, held)
        return Outcome(
            engine=engine,
            verdict=verdict,
            reason=reason,
            findings=tuple(self.findings),
            operations=self._operations(),
            forms=dict(self.forms),
            accounts=self.accounts,
            control=held,
            disputes=(),
            oracles=header.oracles,
            seed=header.seed or 0,
            examples=header.cases,
            seconds=seconds,
            versions=versions(),
        )

    def _verdict(self, engine: EngineInfo, held: Control) -> tuple[EngineVerdict, str]:
        if self.findings:
            return "wrong", ""
        if not engine.has_backward:
            return (
                "inconclusive",
                "the engine has no backward pass; only its forward pass was judged",
            )
        least = min(MINIMUM, self.due)
        if self.accounts.gradients < least or not self.accounts.judged:
            return (
                "inconclusive",
                f"{self.accounts.gradients} gradients judged, {max(least, 1)} are the minimum",
            )
        if self.right and not held.passed:
            return "inconclusive", f"negative control: {held.caught} of {held.planted} caught"
        return "correct", ""

    def _operations(self) -> Mapping[str, Status]:
        return {op: self._operation(op) for op in OPS}

    def _operation(self, op: str) -> Status:
        said = {status for text, status in self.forms.items() if FORMS[text].op == op}
        order: tuple[Status, ...] = ("wrong", "imprecise", "correct", "missing")
        return next((status for status in order if status in said), "undecided")


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
