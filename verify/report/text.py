"""One check as text for a person: findings first, then what was looked at, the verdict last.

Nothing here is rich markup: text that came from an engine can say nothing to the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from verify.expression.ops import FORMS
from verify.report import facts, hints, source
from verify.report.plain import plain
from verify.report.program import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from verify.engines import EngineInfo
    from verify.verdict.outcome import Finding, Outcome

STYLES: Final = {
    "correct": "green",
    "proven": "bold green",
    "wrong": "bold red",
    "imprecise": "yellow",
    "inconclusive": "yellow",
    "unusable": "bold red",
    "undecided": "yellow",
    "missing": "dim",
}
"""How a verdict looks, one word a meaning."""

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

_LABELS: Final = {
    "interval": "interval arithmetic",
    "symbolic": "symbolic (SymPy)",
    "difference": "differences, 640 bits",
    "torch": "torch",
    "engine's own difference": "its own differences",
}
_IN_FULL: Final = 3
"""Findings that are shown with everything; the others take a few lines each."""
_PROGRAM_LINES: Final = 24
_NOTES: Final = 5
_NARROWEST: Final = 20
_MEASURE: Final = Console(width=80, color_system=None)
"""rich wants a console to measure text with; this one prints nothing."""


def print_report(
    console: Console, outcome: Outcome, again: str = "", level: int = hints.MOST
) -> None:
    """Print the report of one check.

    Args:
        console: where to.
        outcome: of the check.
        again: the command that repeats the check; ``""`` leaves it out.
        level: of help, see :mod:`verify.report.hints`.
    """
    for line in report(outcome, console.width, again, level):
        console.print(line, soft_wrap=True)


def report(
    outcome: Outcome, width: int, again: str = "", level: int = hints.MOST
) -> Iterator[Text]:
    """The lines of a report; only lines of a program may be wider than ``width``."""
    yield _heading(outcome.engine)
    if level < hints.MOST:
        yield from _helped(outcome, width, level)
        return
    shown: set[str] = set()
    for place, finding in enumerate(outcome.findings, 1):
        name = finding.diagnosis.fault or finding.diagnosis.title
        in_full = name not in shown and len(shown) < _IN_FULL
        shown.add(name)
        yield Text()
        title = Text(plain(finding.diagnosis.title), STYLES["wrong"])
        yield from table([(Text(f"{place}.", "bold"), title)], width, gap=1)
        yield from (
            finding_lines(finding, outcome.engine, width) if in_full else _briefly(finding, width)
        )
    if outcome.verdict != "unusable":
        yield Text()
        yield from table([(_label(name), text) for name, text in _account(outcome, again)], width)
    yield Text()
    yield from verdict_lines(outcome, width)


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
            for line in _cut(_program(finding, outcome.engine).splitlines()):
                yield Text(f"      {line}", "cyan")
        if help_.mistake:
            asks = hints.question(known.fault, finding.wrong.quantity)
            yield from _block(Text(asks), width, 3)
            yield from _block(Text(plain(known.explanation, 2000)), width, 3)
            yield from _line(finding, width)
    yield Text()
    yield from verdict_lines(outcome, width, level)


def _briefly_helped(finding: Finding, width: int) -> Iterator[Text]:
    wrong = Text.assemble(
        f"{plain(finding.where)}: ", (facts.got(finding), STYLES["wrong"]),
        f"; right is {facts.want(finding)}",
    )  # fmt: skip
    yield from _block(_case(finding), width, 6)
    yield from _block(wrong, width, 6)
    yield Text()


def verdict_lines(
    outcome: Outcome, width: int, level: int = hints.MOST
) -> Iterator[Text]:
    """The verdict as one word, and a sentence; it names no mistake below the last level."""
    python = f" (Python {plain(outcome.engine.python)})" if outcome.engine.python else ""
    name = plain(outcome.engine.spec)
    count = len(outcome.findings)
    counted = f"{count} {'mistake' if count == 1 else 'mistakes'}; --hints {hints.MOST} tells all"
    summary = facts.summary(outcome) if level == hints.MOST or not count else counted
    said = Text.assemble((name, "bold"), python, ": ", summary)
    return table([(_verdict(outcome), said)], width)


def overview(outcomes: Iterable[Outcome], width: int) -> Iterator[Text]:
    """Several checks, a line each."""
    return table([(_verdict(each), _heading(each.engine)) for each in outcomes], width)


def _verdict(outcome: Outcome) -> Text:
    return Text(outcome.verdict.upper(), STYLES[outcome.verdict])


def table(
    rows: Iterable[tuple[Text, ...]], width: int, *, indent: int = 0, gap: int = 2
) -> Iterator[Text]:
    """Columns side by side, without a blank at the end of a line; the last column is wrapped."""
    rows = list(rows)
    columns = max((len(row) for row in rows), default=0)
    widths = [
        max((row[i].cell_len for row in rows if i < len(row) - 1), default=0)
        for i in range(columns)
    ]
    for row in rows:
        line = Text(" " * indent)
        for cell, size in zip(row[:-1], widths, strict=False):
            line.append_text(cell)
            line.append(" " * (size - cell.cell_len + gap))
        start = line.cell_len
        for part in _wrapped(row[-1], max(width - start, _NARROWEST)):
            line.append_text(part)
            line.rstrip()
            yield line
            line = Text(" " * start)


def _wrapped(text: Text, width: int) -> Iterable[Text]:
    return text.wrap(_MEASURE, width, overflow="fold") or [text]


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
    yield from _block(_case(finding), width, 6)
    yield Text()
    yield from _block(Text(plain(finding.where), "underline"), width, 3)
    yield from table(_readings(finding), width, indent=5)
    yield Text()
    explanation = plain(diagnosis.explanation, 2000)
    if diagnosis.line is not None and f"line {diagnosis.line}" not in explanation:
        explanation = f"Line {diagnosis.line}. {explanation}"
    yield from _block(Text(explanation), width, 3)
    if diagnosis.formula:
        yield Text()
        yield from _block(Text(plain(diagnosis.formula)), width, 6)
    yield from _source(finding, width)
    told = _program(finding, engine)
    if told:
        yield Text()
    for line in _cut(told.splitlines()):
        yield Text(f"      {line}", "cyan")


def _program(finding: Finding, engine: EngineInfo) -> str:
    """The program that was run, ``""`` if none shows it; as it would be, where none was run."""
    return program(finding, engine) if finding.program is None else finding.program


def _source(finding: Finding, width: int) -> Iterator[Text]:
    """The line that is wrong, and the change that mends it."""
    yield from _line(finding, width)
    if finding.mend is not None:
        yield Text()
        yield from _block(Text(source.words(finding.mend)), width, 3)
        for row in source.diff(finding.mend)[2:]:
            yield Text(f"      {row}", _DIFF.get(row[:1], ""))


def _line(finding: Finding, width: int) -> Iterator[Text]:
    """The line that is wrong, with the one above it and a caret."""
    where, *rows = list(source.source_lines(finding)) or [""]
    if where:
        yield Text()
        yield from _block(Text(f"This line: {where}"), width, 3)
        yield from (Text(f"      {row}") for row in rows)


_DIFF: Final = {"+": "green", "-": "red", "@": "dim"}


def _block(text: Text, width: int, indent: int) -> Iterator[Text]:
    return table([(text,)], width, indent=indent)


def _cut(lines: list[str]) -> Iterator[str]:
    if len(lines) <= _PROGRAM_LINES:
        yield from lines
        return
    half = _PROGRAM_LINES // 2
    yield from lines[:half]
    yield f"...  # {len(lines) - 2 * half} more lines; --json has all of them"
    yield from lines[-half:]


def _briefly(finding: Finding, width: int) -> Iterator[Text]:
    said = ", ".join(
        f"{_LABELS.get(name, name)} {_short(value)}" for name, value in finding.readings.items()
    )
    wrong = Text.assemble(f"{finding.where}: ", (facts.got(finding), STYLES["wrong"]), f"; {said}")
    yield from _block(_case(finding), width, 6)
    yield from _block(wrong, width, 6)


def _short(value: float | str | None) -> str:
    return f"{value:.7g}" if isinstance(value, float) else facts.number(value)


def _case(finding: Finding) -> Text:
    case = finding.case
    inputs = ", ".join(f"{name} = {facts.number(value)}" for name, value in case.inputs.items())
    return Text.assemble((plain(case.graph.expression()), "bold"), f"   where {plain(inputs)}")


def _readings(finding: Finding) -> Iterator[tuple[Text, ...]]:
    """What the engine and each oracle say of the number that is wrong."""
    red = STYLES["wrong"]
    yield Text("the engine"), Text(facts.got(finding), red), Text(_beside(finding), red)
    margin = facts.bound(finding)
    for name, value in finding.readings.items():
        judge = name == facts.JUDGE
        beside = f"rounding explains {margin:.1e}" if judge and margin is not None else ""
        said = facts.want(finding) if judge else facts.number(value)
        yield Text(_LABELS.get(name, name)), Text(said), Text(beside, "dim")


def _beside(finding: Finding) -> str:
    if finding.reading.raised is not None:
        return ""
    return "wrong" if finding.wrong.reason == "differs" else plain(finding.wrong.reason)


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
    yield "oracles", Text(facts.oracles(outcome.oracles))
    yield "isolation", Text(plain(engine.isolation))
    if engine.digest:
        yield "text", Text(facts.source(engine))
    notes = [plain(note) for note in engine.notes[:_NOTES]]
    if more := len(engine.notes) - len(notes):
        notes.append(f"{more} more: verify doctor {plain(engine.spec)}")
    for place, note in enumerate(notes):
        yield "" if place else "notes", Text(note)
    yield "again", Text(again or f"seed {outcome.seed}, {outcome.examples} examples")
    yield "took", Text(f"{outcome.seconds:.1f} s")


def _operations(outcome: Outcome) -> Iterator[tuple[str, Text]]:
    by_status: dict[str, list[str]] = {}
    for op, said in outcome.operations.items():
        by_status.setdefault(said, []).append(op)
    whole = by_status.get("missing", [])
    forms = [
        text
        for text, said in outcome.forms.items()
        if said == "missing" and FORMS[text].op not in whole
    ]
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
