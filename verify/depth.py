"""Long chains of additions: what an engine does with a graph deeper than its own recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.graph import Apply, Case, Graph, Leaf
from verify.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from verify.graph import Node
    from verify.judge import Judged
    from verify.reading import Raised, Reading

LENGTHS: Final = (250, 500, 1000, 2000)
"""Additions in the chains that probe depth: recursion in Python ends near 1,000."""


def chain(length: int) -> Case:
    """``x = x + a``, so many times, from ``a`` at 1: its gradient is ``length + 1``."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, 0)) for i in range(length)]
    return Case(Graph(tuple(nodes)), (1.0,))


def ends(raised: Raised, length: int) -> str:
    """What is said of an engine that raises: that is honest, and a convention."""
    return f"{raised.type} in {raised.during} at {length:,} additions"


def works(length: int) -> str:
    """What is said of one that is right."""
    return f"{length:,} additions work"


def silently_wrong(
    case: Case, wrong: Judged, right: int, reading: Reading, source: str
) -> Finding:
    """The finding on a chain where an engine is wrong without a word.

    Args:
        case: that chain.
        wrong: the number that is wrong.
        right: additions of a chain that it gets right; 0 where only short ones are known to be.
        reading: what it said.
        source: who says what is due.
    """
    length, name = len(case.graph.operations), case.graph.names[wrong.node]
    shorter = f"A chain of {right:,} additions" if right else "A short chain of additions"
    explanation = (
        f"{shorter} is right and one of {length:,} is silently wrong. "
        "Python's recursion ends near 1,000 calls: a RecursionError that is swallowed leaves the "
        "graph half walked. Walk it with a loop and a stack of its own."
    )
    return Finding(
        check="depth",
        case=case,
        original=case,
        wrong=wrong,
        readings={} if wrong.truth is None else {source: wrong.truth.middle},
        triage=Triage(True, False, None, "The forward pass is right and backward is wrong."),
        diagnosis=Diagnosis("cut-at-depth", "deep graphs lose their gradients", explanation),
        reading=reading,
        place=f"{wrong.quantity} of {name} in a chain of {length:,} additions",
    )
