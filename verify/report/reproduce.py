"""Programs are run where the engine is before they are shown; what does not show it is left out."""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from verify.engines import EngineError
from verify.engines.workshop import can_watch, paste
from verify.report.facts import number
from verify.report.network_program import network_programs
from verify.report.plain import flat
from verify.report.program import imports, program, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from verify.engines import Engine
    from verify.engines.workshop import Printed
    from verify.verdict.outcome import Finding, Outcome

_SAYS: Final = re.compile(r"  # is (.*), should be (.*)$")
_NO_END: Final = frozenset({"timeout", "memory", "MemoryError", "RecursionError"})
_NOT_FOUND: Final = frozenset({"ImportError", "ModuleNotFoundError"})
_MOST: Final = 24
"""Programs that are tried for one finding."""


def reproduced(engine: Engine, outcome: Outcome) -> Outcome:
    """The outcome with a program in each finding that was run and printed what it says.

    A finding whose program does not do so, in any of the ways to write it, has ``""``; so have all
    that are left when the engine's time is used up.
    """
    if not outcome.findings or not can_watch(engine):
        return outcome
    return replace(outcome, findings=with_programs(engine, outcome.findings))


def with_programs(
    engine: Engine, findings: Sequence[Finding], *, handed_in: bool = False
) -> tuple[Finding, ...]:
    """Each finding with the program that was run and shows it; ``""`` where none does.

    Args:
        engine: each program is run in a new process of it.
        findings: small and named.
        handed_in: whether somebody else named the folder that it is in.
    """
    shown = [replace(f, program="") for f in findings]
    if can_watch(engine):
        with suppress(EngineError):
            for index, finding in enumerate(findings):
                shown[index] = replace(finding, program=_shown(engine, finding, handed_in))
    return tuple(shown)


def _unused(engine: Engine) -> AbstractContextManager[Engine]:
    """A process in which nothing was asked, as a reader has: an engine may keep what it saw."""
    other = engine.again()
    return nullcontext(engine) if other is None else other


def _shown(engine: Engine, finding: Finding, handed_in: bool) -> str:
    """The first program that shows a finding, each tried in a process of its own."""
    for told, inside in islice(_programs(engine, finding, handed_in), _MOST):
        if not _may_show(told, finding):
            continue
        with _unused(engine) as other:
            printed = paste(other, told, inside=inside)
        if printed is not None and (shown := _agreed(told, printed, finding)):
            return shown
    return ""


def _programs(
    engine: Engine, finding: Finding, handed_in: bool
) -> Iterator[tuple[str, bool]]:
    info = engine.info
    here = info.isolation.startswith("none")
    ways = imports(finding, info, handed_in=handed_in) or [""]
    inside = here or info.path.endswith(".ipynb") or ways == [""]
    for first in ways[:1] if inside else ways:
        if finding.answers:  # what shows once only would not do so again
            if told := repeated(finding, info, first):
                yield told, inside
            continue
        if not finding.place:
            yield program(finding, info, first), inside
        for body in network_programs(finding, info) if finding.place else ():
            yield "\n".join([*[first] * bool(first), body]), inside


def _may_show(told: str, finding: Finding) -> bool:
    """Whether a program can show it, whatever it prints; nothing is started for one that cannot.

    What ends in no comparison shows an exception alone, or that it has no end.
    """
    says = _SAYS.search(told.rpartition("\n")[2]) is not None
    return says or finding.check == "growth" or finding.reading.raised is not None


def _agreed(told: str, output: Printed, finding: Finding) -> str:
    """The program with what it really printed or raised; ``""`` if that shows nothing."""
    *before, last = told.split("\n")
    raised = finding.reading.raised
    if finding.check == "growth":
        return told if output.raised is not None and output.raised.type in _NO_END else ""
    if output.raised is not None:
        if raised is None or raised.type in {"died", "memory", "protocol"}:
            return ""
        if output.raised.type in _NOT_FOUND - {raised.type}:  # by the program, of the engine
            return ""
        own = last.partition("  # ")[0]
        return "\n".join([*before, f"{own}  # {flat(output.raised.type)}"])
    found = _SAYS.search(last)
    if (raised is not None and not raised.returned) or found is None or not output.lines:
        return ""
    printed = flat(output.lines[-1])
    if not _wrong(printed, found[1], found[2], finding):
        return ""
    line = last[: found.start()]
    return "\n".join([*before, f"{line}  # is {printed}, should be {found[2]}"])


def _wrong(printed: str, claimed: str, expected: str, finding: Finding) -> bool:
    """Whether what was printed is what was said, or another wrong number where answers change."""
    if claimed == "{}":
        return printed != expected
    if printed == claimed:
        return printed != expected
    value = _float(printed)
    if value is None:
        return False
    known = [finding.wrong.got, *finding.answers]
    same = any(x is not None and str(float(x)) == str(value) for x in known)
    return same and number(value) != expected


def _float(text: str) -> float | None:
    try:
        return float(re.sub(r"^[\w.]+\((.*)\)$", r"\1", text))
    except ValueError:
        return None
