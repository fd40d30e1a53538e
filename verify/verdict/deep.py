"""What is said of an engine on chains deeper than its own recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verify.verdict.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading
    from verify.verdict.judge import Judged

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
