"""The line that is wrong and the change that mends it, as every format shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verify.report.plain import flat, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.verdict.outcome import Finding, Mend, SourceLine

LONGEST_DIFF = 8000


def excerpt(line: SourceLine) -> list[str]:
    """The line with the one above it, numbered, and a caret under what is meant."""
    gutter = len(str(line.line))
    rows = [f"{line.line:>{gutter}} | {flat(line.text, 200)}"]
    if line.before.strip():
        rows.insert(0, f"{line.line - 1:>{gutter}} | {flat(line.before, 200)}")
    shown = line.text[: line.column].replace("\t", " ")
    return [*rows, f"{' ' * gutter} | {' ' * len(shown)}{'^' * max(1, line.width)}"]


def words(mend: Mend) -> str:
    """What is said of a change, in a sentence or two."""
    if mend.rewritten:
        return "No small change was found; here is a right one, in the names of your file."
    if not mend.whole:
        return f"This change mends {mend.mends} of {mend.cases} cases that fail; more is wrong."
    if mend.again:
        return "This change mends what it touches; other operations have the mistake after it too."
    passes = "this mistake is gone" if mend.rest else "everything passes"
    return f"With this {'line' if mend.lines == 1 else 'change'} {passes}."


def diff(mend: Mend) -> list[str]:
    """The lines of the diff; tabs and all but control characters as they are."""
    return [flat(row.expandtabs(), LONGEST_DIFF) for row in mend.diff[:LONGEST_DIFF].splitlines()]


def source_lines(finding: Finding) -> Iterator[str]:
    """Where the operation is made and where its rule is, with an excerpt of the latter."""
    line = finding.rule or finding.forward
    if line is None:
        return
    made = finding.forward
    where = plain(line.where)
    elsewhere = made is not None and (made.line, made.cell, made.file) != (
        line.line, line.cell, line.file,
    )  # fmt: skip
    yield f"{where}; the operation is made on {plain(made.where)}" if made and elsewhere else where
    yield from excerpt(line)


def as_json(finding: Finding) -> dict[str, Any]:
    """``source`` and ``mend`` of a finding."""
    mend = finding.mend
    return {
        "source": {"forward": _line(finding.forward), "rule": _line(finding.rule)},
        "mend": None if mend is None else {
            "diff": "\n".join(diff(mend)),
            "mends": mend.mends,
            "cases": mend.cases,
            "others": mend.others,
            "lines": mend.lines,
            "rewritten": mend.rewritten,
            "confirmed": mend.confirmed,
            "says": words(mend),
        },
    }  # fmt: skip


def _line(line: SourceLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {
        "file": plain(line.file, 4096),
        "cell": line.cell,
        "line": line.line,
        "text": flat(line.text, 200),
        "column": line.column,
        "width": line.width,
    }
