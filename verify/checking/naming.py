"""The harness against its own catalogue: is each mistake called by its name, and told once?

Every fault is planted and checked to the end.  A name that is not its own is a false one, unless
the finding says that nothing tells the two apart.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.faults import CATALOGUE, module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.faults import Fault
    from verify.verdict.outcome import Outcome

SCHEMA: Final = "verify.naming/1"
FIRST: Final = 3
"""Names among which the right one has to be."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a whole check says of one fault.

    Attributes:
        fault: its id.
        verdict: of the check.
        names: of the findings, in their order, each followed by what it cannot be told from; of a
            finding without a name its title.
        findings: how many there are.
    """

    fault: str
    verdict: str
    names: tuple[str, ...]
    findings: int

    @property
    def rank(self) -> int:
        """The place of the right name, from 1; 0 where it is not there."""
        return self.names.index(self.fault) + 1 if self.fault in self.names else 0

    @property
    def false(self) -> tuple[str, ...]:
        """Names of other mistakes, where the right one is not there."""
        return () if self.rank else tuple(name for name in self.names if name in CATALOGUE)

    @property
    def plain(self) -> bool:
        """Whether it is described and not named."""
        return bool(self.names) and not self.rank and not self.false


def namings(seed: int = 0, ids: Sequence[str] = (), examples: int = 100) -> Iterator[Named]:
    """A row for each fault, or for those named.

    Raises:
        KeyError: for an id that is not in the catalogue.
    """
    for fault in [CATALOGUE[name] for name in ids] or CATALOGUE.values():
        with load(module(fault.source, fault.id)) as engine:
            yield named(fault, outcome(engine, Plan(examples=examples, seed=seed)))


def named(fault: Fault, told: Outcome) -> Named:
    """The row of one fault."""
    names = [
        name
        for finding in told.findings
        for name in (
            finding.diagnosis.fault or finding.diagnosis.title, *finding.diagnosis.rivals,
        )
    ]  # fmt: skip
    return Named(fault.id, told.verdict, tuple(names), len(told.findings))


def summary(rows: Sequence[Named]) -> dict[str, Any]:
    """Figures of a run: how many are named rightly, plainly, wrongly, and told once."""
    return {
        "faults": len(rows),
        "first": sum(row.rank == 1 for row in rows),
        "in_three": sum(1 <= row.rank <= FIRST for row in rows),
        "plain": [row.fault for row in rows if row.plain],
        "false": {row.fault: list(row.false) for row in rows if row.false},
        "unseen": [row.fault for row in rows if not row.names],
        "once": sum(row.findings == 1 for row in rows),
        "several": {row.fault: row.findings for row in rows if row.findings > 1},
    }


def to_json(rows: Sequence[Named], seed: int) -> dict[str, Any]:
    """The run as plain JSON."""
    return {
        "schema": SCHEMA,
        "seed": seed,
        "summary": summary(rows),
        "faults": [asdict(row) for row in rows],
    }


_PREFACE: Final = """\
# Is each known mistake called by its name, and told once?

Written by `verify faults --diagnosis --docs docs/naming.md`; do not edit. Each mistake is planted
in a right engine, which is then checked to the end."""


def to_markdown(rows: Sequence[Named], seed: int) -> str:
    """The run as a page: figures, then whatever is not named first and told once."""
    figures = summary(rows)
    count = len(rows)
    lines = [
        _PREFACE,
        "",
        f"| of {count} mistakes (seed {seed}) | | |",
        "|---|---|---|",
        _figure("named rightly, and first", figures["first"], count),
        _figure(f"named rightly among the first {FIRST}", figures["in_three"], count),
        _figure("described in plain words, without a name", len(figures["plain"]), count),
        _figure("called by the name of another mistake only", len(figures["false"]), count),
        _figure("not seen at all", len(figures["unseen"]), count),
        _figure("told once, in exactly one finding", figures["once"], count),
        "",
        "What is not named first, or is told more than once:",
        "",
        "| mistake | findings | what is said, in order |",
        "|---|---|---|",
    ]
    lines += [
        f"| {row.fault} | {row.findings} | {'; '.join(row.names).replace('|', '&#124;')} |"
        for row in rows
        if row.rank != 1 or row.findings != 1
    ]
    return "\n".join(lines) + "\n"


def _figure(words: str, part: int, count: int) -> str:
    return f"| {words} | {part} | {100 * part / max(count, 1):.1f} % |"
