"""An engine's own networks in the exam: layers and MLPs, and a neuron by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.checking.networks import Oracles
from verify.checking.promise import promise
from verify.expression.formats import SINGLE
from verify.grading.causes import charged
from verify.grading.evidence import UNJUDGED
from verify.networks.judge import NetworkJudge, is_own
from verify.report.plain import plain
from verify.verdict.outcome import NO_NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.corpus.entry import Lesson
    from verify.engines import Engine
    from verify.networks.judge import NetworkOutcome
    from verify.verdict.outcome import Finding

NEURON, MLP = "networks/neuron", "networks/mlp"
_NAMES: Final = {NEURON: "a neuron", MLP: "a network"}
_TRAINING: Final = ("training/step", "training/zero_grad")


@dataclass(slots=True)
class Trained:
    """What came of the exercises.

    Attributes:
        counts: answers by criterion, as ``right``, ``wrong``, ``missing`` or ``undecided``.
        found: mistakes, each with the criterion that it is charged to.
        asked: exercises.
        failed: of them, those that show a mistake of the network's own.
        unjudged: of each criterion, why something that is there was not judged.
        deep: whether a network of several layers was seen right.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    found: list[tuple[Finding, str]] = field(default_factory=list)
    asked: int = 0
    failed: int = 0
    unjudged: dict[str, str] = field(default_factory=dict)
    deep: bool = False

    def notes(self) -> list[str]:
        """What is there of which nothing was judged, in words."""
        told = {"right", "wrong"}
        return [
            f"{_NAMES[key]} {UNJUDGED}: {why}"
            for key, why in self.unjudged.items() if not told & set(self.counts[key])
        ]  # fmt: skip

    def enter(self, criterion: str, word: str) -> None:
        """Count an answer."""
        self.counts.setdefault(criterion, Counter())[word] += 1


def trained(engine: Engine, lessons: Sequence[Lesson], known: Sequence[Finding]) -> Trained:
    """Ask for the engine's own networks, the smallest first, until one is wrong.

    A neuron is asked by itself, whatever came of networks: what is wrong with it is no mistake of
    theirs, and it may be all that there is.

    Args:
        engine: with a backward pass.
        lessons: the exercises of the exam.
        known: what was found in its operations, which makes networks wrong, too.
    """
    network_judge, form = NetworkJudge(engine), promise(engine).format
    values = all(f.wrong.quantity != "value" for f in known)
    told, gone = Trained(), set[str]()
    for exam in lessons:
        exercise = exam.exercise
        key = NEURON if exercise.alone else MLP
        if key in gone or (told.found and not exercise.alone):
            continue
        answers = exam if form is not SINGLE else Oracles(exercise.rate, form)
        judged = network_judge.judge(exercise, answers)
        told.asked += 1
        own = [f for f in judged.findings if not known or is_own(f, values=values)]
        if own:
            told.failed += 1
            _charge(told, own[0], key)
            if exercise.alone:
                break
        elif judged.absent and key not in told.counts:  # no such class: no size brings it back
            gone.add(key)
            for each in (key, *(_TRAINING if key == MLP else ())):
                told.enter(each, "missing")
        else:
            _enter(told, key, judged)
            told.deep |= len(exercise.layers) > 2 and told.counts[key]["right"] > 0
    return told


def _charge(told: Trained, made: Finding, key: str) -> None:
    """A mistake that a neuron has by itself is the neuron's; what is made of it is not judged.

    Another one besides is told if it is of another step.
    """
    criterion = charged(made)
    if criterion in {NEURON, MLP}:
        criterion = key
    told.enter(key, "wrong" if criterion == key else "right")
    if criterion == NEURON and not told.deep and told.counts.get(MLP, Counter())["right"]:
        told.counts[MLP] = Counter(wrong=1)  # one layer alone says little of networks
    titles = {known.diagnosis.title for known, _ in told.found}
    of_networks = [criterion for _, criterion in told.found if criterion == MLP]
    if not told.found or (criterion == NEURON and of_networks):
        told.found[:] = [(made, criterion)]
    elif criterion == NEURON and made.diagnosis.title not in titles:
        told.found.append((made, criterion))


def _enter(told: Trained, key: str, judged: NetworkOutcome) -> None:
    if judged.missing:
        told.enter(key, "missing")
        if not judged.absent:
            told.unjudged.setdefault(key, plain(judged.skipped.removeprefix(f"{NO_NETWORK}: ")))
    elif judged.findings:
        told.enter(key, "wrong")
    elif judged.skipped:
        told.enter(key, "undecided")
        _, said, why = judged.words.partition("not judged: ")
        told.unjudged.setdefault(key, plain(why) if said else "it was not recognised")
    else:
        told.enter(key, "right")
        for other in _TRAINING if key == MLP else ():
            told.enter(other, "right")
