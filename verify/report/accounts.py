"""What a check looked at and what it did not: in a line, or in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from verify.report import facts
from verify.report.layout import STYLES, table
from verify.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verify.verdict.outcome import Outcome

_PLAINLY: Final = {
    "conditioning": "too ill-conditioned to tell",
    "edge": "at the edge of a domain or of the float range",
    "domain": "outside a domain",
    "overflow": "beyond the float range",
    "pole": "at a pole",
    "beyond": "computed from one of those",
    "same object": "of an operation that returns its operand",
}
"""Reasons for no verdict in words that need no glossary."""

_NOTES: Final = 5


def brief(outcome: Outcome, width: int, more: str) -> Iterator[Text]:
    """The account in a line, and what must not be passed over, such as oracles that were left out.

    Args:
        outcome: of the check.
        width: of the screen.
        more: what the user writes to see all of it.
    """
    accounts = outcome.accounts
    cases = sum(accounts.cases.values())
    tier = plain(outcome.engine.isolation).partition(":")[0]
    seen = f"{accounts.judged:,} numbers on {cases:,} expressions; isolation: {tier}"
    rows = [("judged", f"{seen}; {outcome.seconds:.1f} s")]
    if len(outcome.oracles) < len(facts.ORACLES):
        rows.append(("oracles", facts.who_answered(outcome)))
    rows += [("graphs", graphs)] if (graphs := accounts.conventions.get("graphs")) else []
    rows += [("networks", text)] if (text := facts.networks(outcome)) else []
    rows += [("note", note) for note in facts.not_judged(outcome)]
    rows.append(("more", f"{more} says what was judged, what was not, and why"))
    return table([(Text(name), Text(text)) for name, text in rows], width)


def full(outcome: Outcome, width: int, again: str) -> Iterator[Text]:
    """The account in rows: operations, numbers, conventions, control, and how to repeat it."""
    return table([(_label(name), text) for name, text in _account(outcome, again)], width)


def _label(name: str) -> Text:
    return Text(name, STYLES.get(name, ""))


def _account(outcome: Outcome, again: str) -> Iterator[tuple[str, Text]]:
    """What the check looked at and what it did not, in rows."""
    accounts, engine, control = outcome.accounts, outcome.engine, outcome.control
    yield from _operations(outcome)
    yield "judged", Text(_judged(outcome))
    for label, reasons in (("undecided", accounts.undecided), ("skipped", accounts.skipped)):
        if reasons:
            yield label, Text(f"{sum(reasons.values()):,}: {_reasons(reasons)}")
    for place, (name, choice) in enumerate(accounts.conventions.items()):
        yield "" if place else "conventions", Text(f"{plain(name)}: {plain(choice)}")
    yield (
        "control",
        Text(
            f"{control.caught} of {control.planted} mistakes planted to test this check were caught"
        ),
    )
    yield "oracles", Text(facts.who_answered(outcome))
    if text := facts.networks(outcome):
        yield "networks", Text(text)
    yield "isolation", Text(plain(engine.isolation))
    if engine.digest:
        yield "text", Text(facts.source(engine))
    notes = [plain(facts.placeless(note)) for note in engine.notes[:_NOTES]]
    if more := len(engine.notes) - len(notes):
        notes.append(f"{more} more: verify doctor {plain(engine.spec)}")
    for place, note in enumerate(notes):
        yield "" if place else "notes", Text(note)
    yield "again", Text(again or f"seed {outcome.seed}, {outcome.examples} examples")
    yield "took", Text(f"{outcome.seconds:.1f} s")


def _operations(outcome: Outcome) -> Iterator[tuple[str, Text]]:
    by_status: dict[str, list[str]] = {}
    for op, state in outcome.operations.items():
        by_status.setdefault(state, []).append(op)
    forms = facts.missing_forms(outcome)
    for status in STYLES:
        names = " ".join(by_status.get(status, ()))
        if status == "missing" and forms:
            also = ", ".join(forms)
            names = f"{names}; and written so: {also}" if names else f"written so: {also}"
        if names:
            yield status, Text(names)


def _judged(outcome: Outcome) -> str:
    accounts = outcome.accounts
    parts = [
        f"{n:,} {name}"
        for name in ("correct", "wrong", "imprecise")
        if (n := accounts.verdicts.get(name, 0))
    ]
    cases = sum(accounts.cases.values())
    return (
        f"{accounts.judged:,} numbers ({accounts.gradients:,} gradients) on {cases:,} expressions: "
        f"{', '.join(parts) or 'none'}"
    )


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count:,} {plain(_PLAINLY.get(reason, reason))}" for reason, count in reasons.items()
    )
