"""What an edited copy gets wrong, task by task; the truth never leaves this process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.checking.networks import networks
from verify.checking.promise import promise
from verify.expression.reading import Raised, Reading
from verify.networks.mistake import TURN
from verify.oracles.registry import by_interval
from verify.verdict.judge import judge
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.engines.workshop import Bench
    from verify.expression.reading import Quantity, Truth
    from verify.mending.corpus import Task
    from verify.networks.judge import NetworkOutcome

Wrong: TypeAlias = tuple[str, int]
"""A number that is wrong: ``value`` or ``gradient`` and its node; or ``raised``, ``refused``."""

Mistake: TypeAlias = tuple[tuple[int, ...], str]
"""The sizes of a network, and what of it is wrong."""

_CHUNK: Final = 40
_RIGHT: Final = (Verdict.CORRECT, Verdict.IMPRECISE)
REFUSED: Final = ("refused", -1)
RAISED: Final = ("raised", -1)
LATER: Final = ("zero_grad", TURN, "parameter after an update", "training")
"""What is asked last of a network, by where it is wrong: words that it begins with or holds."""
ENDED: Final = "ended: "
"""Before where a network is wrong, if that ended the exercise: then nothing else was judged."""
UNUSUAL: Final = "nobody's usual network: its numbers were not judged"
"""What an edit must not make of a network: it would hide what is wrong in it."""
_NAMED: Final = re.compile(r" (?:of|in) ([^\W\d]\w*)\(")
"""What makes a network, in where it is wrong."""
_NETWORKS: Final = ((1, 1), (2,), (2, 1), (2, 2, 1), (3, 4, 2), (7, 3), (1, 2, 2, 2, 2, 6))


@dataclass(frozen=True, slots=True)
class Generous:
    """What is known of a case with other formulas granted everywhere: made once for all copies.

    Attributes:
        truth: with ``freedom`` and ``scale``.
    """

    truth: Truth

    def loosened(self, _: Collection[int] | None = None) -> Truth:
        """The same."""
        return self.truth

    def at_values(self, _: Sequence[float]) -> None:
        """Nothing: a copy that cannot be told right or wrong is not wrong."""

    def readings(self, _: Quantity, __: int) -> Mapping[str, float | str]:
        """Nothing: a copy makes no report."""
        return {}


@dataclass(slots=True)
class Judging:
    """Judges what copies of one engine say, by what the engine promises.

    Attributes:
        engine: as it is.
        known: of the tasks that were asked, by their identity: to hash a graph takes longer.
        answered: by the same, those of which all numbers are known to be right as they are: none
            of them is to raise instead.
    """

    engine: Engine
    known: dict[int, tuple[Task, Generous]] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def wrong(self, task: Task, reading: Reading) -> frozenset[Wrong]:
        """The numbers of a task that are wrong, or that it is refused."""
        size = len(task.about.graph.nodes)
        refused = reading.raised is not None and reading.raised.refused
        if refused:  # where any exception will do, a refusal does
            reading = Reading(reading.source, raised=_as_exception(reading.raised))
        beyond = reading.raised is not None and (reading.raised.node or 0) >= size
        if reading.raised is not None and beyond:  # in what is built besides
            reading = replace(reading, raised=replace(reading.raised, node=size - 1))
        if reading.raised is None and len(reading.values) > size:
            reading = Reading(reading.source, reading.values[:size], reading.gradients[:size])
        promised = promise(self.engine)
        known = self.known.get(id(task))
        as_it_is = known is None  # whoever is mended is asked first
        if known is None:
            known = self.known[id(task)] = task, Generous(
                by_interval(task.about, promised.format).loosened()
            )
        judged = judge(
            reading,
            known[1],
            gradients=self.engine.info.has_backward,
            unkept=promised.unkept(task.about.graph),
        )
        if judged.raised is not None:
            bad = any(n.verdict is Verdict.WRONG for n in judged.numbers)
            bad = bad or (judged.raised.during == "forward" and id(task) in self.answered)
            return frozenset({REFUSED if refused else RAISED}) if bad else frozenset()
        if as_it_is and all(n.verdict in _RIGHT for n in judged.numbers):
            self.answered.add(id(task))
        return frozenset((n.quantity, n.node) for n in judged.wrong)


def _as_exception(raised: Raised | None) -> Raised | None:
    """What a refusal would be if it were an accident."""
    return raised and replace(raised, refused=False, kind="raised")


def failing(
    judging: Judging, tasks: Sequence[Task], readings: Sequence[Reading]
) -> dict[int, frozenset[Wrong]]:
    """By its place, what is wrong of each task that is not right."""
    found = {}
    for place, (task, each) in enumerate(zip(tasks, readings, strict=True)):
        if wrong := judging.wrong(task, each):
            found[place] = wrong
    return found


def parts(places: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as are asked with one request."""
    for start in range(0, len(places), _CHUNK):
        yield places[start : start + _CHUNK]


