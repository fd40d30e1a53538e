"""An engine's own networks: outputs, parameters, every gradient, zeroing, and training steps.

A network is built by the engine, given parameters and inputs, and recognised by its outputs; the
truth is that of the recognised architecture's graph.  Sizes go from one neuron up, so that what is
wrong shows on the smallest network first.  What cannot be recognised is not judged, and counted.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.examine import said_by_oracles
from verify.faults import CATALOGUE
from verify.graph import Apply, Case, Const, Graph, Leaf
from verify.judge import Judged, Judgement, Verdict, judge
from verify.networks import FLAWS, Architecture, architectures
from verify.oracles.consult import consult
from verify.outcome import Diagnosis, Finding, Triage
from verify.reading import Enclosure, Reading, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.judge import Relax
    from verify.oracles.consult import Testimony
    from verify.reading import NetworkReading, NetworkState

SIZES: Final = (
    (1, 1), (1,), (2,), (2, 1), (1, 2), (1, 1, 1), (2, 2, 1), (2, 2, 2), (3, 4, 2),
)  # fmt: skip
"""Inputs and each layer's outputs; one number alone is a neuron."""
DEEP_SIZES: Final = (*SIZES, (4, 4, 4, 1), (1, 8, 1), (5, 3, 3), (2, 6, 6, 2), (3, 4, 4, 1))
RATE: Final = 0.05
FAR: Final = 16.0
"""Inputs are also tried so many times as large, both ways: every relu is open once, shut once."""
_ALIKE: Final = 1e-9
"""How near outputs must be to recognise an architecture; its gradients are judged elsewhere."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one network.

    Attributes:
        sizes: of the network.
        judgements: one for each backward pass that was judged.
        finding: the first thing that is wrong.
        skipped: why it was not judged, ``""`` if it was.
        words: how the engine's network works, for the report.
    """

    sizes: tuple[int, ...]
    judgements: tuple[tuple[Case, Judgement], ...] = ()
    finding: Finding | None = None
    skipped: str = ""
    words: str = ""


def networks(engine: Engine, sizes: Sequence[tuple[int, ...]], seed: int) -> Iterator[Looked]:
    """Look at a network of each size; ends early where the engine has none.

    Args:
        engine: the engine under test.
        sizes: inputs and each layer's outputs, the smallest network first.
        seed: of parameters, inputs and targets.
    """
    known = list(architectures())
    for index, size in enumerate(sizes):
        chance = random.Random(f"{seed} {index}")  # noqa: S311 - not a secret
        alone = len(size) == 1  # a neuron, which may have any activation
        choices = list(architectures()) if alone else known
        look = _Look(engine, (size[0], 1) if alone else size, chance, choices, alone)
        looked = look.look()
        if not alone:
            known = look.known
        yield looked
        if not index and looked.skipped.startswith("no network"):
            return  # later ones may be skipped alone: some layers of one neuron return no list


