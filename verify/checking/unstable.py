"""Answers that change: how often they are wrong, of which operation, and whether there is a beat.

What was wrong once stands as it was read.  Asked again, often, an engine shows more of its nature:
one operation that is wrong now and then, every seven-hundredth pass, or noise in every number.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.checking.assess import assess
from verify.checking.composed import explained
from verify.checking.culprit import without
from verify.expression.graph import Apply, Case, Graph
from verify.expression.ops import FORMS
from verify.generators import special
from verify.generators.random import inside
from verify.generators.scenarios import PLAIN, ask
from verify.oracles.registry import consult
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from verify.engines import Engine
    from verify.generators.scenarios import Scenario
    from verify.oracles.registry import Testimony
    from verify.verdict.judgement import Judged

    Values: TypeAlias = Callable[[Case], Sequence[float | None]]

RUNS: Final = 200
"""How often a case is asked again."""
PASSES: Final = 3000
"""Backward passes in a row in which a beat is looked for."""
_FEW: Final = 10
_SHOWN: Final = 3
_AGAIN: Final = 40
_OTHERS: Final = (
    "A longer program has no such beat: what is counted, or fills up, is not passes; perhaps it is "
    "nodes."
)
_OFTEN: Final = 0.1
"""The share of wrong answers from which on so many questions without any are no chance."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One case asked many times.

    Attributes:
        wrong: which of the runs were wrong, counted from 0.
        runs: how many there were.
        answers: what was said of one number, without repeats, the commonest first.
    """

    wrong: tuple[int, ...]
    runs: int
    answers: tuple[float | None, ...]

    @property
    def noisy(self) -> bool:
        """Whether nearly every answer is another one."""
        return len(self.answers) > self.runs // 2


def tally(
    engine: Engine,
    case: Case,
    place: tuple[str, int],
    scenario: Scenario = PLAIN,
    runs: int = RUNS,
) -> Tally:
    """Ask a case many times; what was answered before is not judged again.

    Args:
        engine: the engine under test.
        case: a graph at a point, the one that the scenario starts from.
        place: which number is shown: ``("gradient", 0)``.
        scenario: what is done besides one backward pass.
        runs: how often.
    """
    judged: dict[object, bool] = {}
    answers: dict[float | None, int] = {}
    known: Testimony | None = None
    wrong: list[int] = []
    asked = 0
    for run in range(runs):
        answer = ask(engine, case, scenario)
        if answer is None:
            break
        asked += 1
        reading = answer[1]
        answered = (reading.values, reading.gradients, reading.raised)
        if answered not in judged:
            known = known or consult(answer[0])
            judged[answered] = bool(assess(engine, answer[0], reading, known).judgement.wrong)
        if judged[answered]:
            wrong.append(run)
        numbers = reading.values if place[0] == "value" else reading.gradients
        number = numbers[place[1]] if place[1] < len(numbers) else None
        answers[number] = answers.get(number, 0) + 1
    common = sorted(answers, key=lambda number: -answers[number])
    return Tally(tuple(wrong), asked, tuple(common))


@dataclass(frozen=True, slots=True)
class Nature:
    """What is behind answers that change.

    Attributes:
        tally: of the case that was wrong.
        operations: those that are wrong now and then by themselves, where these are few.
        every: the number of passes from one wrong one to the next; 0 where there is no beat.
        of: the program of these passes, where those of another one have no such beat.
        case: the smallest case that shows it.
    """

    tally: Tally
    operations: frozenset[str]
    every: int
    of: str
    case: Case


def nature(
    engine: Engine, case: Case, wrong: Judged, scenario: Scenario, usable: Collection[str]
) -> Nature:
    """Look into answers that change.

    Args:
        engine: the engine under test.
        case: on which an answer was wrong and another one was not.
        wrong: the number that was wrong.
        scenario: after which it was.
        usable: the forms that the engine has.
    """
    again = tally(engine, case, (wrong.quantity, wrong.node), scenario)
    if again.noisy:
        return Nature(again, frozenset(), 0, "", case)
    forms = {FORMS[text].op: FORMS[text] for text in reversed(list(usable))}
    singles = {op: special.single(form)[0] for op, form in forms.items()}
    shaky = {}
    for op in [op for op in singles if op in case.graph.operations] or list(singles):
        asked = tally(engine, singles[op], ("gradient", 0))
        if 0 < len(asked.wrong) < asked.runs:  # what is wrong each time is another mistake
            shaky[op] = asked.wrong
    twice = [c for c in singles.values() if inside(_longer(c).graph, c.point)]
    first = next(iter([*twice, *singles.values()]), case)
    every = _beat(engine, first)
    passes = not every or _beat(engine, _longer(first)) == every
    few = shaky if not every and len(shaky) < max(len(set(case.graph.operations)), 2) else {}
    small = singles[next(iter(few))] if len(few) == 1 else case
    return Nature(again, frozenset(few), every, "" if passes else first.graph.expression(), small)


def from_others(
    engine: Engine, case: Case, repeats: tuple[int, int], wrong: Collection[str], values: Values
) -> bool:
    """Whether answers change only because of operations that are wrong each time.

    ``a + b`` that assigns its gradients is one: where operands come out of a set, either of them
    may be the last.

    Args:
        engine: the engine under test.
        case: on which an answer was wrong and another one was not.
        repeats: how many of how many further runs were wrong.
        wrong: operations that other findings blame.
        values: gives the true value of each node.
    """
    used, place = set(case.graph.operations), ("gradient", 0)
    if repeats[0] < _OFTEN * repeats[1] or not tally(engine, case, place, runs=_AGAIN).wrong:
        return False
    if explained(engine, case, wrong) or used <= set(wrong):
        return True
    rest = without(case, used & set(wrong), values(case)) if used & set(wrong) else None
    return rest is not None and not tally(engine, rest, place, runs=_AGAIN).wrong


def _beat(engine: Engine, case: Case) -> int:
    """After how many passes a wrong one comes again, if it always comes after as many."""
    found = tally(engine, case, ("gradient", 0), runs=PASSES).wrong
    gaps = {b - a for a, b in itertools.pairwise(found)}
    return gaps.pop() if len(gaps) == 1 and gaps != {1} and len(found) > 2 else 0


def _longer(case: Case) -> Case:
    """The case with an operation more: as many passes over it make more nodes."""
    last = case.graph.nodes[-1]
    if not isinstance(last, Apply):
        return case
    output = len(case.graph.nodes) - 1
    again = tuple([output if at == 0 else arg for at, arg in enumerate(last.args)])
    return Case(Graph((*case.graph.nodes, Apply(last.op, again, last.inplace))), case.point)


def told(found: Nature, wrong: Judged, operations: Sequence[str]) -> Diagnosis:
    """The diagnosis, in words.

    Args:
        found: what is behind it.
        wrong: the number that was wrong.
        operations: of the case on which it was.
    """
    again = found.tally
    answers = dict.fromkeys((wrong.got, *again.answers))
    shown = " and ".join("nothing" if x is None else repr(x) for x in list(answers)[:_SHOWN])
    evidence = (
        f"The same program says {shown} in different runs; {len(again.wrong) or 'none'} of "
        f"{again.runs} further runs {'was' if len(again.wrong) < 2 else 'were'} wrong. "
    )
    cause = (
        "Something that the program does not name decides: the order of a set, a counter, a random "
        "number, a clock, or what was computed before."
    )
    if again.noisy:
        size = _noise(again, wrong)
        title = f"unstable: every answer is another one, by about {size:.0e} of its size"
        return Diagnosis("", title, f"{evidence}The numbers carry noise. {cause}")
    if found.every and found.of:
        title = f"unstable: every {ordinal(found.every)} pass over `{found.of}` is wrong"
        return Diagnosis("", title, f"{evidence}{_OTHERS} {cause}")
    if found.every:
        title = f"unstable: every {ordinal(found.every)} backward pass is wrong"
        return Diagnosis("", title, f"{evidence}Passes are counted, or something fills up. {cause}")
    if found.operations:
        names = " and ".join(sorted(found.operations))
        title = f"unstable: {names} is wrong now and then"
        return Diagnosis("", title, f"{evidence}By itself {names} is wrong so, too. {cause}")
    names = " and ".join(dict.fromkeys(operations)) if len(set(operations)) <= _SHOWN else "graphs"
    title = f"unstable: another answer from run to run, seen with {names or 'a leaf'}"
    return Diagnosis("", title, evidence + cause)


def _noise(found: Tally, wrong: Judged) -> float:
    """The largest relative distance of the answers from the truth."""
    middle = wrong.truth.middle if wrong.truth is not None else math.nan
    away = [abs(x - middle) for x in found.answers[:_FEW] if x is not None]
    return max(away, default=math.nan) / (abs(middle) or 1.0)


def ordinal(number: int) -> str:
    """``2nd``, ``11th``, ``700th``."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