def every(
    bench: Bench, judging: Judging, tasks: Sequence[Task]
) -> dict[int, frozenset[Wrong]] | None:
    """What is wrong of all tasks in the copy that is loaded; ``None`` if it was lost."""
    found: dict[int, frozenset[Wrong]] = {}
    for part in parts(range(len(tasks))):
        asked = [tasks[i] for i in part]
        readings = bench.ask([task.asked for task in asked])
        if readings is None:
            return None
        found |= {part[k]: wrong for k, wrong in failing(judging, asked, readings).items()}
    return found


def comes_after(place: str, other: str) -> bool:
    """Whether what is wrong of a network is asked where all numbers of a pass were right before.

    Whoever zeroes nothing is told so once the parameters are those of the network, and not before.
    What ends the exercise is no such place: behind it nothing was looked at.
    """
    return _turn(place) > _turn(other)


def _turn(place: str) -> int:
    """How late in an exercise it is asked: the pass, zeroing, a turn of training, the update."""
    return max(
        [i for i, part in enumerate(LATER, 1) if place.startswith(part) or part == TURN in place],
        default=0,
    )


def is_less(now: Collection[Mistake], before: Collection[Mistake]) -> bool:
    """Whether of a network's mistakes some are gone, and no other came but those asked later.

    Where nothing was wrong everything was asked, so that nothing may be wrong there now.
    """
    new = {
        (sizes, place) for sizes, place in now
        if not (old := [p for s, p in before if s == sizes])
        or not all(comes_after(place, p) for p in old)
    }  # fmt: skip
    return new < set(before)


def network_mistakes(
    engine: Engine, sizes: Sequence[tuple[int, ...]] = _NETWORKS
) -> frozenset[Mistake]:
    """What is wrong in the networks of an engine, each with its size; empty without networks."""
    return _mistakes(networks(engine, sizes, 0))


def _mistakes(outcomes: Iterable[NetworkOutcome]) -> frozenset[Mistake]:
    found: set[Mistake] = set()
    for judged in outcomes:
        ended = ENDED if judged.reading.raised is not None else ""
        found |= {(judged.sizes, ended + f.place) for f in judged.findings}
        if judged.skipped and not judged.absent:
            found.add((judged.sizes, judged.skipped))
        elif judged.words and not judged.judgements:
            found.add((judged.sizes, UNUSUAL))
    return frozenset(found)


def still(engine: Engine, mistake: Mistake) -> bool:
    """Whether a network, or a neuron alone, of that size still makes the mistake.

    It may, where that network is no longer to be found, or another one is in its place.
    """
    layers, place = mistake
    sizes: list[tuple[int, ...]] = [s for s in _NETWORKS if layers in {s, (*s, 1)}]
    asked = sorted(sizes, key=len, reverse=True) or [layers]
    outcomes = list(networks(engine, asked, 0))
    there = {judged.reading.words.get("built", "").partition("(")[0] for judged in outcomes}
    named = _NAMED.search(place)
    gone = named is not None and named[1] not in there
    return gone or mistake in _mistakes(outcomes)