@dataclass(slots=True)
class _Look:
    """One network of the engine's, and the architectures that it may still be."""

    engine: Engine
    sizes: tuple[int, ...]
    chance: random.Random
    known: list[Architecture]
    alone: bool = False
    judgements: list[tuple[Case, Judgement]] = field(default_factory=list)

    def look(self) -> Looked:
        sizes = self.sizes
        numbers = [self._number(1.0) for _ in range(Architecture().count(sizes))]
        x = [self._number(1.5) for _ in range(sizes[0])]
        targets = [round(self.chance.uniform(-1, 1), 3) for _ in range(sizes[-1])]
        turn = (("forward", x, targets), ("backward",), ("read",), ("update", RATE), ("read",))
        low, high = [-FAR * number for number in x], [FAR * number for number in x]
        steps = (
            ("set", numbers),
            ("forward", low, None), ("read",), ("forward", high, None), ("read",),
            ("forward", x, None), ("backward",), ("read",), ("zero",), ("read",),
            *turn, ("zero",), *turn,
        )  # fmt: skip
        reading = self.engine.network(sizes[:1] if self.alone else sizes, steps)
        if reading.raised is not None and reading.raised.refused:
            return Looked(sizes, skipped=f"no network: {reading.raised.message}")
        finding = self._finding(reading, numbers, x, targets)
        skipped = "" if finding or self.judgements else "network not recognised"
        words = "" if skipped else self._words(reading)
        return Looked(sizes, tuple(self.judgements), finding, skipped, words)

    def _number(self, most: float) -> float:
        """Not near 0, on either side."""
        return round(self.chance.choice((-1, 1)) * self.chance.uniform(0.3, most), 3)

    def _words(self, reading: NetworkReading) -> str:
        if self.alone:
            return ""
        a = self.known[0]
        last = f", {a.last} at the end" if len(self.sizes) > 2 else ""
        bias = "" if a.biased else ", no bias"
        return f"{reading.words['built']}: {a.hidden} layers{last}{bias}"

    def _finding(
        self,
        reading: NetworkReading,
        numbers: Sequence[float],
        x: Sequence[float],
        targets: Sequence[float],
    ) -> Finding | None:
        """The first thing that is wrong, in the order in which one would look."""
        if wrong := self._parameters(reading):
            return wrong
        if reading.raised is not None:
            what = f"raises {reading.raised}"
            return self._wrong(reading, "training", what, "", x, numbers)
        _, _, first, zeroed, *turns = reading.states
        if not self._recognise(reading, numbers, x):
            return self._flawed(reading, numbers, x)
        if wrong := self._gradients(reading, first, x, None):
            return wrong
        if wrong := self._zeroed(reading, first, zeroed, x):
            return wrong
        for before, after in zip(turns[::2], turns[1::2], strict=True):
            if wrong := self._gradients(reading, before, x, targets):
                return wrong
            if wrong := self._updated(reading, before, after, x):
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

    def _recognise(
        self, reading: NetworkReading, numbers: Sequence[float], x: Sequence[float]
    ) -> bool:
        """Keep the architectures that give these outputs; whether any is left."""
        choices = self.known
        if reading.parameters == Architecture(biased=False).count(self.sizes):
            choices = list(architectures(biased=False))
        fits = [
            a for a in choices
            if a.count(self.sizes) == reading.parameters
            and self._gives(a, reading, numbers, x)
        ]  # fmt: skip
        self.known = fits or self.known
        return bool(fits)

    def _gives(
        self,
        a: Architecture,
        reading: NetworkReading,
        numbers: Sequence[float],
        x: Sequence[float],
        flaw: str = "",
    ) -> bool:
        """Whether the engine's outputs, at three inputs, are those of this architecture."""
        inputs = [[k * number for number in x] for k in (-FAR, FAR, 1.0)]
        return all(
            _alike(a.outputs(self.sizes, numbers, at, flaw), state.outputs)
            for at, state in zip(inputs, reading.states, strict=False)
        )

    def _flawed(
        self, reading: NetworkReading, numbers: Sequence[float], x: Sequence[float]
    ) -> Finding | None:
        """A known mistake that gives these outputs; ``None`` where the network is just unusual."""
        said = reading.states[2].outputs
        for flaw in FLAWS:
            if flaw == "layer-missing" and len(self.sizes) == 2:
                continue  # nothing is left then but the inputs
            for a in self.known:
                enough = a.count(self.sizes) == reading.parameters
                if enough and self._gives(a, reading, numbers, x, flaw):
                    due = a.outputs(self.sizes, numbers, x)
                    what = f"{len(said)} outputs where {len(due)} are due"
                    what = "differs" if len(said) == len(due) else what
                    odd = [i for i, (y, z) in enumerate(zip(said, due, strict=False)) if y != z]
                    at = odd[0] if odd else 0
                    return self._wrong(
                        reading, "output", what, flaw, x, numbers, said[at], due[at], a, at
                    )
        return None

    def _gradients(
        self,
        reading: NetworkReading,
        state: NetworkState,
        x: Sequence[float],
        targets: Sequence[float] | None,
    ) -> Finding | None:
        """Judge what was computed and every parameter's gradient against the graph's truth."""
        if any(p is None for p in state.data):
            return None
        graph, outputs = self.known[0].graph(self.sizes, targets)
        case = Case(graph, (*[p for p in state.data if p is not None], *x))
        testimony = consult(case)
        said, truth = _lined_up(state, case, outputs, testimony.truth)
        judgement = judge(said, truth, _relaxed(testimony, truth))
        self.judgements.append((case, judgement))
        if not judgement.wrong:
            return None
        number = min(judgement.wrong, key=lambda n: (n.quantity != "value", n.node))
        fault = "network-detached" if self._detached(state) else ""
        return self._report(reading, case, number, fault, testimony)

    def _detached(self, state: NetworkState) -> bool:
        """Whether only the last layer's parameters have a gradient, or none at all."""
        if self.alone:
            return not any(state.gradients)
        last = (self.sizes[-2] + 1) * self.sizes[-1]
        return len(self.sizes) > 2 and not any(state.gradients[:-last])

    def _zeroed(
        self, reading: NetworkReading, before: NetworkState, after: NetworkState, x: Sequence[float]
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
        return self._wrong(
            reading, name, what, fault, x, before.data, after.gradients[left[0]], 0.0
        )

    def _updated(
        self, reading: NetworkReading, before: NetworkState, after: NetworkState, x: Sequence[float]
    ) -> Finding | None:
        """Whether each parameter moved against its gradient by rate times its size."""
        rows = zip(before.data, before.gradients, after.data, strict=True)
        for p, g, moved in rows:
            if p is None or g is None or moved is None:
                continue
            due = consult(Case(_STEP, (p, g)))
            said = Reading("engine", (None, None, None, moved), (None,) * 4)
            truth = Truth(due.truth.source, (None, None, None, due.truth.values[-1]), (None,) * 4)
            relax = _relaxed(due, truth)
            if judge(said, truth, relax, gradients=False).wrong:
                want = p - RATE * g
                fault = _update_fault(p, g, moved)
                return self._wrong(
                    reading, "parameter after an update", "differs", fault, x, before.data,
                    moved, want,
                )  # fmt: skip
        return None

    def _wrong(  # noqa: PLR0913, PLR0917 - what there is to say
        self,
        reading: NetworkReading,
        place: str,
        reason: str,
        fault: str,
        x: Sequence[float] = (),
        data: Sequence[float | None] = (),
        got: float | None = None,
        want: float | None = None,
        architecture: Architecture | None = None,
        output: int = 0,
    ) -> Finding:
        """A finding that is about a network and not about one number of its graph."""
        shape = architecture or next(iter(self.known), Architecture())
        if place == "parameters":  # which numbers are listed shows without the biases too
            shape = replace(shape, biased=False)
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
        testimony: Testimony | None,
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
        readings = {} if testimony is None else said_by_oracles(number, testimony)
        raised = reading.raised if reading.raised and place == "training" else None
        return Finding(
            check="networks",
            case=case,
            original=case,
            wrong=number,
            readings=readings,
            triage=Triage(None, None, None, summary),
            diagnosis=diagnosis,
            reading=Reading("engine", raised=raised),
            place=f"{where} of {built}" if place else f"{where} in {built}",
        )


_STEP: Final = Graph((Leaf("p"), Leaf("g"), Apply("mul", (1, Const(-RATE))), Apply("add", (0, 2))))


def _update_fault(p: float, g: float, moved: float) -> str:
    """Which of the known mistakes moves a parameter there."""
    for fault, place in (
        ("update-uphill", p + RATE * g),
        ("update-replaces", -RATE * g),
        ("update-moves-gradient", p),
    ):
        if abs(moved - place) <= _ALIKE * max(abs(place), abs(RATE * g)):
            return fault
    return ""


def _alike(a: Sequence[float], b: Sequence[float | None]) -> bool:
    return len(a) == len(b) and all(
        y is not None and abs(x - y) <= _ALIKE * max(1.0, abs(x)) for x, y in zip(a, b, strict=True)
    )


def _lined_up(
    state: NetworkState, case: Case, outputs: Sequence[int], truth: Truth
) -> tuple[Reading, Truth]:
    """The engine's numbers at the nodes of the graph, and the truth about those nodes alone."""
    size = len(case.graph.nodes)
    values: list[float | None] = [None] * size
    gradients: list[float | None] = [None] * size
    shown = dict(zip(outputs, state.outputs, strict=False)) | {size - 1: state.loss}
    for node, number in shown.items():
        values[node] = number
    for leaf, number in enumerate(state.gradients):
        gradients[leaf] = number
    told = Truth(
        truth.source,
        tuple([e if i in shown else None for i, e in enumerate(truth.values)]),
        tuple([e if i < len(state.gradients) else None for i, e in enumerate(truth.gradients)]),
    )
    return Reading("engine", tuple(values), tuple(gradients)), told


def _masked(whole: Truth, like: Truth) -> Truth:
    """The truth about those numbers only that ``like`` has."""
    values = zip(whole.values, like.values, strict=True)
    gradients = zip(whole.gradients, like.gradients, strict=True)
    return replace(
        whole,
        values=tuple([None if kept is None else e for e, kept in values]),
        gradients=tuple([None if kept is None else e for e, kept in gradients]),
    )


def _relaxed(testimony: Testimony, like: Truth) -> Relax:
    """Freedom comes from the whole graph, also where only some of its numbers are judged."""

    def relax(_: Truth, free: Sequence[int]) -> Truth:
        return _masked(testimony.relax(testimony.truth, free), like)

    return relax
