"""Fault matching: which known mistake would have said exactly what this engine says?

Every fault of the catalogue is a running engine.  The one that reproduces all the numbers of a
finding, at several points, is the diagnosis; where several do, the graphs on which they differ
decide.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.engines import load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, module
from verify.generators import small_scope
from verify.generators.random import inside
from verify.generators.scenarios import PLAIN, ask, cluttered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.reading import Raised, Reading
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario

UNSTABLE: Final = ("order-by-address", "operands-in-a-set")
"""Faults whose numbers change from run to run."""
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

_CLOSE: Final = 1e-9
"""Relative: two engines with the same mistake may still round differently.  This never judges."""

_OVERRIDES: Final = {
    "class": "Value", "value": "data", "gradient": "grad", "backward": ".backward()",
}  # fmt: skip
_STABLE: Final = [
    f for f in CATALOGUE.values() if f.family not in {"network", "cost"} and f.id not in UNSTABLE
]
_TOO_MANY: Final = 20
"""More faults than this agree only where they are all right."""
_TRIES: Final = 12
_WORDED: Final = {"TypeError", "AttributeError", "NameError", "IndexError", "KeyError"}
"""Errors that many mistakes raise, each with another message."""
_TELLING: Final = Case.parse("c = a * a; c * 2 + c * 3", a=1.5)
"""A shared node at the end of two equally long paths: right breadth first, wrong in pre-order."""


def planted(fault: Fault) -> Engine:
    """The fault as an engine of this process; it says the same in each run."""
    if fault.id not in UNSTABLE:
        return _planted(fault)
    return load(module(fault.source + _ADDRESSES, fault.id), overrides=_OVERRIDES)


@lru_cache(maxsize=len(CATALOGUE))
def _planted(fault: Fault) -> Engine:
    return load(module(fault.source, fault.id), overrides=_OVERRIDES)


def recognise(
    engine: Engine, case: Case, scenario: Scenario = PLAIN, *, flaky: bool = False
) -> Fault | None:
    """The known mistake that explains what the engine says of a case, if there is one.

    Args:
        engine: the engine under test.
        case: on which it is wrong.
        scenario: after which it is.
        flaky: whether it says something else now and then: then the unstable faults come first.
    """
    cases = [case, *_nearby(case)]
    said = [ask(engine, c, scenario) for c in cases]
    pairs = [(c, s[1]) for c, s in zip(cases, said, strict=True) if s is not None]
    unstable = ([CATALOGUE[name] for name in UNSTABLE], _CLOSE)
    stable = ((_STABLE, 0.0), (_STABLE, _CLOSE))
    for choice, close in (unstable, *stable) if flaky else (*stable, unstable):
        found = [f for f in choice if _all_same(f, pairs, scenario, close)]
        found = [f for f in found if not _belied(f, engine)]
        if len(found) > _TOO_MANY:
            return None  # the right engine says the same: nothing of the catalogue shows here
        if found:
            return _closest(engine, found)
    return None


def recognise_unstable(engine: Engine, case: Case, scenario: Scenario = PLAIN) -> Fault | None:
    """The known mistake that says, now and then, all that an unstable engine says now and then."""
    cases = [case, *_nearby(case), _TELLING]
    said = [_answers(engine, c, scenario) for c in cases]
    for fault in [CATALOGUE[name] for name in UNSTABLE]:
        others = [_answers(planted(fault), c, scenario) for c in cases]
        pairs = list(zip(said, others, strict=True))
        if all(mine & theirs for mine, theirs in pairs) and any(
            len(mine & theirs) > 1 for mine, theirs in pairs
        ):
            return fault
    return None


def explains(fault: Fault, case: Case, reading: Reading, scenario: Scenario = PLAIN) -> bool:
    """Whether this mistake would have said the same of the case."""
    return _all_same(fault, [(case, reading)], scenario)


def _answers(engine: Engine, case: Case, scenario: Scenario) -> set[tuple[float | None, ...]]:
    said = [ask(engine, case, cluttered(i, scenario)) for i in range(_TRIES)]
    return {s[1].gradients for s in said if s is not None}


def _nearby(case: Case) -> list[Case]:
    found = []
    for step in (0.375, -0.25):
        point = tuple([x + step * (i + 1) for i, x in enumerate(case.point)])
        if inside(case.graph, point):
            found.append(Case(case.graph, point))
    return found


def _all_same(
    fault: Fault, pairs: Sequence[tuple[Case, Reading]], scenario: Scenario, close: float = _CLOSE
) -> bool:
    engine = planted(fault)
    for case, reading in pairs:
        said = ask(engine, case, scenario)
        if said is None or not same(said[1], reading, close):
            return False
    return bool(pairs)


def _belied(fault: Fault, engine: Engine) -> bool:
    """Whether the engine says something else where this mistake shows best."""
    reading = engine.run(fault.case.graph, fault.case.point)[-1]
    if reading.raised is not None and reading.raised.refused:
        return False
    return not explains(fault, fault.case, reading)


def _closest(engine: Engine, found: Sequence[Fault]) -> Fault:
    """Of several that explain a finding, the one that explains most of what tells them apart.

    That is their witnesses and, as long as some are equally good, all small graphs.
    """
    best = list(found)
    for probes in ([f.case for f in found], [_TELLING], small_scope.cases(2), small_scope.cases(3)):
        if len(best) == 1:
            break
        hits = dict.fromkeys(best, 0)
        for probe in probes:
            reading = engine.run(probe.graph, probe.point)[-1]
            if reading.raised is None or not reading.raised.refused:
                for fault in best:
                    hits[fault] += explains(fault, probe, reading)
        most = max(hits.values())
        best = [f for f in best if hits[f] == most]
    return best[0]


def same(a: Reading, b: Reading, close: float = _CLOSE) -> bool:
    """Whether two engines say the same, but for rounding of the relative size ``close``."""
    if a.raised is not None or b.raised is not None:
        if a.raised is None or b.raised is None:
            return False
        return _gist(a.raised) == _gist(b.raised)
    mine, others = (*a.values, *a.gradients), (*b.values, *b.gradients)
    pairs = zip(mine, others, strict=False)
    return len(mine) == len(others) and all(_close(x, y, close) for x, y in pairs)


def _gist(raised: Raised) -> tuple[str, str, str]:
    """What an error says, without the names and numbers that engines choose for themselves.

    Errors of arithmetic are worded by each version of Python in its own way: their type says it.
    """
    said = re.sub(r"'[^']*'|\[[^]]*]|\d+", "", raised.message) if raised.type in _WORDED else ""
    return raised.type, raised.during, " ".join(said.split())


def _close(x: float | None, y: float | None, close: float) -> bool:
    if x is None or y is None:
        return x is y
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return math.isclose(x, y, rel_tol=close)
