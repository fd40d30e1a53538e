"""The harness against its own catalogue: is each mistake called by its name, and told once?

Every fault is planted and checked to the end.  A name that is not its own is a false one, unless
the finding says that nothing tells the two apart.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from verify.checking.run import Plan, outcome
from verify.engines import EngineError, load
from verify.faults import CATALOGUE, module
from verify.faults.lecture import in_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from verify.faults import Fault
    from verify.verdict.outcome import Outcome

SCHEMA: Final = "verify.naming/1"
FIRST: Final = 3
"""Names among which the right one has to be."""
UNUSABLE: Final = "unusable"
"""In place of a verdict: with this mistake nothing can be asked of the engine."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a whole check says of one fault.

    Attributes:
        fault: its id.
        verdict: of the check; :data:`UNUSABLE` where there was none.
        names: of the findings, in their order, each followed by what it cannot be told from; of a
            finding without a name its title; why there was no check.
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
        checked = self.verdict != UNUSABLE
        return checked and bool(self.names) and not self.rank and not self.false


def namings(
    seed: int = 0, ids: Sequence[str] = (), examples: int = 100, *, lecture: bool = False
) -> Iterator[Named]:
    """A row for each fault, or for those named.

    Args:
        seed: of the checks.
        ids: of the catalogue; all of them if there are none.
        examples: random expressions of each check.
        lecture: whether the engine is written as the lecture's own is.

    Raises:
        KeyError: for an id that is not in the catalogue.
    """
    for fault in [CATALOGUE[name] for name in ids] or CATALOGUE.values():
        source = in_style(fault) if lecture else fault.source
        try:
            with load(module(source, fault.id)) as engine:
                yield named(fault, outcome(engine, Plan(examples=examples, seed=seed)))
        except EngineError as error:
            yield Named(fault.id, UNUSABLE, (str(error),), 0)


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
        "unusable": [row.fault for row in rows if row.verdict == UNUSABLE],
        "once": sum(row.findings == 1 for row in rows),
        "several": {row.fault: row.findings for row in rows if row.findings > 1},
    }


def to_json(rows: Sequence[Named], seed: int, lecture: Sequence[Named] = ()) -> dict[str, Any]:
    """The run as plain JSON, with that in the lecture's style if there was one."""
    other = {"summary": summary(lecture), "faults": [asdict(row) for row in lecture]}
    return {
        "schema": SCHEMA,
        "seed": seed,
        "summary": summary(rows),
        "faults": [asdict(row) for row in rows],
        **({"lecture": other} if lecture else {}),
    }


_PREFACE: Final = """\
# Is each known mistake called by its name, and told once?

Written by `verify faults --diagnosis --docs docs/naming.md`; do not edit. Each mistake is planted
in a right engine, which is then checked to the end."""
_LECTURE: Final = """\
Written by `verify faults --diagnosis --lecture --docs docs/naming.md`; do not edit. Each mistake is
planted in two right engines, which are then checked to the end: the one in which names are looked
for, and one that is written as the lecture's own, with operands in a set, whose order changes with
where objects lie, and a tanh that is composed of exponentials."""
_FIGURES: Final[tuple[tuple[str, Callable[[dict[str, Any]], int]], ...]] = (
    ("named rightly, and first", lambda told: told["first"]),
    (f"named rightly among the first {FIRST}", lambda told: told["in_three"]),
    ("described in plain words, without a name", lambda told: len(told["plain"])),
    ("called by the name of another mistake only", lambda told: len(told["false"])),
    ("not seen at all", lambda told: len(told["unseen"])),
    ("with which the engine cannot be used, and is not judged", lambda told: len(told["unusable"])),
    ("told once, in exactly one finding", lambda told: told["once"]),
)


def to_markdown(rows: Sequence[Named], seed: int, lecture: Sequence[Named] = ()) -> str:
    """The run as a page: figures, then whatever is not named first and told once.

    Args:
        rows: of the usual engine.
        seed: of the checks.
        lecture: of the engine in the lecture's style, if that was asked as well.
    """
    runs = {"": rows} if not lecture else {"the usual engine": rows, "the lecture's": lecture}
    head, _, usual = _PREFACE.partition("\n\n")
    told = [(len(run), summary(run)) for run in runs.values()]
    lines = [
        head,
        "",
        _LECTURE if lecture else usual,
        "",
        f"| of {len(rows)} mistakes (seed {seed}) |{''.join(f' {name} | |' for name in runs)}",
        f"|---|{'---|---|' * len(runs)}",
    ]
    for words, count in _FIGURES:
        shares = [f" {count(each)} | {100 * count(each) / max(of, 1):.1f} % |" for of, each in told]
        lines.append(f"| {words} |{''.join(shares)}")
    for name, run in runs.items():
        where = f" In {name}{' one' if run is lecture else ''}:" if name else ""
        lines += [
            "",
            f"What is not named first, or is told more than once.{where}",
            "",
            "| mistake | findings | what is said, in order |",
            "|---|---|---|",
        ]
        lines += [
            f"| {row.fault} | {row.findings} | {'; '.join(row.names).replace('|', '&#124;')} |"
            for row in run
            if row.rank != 1 or row.findings != 1
        ]
    return "\n".join(lines) + "\n"
