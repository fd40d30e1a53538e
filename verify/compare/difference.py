"""What a difference between two engines is: what differs, and which of them is right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from verify.engines import EngineInfo
    from verify.expression.graph import Case

Kind = Literal[
    "operations",
    "value",
    "gradient",
    "intermediate gradient",
    "error",
    "state",
    "network",
    "depth",
    "growth",
    "reproducibility",
    "slowdown",
]
"""What differs.  ``operations``: one has what the other lacks.  ``error``: what is raised, or
whether.  ``state``: a second backward pass over the same nodes, or over new ones from the same
leaves.  ``network``: neurons and layers, their parameters, their training.  ``depth``: how long a
chain may be.  ``growth``: how often a sum may be doubled before the time runs out.
``reproducibility``: one does not give the same bits in another process."""

Side = Literal[
    "bits",
    "bounds",
    "convention",
    "imprecise-old",
    "imprecise-new",
    "undecided",
    "only-old",
    "only-new",
    "wrong-both",
    "wrong-old",
    "wrong-new",
]
"""Who is right.  ``bits``: both, a last bit apart.  ``bounds``: both, as far as correct arithmetic
may stray.  ``convention``: both, where more than one answer is right.  ``imprecise-…``: that one
loses digits.  ``only-…``: that one alone can do it.  ``undecided``: nobody knows."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SIDES: Final[tuple[Side, ...]] = get_args(Side)
"""From the most harmless on."""

ROUNDING: Final[frozenset[Side]] = frozenset({"bits", "bounds"})
"""What rounding explains; allowed unless the same bits are demanded."""

WRONG: Final[frozenset[Side]] = frozenset({"wrong-both", "wrong-old", "wrong-new"})
"""What no allowance of a kind accepts: each has to be named itself."""

STEADY: Final = "the same bits each time"
CHANGES: Final = "changes from run to run"
"""What is said of an engine that does the same as itself in another process, and of another."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two engines differ.

    Attributes:
        kind: what differs.
        side: which of them is right.
        where: ``gradient of a``, ``tanh``, ``a chain of 1000``.
        old: what the old one says there, in words or as a number.
        new: what the new one says.
        case: the smallest expression found; ``None`` where there is none.
        original: the one on which it was found.
        truth: what is right, in words; ``""`` if unknown.
        note: what else a person should know.
    """

    kind: Kind
    side: Side
    where: str
    old: str
    new: str
    case: Case | None = None
    original: Case | None = None
    truth: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much more one engine needs than the other: pairs measured one after the other.

    Attributes:
        workload: what was run.
        quantity: ``time`` or ``memory``.
        old: seconds or bytes for one run of the old engine, the median.
        new: of the new one.
        ratio: new over old, the median over the pairs.
        low: lower end of the interval that holds the true median with 99.9 % confidence.
        high: its upper end.
        pairs: how many were measured.
        nodes: nodes of the graph.
    """

    workload: str
    quantity: Literal["time", "memory"]
    old: float
    new: float
    ratio: float
    low: float
    high: float
    pairs: int
    nodes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole result.

    Attributes:
        old: what was found out about the old engine.
        new: about the new one.
        cases: expressions that were run on both.
        numbers: numbers that both gave and that were compared.
        same: how many of them have the same bits.
        tally: cases by kind and side of what differs most on them.
        differences: examples, shrunk, the gravest first.
        allowed: kinds and sides that are accepted.
        ratios: speed and memory, as far as measured.
        unmeasured: why not, where it is not.
        skipped: cases that were not compared, by reason.
        minimum: numbers that must be compared.
        seed: reproduces the search together with ``examples``.
        examples: random cases.
        itself: what each of the two does otherwise than itself, in another process: no difference
            between them.
        seconds: wall clock.
    """

    old: EngineInfo
    new: EngineInfo
    cases: int
    numbers: int
    same: int
    tally: Mapping[tuple[Kind, Side], int]
    differences: tuple[Difference, ...]
    allowed: frozenset[str]
    ratios: tuple[Ratio, ...] = ()
    unmeasured: str = ""
    skipped: Mapping[str, int] = field(default_factory=Counter)
    minimum: int = 0
    seed: int = 0
    examples: int = 0
    itself: frozenset[tuple[Kind, Side]] = frozenset()
    seconds: float = 0.0

    def accepts(self, kind: Kind, side: Side) -> bool:
        """Whether such a difference is allowed, or is one of each engine with itself."""
        return (kind, side) in self.itself or accepted(kind, side, self.allowed)

    @property
    def refused(self) -> tuple[Difference, ...]:
        """The differences that are not allowed."""
        return tuple([d for d in self.differences if not self.accepts(d.kind, d.side)])

    @property
    def exit_code(self) -> Exit:
        """0 where nothing differs but what is allowed; 3 where too little was compared."""
        if self.refused:
            return Exit.WRONG
        return Exit.CORRECT if self.numbers >= self.minimum else Exit.INCONCLUSIVE


def accepted(kind: Kind, side: Side, allowed: Collection[str]) -> bool:
    """Whether such a difference is allowed: by its side, or by its kind where neither is wrong."""
    return side in allowed or (kind in allowed and side not in WRONG)


def allowance(names: Collection[str], *, exact: bool = False) -> frozenset[str]:
    """Kinds and sides that are accepted: those named, and rounding unless bits are demanded.

    Raises:
        ValueError: for a name that is neither.
    """
    known = {*KINDS, *SIDES}
    if unknown := sorted(set(names) - known):
        raise ValueError(
            f"{', '.join(unknown)}: no such class; there are {', '.join((*KINDS, *SIDES))}"
        )
    return frozenset(names) | (frozenset() if exact else ROUNDING)
