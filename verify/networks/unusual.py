"""A network that computes as no usual one does: a known mistake, or a design of its own.

First the mistakes that give exactly its outputs; then what it does not depend on; then how often a
neuron adds its bias.  What is none of these is somebody's own design: it is told what it computes,
and its gradients are held against the differences of that alone.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from verify.generators.architectures import NAMED, Architecture
from verify.generators.flaws import SHIFTED
from verify.networks.guesses import Guess, guesses
from verify.networks.influence import MORE, influence, without_effect
from verify.networks.mistake import Mistake
from verify.networks.neuron import neuron
from verify.networks.questions import ask, moved
from verify.networks.task import alike
from verify.verdict.consistency import SHIFTS, contradicts, difference
from verify.verdict.outcome import UNUSUAL_NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verify.engines import Engine
    from verify.expression.reading import NetworkReading
    from verify.generators.flaws import Flaw
    from verify.networks.task import Exercise

_LARGER: Final[Mapping[int, tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]]] = (
    defaultdict(
        lambda: (((2, 3, 1),), ((2, 3, 4, 2),)),
        {1: (((3,),), ()), 2: (((3, 1), (3, 2)), ((2, 3, 1), (2, 3, 4, 2)))},
    )
)
"""For a neuron alone, a layer, and more: networks on which a mistake must show, too, and larger
ones, on which mistakes differ that are one on a small network: the last layer skipped, and every
second one."""
_LONGER: Final = ((2, 3, 1), (2, 3, 4, 2))
"""Networks whose layers all differ in width, so that it is seen which one is the last."""
_OTHERS: Final = 3
"""Networks that are made to see whether their parameters come in one order."""
_MOVED: Final = 0.25
_SHIFTED: Final = (
    "what is over at the end has no partner, and zip drops it without a word: one weight gets no "
    "gradient, and one input is never seen."
)
_NARROW: Final = 3
"""In layers narrower than this, what normalises a layer leaves nothing to depend on."""


def _outputs(count: int) -> str:
    return f"{count} output{'' if count == 1 else 's'}"


def _drawn(sizes: tuple[int, ...], count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Parameters and inputs for another network, always the same for its sizes."""
    chance = random.Random(f"{sizes}")  # noqa: S311 - not a secret
    p = tuple([chance.uniform(-1, 1) for _ in range(count)])
    return p, tuple([chance.uniform(0.3, 1.5) for _ in range(sizes[0])])


