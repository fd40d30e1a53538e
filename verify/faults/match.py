"""Fault matching: which known mistake would have answered exactly what this engine answers?

Every fault of the catalogue is a running engine.  A name is a hypothesis.  It stands if the fault
reproduces every number of the finding as far as rounding explains, is wrong there itself, changes
nothing that the engine lacks, and then predicts fresh answers: cases on which it is wrong, drawn
until there are enough of them.  Rivals are told apart by the cases on which they differ.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.engines import load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, module
from verify.faults.fault import UNSTABLE
from verify.faults.fresh import PREDICTIONS, Fresh, fresh, nearby, whole
from verify.faults.orders import ORDERS, OVERRIDES, in_order, matters
from verify.faults.reached import FORGOTTEN, inner, passes_on
from verify.generators import small_scope
from verify.generators.scenarios import PLAIN, SCENARIOS, ask, ask_many, cluttered
from verify.verdict.agreement import agree, astray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from verify.engines import Engine
    from verify.expression.reading import Raised, Reading, Truth
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario

Answers: TypeAlias = "Iterable[tuple[Case, tuple[Case, Reading] | None]]"
"""Cases, and what :func:`~verify.generators.scenarios.ask` gives of each."""
Knows: TypeAlias = "Callable[[Case], Truth | None]"
"""Gives the truth about a case, with freedom; ``None`` where whoever asks does not know it."""

BY_ADDRESS: Final = ("order-by-address", "operands-in-a-set")
"""Faults whose numbers change with where nodes lie in memory."""
BY_CHANCE: Final = ("share-lost-by-chance", "dropout-left-on")
"""Faults that draw lots: now and then a number is another one."""
NOISY: Final = "noise-in-gradients"
"""The fault after which no two answers are the same."""
_ADDRESSES: Final = """
import random

_build, _chance = Value.__init__, random.Random(0)


def _init(self, *args):
    _build(self, *args)
    self._address = _chance.getrandbits(16)


def id(node):
    return node._address


