"""What is said of an engine that is right on a small scale and wrong on a large one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.verdict.outcome import Diagnosis, Finding, Triage, telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading
    from verify.verdict.judgement import Judged, Judgement
    from verify.verdict.reference import Reference

CUT: Final = "cut-at-depth"
"""The mistake of the catalogue that swallows a RecursionError."""


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
        diagnosis=Diagnosis(CUT, "deep graphs lose their gradients", explanation),
        reading=reading,
        place=f"{wrong.quantity} of {name} in a chain of {length:,} additions",
    )


CLIPPED: Final = "large gradients are clipped at"


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to where an engine is right, and what it says beyond.

    Attributes:
        check: the stage.
        case: the smallest case beyond, of its family.
        judgement: on it.
        reading: what the engine said.
        right: the largest scale that is right, as a person counts it.
        wrong: the scale of ``case``.
        beyond: whether what lies further out is wrong too; else this scale alone.
        where: of which kinds of graphs it is so, in words: ``of add, mul and tanh``.
        elsewhere: of which it is not, likewise; ``""`` if there are none.
        swallowed: whether it is Python's recursion that ends there.
        clipped: whether a number that should be larger still is the same.
    """

    check: str
    case: Case
    judgement: Judgement
    reading: Reading
    right: float
    wrong: float
    beyond: bool = True
    where: str = ""
    elsewhere: str = ""
    swallowed: bool = False
    clipped: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    explanation: str
    place: str
    fault: str = ""


def limited(limit: Limit, reference: Reference) -> Finding:
    """The finding of a limit, beside what is known of its case."""
    number = telling(limit.judgement, limit.case)
    words = _WORDS[limit.check](limit, number)
    so = f" So it is {limit.where}." if limit.where else ""
    not_so = f" It is not so {limit.elsewhere}." if limit.elsewhere else ""
    forward = not any(n.quantity == "value" for n in limit.judgement.wrong)
    summary = (
        "The forward pass is right and backward is wrong." if forward
        else "The forward pass is wrong."
    )  # fmt: skip
    return Finding(
        check=limit.check,
        case=limit.case,
        original=limit.case,
        wrong=number,
        readings=reference.readings(number.quantity, number.node),
        triage=Triage(forward, False if forward else None, None, summary),
        diagnosis=Diagnosis(words.fault, words.title, f"{words.explanation}{so}{not_so}"),
        reading=limit.reading,
        place=f"{number.quantity} of {limit.case.graph.names[number.node]} in {words.place}",
    )


def _lost(number: Judged) -> bool:
    return number.quantity == "gradient" and not number.got


def _depth(limit: Limit, number: Judged) -> _Words:
    right, wrong = f"{limit.right:,.0f}", f"{limit.wrong:,.0f}"
    place = f"a chain of {wrong} operations"
    both = f"A chain of {right} operations is right, and one of {wrong} is silently wrong."
    if limit.swallowed:
        explanation = (
            f"{both} Some calls nearer to Python's recursion limit it ends sooner: a RecursionError"
            " is swallowed and leaves the graph half walked. Walk it with a loop and a stack of its"
            " own."
        )
        return _Words("deep graphs lose their gradients", explanation, place, CUT)
    if number.quantity == "value":
        title = f"values are wrong beyond a depth of {right} operations"
        return _Words(title, f"{both} Look for what counts or limits the depth.", place)
    title = (
        f"gradients are not passed below a depth of {right} operations" if _lost(number)
        else f"gradients are wrong below a depth of {right} operations"
    )  # fmt: skip
    explanation = f"{both} Look for a limit on how deep the backward pass goes; there must be none."
    return _Words(title, explanation, place)


def _fan_out(limit: Limit, number: Judged) -> _Words:
    times, right = f"{limit.wrong:,.0f}", f"{limit.right:,.0f}"
    used = f"used {times} times or more" if limit.beyond else f"used exactly {times} times"
    what = (
        "a wrong value" if number.quantity == "value"
        else "no gradient" if _lost(number) else "a wrong gradient"
    )  # fmt: skip
    lost = number.quantity == "gradient" and _lost(number) and limit.beyond
    title = f"a node {used} {'loses its gradient' if lost else f'leads to {what}'}"
    after = "" if limit.beyond else ", and so is one that is used more often"
    explanation = (
        f"A graph in which a node is used {right} times is right{after}; used {times} times, it "
        f"leads to {what}. Look for what counts the uses of a node, or has room for some only; its "
        "gradient is the sum over all of them, however many."
    )
    return _Words(title, explanation, f"a graph that uses a node {times} times")


