"""An engine's network, recognised by its outputs and judged by somebody's answers.

A network is built by the engine, given parameters and inputs, and recognised by its outputs; the
truth is that of the recognised architecture's graph.  What cannot be recognised is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case
from verify.expression.reading import Enclosure, NetworkReading, Reading
from verify.faults import CATALOGUE
from verify.generators.architectures import FLAWS, Architecture, architectures
from verify.networks.answer import lined_up, masked
from verify.networks.task import FAR, shown
from verify.verdict.judge import Judged, Judgement, Verdict, judge
from verify.verdict.outcome import Diagnosis, Finding, Triage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.reading import NetworkState
    from verify.networks.answer import Answer, Answers
    from verify.networks.task import Exercise

NO_NETWORK: Final = "no network"
NOT_RECOGNISED: Final = "network not recognised"
_ALIKE: Final = 1e-9
"""How near outputs must be to recognise an architecture; its gradients are judged elsewhere."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one network.

    Attributes:
        sizes: inputs and each layer's outputs.
        reading: everything that the engine said.
        judgements: one for each backward pass that was judged.
        finding: the first thing that is wrong.
        skipped: why it was not judged, ``""`` if it was.
        words: how the engine's network works, for the report.
    """

    sizes: tuple[int, ...]
    reading: NetworkReading = field(default_factory=NetworkReading)
    judgements: tuple[tuple[Case, Judgement], ...] = ()
    finding: Finding | None = None
    skipped: str = ""
    words: str = ""

    @property
    def missing(self) -> bool:
        """Whether the engine has no such network."""
        return self.skipped.startswith(NO_NETWORK)

    @property
    def own(self) -> bool:
        """Whether the finding is about the network itself; wrong operations make it wrong too."""
        found = self.finding
        return bool(found and found.diagnosis.fault and found.wrong.quantity != "gradient")


@dataclass(slots=True)
class Looker:
    """Looks at one network after the other, and remembers which architectures they may be.

    Attributes:
        engine: the engine under test.
        known: the architectures that fit all networks so far.
    """

    engine: Engine
    known: list[Architecture] = field(default_factory=lambda: list(architectures()))

    def look(self, exercise: Exercise, answers: Answers) -> Looked:
        """Let the engine do the exercise and judge it.  A neuron may have any activation."""
        known = list(architectures()) if exercise.alone else self.known
        look = _Look(self.engine, exercise, answers, known)
        looked = look.look()
        if not exercise.alone:
            self.known = look.known
        return looked


@dataclass(slots=True)
class _Look:
    """One network of the engine's, and the architectures that it may still be."""

    engine: Engine
    exercise: Exercise
    answers: Answers
    known: list[Architecture]
    judgements: list[tuple[Case, Judgement]] = field(default_factory=list)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.exercise.layers

    def look(self) -> Looked:
        exercise = self.exercise
        reading = self.engine.network(exercise.sizes, exercise.steps)
        if reading.raised is not None and reading.raised.refused:
            skipped = f"{NO_NETWORK}: {reading.raised.message}"
            return Looked(self.sizes, reading, skipped=skipped)
        finding = self._finding(reading)
        skipped = "" if finding or self.judgements else NOT_RECOGNISED
        words = "" if skipped else self._words(reading)
        return Looked(self.sizes, reading, tuple(self.judgements), finding, skipped, words)

    def _words(self, reading: NetworkReading) -> str:
        if self.exercise.alone:
            return ""
        a = self.known[0]
        last = f", {a.last} at the end" if len(self.sizes) > 2 else ""
        bias = "" if a.biased else ", no bias"
        return f"{reading.words['built']}: {a.hidden} layers{last}{bias}"

    def _finding(self, reading: NetworkReading) -> Finding | None:
        """The first thing that is wrong, in the order in which one would look."""
        if wrong := self._parameters(reading):
            return wrong
        if reading.raised is not None:
            what = f"raises {reading.raised}"
            return self._wrong(reading, "training", what, "", self.exercise.parameters)
        _, _, first, zeroed, *turns = reading.states
        if not self._recognise(reading):
            return self._flawed(reading)
        if wrong := self._passed(reading, 0, first):
            return wrong
        if wrong := self._zeroed(reading, first, zeroed):
            return wrong
        for moment, before, after in zip((1, 2), turns[::2], turns[1::2], strict=True):
            if wrong := self._passed(reading, moment, before):
                return wrong
            if wrong := self._moved(reading, moment, before, after):
                return wrong
        return None

    def _parameters(self, reading: NetworkReading) -> Finding | None:
        """Whether the parameters that are listed are those that the network computes with."""
        due, n, hidden = Architecture().count(self.sizes), reading.parameters, reading.hidden
        if reading.shared:
            said = f"{reading.shared} of {n} parameters are listed more than once"
            return self._wrong(reading, "parameters", said, "weights-shared")
        if hidden and n == hidden == due:
            said = "parameters() lists copies, not what the network computes with"
            return self._wrong(reading, "parameters", said, "parameters-copied")
        if hidden and n + hidden == due:
            # Missing biases show on a single layer, which comes first.
            fault = "biases-not-registered" if len(self.sizes) == 2 else "layers-not-registered"
            said = f"parameters() lists {n} of {due}"
            return self._wrong(reading, "parameters", said, fault)
        return None

    def _recognise(self, reading: NetworkReading) -> bool:
        """Keep the architectures that give these outputs; whether any is left."""
        choices = self.known
        if reading.parameters == Architecture(biased=False).count(self.sizes):
            choices = list(architectures(biased=False))
        fits = [
            a for a in choices
            if a.count(self.sizes) == reading.parameters and self._gives(a, reading)
        ]  # fmt: skip
        self.known = fits or self.known
        return bool(fits)

    def _gives(self, a: Architecture, reading: NetworkReading, flaw: str = "") -> bool:
        """Whether the engine's outputs, at three inputs, are those of this architecture."""
        numbers = self.exercise.parameters
        inputs = [[k * number for number in self.exercise.inputs] for k in (-FAR, FAR, 1.0)]
        return all(
            _alike(a.outputs(self.sizes, numbers, at, flaw), state.outputs)
            for at, state in zip(inputs, reading.states, strict=False)
        )

    def _flawed(self, reading: NetworkReading) -> Finding | None:
        """A known mistake that gives these outputs; ``None`` where the network is just unusual."""
        numbers, said = self.exercise.parameters, reading.states[2].outputs
        for flaw in FLAWS:
            if flaw == "layer-missing" and len(self.sizes) == 2:
                continue  # nothing is left then but the inputs
            for a in self.known:
                if a.count(self.sizes) == reading.parameters and self._gives(a, reading, flaw):
                    due = a.outputs(self.sizes, numbers, self.exercise.inputs)
                    what = f"{len(said)} outputs where {len(due)} are due"
                    what = "differs" if len(said) == len(due) else what
                    odd = [i for i, (y, z) in enumerate(zip(said, due, strict=False)) if y != z]
                    at = odd[0] if odd else 0
                    return self._wrong(
                        reading, "output", what, flaw, numbers, said[at], due[at], a, at
                    )
        return None

    def _passed(self, reading: NetworkReading, moment: int, state: NetworkState) -> Finding | None:
        """Judge what was computed and every parameter's gradient against the graph's truth."""
        data = [p for p in state.data if p is not None]
        if len(data) < len(state.data):
            return None
        a, targets = self.known[0], self.exercise.targets if moment else None
        graph, outputs = a.graph(self.sizes, targets)
        case = Case(graph, (*data, *self.exercise.inputs))
        answer = self.answers.passed(a, moment, case, shown(graph, outputs))
        if answer is None:
            return None
        said, truth = lined_up(state, outputs, answer.truth)
        judgement = judge(said, truth, masked(answer, truth))
        self.judgements.append((case, judgement))
        if not judgement.wrong:
            return None
        number = min(judgement.wrong, key=lambda n: (n.quantity != "value", n.node))
        fault = "network-detached" if self._detached(state) else ""
        return self._report(reading, case, number, fault, answer)

    def _detached(self, state: NetworkState) -> bool:
        """Whether only the last layer's parameters have a gradient, or none at all."""
        if self.exercise.alone:
            return not any(state.gradients)
        last = (self.sizes[-2] + 1) * self.sizes[-1]
        return len(self.sizes) > 2 and not any(state.gradients[:-last])

    def _zeroed(
        self, reading: NetworkReading, before: NetworkState, after: NetworkState
    ) -> Finding | None:
        left = [i for i, g in enumerate(after.gradients) if g]
        if not left:
            return None
        a = self.known[0]
        biases = {b for layer in a.neurons(self.sizes) for _, b in layer}
        fault = "zero-grad-misses-biases" if set(left) <= biases else ""
        if after.gradients == before.gradients:
            fault = "zero-grad-does-nothing"
        what = f"leaves {len(left)} of {len(after.gradients)} gradients as they were"
        name = f"zero_grad ({reading.words['zero']})"
        return self._wrong(reading, name, what, fault, before.data, after.gradients[left[0]], 0.0)

    def _moved(
        self, reading: NetworkReading, moment: int, before: NetworkState, after: NetworkState
    ) -> Finding | None:
        """Whether each parameter moved against its gradient by rate times its size."""
        answer = self.answers.moved(self.known[0], moment, before)
        if answer is None:
            return None
        rows = zip(answer.truth.values, after.data, strict=True)
        nothing = (None,) * len(after.data)
        truth = replace(
            answer.truth,
            values=tuple([None if moved is None else e for e, moved in rows]),
            gradients=nothing,
        )
        said = Reading("engine", after.data, nothing)
        wrong = judge(said, truth, masked(answer, truth), gradients=False).wrong
        if not wrong:
            return None
        at, rate = wrong[0].node, self.exercise.rate
        p, g, moved = before.data[at], before.gradients[at], after.data[at]
        fault, want = "", None
        if p is not None and g is not None and moved is not None:
            fault, want = _update_fault(p, g, moved, rate), p - rate * g
        name = "parameter after an update"
        return self._wrong(reading, name, "differs", fault, before.data, moved, want)

    def _wrong(  # noqa: PLR0913, PLR0917 - what there is to say
        self,
        reading: NetworkReading,
        place: str,
        reason: str,
        fault: str,
        data: Sequence[float | None] = (),
        got: float | None = None,
        want: float | None = None,
        architecture: Architecture | None = None,
        output: int = 0,
    ) -> Finding:
        """A finding that is about a network and not about one number of its graph."""
        shape = architecture or next(iter(self.known), Architecture())
        x = self.exercise.inputs
        if place == "parameters":  # which numbers are listed shows without the biases too
            shape, x = replace(shape, biased=False), ()
        graph, _ = shape.graph(self.sizes, None, output)
        point = [0.5 if p is None else p for p in data]
        count = len(graph.leaves) - self.sizes[0]
        point = [*point, *([0.5] * count)][:count]
        case = Case(graph, (*point, *x, *([0.5] * self.sizes[0]))[: len(graph.leaves)])
        truth = None if want is None else Enclosure(want)
        number = Judged(len(graph.nodes) - 1, "value", Verdict.WRONG, reason, got, truth)
        return self._report(reading, case, number, fault, None, place)

    def _report(  # noqa: PLR0913, PLR0917 - what there is to say
        self,
        reading: NetworkReading,
        case: Case,
        number: Judged,
        fault: str,
        answer: Answer | None,
        place: str = "",
    ) -> Finding:
        known, built = CATALOGUE.get(fault), reading.words.get("built") or "the network"
        name = case.graph.names[number.node]
        where = place or f"{number.quantity} of {name}"
        summary = f"A network of {' → '.join(map(str, self.sizes))}: {where} is wrong."
        diagnosis = (
            Diagnosis(known.id, known.title, known.explanation)
            if known
            else Diagnosis("", f"{where} is wrong in a network", f"{summary} {number.reason}.")
        )
        raised = reading.raised if reading.raised and place == "training" else None
        return Finding(
            check="networks",
            case=case,
            original=case,
            wrong=number,
            readings={} if answer is None else answer.readings(number),
            triage=Triage(None, None, None, summary),
            diagnosis=diagnosis,
            reading=Reading("engine", raised=raised),
            place=f"{where} of {built}" if place else f"{where} in {built}",
        )


def _update_fault(p: float, g: float, moved: float, rate: float) -> str:
    """Which of the known mistakes moves a parameter there."""
    for fault, place in (
        ("update-uphill", p + rate * g),
        ("update-replaces", -rate * g),
        ("update-moves-gradient", p),
    ):
        if abs(moved - place) <= _ALIKE * max(abs(place), abs(rate * g)):
            return fault
    return ""


def _alike(a: Sequence[float], b: Sequence[float | None]) -> bool:
    return len(a) == len(b) and all(
        y is not None and abs(x - y) <= _ALIKE * max(1.0, abs(x)) for x, y in zip(a, b, strict=True)
    )