Value.__init__, Value.__hash__ = _init, id
"""
"""Added to those: real addresses change from run to run, and so would what is recognised."""

_STABLE: Final = [
    f for f in CATALOGUE.values() if f.family not in {"network", "cost"} and f.id not in UNSTABLE
]
NEEDS: Final = {"walks-a-global": "nodes outside"}
"""What an engine has to have for a name: numbers alone do not tell one from all gradients at 0."""
_TRIES: Final = 12
_PATTERNS: Final = 4
_MANY: Final = 100
"""How often it is asked what may say many things."""
_FEW: Final = 3
_ALL_ORDERS: Final = 256
"""Orders of the operands of a few operations, all of them among these as good as surely."""
_LOTS: Final = 800
"""How often what draws lots is asked, to see how often it loses."""
_DEVIATIONS: Final = 4.0
"""Standard deviations by which two counts of the same chance may differ."""
_RARE: Final = 2
_NOISES: Final = 60
_ALIKE: Final = 3.0
"""Sizes of one noise, as the largest of some answers shows it, differ by less than this factor."""
_WORDED: Final = {"TypeError", "AttributeError", "NameError", "IndexError", "KeyError"}
"""Errors that many mistakes raise, each with another message."""
_MOST_KEPT: Final = 1 << 16
"""Answers of planted mistakes that are kept: in a class many students make the same ones."""
_TELLING: Final = Case.parse("c = a * a; c * 2 + c * 3", a=1.5)
"""A shared node at the end of two equally long paths: right breadth first, wrong in pre-order."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an engine answered to one case, beside the truth.

    Attributes:
        case: a graph at a point.
        scenario: what was done besides one backward pass.
        reading: the answer.
        truth: of the case that the answer is about, with freedom.
    """

    case: Case
    scenario: Scenario
    reading: Reading
    truth: Truth


def planted(fault: Fault) -> Engine:
    """The fault as an engine of this process; it answers the same in each run."""
    if fault.id not in BY_ADDRESS:
        return _planted(fault)
    return load(module(fault.source + _ADDRESSES, fault.id), overrides=OVERRIDES)


@lru_cache(maxsize=len(CATALOGUE))
def _planted(fault: Fault) -> Engine:
    return load(module(fault.nodes, fault.id), overrides=OVERRIDES)


def observed(
    engine: Engine, case: Case, knows: Knows, scenario: Scenario = PLAIN
) -> Observation | None:
    """Ask an engine; ``None`` where the scenario does not apply or the truth is not known."""
    return _observation(case, ask(engine, case, scenario), knows, scenario)


def _observation(
    case: Case, answer: tuple[Case, Reading] | None, knows: Knows, scenario: Scenario
) -> Observation | None:
    truth = None if answer is None else knows(answer[0])
    if answer is None or truth is None:
        return None
    return Observation(case, scenario, answer[1], truth)


def recognise(
    engine: Engine,
    case: Case,
    knows: Knows,
    scenario: Scenario = PLAIN,
    others: Fresh | None = None,
) -> tuple[Fault, ...]:
    """The known mistakes that explain what an engine answers to a case, the likeliest first.

    Args:
        engine: the engine under test.
        case: on which it is wrong.
        knows: gives the truth.
        scenario: after which it is wrong.
        others: on which a name has to predict the answers; drawn if not given.

    Returns:
        None of them where no name holds; more than one where nothing that was tried tells them
        apart.
    """
    seen = [observed(engine, c, knows, scenario) for c in (case, *nearby(case))]
    evidence = [o for o in seen if o is not None]
    likely = [
        f for f in _STABLE
        if NEEDS.get(f.id, "class") in engine.info.adapter
        and (scenario is not PLAIN or f.shows(case.graph))
    ]
    named = [f for f in likely if _accounts_for(f, evidence)] if evidence else []
    if not named:
        return ()
    others = fresh(case) if others is None else others
    answers = ask_many(engine, others.cases, scenario)
    tried = _tried(named, answers, others.least, knows, scenario)
    tried = [f for f in tried if _at_home(engine, f, case, knows, scenario)]
    if scenario is PLAIN and FORGOTTEN.intersection(f.id for f in tried):  # or has it no rule?
        there = passes_on(case, lambda other: engine.run(other.graph, other.point)[-1], inner(case))
        tried = [f for f in tried if f.id not in FORGOTTEN or there is not False]
    if scenario is not PLAIN:
        tried = _in_other_uses(engine, tried, case, knows)
    return _closest(engine, tried, knows, scenario) if tried else ()


def has_made(engine: Engine, fault: Fault, case: Case, knows: Knows) -> bool:
    """Whether one known mistake is what an engine does: here, nearby, and on fresh cases."""
    seen = [observed(engine, c, knows) for c in (case, *nearby(case))]
    if not _accounts_for(fault, [o for o in seen if o is not None]):
        return False
    others = fresh(case)
    return bool(_tried([fault], ask_many(engine, others.cases, PLAIN), others.least, knows, PLAIN))


def explains(fault: Fault, observation: Observation | None) -> bool:
    """Whether this mistake would have been wrong in just this way."""
    return observation is not None and _predicts(fault, observation) is True


def begins_between(
    fault: Fault,
    seen: Sequence[tuple[Observation | None, Observation | None]],
    others: Sequence[Observation],
) -> bool:
    """Whether this mistake begins where an engine does to be wrong, wherever that was looked for.

    With operands as written, or all the other way round: with lots drawn for each node, a limit may
    lie anywhere.

    Args:
        fault: the mistake.
        seen: pairs of what is right, and of something larger that is wrong.
        others: of another shape, on which both have to say the same.
    """
    return any(
        all(_begins(fault, *pair, order) for pair in seen)
        and all(compared(_in_one_order(fault, o, order), o) is not None for o in others)
        for order in ((0, 1) if matters(fault) else (None,))
    )


def _begins(
    fault: Fault, right: Observation | None, wrong: Observation | None, order: int | None
) -> bool:
    if right is None or wrong is None:
        return False
    there = compared(_in_one_order(fault, wrong, order), wrong)
    return there is True and compared(_in_one_order(fault, right, order), right) is not None


def _in_one_order(fault: Fault, observation: Observation, order: int | None) -> Reading | None:
    case, scenario = observation.case, observation.scenario
    asked = fault.id, case, tuple(map(repr, case.numbers)), scenario
    return _would_say(*asked) if order is None else in_order(*asked, order)


def _accounts_for(fault: Fault, evidence: Iterable[Observation]) -> bool:
    """Whether it agrees with all that was observed, and is wrong itself somewhere there."""
    wrong = False
    for observation in evidence:
        told = _predicts(fault, observation)
        if told is None:
            return False
        wrong |= told
    return wrong


def _predicts(fault: Fault, observation: Observation, orders: int = ORDERS) -> bool | None:
    """Whether the fault is wrong in the same way; ``False`` where both are right.

    ``None`` where they differ, with operands in any of so many orders.
    """
    # Numbers that are equal need not be the same: 2 and 2.0, 0.0 and -0.0.
    case, scenario = observation.case, observation.scenario
    asked = fault.id, case, tuple(map(repr, case.numbers)), scenario
    told = compared(_would_say(*asked), observation)
    if told is None and matters(fault):
        others = (compared(in_order(*asked, k), observation) for k in range(orders))
        told = next((other for other in others if other is not None), None)
    return told


def compared(theirs: Reading | None, observation: Observation) -> bool | None:
    """Whether an answer is wrong as the observed one is; ``False`` where both are right.

    ``None`` where they differ.
    """
    mine = observation.reading
    if theirs is None:
        return None
    if mine.raised is not None and theirs.raised is not None:
        return True if _gist(mine.raised) == _gist(theirs.raised) else None
    if mine.raised is not None or theirs.raised is not None:
        return None
    if mine.cut.keys() - theirs.cut.keys():  # gradients of 0, but not for want of a rule
        return None
    leaves = set(observation.case.graph.leaves)
    if not _equal(mine, theirs) and not agree(mine, theirs, observation.truth, leaves):
        return None
    return astray(theirs, observation.truth)


def _equal(mine: Reading, theirs: Reading) -> bool:
    """Whether two readings without errors say the same numbers: they agree, whatever is true."""
    return mine.values == theirs.values and mine.gradients == theirs.gradients


def _says(fault: Fault, case: Case, reading: Reading, scenario: Scenario) -> bool:
    """Whether a fault says these very numbers, with operands as written."""
    theirs = _would_say(fault.id, case, tuple(map(repr, case.numbers)), scenario)
    if theirs is None or theirs.raised is not None or reading.raised is not None:
        return False
    return _equal(reading, theirs)


@lru_cache(maxsize=_MOST_KEPT)
def _would_say(
    fault: str, case: Case, _numbers: tuple[str, ...], scenario: Scenario
) -> Reading | None:
    """What a planted mistake answers: asked once, for all engines that may have made it."""
    answer = ask(planted(CATALOGUE[fault]), case, scenario)
    return None if answer is None else answer[1]


def _tried(  # noqa: PLR0913 - what is known of the engine, and how hard it is tried
    named: Sequence[Fault],
    answers: Answers,
    least: int,
    knows: Knows,
    scenario: Scenario,
    *,
    orders: int = ORDERS,
) -> list[Fault]:
    """Those of several faults that predict every answer to other cases, enough wrong ones among."""
    hits = dict.fromkeys(named, 0)
    for case, answer in answers:
        if answer is None or _refuses(answer[1]):
            continue
        # Of what was wrong often enough nothing but a contradiction tells any more: where both say
        # the same, to the bit, nobody has to know what is true.
        open_ones = [
            fault for fault, count in hits.items()
            if count < least or not _says(fault, case, answer[1], scenario)
        ]
        observation = _observation(case, answer, knows, scenario) if open_ones else None
        if observation is None:
            continue
        for fault in open_ones:
            outcome = _predicts(fault, observation, orders)
            if outcome is not None:
                hits[fault] += outcome
            elif not _overflows(observation.reading):
                del hits[fault]
        if not hits:
            break
    return [fault for fault, count in hits.items() if count >= least]


def _at_home(
    engine: Engine, fault: Fault, case: Case, knows: Knows, scenario: Scenario
) -> bool:
    """Whether a fault of another operation than the case has is what that operation does.

    A quotient may be a product with a power -1; where it is none, and products are right, what is
    wrong is no mistake of products.
    """
    if not fault.operations or fault.operations & set(case.graph.operations):
        return True
    observation = observed(engine, fault.case, knows, scenario)
    if observation is None or _refuses(observation.reading):
        return True
    return _predicts(fault, observation) is not None


def _in_other_uses(
    engine: Engine, named: Sequence[Fault], case: Case, knows: Knows
) -> list[Fault]:
    """Those of several faults with state that also say what becomes of every other use."""
    seen = [observed(engine, case, knows, use) for use in SCENARIOS]
    evidence = [o for o in seen if o is not None and not _refuses(o.reading)]
    return [f for f in named if all(_predicts(f, o) is not None for o in evidence)]


def _refuses(reading: Reading) -> bool:
    return reading.raised is not None and reading.raised.refused


def _overflows(reading: Reading) -> bool:
    """Whether a formula left the range of floats: another one for the same may not."""
    return reading.raised is not None and reading.raised.type == "OverflowError"


def _closest(
    engine: Engine, found: Sequence[Fault], knows: Knows, scenario: Scenario
) -> tuple[Fault, ...]:
    """Of several that predict everything, those that explain most of what tells them apart.

    That is their witnesses and, as long as some are equally good, other uses with state, and all
    small graphs.
    """
    best = list(found)
    witnesses = [f.case for f in found]
    rounds: list[Iterable[tuple[Case, Scenario]]] = [
        [(case, PLAIN) for case in (*witnesses, _TELLING)],
        [(case, s) for s in (scenario, *SCENARIOS) for case in witnesses],
        ((case, PLAIN) for case in small_scope.cases(2)),
        ((case, PLAIN) for case in small_scope.cases(3)),
    ]
    for probes in rounds:
        if len(best) == 1:
            break
        hits = dict.fromkeys(best, 0)
        for probe, use in probes:
            observation = observed(engine, probe, knows, use)
            if observation is not None and not _refuses(observation.reading):
                for fault in best:
                    hits[fault] += _predicts(fault, observation) is not None
        most = max(hits.values())
        best = [f for f in best if hits[f] == most]
    return tuple([f for f in best if len(best) == 1 or _there(engine, f)] or best)


def _there(engine: Engine, fault: Fault) -> bool:
    """Whether an engine has what a mistake is made in: no quotient is a power where there is none.

    Of a mistake in no operation, or in several, its witness says it.
    """
    answer = ask(engine, fault.case, PLAIN)
    return answer is None or not _refuses(answer[1])


def recognise_unstable(engine: Engine, case: Case, scenario: Scenario = PLAIN) -> Fault | None:
    """The known mistake that says, now and then, all that an unstable engine says now and then.

    Of fresh cases, on enough of them both have to say several things.
    """
    cases = [case, *nearby(case), _TELLING]
    mine = [_answers(engine, c, scenario) for c in cases]
    for fault in [CATALOGUE[name] for name in BY_ADDRESS]:
        theirs = [_answers(planted(fault), c, scenario) for c in cases]
        shared = [a & b for a, b in zip(mine, theirs, strict=True)]
        varies = all(shared) and any(len(answers) > 1 for answers in shared)
        if varies and _varies_alike(engine, fault, case, scenario):
            return fault
    return None


def _varies_alike(engine: Engine, fault: Fault, case: Case, scenario: Scenario) -> bool:
    """Whether all that an engine says of small fresh cases the fault says as well, now and then."""
    small = (c for c in fresh(case).cases if len(c.graph.operations) <= _FEW)
    both = 0
    for other in itertools.islice(small, PREDICTIONS + _FEW):
        mine = _answers(engine, other, scenario)
        theirs = _answers(planted(fault), other, scenario, _MANY)
        if not mine <= theirs:
            return False
        both += len(mine) > 1 and len(theirs) > 1
    return both >= PREDICTIONS


def recognise_in_orders(
    engine: Engine, case: Case, knows: Knows, scenario: Scenario = PLAIN
) -> tuple[Fault, ...]:
    """The known mistakes of an engine that keeps operands in a set, so that its answers change.

    In some order of the operands it says each of the things that the engine says.

    Args:
        engine: the engine under test.
        case: on which an answer was wrong and another one was not.
        knows: gives the truth.
        scenario: after which it was wrong.

    Returns:
        as :func:`recognise`.
    """
    seen = []
    for one in (case, *nearby(case), _TELLING):
        asked = [ask(engine, one, cluttered(i, scenario)) for i in range(_TRIES)]
        replies = {repr(a[1].gradients): a for a in asked if a is not None}
        seen.append([_observation(one, a, knows, scenario) for a in replies.values()])
    evidence = [o for observations in seen for o in observations if o is not None]
    if not evidence or all(len(observations) < 2 for observations in seen):
        return ()
    named = [f for f in _STABLE if matters(f) and _accounts_for(f, evidence)]
    if not named:
        return ()
    # Of larger graphs there are too many orders for all to be tried.
    small = [c for c in (*fresh(case).cases, *whole(case)) if len(c.graph.operations) <= _FEW]
    answers = _several(engine, small, scenario)
    tried = _tried(named, answers, PREDICTIONS, knows, scenario, orders=_ALL_ORDERS)
    return _closest(engine, tried, knows, scenario) if tried else ()


def _several(engine: Engine, cases: Iterable[Case], scenario: Scenario) -> Answers:
    """The different answers to each case, with nodes here and there in memory."""
    for case in cases:
        asked = [ask(engine, case, cluttered(i, scenario)) for i in range(_PATTERNS)]
        answers = {answer[1].gradients: answer for answer in asked if answer is not None}
        yield from ((case, answer) for answer in answers.values())


def _answers(
    engine: Engine, case: Case, scenario: Scenario, tries: int = _TRIES
) -> set[tuple[float | None, ...]]:
    asked = [ask(engine, case, cluttered(i, scenario)) for i in range(tries)]
    return {answer[1].gradients for answer in asked if answer is not None}


def recognise_chance(engine: Engine, case: Case, scenario: Scenario = PLAIN) -> Fault | None:
    """The known mistake that draws lots as an engine does: the same answers, about as often."""
    cases = [case, *nearby(case)]
    mine = [_counted(engine, c, scenario) for c in cases]
    if all(len(answers) < 2 for answers in mine):
        return None
    for fault in [CATALOGUE[name] for name in BY_CHANCE]:
        if fault.operations & set(case.graph.operations):
            theirs = [_counted(planted(fault), c, scenario) for c in cases]
            if all(map(_as_often, mine, theirs)):
                return fault
    return None


def _counted(engine: Engine, case: Case, scenario: Scenario) -> Counter[object]:
    asked = [ask(engine, case, scenario) for _ in range(_LOTS)]
    return Counter((a[1].values, a[1].gradients) for a in asked if a is not None)


def _as_often(mine: Counter[object], theirs: Counter[object]) -> bool:
    """Whether two engines give the same answers, each about as often.

    An answer that takes two lost lots at once may come up in one of them alone.
    """
    shared = set(mine) & set(theirs)
    alone = [(mine + theirs)[key] for key in set(mine) ^ set(theirs)]
    return len(shared) > 1 and max(alone, default=0) <= _RARE and all(
        abs(mine[key] - theirs[key]) <= _DEVIATIONS * math.sqrt(mine[key] + theirs[key])
        for key in shared
    )


def recognise_noise(engine: Engine, case: Case, knows: Knows) -> Fault | None:
    """The known noise, if gradients here and nearby are as far from the truth as with it."""
    fault = CATALOGUE[NOISY]
    for one in (case, *nearby(case)):
        mine, theirs = (_astray(e, one, knows) for e in (engine, planted(fault)))
        if not (mine and theirs and 1 / _ALIKE < mine / theirs < _ALIKE):
            return None
    return fault


def _astray(engine: Engine, case: Case, knows: Knows) -> float:
    """How far gradients of leaves are from the truth at most; 0 where values are wrong as well."""
    truth = knows(case)
    if truth is None:
        return 0.0
    expected = [(leaf, truth.gradients[leaf]) for leaf in case.graph.leaves]
    away = []
    for _ in range(_NOISES):
        reading = engine.run(case.graph, case.point)[-1]
        if reading.raised is not None:
            return 0.0
        for value, known in zip(reading.values, truth.values, strict=False):
            off = value is None or known is None or abs(value - known.middle) > known.bound
            if off:
                return 0.0
        told = [(reading.gradients[leaf], known) for leaf, known in expected]
        away += [abs(g - known.middle) for g, known in told if g is not None and known is not None]
    return max(away, default=0.0)


def _gist(raised: Raised) -> tuple[str, str, str]:
    """What an error says, without the names and numbers that engines choose for themselves.

    Errors of arithmetic are worded by each version of Python in its own way: their type says it.
    """
    words = re.sub(r"'[^']*'|\[[^]]*]|\d+", "", raised.message) if raised.type in _WORDED else ""
    return raised.type, raised.during, " ".join(words.split())
