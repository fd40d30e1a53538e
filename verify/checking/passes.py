"""The hundredth, the 500th and the 5,000th pass of a process: the same program over and over.

The answers are compared with each other, so that this costs hardly anything; only those that
differ are judged.  What recurs regularly, or begins at some pass and stays, is named as that;
anything else is looked into like any other wrong answer.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from verify.checking.afresh import Afresh, elsewhere
from verify.checking.assess import assess, examine
from verify.engines import load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, module
from verify.generators.scenarios import PROGRAMS
from verify.verdict.agreement import agree
from verify.verdict.deep import every_so_often
from verify.verdict.outcome import Diagnosis, Found, StageStarted, telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.checking.judging import Judging
    from verify.engines import Engine
    from verify.expression.reading import Reading
    from verify.faults import Fault
    from verify.verdict.outcome import Event

PASSES: Final = 5040
"""How often one program is run in one process: past the 5,000th pass, a round number."""
RECURRING: Final = ("hundredth-pass-doubled", "rare-pass-doubled", "stops-after-5000-passes")
"""Known mistakes that count passes."""
_LONGER: Final = 4
"""So many times as often where one answer only was wrong: it may come again."""
_NEAR: Final = 0.01
_EARLY: Final = 12
"""What is wrong from so early a pass on is state that any second pass shows."""


def passes(judging: Judging) -> Iterator[Event]:
    """Run a program again and again, in a process of its own where there can be one."""
    yield StageStarted("passes", 1)
    if not judging.engine.info.has_backward:
        return
    with ExitStack() as stack:
        engine = elsewhere(judging.engine, stack) or judging.engine
        for text, point in reversed(PROGRAMS[:3]):
            case = Case.parse(text, **dict(zip("ab", point, strict=True)))
            if engine.run(case.graph, case.point)[-1].raised is None:
                yield from _program(judging, engine, case)
                return


def _program(judging: Judging, engine: Engine, case: Case) -> Iterator[Event]:
    readings = _run(engine, case, PASSES)
    usual = _key(readings[0])
    if _judged(judging, case, readings[0]).judgement.wrong:
        usual = Counter(map(_key, readings)).most_common(1)[0][0]
    odd = [i for i, reading in enumerate(readings) if _key(reading) != usual]
    if len(odd) == 1:
        readings += _run(engine, case, (_LONGER - 1) * PASSES)
        odd = [i for i, reading in enumerate(readings) if _key(reading) != usual]
    first = next(r for r in readings if _key(r) == usual)
    plain = _judged(judging, case, first)
    yield judging.count("passes", plain)
    if plain.judgement.wrong:
        judging.deferred.append(("passes", plain))
        return
    if not odd:
        return
    wrong = _judged(judging, case, readings[odd[0]])
    yield judging.count("passes", wrong)
    if not wrong.judgement.wrong:
        return
    places = [i + 1 for i in odd]
    if wrong.reading.raised is not None or not _regular(places, len(readings)):
        judging.deferred.append(("passes", wrong))
        return
    number = telling(wrong.judgement, case)
    right = first.column(number.quantity)[number.node]
    made = every_so_often(
        case, wrong.judgement, wrong.reading, wrong.testimony,
        places=places, asked=len(readings), answers=(number.got, right),
    )  # fmt: skip
    stays = len(places) > 1 and places[1] == places[0] + 1
    if fault := _known(case, places, wrong, len(readings)):
        answers = f"{made.diagnosis.explanation} {fault.explanation}"
        title = fault.title if stays else f"unstable: {fault.title}"
        made = replace(made, diagnosis=Diagnosis(fault.id, title, answers))
    if judging.findings.keep(made):
        judging.causes.append(Afresh(judging.engine, stays, judging.stack))
        yield Found(made)


def _known(case: Case, places: Sequence[int], wrong: Examined, asked: int) -> Fault | None:
    """The known mistake whose passes are wrong at the same distances, by the same numbers.

    Where they stay wrong it is the place from which on they are, nearly: an engine may have run
    something before.
    """
    if len(places) < 2:
        return None
    for name in RECURRING:
        with load(module(CATALOGUE[name].source, name)) as planted:
            readings = _run(planted, case, asked)
        usual = _key(readings[0])
        theirs = [i + 1 for i, reading in enumerate(readings) if _key(reading) != usual]
        if len(theirs) < 2 or theirs[1] - theirs[0] != places[1] - places[0]:
            continue
        stays = places[1] == places[0] + 1
        if stays and abs(theirs[0] - places[0]) > _NEAR * places[0]:
            continue
        leaves, truth = set(case.graph.leaves), wrong.testimony.truth
        if agree(wrong.reading, readings[theirs[0] - 1], truth, leaves):
            return CATALOGUE[name]
    return None


def _run(engine: Engine, case: Case, times: int) -> list[Reading]:
    return [readings[-1] for readings in engine.run_many([case] * times)]


def _key(reading: Reading) -> str:
    return repr((reading.values, reading.gradients, reading.raised and reading.raised.type))


def _judged(judging: Judging, case: Case, reading: Reading) -> Examined:
    seen = examine(judging.engine, case)
    return assess(judging.engine, case, reading, seen.testimony)


def _regular(places: Sequence[int], asked: int) -> bool:
    """Whether wrong ones come at equal distances, or all from one on, or it is one."""
    if places[0] <= _EARLY:
        return False
    gaps = {b - a for a, b in pairwise(places)}
    if gaps == {1}:
        return places[-1] == asked
    return len(gaps) <= 1
