"""A finding as plain data for pages and files."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.faults import CATALOGUE
from verify.grading.criteria import MILESTONES
from verify.grading.evidence import Told
from verify.grading.submission import own_name
from verify.report import facts, hints
from verify.report.plain import flat, plain
from verify.report.reproduce import with_programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.reading import Raised
    from verify.verdict.outcome import Finding

_MOST_NODES: Final = 24
"""Nodes of an expression that is still shown as a picture."""
_MOST_LINES: Final = 60


def told_all(engine: Engine, found: Sequence[tuple[Finding, str]]) -> tuple[Told, ...]:
    """What is to be shown of findings; no program that was not run and seen to show it.

    Args:
        engine: each program is run in a new process of it, in which nothing was asked before.
        found: each finding with the criterion that it is charged to.
    """
    shown = with_programs(engine, [made for made, _ in found], handed_in=True)
    name = Path(engine.info.path).name
    return tuple([
        told(replace(made, program=_of_own(made.program or "", name)), key)
        for made, (_, key) in zip(shown, found, strict=True)
    ])


def _of_own(program: str, name: str) -> str:
    """The program with the file called as its author called it, where a platform renamed it."""
    own = own_name(name)
    old, new = name.removesuffix(".py"), own.removesuffix(".py")
    program = program.replace(f"run_path({name!r})", f"run_path({own!r})")
    if not new.isidentifier() or new in sys.stdlib_module_names:
        return program
    return program.replace(f"from {old} import ", f"from {new} import ", 1)


def told(finding: Finding, criterion: str) -> Told:
    """What is to be shown of a finding.

    Args:
        finding: small and named, with the program that shows it.
        criterion: what it is charged to.
    """
    case, diagnosis = finding.case, finding.diagnosis
    small = len(case.graph.nodes) <= _MOST_NODES and not finding.unread
    general = MILESTONES[criterion.partition("/")[0]].question
    known = diagnosis.fault in CATALOGUE
    line = finding.rule.line if finding.rule else diagnosis.line
    return Told(
        criterion=criterion,
        fault=diagnosis.fault,
        title=plain(diagnosis.title),
        explanation=plain(diagnosis.explanation, 2000),
        question=hints.question(diagnosis.fault) if known else general,
        operations=_touched(finding),
        expression=facts.expression(finding) if small or finding.unread else _large(finding),
        inputs={n: facts.number(x) for n, x in case.inputs.items()} if small else {},
        where=plain(finding.where),
        got=facts.got(finding),
        want="" if facts.no_number(finding) else facts.want(finding),
        program=_short(finding.program or ""),
        # What an engine says now and then is no formula of its input.
        formula="" if finding.answers else plain(diagnosis.formula),
        line=None if line == _raised_in(finding) else line,
        change=hints.change(finding),
        graph=case.graph.to_json() if small else [],
        values=_values(finding) if small else (),
    )


def _raised_in(finding: Finding) -> int | None:
    """The line of an exception: it is named with it, and need not be where the mistake is."""
    return finding.reading.raised.line if finding.reading.raised else None


def lost(raised: Raised, expression: str, criterion: str) -> Told:
    """What is to be shown where an engine hung or died."""
    return Told(
        criterion=criterion,
        fault="",
        title=f"the engine does not answer: {plain(raised.type)}",
        explanation=plain(f"Several expressions brought no answer: {raised}."),
        question="Which loop may never end, and what makes the graph grow without end?",
        operations=(),
        expression=plain(expression),
        inputs={},
        where="the answer",
        got=plain(str(raised)),
        want="an answer",
        program="",
    )


def _touched(finding: Finding) -> tuple[str, ...]:
    """Of the operations that are blamed, those of the smallest expression; all, if none is."""
    blamed = finding.blames or frozenset()
    return tuple(sorted(blamed & set(finding.case.graph.operations) or blamed))


def _large(finding: Finding) -> str:
    return f"an expression of {len(finding.case.graph.operations):,} operations"


def _short(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= _MOST_LINES:
        return text
    half = _MOST_LINES // 2
    left = len(lines) - 2 * half
    return "\n".join([*lines[:half], f"...  # {left} more lines", *lines[-half:]])


def _values(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The engine's value and gradient of each node, as short text; ``""`` where there is none."""
    reading, size = finding.reading, len(finding.case.graph.nodes)
    columns = [
        [*row, *[None] * (size - len(row))][:size] for row in (reading.values, reading.gradients)
    ]
    return tuple([(_number(v), _number(g)) for v, g in zip(*columns, strict=True)])


def _number(x: float | None) -> str:
    return "" if x is None else flat(f"{x:.5g}")