@dataclass(frozen=True, slots=True)
class Unusual:
    """A network that was not recognised.

    Attributes:
        engine: the engine under test.
        exercise: what the network did.
        reading: what it said.
        known: the architectures that all networks before may have.
    """

    engine: Engine
    exercise: Exercise
    reading: NetworkReading
    known: Sequence[Architecture]

    def mistake(self) -> Mistake | None:
        """The mistake in its outputs; ``None`` if it is a design of its own."""
        if self.reordered:
            return None
        return (self._flaw() or self._shifted() or self._shortened() or self._early()
                or self._cut() or self._independent() or self._bias())  # fmt: skip

    def words(self) -> str:
        """What it computes."""
        built = self.reading.words["built"]
        if self.reordered:
            why = "another network gives other outputs at the same parameters"
            return f"not judged: {built}: {why}: they have no order, or are not all"
        if sum(self.exercise.layers[1:]) == 1:
            found = neuron(self.engine, self.exercise.sizes, self.reading.parameters)
            if found is not None:
                return f"{UNUSUAL_NETWORK}{built} is {found.words}"
        return f"{UNUSUAL_NETWORK}{built}"

    @property
    def reordered(self) -> bool:
        """Whether another network gives other outputs at the same parameters, and does so twice.

        Then the same places in the list are those of other parameters there.  What gives the same
        at other parameters remembers, and is no such network.
        """
        state, x = self.reading.states[2], self.exercise.inputs
        p = tuple([number for number in state.data if number is not None])
        outputs = [y for y in state.outputs if y is not None]
        questions = [(p, x), (p, x), (tuple([z + _MOVED for z in p]), x)]
        for _ in range(_OTHERS):
            rows = ask(self.engine, self.exercise.sizes, questions)
            steady = len(rows) == len(questions) and rows[0] == rows[1] != rows[2]
            if steady and not alike(outputs, rows[0]):
                return True
        return False

    # --- outputs ----------------------------------------------------------------------------------

    def _flaw(self) -> Mistake | None:
        """A known mistake that gives these outputs, and those of larger networks."""
        numbers, count = self.exercise.parameters, self.reading.parameters
        all_guesses = guesses(self._likely(), self.exercise.layers, numbers, count)
        found = [guess for guess in all_guesses if self._gives(guess.outputs)]
        few, more = _LARGER[1 if self.exercise.alone else len(self.exercise.layers)]
        for sizes in (*few, *more):  # three numbers may agree by chance, as where a relu is shut
            found = self._confirmed(found, sizes) if found else []
        return self._differs(found[0]) if found else None

    def _confirmed(self, found: Sequence[Guess], sizes: tuple[int, ...]) -> list[Guess]:
        """Those that also give the outputs of another network, if it has any."""
        layers = (*sizes, 1) if self.exercise.alone else sizes
        chance = random.Random(f"{sizes}")  # noqa: S311 - not a secret
        most, rows = 2 * Architecture().count(layers), []
        for signs in ((1, -1), (-1, 1), (1, 1)):  # so that not all relus are shut, nor all open
            p = tuple([signs[i % 2] * chance.uniform(0.2, 1) for i in range(most)])
            rows.append((p, tuple([chance.uniform(0.3, 1.5) for _ in range(sizes[0])])))
        answers = ask(self.engine, sizes, rows)
        if len(answers) < len(rows):
            return list(found)
        shapes = list(dict.fromkeys(guess.architecture for guess in found))
        told = set.intersection(*[
            {
                (guess.fault, guess.architecture)
                for guess in guesses(shapes, layers, p)
                if alike(guess.outputs(x), outputs)
            }
            for (p, x), outputs in zip(rows, answers, strict=True)
        ])  # fmt: skip
        return [guess for guess in found if (guess.fault, guess.architecture) in told]

    def _likely(self) -> Sequence[Architecture]:
        """Those that a mistake is looked for in: the usual ones, if they are still possible."""
        return [a for a in self.known if a.name in NAMED] or self.known

    def _gives(self, outputs: Callable[[Sequence[float]], list[float]]) -> bool:
        rows = zip(self.exercise.far, self.reading.states, strict=False)
        return all(alike(outputs(x), state.outputs) for x, state in rows)

    def _shifted(self) -> Mistake | None:
        """Each weight with its neighbour's input, in this network and in larger ones."""
        sizes, numbers = self.exercise.layers, self.exercise.parameters
        few, more = _LARGER[1 if self.exercise.alone else len(sizes)]
        for title, flaw in SHIFTED.items():
            for a in self._likely():
                if a.count(sizes) == self.reading.parameters and self._gives(
                    partial(flaw.outputs, a, sizes, numbers)
                ) and all(self._gives_at(flaw, a, other) for other in (*few, *more)):  # fmt: skip
                    return self._differs(Guess("", a, lambda _: []), title, _SHIFTED)
        return None

    def _gives_at(self, flaw: Flaw, a: Architecture, sizes: tuple[int, ...]) -> bool:
        """Whether another network gives what this mistake makes of it."""
        layers = (*sizes, 1) if self.exercise.alone else sizes
        p, x = _drawn(sizes, a.count(layers))
        answers = ask(self.engine, sizes, [(p, x)])
        return bool(answers) and alike(flaw.outputs(a, layers, p, x), answers[0])

    def _shortened(self) -> Mistake | None:
        """No last layer, whatever the others compute: parameters and outputs are those without."""
        outputs, parameters = self.reading.states[2].outputs, self.reading.parameters
        if not self._ends_early(self.exercise.layers, parameters, len(outputs)):
            return None
        for sizes in _LONGER:
            parameters = self.engine.network(sizes, ()).parameters
            question = ((0.5,) * parameters, (0.5,) * sizes[0])
            answers = ask(self.engine, sizes, [question])
            if not answers or not self._ends_early(sizes, parameters, len(answers[0])):
                return None
        a = next(iter(self._likely()), Architecture())
        cut = replace(a, biased=parameters == a.count(_LONGER[-1][:-1]))
        return self._differs(Guess("last-layer-not-made", cut, lambda _: []))

    def _early(self) -> Mistake | None:
        """The first layer's outputs, whatever layers follow."""
        for a in self._likely() if len(self.exercise.layers) > 2 else ():
            first = replace(a, last=a.hidden)
            if a.count(self.exercise.layers) == self.reading.parameters and self._gives(
                partial(first.outputs, self.exercise.layers[:2], self.exercise.parameters)
            ) and all(self._first_layer(first, sizes) for sizes in _LONGER):  # fmt: skip
                title = "the network returns after its first layer"
                return Mistake(
                    "output", "those of the first layer", "", title,
                    f"{title[0].upper()}{title[1:]}: the layers behind it have no effect. A return "
                    "that stands in the loop ends it in its first turn.",
                    data=self.exercise.parameters, architecture=a,
                )  # fmt: skip
        return None

    def _first_layer(self, first: Architecture, sizes: tuple[int, ...]) -> bool:
        """Whether another network gives its first layer's outputs, too."""
        p, x = _drawn(sizes, Architecture().count(sizes))
        answers = ask(self.engine, sizes, [(p, x)])
        return bool(answers) and alike(first.outputs(sizes[:2], p, x), answers[0])

    def _cut(self) -> Mistake | None:
        """Some outputs are not there, and the others are right."""
        sizes, numbers = self.exercise.layers, self.exercise.parameters
        count, due = len(self.reading.states[2].outputs), sizes[-1]
        for a in self._likely() if 0 < count < due else ():

            def first(x: Sequence[float], a: Architecture = a) -> list[float]:
                return a.outputs(sizes, numbers, x)[:count]

            if a.count(sizes) == self.reading.parameters and self._gives(first):
                title = f"the network gives only {count} of its {due} outputs"
                those = "the first one, and it is" if count == 1 else "the first ones, and they are"
                return Mistake(
                    "output", f"{_outputs(count)} where {due} are due", "", title,
                    f"{title[0].upper()}{title[1:]}, {those} right. Something "
                    "that goes through neurons or outputs ends too early.",
                    data=numbers, architecture=a,
                )  # fmt: skip
        return None

    @staticmethod
    def _ends_early(sizes: Sequence[int], parameters: int, outputs: int) -> bool:
        """Whether these are the numbers of a network without its last layer."""
        counts = {Architecture(biased=biased).count(sizes[:-1]) for biased in (True, False)}
        return outputs == sizes[-2] != sizes[-1] and parameters in counts if sizes[2:] else False

    def _differs(self, guess: Guess, title: str = "", why: str = "") -> Mistake:
        """The mistake, shown by the first output that is not what it should be."""
        fault, a = guess.fault, guess.architecture
        sizes, numbers = self.exercise.layers, self.exercise.parameters
        outputs = self.reading.states[2].outputs
        if a.count(sizes) > len(numbers):
            expected: list[float] = []
        else:
            expected = a.outputs(sizes, numbers, self.exercise.inputs)
        reason = f"{_outputs(len(outputs))} where {sizes[-1]} are due"
        reason = "differs" if len(outputs) == sizes[-1] else reason
        odd = [i for i, (y, z) in enumerate(zip(outputs, expected, strict=False)) if y != z]
        at = odd[0] if odd else 0
        own = self.reading.parameters == a.count(sizes)
        want = expected[at] if own and at < len(expected) else None
        return Mistake(
            "output", reason, fault, title, why and f"{title[0].upper()}{title[1:]}: {why}",
            got=outputs[at] if outputs else None, want=want,
            data=numbers, architecture=a, output=at,
        )  # fmt: skip

    def _independent(self) -> Mistake | None:
        """What the outputs do not depend on, though they should."""
        sizes = self.exercise.layers
        low, high, x = (state.outputs for state in self.reading.states[:3])
        wide = sizes[0] >= _NARROW and (self.exercise.alone or min(sizes[1:]) >= _NARROW)
        count, more = self.reading.parameters, MORE if wide else 0
        found = influence(self.engine, self.exercise.sizes, count, more)
        if found is None:
            return None
        if found.again:
            before, after = found.again
            reason = f"the same question is answered by {before!r}, then by {after!r}"
            fault = "sum-kept-between-calls" if self._adds_up() else "output-not-repeated"
            return Mistake("output", reason, fault, got=after, want=before)
        if found.constant and low == high == x and self._constant():
            return _remembers(x[0] if x else None)
        if not wide or found.constant:
            return None
        return self._inputs(found.inputs) or self._parameters(found.parameters)

    def _inputs(self, used: Sequence[bool]) -> Mistake | None:
        """Inputs without effect; which ones they are of every network is said if another agrees."""
        found = _unused("input", used)
        first, n = used.index(False) if found else 0, len(used)
        if found is None or any(used[first:]):
            return found
        wide = (n + 2, *self.exercise.sizes[1:])
        count = self.engine.network(wide, ()).parameters
        more = influence(self.engine, wide, count) if count else None
        there = more.inputs if more else ()
        if there == (*[True] * first, *[False] * (n + 2 - first)):
            title = f"inputs beyond the first {first} are ignored"
            return replace(found, fault="inputs-beyond-fourth" if first == 4 else "", title=title)
        if there == (*[True] * (first + 2), *[False] * (n - first)):
            which = "input is" if n - first == 1 else f"{n - first} inputs are"
            return replace(found, title=f"the last {which} ignored")
        return found

    def _parameters(self, used: Sequence[bool]) -> Mistake | None:
        """Parameters without effect, where a usual network has as many; more are a design."""
        sizes, count = self.exercise.layers, self.reading.parameters
        if count not in {a.count(sizes) for a in (Architecture(), Architecture(biased=False))}:
            return None
        idle = [i for i, is_used in enumerate(used) if not is_used]
        left = without_effect(self.engine, self.exercise.sizes, count, idle)
        return _unused("parameter", [i not in left for i in range(count)])

    def _adds_up(self) -> bool:
        """Whether each call adds the same to the output, so that a sum goes on."""
        question = (self.exercise.parameters, self.exercise.inputs)
        rows = ask(self.engine, self.exercise.sizes, [question] * 4)
        outputs = [y for row in rows for y in row[:1] if y is not None]
        steps = [b - a for a, b in pairwise(outputs)]
        return len(steps) == 3 and steps[0] != 0 and alike(steps[:1] * 3, steps)

    def _constant(self) -> bool:
        """Whether wider layers give the same all the time, too, and not only those of one number.

        What normalises a layer leaves nothing of one output.
        """
        sizes = (_NARROW,) if self.exercise.alone else (_NARROW, _NARROW)
        count = self.engine.network(sizes, ()).parameters
        found = influence(self.engine, sizes, count) if count else None
        return found is not None and found.constant

    def _bias(self) -> Mistake | None:
        """How often a neuron adds its bias."""
        if sum(self.exercise.layers[1:]) != 1:
            return None
        found = neuron(self.engine, self.exercise.sizes, self.reading.parameters)
        if found is None or not found.weighted or found.times in {None, 1.0, -1.0, 0.5}:
            return None
        if found.times in {0.0, 2.0}:
            return Mistake("output", "differs", "bias-twice" if found.times else "bias-missing")
        title = f"the neuron adds its bias {found.times:g} times"
        return Mistake("output", "differs", "", title, f"{title}. A neuron computes w x + b.")

    # --- gradients --------------------------------------------------------------------------------

    def inconsistent(self) -> Mistake | None:
        """A gradient that is not the derivative of what the network computes."""
        if self.reordered:
            return None
        count, x = self.reading.parameters, self.exercise.inputs
        state = self.reading.states[2]
        p = tuple([number for number in state.data if number is not None])
        if len(p) < count:
            return None
        questions = [(moved(p, i, by), x) for i in range(count) for by in SHIFTS]
        rows = ask(self.engine, self.exercise.sizes, questions)
        numbers = [row[0] if row else None for row in rows]
        if len(numbers) < len(questions):
            return None
        size = len(SHIFTS)
        for i, gradient in enumerate(state.gradients):
            found = difference(numbers[i * size : (i + 1) * size])
            if found is not None and contradicts(gradient, *found):
                title = "a gradient is not the derivative of what the network computes"
                reason = f"parameter {i} has gradient {gradient!r} and slope {found[0]!r}"
                return Mistake("gradient", reason, "", title, got=gradient, want=found[0])
        return None


def remembers(engine: Engine, exercise: Exercise, count: int) -> bool:
    """Whether other parameters give the same outputs, all of them moved."""
    p, x = exercise.parameters[:count], exercise.inputs
    outputs = ask(engine, exercise.sizes, [(p, x), (tuple([z + 0.25 for z in p]), x)])
    return len(outputs) == 2 and outputs[0] == outputs[1]


def _remembers(output: float | None) -> Mistake:
    return Mistake(
        "output", "the same for all inputs and parameters", "output-remembered", got=output
    )


def _unused(what: str, used: Sequence[bool]) -> Mistake | None:
    """Inputs or parameters without any effect."""
    without = [i for i, is_used in enumerate(used) if not is_used]
    if not without:
        return None
    shown = ", ".join(map(str, without[:8])) + (", …" if len(without) > 8 else "")
    plural = "s" if len(without) > 1 else ""
    reason = f"{what}{plural} {shown} (counted from 0) {'have' if plural else 'has'} no effect"
    return Mistake("output", reason, "", f"{reason} on any output")
