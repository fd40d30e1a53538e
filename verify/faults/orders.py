"""Faults in an engine that keeps the operands of a node in a set, as the lecture does.

A set has each operand once and in an order that depends on where objects lie in memory.  The order
matters to some mistakes: of two gradients that are assigned, the last one stays.  So such a fault
is asked with the operands in several orders, and agrees with an engine that answers as in one.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.engines import EngineError, load
from verify.faults import CATALOGUE, module
from verify.generators.scenarios import ask

if TYPE_CHECKING:
    from types import ModuleType

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.faults import Fault
    from verify.generators.scenarios import Scenario

OVERRIDES: Final = {
    "class": "Value", "value": "data", "gradient": "grad", "backward": ".backward()",
}  # fmt: skip
"""How the engine is adapted in which faults are planted: it need not be guessed."""
ORDERS: Final = 8
"""Orders that are tried: as written, the other way round, and drawn ones."""
_FAMILIES: Final = frozenset({"accumulation", "order", "graph", "state"})
"""Families of mistakes to which an order may matter."""
_ROW: Final = "self._prev = tuple(children)"
_SET: Final = "self._prev = in_order(children)"
_IN_ORDER: Final = """
ORDER = [0, None]


def in_order(children):
    once = list(dict.fromkeys(children))
    if ORDER[0] == 1:
        once.reverse()
    elif ORDER[0]:
        ORDER[1].shuffle(once)
    return tuple(once)
"""


def matters(fault: Fault) -> bool:
    """Whether an order of operands may change what a fault answers."""
    return fault.family in _FAMILIES and _ROW in fault.source


@lru_cache(maxsize=1 << 14)
def in_order(
    fault: str, case: Case, _numbers: tuple[str, ...], scenario: Scenario, order: int
) -> Reading | None:
    """What a fault answers with the operands in one of the orders.

    Args:
        fault: its name in the catalogue.
        case: a graph at a point.
        _numbers: those of the case as text: equal numbers need not be the same.
        scenario: what is done besides one backward pass.
        order: below :data:`ORDERS`.

    Returns:
        ``None`` where the scenario does not apply, or the fault is none there.
    """
    found = _planted(fault)
    if found is None:
        return None
    made, engine = found
    made.ORDER[:] = order, random.Random(order)  # noqa: S311 - repeated with the number
    answer = ask(engine, case, scenario)
    return None if answer is None else answer[1]


@lru_cache(maxsize=len(CATALOGUE))
def _planted(fault: str) -> tuple[ModuleType, Engine] | None:
    """The fault with its operands in an order; ``None`` where its nodes go into no set."""
    source = _IN_ORDER + CATALOGUE[fault].nodes.replace(_ROW, _SET)
    made = module(source, f"{fault} in a set")
    try:
        return made, load(made, overrides=OVERRIDES)
    except EngineError:
        return None
