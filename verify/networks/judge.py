"""An engine's network, read by its outputs and judged by somebody's answers.

A network is built by the engine, given parameters and inputs, and its outputs say how it computes;
the truth about its gradients is then that of this architecture's graph.  One that computes
otherwise makes a known mistake, or is a design of its own (:mod:`verify.networks.unusual`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case
from verify.expression.reading import NetworkReading
from verify.faults import CATALOGUE
from verify.generators.architectures import Architecture, readable
from verify.networks.answer import lined_up
from verify.networks.listing import mislisted
from verify.networks.loop import emptied, kept, moved, zeroed
from verify.networks.mistake import Mistake, about, finding
from verify.networks.rules import own_rule
from verify.networks.task import alike, shown
from verify.networks.unusual import Unusual, remembers
from verify.verdict.judge import judge
from verify.verdict.outcome import NO_NETWORK, NOT_RECOGNISED, Diagnosis, telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.expression.reading import NetworkState
    from verify.networks.answer import Answers
    from verify.networks.task import Exercise
    from verify.verdict.judgement import Judgement
    from verify.verdict.outcome import Finding

_NOTHING_THERE: Final = ("there is no", "the program offers none")
"""How it is said that an engine has no networks, not that they could not be used."""


@dataclass(frozen=True, slots=True)
class NetworkOutcome:
    """What came of one network.

    Attributes:
        sizes: inputs and each layer's outputs.
        reading: everything that the engine said.
        judgements: one for each backward pass that was judged.
        findings: what is wrong, the first of each kind: a mistake of the network's own comes before
            a number that wrong operations make wrong too.
        skipped: why it was not judged, ``""`` if it was.
        words: how the engine's network works, for the report.
    """

    sizes: tuple[int, ...]
    reading: NetworkReading = field(default_factory=NetworkReading)
    judgements: tuple[tuple[Case, Judgement], ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    words: str = ""

    @property
    def missing(self) -> bool:
        """Whether the engine has no such network."""
        return self.skipped.startswith(NO_NETWORK)

    @property
    def absent(self) -> bool:
        """Whether there is nothing of the kind, rather than something that could not be used."""
        why = self.skipped.removeprefix(f"{NO_NETWORK}: ")
        return self.missing and why.startswith(_NOTHING_THERE)

    @property
    def finding(self) -> Finding | None:
        """The first thing that is wrong."""
        return self.findings[0] if self.findings else None

    @property
    def own(self) -> bool:
        """Whether that is about the network itself; wrong operations make it wrong too."""
        return bool(self.findings) and is_own(self.findings[0])


def is_own(found: Finding, *, values: bool = True) -> bool:
    """Whether a finding is about the network itself, whatever the operations do.

    Args:
        found: about a network.
        values: whether the operations give right values: otherwise outputs say nothing of it.
    """
    if found.place.startswith(("parameters", "zero_grad")):
        return True
    if found.place.startswith("output") and not values:
        return False
    return bool(found.diagnosis.fault) and found.wrong.quantity != "gradient"


@dataclass(slots=True)
class NetworkJudge:
    """Looks at one network after the other, and remembers which architectures they may be.

    Attributes:
        engine: the engine under test.
        known: the architectures that fit all networks so far.
        described: what the first unusual one computes, a neuron alone or a network.
        unusual: whether a network was.
    """

    engine: Engine
    known: list[Architecture] = field(default_factory=lambda: list(readable()))
    described: str = ""
    unusual: bool = False

    def judge(self, exercise: Exercise, answers: Answers) -> NetworkOutcome:
        """Let the engine do the exercise and judge it.  A neuron may have any activation."""
        known = list(readable()) if exercise.alone else self.known
        network = _OneNetwork(self.engine, exercise, answers, known)
        found = network.judge()
        if network.unusual:
            self.described = self.described or found.words
        if exercise.alone:
            return replace(found, words="")
        self.known = network.known
        self.unusual |= network.unusual
        return replace(found, words=self.described) if self.unusual else found


@lru_cache(maxsize=1 << 13)
def _outputs(
    a: Architecture, sizes: tuple[int, ...], p: tuple[float, ...], x: tuple[float, ...]
) -> list[float]:
    """What an architecture gives: worked out once, for all engines that do the exercise."""
    return a.outputs(sizes, p, x)


@lru_cache(maxsize=1 << 9)
def _fitting(  # noqa: PLR0913, PLR0917 - all that decides it
    choices: tuple[Architecture, ...],
    sizes: tuple[int, ...],
    p: tuple[float, ...],
    inputs: tuple[tuple[float, ...], ...],
    parameters: int,
    outputs: tuple[tuple[float | None, ...], ...],
) -> tuple[Architecture, ...]:
    """The architectures with so many parameters that give these outputs at these inputs.

    Most engines that do an exercise give the same.
    """
    return tuple([
        a for a in choices
        if a.count(sizes) == parameters
        and all(alike(_outputs(a, sizes, p, x), y) for x, y in zip(inputs, outputs, strict=False))
    ])  # fmt: skip


def in_any_order(known: Sequence[Architecture]) -> list[Architecture]:
    """Those that compute as some of these do, in whatever order they list their parameters.

    The order need not be that of the networks before: a set's is another one in each.
    """
    computed = {(a.hidden, a.last, a.biased) for a in known}
    found = [a for biased in (True, False) for a in readable(biased=biased)]
    return [a for a in found if (a.hidden, a.last, a.biased) in computed]


@dataclass(slots=True)
class _OneNetwork:
    """One network of the engine's, and the architectures that it may still be."""

    engine: Engine
    exercise: Exercise
    answers: Answers
    known: list[Architecture]
    judgements: list[tuple[Case, Judgement]] = field(default_factory=list)
    unusual: bool = False
    words: str = ""

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.exercise.layers

    def judge(self) -> NetworkOutcome:
        exercise = self.exercise
        reading = self.engine.network(exercise.sizes, exercise.steps)
        if reading.raised is not None and reading.raised.refused:
            skipped, why = f"{NO_NETWORK}: {reading.raised.message}", reading.raised.message
            words = "" if why.startswith(_NOTHING_THERE) else f"not judged: {why}"
            return NetworkOutcome(self.sizes, reading, skipped=skipped, words=words)
        found = list(self._findings(reading))
        chosen = [f for f in found if is_own(f)][:1] or found[:1]
        chosen += [f for f in found if not is_own(f) and f not in chosen][:1]
        skipped = "" if found or self.judgements else NOT_RECOGNISED
        judged = tuple(self.judgements)
        return NetworkOutcome(self.sizes, reading, judged, tuple(chosen), skipped, self.words)

    def _findings(self, reading: NetworkReading) -> Iterator[Finding]:
        """What is wrong, in the order in which one would look."""
        mistake = mislisted(self.engine, self.exercise, reading) or self._ended(reading)
        if mistake is not None:
            yield finding(mistake, self.exercise, reading)
            return
        _, _, first, _, *turns = reading.states
        if reading.states[0].data != self._set(reading):
            lost = "its parameters do not keep all digits of what they are set to"
            self.words = f"not judged: {reading.words['built']}: {lost}"
            return
        if self._recognise(reading):
            self.words = self._usual(reading)
            wrong = self._passed(reading, 0, first)
        else:
            wrong = self._unusual(reading)
        if wrong is not None:
            yield wrong
            if wrong.wrong.quantity == "value":
                return  # what comes of it says no more
        if mistake := zeroed(self.known[0], self.sizes, reading):
            shown = None if self.unusual else self.known[0]
            yield finding(replace(mistake, architecture=shown), self.exercise, reading)
            return
        yield from self._updated(reading, list(zip(turns[::2], turns[1::2], strict=True)), wrong)

    def _updated(
        self,
        reading: NetworkReading,
        turns: Sequence[tuple[NetworkState, NetworkState]],
        wrong: Finding | None,
    ) -> Iterator[Finding]:
        """What is wrong in the turns of the training loop."""
        for moment, (before, after) in enumerate(turns, 1):
            read = not (wrong or self.unusual)
            if read and (wrong := self._passed(reading, moment, before)):
                yield wrong
            shape = _UNREAD if wrong or self.unusual else self.known[0]
            answer = self.answers.moved(shape, moment, before)
            if mistake := moved(self.exercise, answer, before, after):
                rule = own_rule(turns, self.exercise.rate)
                first = moment == 1  # what it keeps, as a momentum, counts in a later one
                if not rule and ((first and _is_plain(reading)) or _is_told(mistake)):
                    shown = None if self.unusual else self.known[0]
                    mistake = kept(mistake, reading.words.get("generator", ""), first=first)
                    mistake = replace(mistake, architecture=shown)
                    yield finding(mistake, self.exercise, reading)
                    return
                self._told(rule or "updates follow a rule of their own, which was not judged")
        if unasked := reading.words.get("unasked"):
            self._told(f"{unasked} was not judged")

    def _told(self, words: str) -> None:
        """Add to what is told of the network."""
        self.words = f"{self.words.removesuffix(f'; {words}')}; {words}"

    def _ended(self, reading: NetworkReading) -> Mistake | None:
        """What kept the network from its exercise, or from keeping its parameters."""
        raised, data = reading.raised, self.exercise.parameters
        if again := reading.words.get("rewritten"):
            title = "a call of the network changes the list of inputs that it is given"
            told = f"{title.capitalize()}, and {again}. {_OWN_LIST}"
            return Mistake("output", again, "", title, told)
        if raised is not None and raised.type == "NoNode":
            return Mistake("output", raised.message, "network-returns-number", data=data)
        if raised is not None and len(reading.states) == 4 and emptied(*reading.states[2:]):
            reason = f"leaves None behind; then backward raises {raised}"
            return Mistake("zero_grad", reason, "zero-grad-sets-none", data=data)
        if raised is not None:
            return Mistake("training", f"raises {raised}", data=data)
        if any(reading.states[0].gradients):
            title = "a new network's parameters have gradients already: another has them too"
            return Mistake("parameters", "have gradients before any backward pass", "", title)
        pairs = zip(reading.states[0].data, self._set(reading), strict=True)
        if any(now is None or abs(now - set_) > _ROUNDED * abs(set_) for now, set_ in pairs):
            title = "a call of the network changes its parameters"
            told = f"{title}: they are not what they were set to before it."
            return Mistake("parameters", "are not what they were set to", "", title, told)
        step, _, count = reading.words.get("replaced", "").partition(": ")
        if count == "0":
            return Mistake("parameters", "nothing is listed the second time", "parameters-used-up")
        if step == "forward":
            reason = "after a call, the network lists other parameters"
            return Mistake("parameters", reason, "weights-made-at-each-call")
        if reading.words.get("overwritten"):
            title = "a call of the network overwrites what an earlier call returned"
            return Mistake("output", "another call's, after that", "", title, _ONE_LIST)
        return None

    def _set(self, reading: NetworkReading) -> tuple[float, ...]:
        """What its parameters were set to; from the start again where it has more."""
        numbers = self.exercise.parameters
        return tuple([numbers[i % len(numbers)] for i in range(reading.parameters)])

    def _usual(self, reading: NetworkReading) -> str:
        a = self.known[0]
        bias = "" if a.biased else ", no bias"
        built = reading.words["built"]
        if len(self.sizes) == 2:
            return f"{built}: one layer, {a.last}{bias}"
        return f"{built}: {a.hidden} layers, {a.last} at the end{bias}"

    def _recognise(self, reading: NetworkReading) -> bool:
        """Keep the architectures that give these outputs; whether any is left."""
        choices = self.known
        if reading.parameters == Architecture(biased=False).count(self.sizes):
            choices = list(readable(biased=False))
        fits = self._fits(reading, choices) or self._fits(reading, in_any_order(choices))
        self.known = list(fits) or self.known
        return bool(fits)

    def _fits(
        self, reading: NetworkReading, choices: Sequence[Architecture]
    ) -> tuple[Architecture, ...]:
        outputs = tuple([state.outputs for state in reading.states[: len(self.exercise.far)]])
        return _fitting(
            tuple(choices), self.sizes, self.exercise.parameters, self.exercise.far,
            reading.parameters, outputs,
        )  # fmt: skip

    def _unusual(self, reading: NetworkReading) -> Finding | None:
        """A mistake in the outputs, or in the gradients of a design of the engine's own."""
        found = Unusual(self.engine, self.exercise, reading, self.known)
        if mistake := found.mistake():
            return finding(mistake, self.exercise, reading)
        self.unusual, self.words = True, found.words()
        if mistake := found.inconsistent():
            made = finding(mistake, self.exercise, reading)
            return replace(made, wrong=replace(made.wrong, quantity="gradient"))
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
        judgement = judge(*lined_up(state, outputs, answer))
        self.judgements.append((case, judgement))
        if not judgement.wrong:
            return None
        number = telling(judgement, case)
        named = self._cause(reading, state)
        return about(
            case, number, reading, named, self.sizes, answer=answer, turn=bool(moment)
        )

    def _cause(self, reading: NetworkReading, state: NetworkState) -> Diagnosis:
        """Why numbers are wrong in a network that is read right, if it is the network's doing."""
        if remembers(self.engine, self.exercise, reading.parameters):
            return _REMEMBERS
        if reading.words.get("differs") and not any(state.gradients):
            return _switched_off(reading.words["differs"])
        layers = self.known[0].neurons(self.sizes)
        weights = [state.gradients[i] for layer in layers for w, _ in layer for i in w]
        biases = [state.gradients[b] for layer in layers for _, b in layer if b is not None]
        if biases and all(biases) and not any(weights):
            return _WEIGHTS_CUT
        if biases and all(weights) and not any(biases):
            return _BIASES_CUT
        last = (self.sizes[-2] + 1) * self.sizes[-1]
        deep = len(self.sizes) > 2
        if any(state.gradients[:-last] if deep else state.gradients):
            return _NOTHING
        return CATALOGUE["network-detached"].diagnosis


