"""Everything that can be proven of an engine, as one value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.engines.worker.unknown import OTHERS
from verify.expression.ops import FORMS, OPS
from verify.prove.networks import UNSEEN, networks
from verify.prove.operations import name_of, operations
from verify.prove.structure import STATEMENT, structure
from verify.prove.theorem import WEAKEST, Theorem
from verify.prove.wirings import LARGEST
from verify.prove.witness import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from verify.expression.graph import Case
    from verify.prove.networks import WatchingNetworks
    from verify.prove.theorem import Standing

NOT_COVERED: Final = (
    "rounding, overflow and underflow, which `verify check` judges: a proof is about real numbers",
    "values and operands that are no real numbers: nan, the infinities",
    "numbers, in a leaf or beside a node, that are no float, int or bool, such as those of numpy",
    "gradients of results: theorems speak of those of leaves",
    "functions that are no operation of a node, such as a loss",
    "training: what an optimiser does, gradients that add up over several passes",
    "depth and cost: recursion limits, time and memory",
    "networks of other sizes than those above, and what a second call of one does",
    "what Python itself does with the operations of its numbers, and C functions of `math`",
)
"""What no theorem here speaks of: said in every answer."""
ASSUMED: Final = (
    "the source is rewritten by verify, without a change of its meaning, so that it can be watched",
    "functions of math and the operators of floats compute what they are named for",
    "outside of the engine's files only functions that are known to have no state were called",
    "nobody changes the engine from outside, and it does not tamper with what watches it",
)
"""What every proof rests on and no machine checked."""


OTHERS_STATEMENT: Final = "value and gradient of whatever else gives a node are right"
UNEXAMINED: Final = Theorem(
    "structure", "all graphs", "", "open", STATEMENT,
    note=UNSEEN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plain:
    """The engine as it is, unwatched, asked about one case.

    Attributes:
        wrong: what the judge finds wrong there, in words; ``None`` for nothing.
        computes: whether it gives an answer, right or wrong.
    """

    wrong: Callable[[Case], str | None]
    computes: Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown.

    Attributes:
        theorems: operations first, then all graphs, then networks.
        sources: each file that ran, and the hash of its text.
    """

    theorems: tuple[Theorem, ...]
    sources: tuple[tuple[str, str], ...]

    @property
    def standing(self) -> Standing:
        """The weakest standing of what the engine has."""
        standings = [t.standing for t in self.theorems if t.standing != "missing"]
        return min(standings, key=WEAKEST.index, default="open")


def prove(
    engine: WatchingNetworks,
    plain: Plain | None = None,
    only: Collection[str] = OPS,
    largest: int = LARGEST,
) -> Proof:
    """Prove what can be proven, and look for numbers where something cannot.

    Args:
        engine: loaded to be watched.
        plain: the same engine as it is: what is wrong, and what is missing, is asked of it too.
        only: the operations that are looked at.
        largest: the size up to which all graphs are run.
    """
    found = list(operations(engine, only))
    if plain is not None:
        found = [doubted(t, plain) for t in found]
    seen = dict.fromkeys(note for theorem in found for note in theorem.seen)
    if all(t.standing in {"proven", "missing"} for t in found):
        theorem = structure(engine, forms_had(found), seen, exhaust=not seen, largest=largest)
    else:
        theorem = UNEXAMINED
    look = theorem is not UNEXAMINED
    # A theorem about an operation speaks of all graphs only if the operation is local.
    found = [
        replace(t, standing="bounded", note=str(t.seen[0]))
        if t.standing == "proven" and t.seen else t for t in found
    ]  # fmt: skip
    found += [theorem, *networks(engine, look=look), *others(engine.info.notes)]
    if plain is not None:
        found = [refuted(t, plain) for t in found]
    return Proof(tuple(found), engine.sources())


def others(notes: Iterable[str]) -> Iterator[Theorem]:
    """An open theorem, where the engine has methods that give a node and are no known operation."""
    for note in notes:
        if note.startswith(OTHERS):
            yield Theorem(
                "structure", "other methods", "", "open", OTHERS_STATEMENT,
                note=f"no theorem here is about them: {note}",
            )  # fmt: skip


def forms_had(theorems: Iterable[Theorem]) -> frozenset[str]:
    """The forms of operations that an engine has, as ``a + b``."""
    had = {t.name for t in theorems if t.op and t.standing != "missing"}
    return frozenset(text for text, form in FORMS.items() if name_of(form) in had)


def doubted(theorem: Theorem, plain: Plain) -> Theorem:
    """The theorem, open where the engine refuses only while it is watched.

    What stands in for numbers may be refused where a number is not; then there is an operation that
    nothing is known of.
    """
    for path in theorem.paths:
        case = next(cases(path), None) if path.outcome == "refused" else None
        if case is not None and plain.computes(case):
            words = f"it is refused only where it is watched: {path.note}"
            complement = (*theorem.complement, words)
            return replace(theorem, standing="open", complement=complement, note=words)
    return theorem


def refuted(theorem: Theorem, plain: Plain) -> Theorem:
    """The theorem, refuted where the judge confirms a number that is wrong."""
    for path in theorem.paths:
        if path.outcome != "differs":
            continue
        for case in cases(path):
            words = plain.wrong(case)
            if words is not None:
                return replace(theorem, standing="refuted", note=words)
    return theorem

