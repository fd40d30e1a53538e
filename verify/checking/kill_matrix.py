"""The harness against its own catalogue: which mistake is caught, by what, and how soon.

Every fault is planted, checked as any engine is, and the check is stopped at the first finding.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from verify.checking.run import Plan, check
from verify.engines import load
from verify.faults import CATALOGUE, SIZE_BY_NATURE, module
from verify.verdict.outcome import CaseDone, Finished, Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.faults import Fault
    from verify.verdict.outcome import Finding

SCHEMA: Final = "verify.faults/1"
SMALL: Final = 3
"""Operations of a counterexample that counts as small."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one fault.

    Attributes:
        fault: its id.
        caught: whether the verdict is wrong.
        check: the stage that caught it, ``""`` if none.
        cases: judged up to then.
        seconds: wall clock from loading the engine to the finding, reduced and named.
        cpu_seconds: processor time of that, which a busy machine does not stretch.
        operations: size of the reduced counterexample.
        counterexample: the program and the point.
        named: the mistake that the diagnosis names, ``""`` if it names none of the catalogue.
    """

    fault: str
    caught: bool
    check: str = ""
    cases: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    operations: int = 0
    counterexample: str = ""
    named: str = ""


def matrix(seed: int = 0, ids: Sequence[str] = (), examples: int = 400) -> Iterator[Row]:
    """A row for each fault, or for those named.

    Raises:
        KeyError: for an id that is not in the catalogue.
    """
    for fault in [CATALOGUE[name] for name in ids] or CATALOGUE.values():
        yield _row(fault, Plan(examples=examples, seed=seed))


def _row(fault: Fault, plan: Plan) -> Row:
    begun, cpu, cases = time.perf_counter(), time.process_time(), 0
    with load(module(fault.source, fault.id)) as engine:
        for event in check(engine, plan):
            cases += isinstance(event, CaseDone)
            if isinstance(event, Found):
                row = _caught(fault, event.finding)
                break
            if isinstance(event, Finished):
                row = Row(fault.id, caught=False)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu
    return replace(row, cases=cases, seconds=seconds, cpu_seconds=cpu_seconds)


def _caught(fault: Fault, finding: Finding) -> Row:
    operations = len(finding.case.graph.operations)
    large = f"{finding.place or finding.where}" if operations > 2 * SMALL else str(finding.case)
    return Row(
        fault=fault.id,
        caught=True,
        check=finding.check,
        operations=operations,
        counterexample=large,
        named=finding.diagnosis.fault,
    )


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Figures of a whole run: how many were caught, how soon, how small they were shown."""
    seconds = [row.seconds for row in rows]
    small = [row for row in rows if row.caught and row.operations <= SMALL]
    return {
        "faults": len(rows),
        "caught": sum(row.caught for row in rows),
        "missed": [row.fault for row in rows if not row.caught],
        "named": sum(row.named == row.fault for row in rows),
        "median_seconds": statistics.median(seconds),
        "worst_seconds": max(seconds),
        "median_cpu_seconds": statistics.median(row.cpu_seconds for row in rows),
        "worst_cpu_seconds": max(row.cpu_seconds for row in rows),
        "small": len(small),
        "larger": {row.fault: row.operations for row in rows if row.operations > SMALL},
        "by_nature": list(SIZE_BY_NATURE),
    }


def to_json(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """The run as plain JSON."""
    return {
        "schema": SCHEMA,
        "seed": seed,
        "summary": summary(rows),
        "faults": [asdict(row) for row in rows],
    }


_HEADINGS: Final = {
    "forward": "Values",
    "operands": "Plain numbers and reflected operators",
    "local rule": "Local derivatives and the upstream gradient",
    "accumulation": "A node that is used more than once",
    "order": "When a node passes its gradient on",
    "graph": "What is remembered of how a node was made",
    "state": "What outlives one backward pass",
    "cost": "How long it takes",
    "network": "Neurons, layers and the training loop",
}


_PREFACE: Final = """\
# Known mistakes, and the harness against them

Written by `verify faults --docs docs/faults.md`; do not edit. Each mistake is planted in a right
engine, which is then checked like any other."""
_LEGEND: Final = """\
*Caught by* is the stage of the check, *after* the number of cases judged up to then, *named* the
mistake that the diagnosis names where that is another one: then the two cannot be told apart on the
counterexample."""


def to_markdown(rows: Sequence[Row], seed: int) -> str:
    """The run as a page: figures first, then a table and the explanations for each family."""
    figures = summary(rows)
    nature = ", ".join(f"`{name}`" for name in SIZE_BY_NATURE)
    lines = [
        _PREFACE,
        "",
        f"{figures['caught']} of {figures['faults']} caught (seed {seed}).",
        f"Median {figures['median_cpu_seconds']:.2f} s, worst {figures['worst_cpu_seconds']:.1f} s",
        "of processor time, from loading the engine to a finding that is reduced and named.",
        f"{figures['small']} counterexamples have at most {SMALL} operations; some are large by",
        f"nature: {nature}.",
        "",
        _LEGEND,
    ]
    by_id = {row.fault: row for row in rows}
    for family, heading in _HEADINGS.items():
        faults = [f for f in CATALOGUE.values() if f.family == family and f.id in by_id]
        if faults:
            lines += ["", f"## {heading}", "", *_table(faults, by_id), "", *_texts(faults)]
    return "\n".join(lines).rstrip() + "\n"


def _table(faults: Sequence[Fault], rows: dict[str, Row]) -> Iterator[str]:
    yield "| mistake | caught by | after | operations | counterexample | named |"
    yield "|---|---|---|---|---|---|"
    for fault in faults:
        row = rows[fault.id]
        shown = f"`{row.counterexample}`".replace("|", "\\|")
        named = "" if row.named == fault.id else row.named or "none"
        check = row.check if row.caught else "**missed**"
        yield f"| {fault.id} | {check} | {row.cases} | {row.operations} | {shown} | {named} |"


def _texts(faults: Sequence[Fault]) -> Iterator[str]:
    for fault in faults:
        yield f"**{fault.id}**: {fault.title}. {fault.explanation} Witness: `{fault.case}`."
        yield ""