def _is_plain(reading: NetworkReading) -> bool:
    """Whether the update promises to be plain descent: an ``SGD`` that has no options, or ours."""
    words = reading.words.get("update", "")
    return "…" not in words and not words.lower().startswith(("optim", "."))


def _is_told(mistake: Mistake) -> bool:
    """Whether it is told what an update does: the sign alone counts in the first step of Adam."""
    return bool(mistake.title or mistake.fault) and mistake.fault != "update-by-sign"


_NOTHING: Final = Diagnosis("", "", "")
_ONE_LIST: Final = (
    "A call of the network overwrites what an earlier call returned: the list that it gave then "
    "holds the outputs of the later call now. Of the predictions for several samples the last one "
    "is left, as often as there are samples. A list has to be made at every call."
)
_OWN_LIST: Final = (
    "Whoever trains with the same rows twice trains with others the second time, and what reads "
    "the list while it is written reads some of both. Outputs belong in a list of their own."
)
_ROUNDED: Final = 2.0**-10
"""A parameter that is this near to what it was set to, as a part of itself, was rounded."""
_REMEMBERS: Final = Diagnosis(
    "", "the network remembers its outputs: other parameters give the same",
    "An output is kept and returned again for the same inputs, after a step too, when the "
    "parameters are no longer what they were. It has to be computed at every call.",
)  # fmt: skip
_WEIGHTS_CUT: Final = Diagnosis(
    "", "no weight of the network gets a gradient, and every bias does",
    "The output is right: each weight's number takes part in it, and the node that bears it does "
    "not. Look for w.data, float(w) or the like where the node itself belongs.",
)  # fmt: skip
_BIASES_CUT: Final = Diagnosis(
    "", "no bias of the network gets a gradient, and every weight does",
    "The output is right: each bias's number takes part in it, and the node that bears it does "
    "not. Look for b.data, float(b), or a new node made of it at each call.",
)  # fmt: skip
_UNREAD: Final = Architecture("unread", "unread")
"""Nobody's: of its gradients nothing is known but what the engine says."""


def _switched_off(how: str) -> Diagnosis:
    """Every parameter is made so that it gets no gradient."""
    title = f"the network's parameters are made with {how}: nothing trains"
    return Diagnosis(
        "", title,
        f"Every parameter of the network has {how}, unlike a leaf that gets a gradient, so all "
        "their gradients stay 0 and no step changes them.",
    )  # fmt: skip