def _size(limit: Limit, number: Judged) -> _Words:
    right, wrong = f"{limit.right:,.0f}", f"{limit.wrong:,.0f}"
    what = (
        "have wrong values" if number.quantity == "value"
        else "lose gradients" if _lost(number) else "have wrong gradients"
    )  # fmt: skip
    explanation = (
        f"A graph of {right} nodes is right, and one of {wrong} is silently wrong, though it is "
        "neither deep nor uses a node often. Look for a list or a table of nodes with a largest "
        "size."
    )
    title = f"graphs of {wrong} nodes or more {what}"
    return _Words(title, explanation, f"a graph of {wrong} nodes")


def _large_gradient(limit: Limit, number: Judged) -> _Words:
    right, wrong = f"{limit.right:g}", f"{limit.wrong:g}"
    size = abs(number.got or 0)
    beyond = f"{'wrong' if size else 'lost'} above {right}"
    explanation = (
        f"A gradient of size {right} is right, and one of {wrong} is not: {number.got!r} is said "
        "there. Look for min, max or a threshold in the backward pass; a gradient may be as large "
        "as it is."
    )
    title = f"{CLIPPED} {size:g}" if limit.clipped else f"large gradients are {beyond}"
    return _Words(title, explanation, f"products that make it {wrong}")


def _small_gradient(limit: Limit, number: Judged) -> _Words:
    right, wrong = f"{limit.right:g}", f"{limit.wrong:g}"
    what = "wrong" if number.got else "lost"
    explanation = (
        f"A gradient of size {right} is right, and one of {wrong} is not: {number.got!r} is said "
        "there. Look for a threshold below which a gradient counts as nothing, or for rounding; a "
        "gradient may be as small as it is."
    )
    title = f"small gradients are {what} below {right}"
    return _Words(title, explanation, f"products that make it {wrong}")


_WORDS: Final = {
    "depth": _depth,
    "fan-out": _fan_out,
    "size": _size,
    "large gradients": _large_gradient,
    "small gradients": _small_gradient,
}


def every_so_often(  # noqa: PLR0913 - what is known of it
    case: Case,
    judgement: Judgement,
    reading: Reading,
    reference: Reference,
    *,
    places: Sequence[int],
    asked: int,
    answers: tuple[float | None, ...],
) -> Finding:
    """The finding on an engine whose passes are wrong at equal distances, or all from one on.

    Args:
        case: what was run again and again, in one process.
        judgement: on a wrong answer.
        reading: that answer.
        reference: what is known of it.
        places: which passes were wrong, counted from 1.
        asked: how many there were.
        answers: what was said of that number, the wrong one first.
    """
    number = telling(judgement, case)
    text = " and ".join("nothing" if x is None else repr(x) for x in answers[:2])
    begin = f"The same program was run {asked:,} times in one process, and said {text}. "
    look = "Look for a counter, or for what is kept on the class, and grows or fills up."
    if len(places) > 1 and places[1] - places[0] > 1:
        every = ordinal(places[1] - places[0])
        title = f"unstable: every {every} backward pass is wrong"
        explanation = f"{begin}Every {every} answer is wrong ({len(places)} in all). {look}"
    elif len(places) > 1:
        title = f"something outlives a backward pass: wrong from about the {ordinal(places[0])} on"
        explanation = f"{begin}From about the {ordinal(places[0])} on it is wrong. {look}"
    else:
        title = f"unstable: one of {asked:,} backward passes is wrong"
        explanation = f"{begin}The {ordinal(places[0])} answer is wrong. {look}"
    return Finding(
        check="passes",
        case=case,
        original=case,
        wrong=number,
        readings=reference.readings(number.quantity, number.node),
        triage=Triage(
            None, False, None, "The same program is right at one time and wrong at another."
        ),
        diagnosis=Diagnosis("", title, explanation),
        reading=reading,
        place=f"{number.quantity} of {case.graph.names[number.node]}, now and then",
        answers=answers,
        repeats=(len(places), asked),
    )


def ordinal(number: int) -> str:
    """``700th``, ``1,001st``."""
    teens = number % 100 in {11, 12, 13}
    return f"{number:,}{'th' if teens else _ENDINGS.get(number % 10, 'th')}"


_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd"}
