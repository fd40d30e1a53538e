"""A mistake in a network, before and after it is a finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case
from verify.expression.reading import Enclosure, Reading
from verify.faults import CATALOGUE
from verify.generators.architectures import Architecture
from verify.verdict.judgement import Judged, Verdict
from verify.verdict.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.expression.reading import NetworkReading
    from verify.networks.task import Exercise
    from verify.verdict.reference import Reference

TURN: Final = " in the training loop"
"""Said of a number that is wrong in a turn of it: what was asked before that is right."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in words, with the number that shows it where there is one.

    Attributes:
        place: what of the network is wrong: ``output``, ``parameters``, ``zero_grad``, ….
        reason: what is seen there.
        fault: id in the catalogue, ``""`` if it is none of these.
        title: names the cause, where the catalogue does not.
        explanation: a paragraph on it, likewise.
        got: what the network said.
        want: what was due.
        data: its parameters then.
        architecture: how it should compute; ``None`` if that is not known, and not shown then.
        output: which output is meant.
        quantity: what ``got`` is.
    """

    place: str
    reason: str
    fault: str = ""
    title: str = ""
    explanation: str = ""
    got: float | None = None
    want: float | None = None
    data: Sequence[float | None] = ()
    architecture: Architecture | None = None
    output: int = 0

    @property
    def diagnosis(self) -> Diagnosis:
        """In the catalogue's words, or its own."""
        if known := CATALOGUE.get(self.fault):
            return known.diagnosis
        said = " ".join([f"{x[:1].upper()}{x[1:]}." for x in (self.title, self.reason)])
        return Diagnosis("", self.title, self.explanation or said)


def finding(mistake: Mistake, exercise: Exercise, reading: NetworkReading) -> Finding:
    """What is to be said of a mistake that is about a network, not about a number of its graph."""
    sizes, x = exercise.layers, exercise.inputs
    shape = mistake.architecture or Architecture()
    if mistake.place == "parameters":  # which numbers are listed shows without the biases too
        shape, x = replace(shape, biased=False), ()
    graph, _ = shape.graph(sizes, None, min(mistake.output, sizes[-1] - 1))
    count = len(graph.leaves) - sizes[0]
    point = [0.5 if p is None else p for p in mistake.data]
    point = [*point, *([0.5] * count)][:count]
    case = Case(graph, (*point, *x, *([0.5] * sizes[0]))[: len(graph.leaves)])
    truth = None if mistake.want is None else Enclosure(mistake.want)
    last = len(graph.nodes) - 1
    number = Judged(last, "value", Verdict.WRONG, mistake.reason, mistake.got, truth)
    found = about(case, number, reading, mistake.diagnosis, sizes, place=mistake.place)
    return replace(found, unread=mistake.architecture is None)


def about(  # noqa: PLR0913 - what there is to say
    case: Case,
    number: Judged,
    reading: NetworkReading,
    diagnosis: Diagnosis,
    sizes: Sequence[int],
    *,
    answer: Reference | None = None,
    place: str = "",
    turn: bool = False,
) -> Finding:
    """A finding about a network.

    Args:
        case: the network as a graph.
        number: what is wrong.
        reading: everything that the network said.
        diagnosis: the mistake behind it.
        sizes: inputs and each layer's outputs.
        answer: what is known of the case.
        place: where it is wrong, if that is no number of the graph.
        turn: whether it is, after zeroing, in a turn of the training loop.
    """
    built = reading.words.get("built") or "the network"
    where = place or f"{number.quantity} of {case.graph.names[number.node]}{TURN * turn}"
    summary = f"A network of {' → '.join(map(str, sizes))}: {where} is wrong."
    if not diagnosis.title:
        title = f"{where} is wrong in a network"
        diagnosis = Diagnosis("", title, f"{summary[:-1]}: {number.reason}.")
    raised = reading.raised if place == "training" else None
    return Finding(
        check="networks",
        case=case,
        original=case,
        wrong=number,
        readings={} if answer is None else answer.readings(number.quantity, number.node),
        triage=Triage(None, None, None, summary),
        diagnosis=diagnosis,
        reading=Reading("engine", raised=raised),
        place=f"{where} of {built}" if place else f"{where} in {built}",
    )
