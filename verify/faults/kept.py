"""Faults that keep results by value: what they answer depends on what was asked before.

So the fault is planted anew and asked the same cases in the same order as the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.engines import load
from verify.faults import CATALOGUE, module
from verify.faults.fresh import PREDICTIONS
from verify.faults.match import compared, observed
from verify.faults.orders import OVERRIDES
from verify.generators.scenarios import PLAIN, ask
from verify.verdict.agreement import astray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.faults import Fault
    from verify.faults.match import Knows, Observation

KEPT: Final = ("node-cached-by-value", "value-cached-by-rounded-key")
_FIRST: Final = 24
"""Cases after which one that keeps results has shown it."""


def recognise_kept(engine: Engine, cases: Sequence[Case], knows: Knows) -> Fault | None:
    """The known mistake that keeps results by value as an engine does.

    Args:
        engine: under test.
        cases: with numbers that were never used there before, each of them at least twice or nearly
            so; both are asked all of them, in this order.
        knows: gives the truth.
    """
    seen: list[Observation] = []
    for case in cases:
        observation = observed(engine, case, knows)
        if observation is None:
            return None
        seen.append(observation)
        if len(seen) == _FIRST and not any(astray(o.reading, o.truth) for o in seen):
            return None
    named = [CATALOGUE[name] for name in KEPT]
    return next((fault for fault in named if _predicts(fault, seen)), None)


def _predicts(fault: Fault, seen: Sequence[Observation]) -> bool:
    """Whether a fault that was asked nothing else says all of this, enough of it wrong."""
    wrong = 0
    with load(module(fault.source, fault.id), overrides=OVERRIDES) as planted:
        for observation in seen:
            answer = ask(planted, observation.case, PLAIN)
            told = None if answer is None else compared(answer[1], observation)
            if told is None:
                return False
            wrong += told
    return wrong >= PREDICTIONS
