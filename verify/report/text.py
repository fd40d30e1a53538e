"""One check as text for a person: the verdict first and last, between them what is wrong.

Nothing here is rich markup: text that came from an engine can say nothing to the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from verify.report import accounts, facts, hints, source
from verify.report.fitted import fitted
from verify.report.fold import folded
from verify.report.layout import STYLES, block, cut, table
from verify.report.plain import plain
from verify.report.program import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.engines import EngineInfo
    from verify.verdict.outcome import Finding, Outcome

LABELS: Final = {
    "interval": "interval arithmetic",
    "symbolic": "symbolic (SymPy)",
    "difference": "differences, 640 bits",
    "torch": "torch",
    "engine's own difference": "its own differences",
}
_IN_FULL: Final = 3
"""Findings that are shown with everything; the others take a few lines each."""
_PROGRAM_LINES: Final = 24
_LONGEST_NUMBER: Final = 26
"""Characters of a float with all its digits, and a sign or two."""
_INDENT: Final = 6


def report(
    outcome: Outcome,
    width: int,
    again: str = "",
    level: int = hints.MOST,
    *,
    verbose: bool = False,
) -> Iterator[Text]:
    """The lines of the report of one check.

    Args:
        outcome: of the check.
        width: of the screen; none of the lines is wider.
        again: the command that repeats the check; ``""`` leaves it out.
        level: of help, see :mod:`verify.report.hints`.
        verbose: with all that was looked at.
    """
    yield from overview([outcome], width)
    yield from (
        findings_lines(outcome.findings, outcome.engine, width)
        if level == hints.MOST
        else _helped(outcome, width, level)
    )
    if outcome.verdict != "unusable" and (verbose or level == hints.MOST):
        yield Text()
        more = "--verbose" if again else "verbose=True"
        yield from (
            accounts.full(outcome, width, again)
            if verbose
            else accounts.brief(outcome, width, more)
        )
    yield Text()
    yield from verdict_lines(outcome, width, level)


def findings_lines(
    findings: Sequence[Finding], engine: EngineInfo, width: int
) -> Iterator[Text]:
    """What is wrong: the first few mistakes with everything, the others in a few lines each."""
    shown: set[str] = set()
    for place, finding in enumerate(findings, 1):
        name = finding.diagnosis.fault or finding.diagnosis.title
        in_full = name not in shown and len(shown) < _IN_FULL
        shown.add(name)
        yield Text()
        count = facts.unlike(finding)
        known = f"{finding.diagnosis.title}: {count}" if count else finding.diagnosis.title
        title = Text(plain(known), STYLES["wrong"])
        yield from table([(Text(f"{place}.", "bold"), title)], width, gap=1)
        yield from (
            finding_lines(finding, engine, width) if in_full else _briefly(finding, width)
        )


def _helped(outcome: Outcome, width: int, level: int) -> Iterator[Text]:
    """A report that tells less than it knows."""
    help_ = hints.shown(level)
    for place, finding in enumerate(outcome.findings, 1):
        yield Text()
        known = finding.diagnosis
        told = known.title if help_.mistake else f"a mistake: {hints.step(finding)}"
        title = Text(plain(told), STYLES["wrong"])
        yield from table([(Text(f"{place}.", "bold"), title)], width, gap=1)
        if help_.program:
            yield from _briefly_helped(finding, width)
            yield from _pasted(shown(finding, outcome.engine), width)
        if help_.mistake:
            asks = hints.question(known.fault, finding.wrong.quantity)
            yield from block(Text(asks), width, 3)
            yield from block(Text(plain(facts.placeless(known.explanation), 2000)), width, 3)
            yield from _line(finding, width)


def _briefly_helped(finding: Finding, width: int) -> Iterator[Text]:
    right = "" if facts.no_number(finding) else f"; right is {facts.want(finding)}"
    wrong = Text.assemble(
        f"{plain(finding.where)}: ", (facts.got(finding), STYLES["wrong"]), right
    )
    yield from block(_case(finding), width, 6)
    yield from block(wrong, width, 6)
    yield Text()


def verdict_lines(outcome: Outcome, width: int, level: int = hints.MOST) -> Iterator[Text]:
    """The verdict as one word, and a sentence; it names no mistake below the last level."""
    python = f" (Python {plain(outcome.engine.python)})" if outcome.engine.python else ""
    name = plain(outcome.engine.spec)
    count = len(outcome.findings)
    counted = f"{count} {'mistake' if count == 1 else 'mistakes'}; --hints {hints.MOST} tells all"
    summary = facts.summary(outcome) if level == hints.MOST or not count else counted
    also = "".join(f"; {note}" for note in facts.not_judged(outcome))
    text = Text.assemble((name, "bold"), python, ": ", summary, also)
    return table([(_verdict(outcome), text)], width)


def overview(outcomes: Iterable[Outcome], width: int) -> Iterator[Text]:
    """Several checks, a line each."""
    return table([(_verdict(each), _heading(each.engine)) for each in outcomes], width)


def _verdict(outcome: Outcome) -> Text:
    return Text(facts.word(outcome), STYLES[outcome.verdict])


def _heading(info: EngineInfo) -> Text:
    about = [f"class {plain(info.class_name)}" if info.class_name else ""]
    about += [f"Python {plain(info.python)}" if info.python else ""]
    return Text.assemble(
        (plain(info.spec), "bold"), "  ", ", ".join(part for part in about if part)
    )


def finding_lines(finding: Finding, engine: EngineInfo, width: int) -> Iterator[Text]:
    """A finding with everything: the case, who says what, the diagnosis, a program to paste."""
    diagnosis = finding.diagnosis
    yield Text()
    yield from block(_case(finding), width, 6)
    yield Text()
    yield from block(Text(plain(finding.where), "underline"), width, 3)
    yield from table(_readings(finding), width, indent=5)
    yield Text()
    explanation = plain(facts.placeless(diagnosis.explanation), 2000)
    if diagnosis.line is not None and f"line {diagnosis.line}" not in explanation:
        explanation = f"Line {diagnosis.line}. {explanation}"
    yield from block(Text(explanation), width, 3)
    if diagnosis.formula:
        yield Text()
        yield from block(Text(plain(diagnosis.formula)), width, 6)
    yield from _source(finding, width)
    told = shown(finding, engine)
    if told:
        yield Text()
    yield from _pasted(told, width)


def _pasted(program: str, width: int) -> Iterator[Text]:
    """A program, indented, in lines that fit."""
    for line in _shortened(program.splitlines()):
        for part in folded(line, width - _INDENT):
            yield Text(f"{' ' * _INDENT}{part}", "cyan")


def _source(finding: Finding, width: int) -> Iterator[Text]:
    """The line that is wrong, and the change that mends it."""
    yield from _line(finding, width)
    if finding.mend is not None:
        yield Text()
        yield from block(Text(source.words(finding.mend)), width, 3)
        for row in fitted(source.diff(finding.mend)[2:], width - _INDENT):
            yield Text(f"{' ' * _INDENT}{row}".rstrip(), _DIFF.get(row[:1], ""))


def _line(finding: Finding, width: int) -> Iterator[Text]:
    """The line that is wrong, with the one above it and a caret."""
    where, *rows = list(source.source_lines(finding)) or [""]
    if where:
        yield Text()
        yield from block(Text(f"This line: {where}"), width, 3)
        yield from (Text(cut(f"{' ' * _INDENT}{row}", width)) for row in rows)


_DIFF: Final = {"+": "green", "-": "red", "@": "dim"}


def _shortened(lines: list[str]) -> Iterator[str]:
    if len(lines) <= _PROGRAM_LINES:
        yield from lines
        return
    half = _PROGRAM_LINES // 2
    yield from lines[:half]
    yield f"...  # {len(lines) - 2 * half} more lines; --json has all of them"
    yield from lines[-half:]


def _briefly(finding: Finding, width: int) -> Iterator[Text]:
    text = ", ".join(
        f"{LABELS.get(name, name)} {_short(value)}" for name, value in finding.readings.items()
    )
    right = f"; {text}" if text else ""
    wrong = Text.assemble(f"{finding.where}: ", (facts.got(finding), STYLES["wrong"]), right)
    yield from block(_case(finding), width, 6)
    yield from block(wrong, width, 6)


def _short(value: float | str | None) -> str:
    return f"{value:.7g}" if isinstance(value, float) else facts.number(value)


def _case(finding: Finding) -> Text:
    shown = Text(facts.expression(finding), "bold")
    inputs = [f"{name} = {facts.number(value)}" for name, value in finding.case.inputs.items()]
    return shown if finding.unread else shown.append(f"   where {plain(', '.join(inputs))}", "")


def _readings(finding: Finding) -> Iterator[tuple[Text, ...]]:
    """What the engine and each oracle say of the number that is wrong."""
    red = STYLES["wrong"]
    yield _cells("the engine", Text(facts.got(finding), red), Text(_beside(finding), red))
    margin = facts.bound(finding)
    for name, value in finding.readings.items():
        judge = name == facts.JUDGE
        beside = f"rounding explains {margin:.1e}" if judge and margin is not None else ""
        text = facts.want(finding) if judge else facts.number(value)
        yield _cells(LABELS.get(name, name), Text(text), Text(beside, "dim"))


def _cells(name: str, text: Text, beside: Text) -> tuple[Text, ...]:
    """A row; the last cell is wrapped, and what is longer than a number is no column."""
    if not beside:
        return Text(name), text
    if text.cell_len > _LONGEST_NUMBER:
        return Text(name), Text.assemble(text, ", ", beside)
    return Text(name), text, beside


def _beside(finding: Finding) -> str:
    if finding.reading.raised is not None or facts.no_number(finding):
        return ""
    return "wrong" if finding.wrong.reason == "differs" else plain(finding.wrong.reason)


