"""A question with what an engine said of it."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from verify.expression.formats import SINGLE
from verify.generators.scenarios import CAUGHT, PLAIN
from verify.grading.paper import ADDRESSES, EDGES, TIME
from verify.oracles.registry import Testimony, by_interval

if TYPE_CHECKING:
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.generators.scenarios import Scenario
    from verify.grading.paper import Question

_LONGEST_BITS: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with what the engine said of it."""

    question: Question
    reading: Reading


def nodes(answered: Answered) -> int:
    """How large its graph is."""
    return len(answered.question.entry.case.graph.nodes)


def scale(answered: Answered) -> int:
    """Uses of a node before the size, and that before depth: a chain may have them all."""
    order = ("robustness/reuse", "robustness/size", "robustness/depth")
    criterion = answered.question.criterion
    return order.index(criterion) if criterion in order else -1


def provoked(answered: Answered) -> bool:
    """Whether an error was provoked before it, or is likely in it."""
    question = answered.question
    return question.scenario in CAUGHT or question.entry.milestone == EDGES


def use(question: Question) -> Scenario:
    """What is done with the nodes, wherever they lie."""
    return PLAIN if question.scenario in ADDRESSES else question.scenario


def as_bits(reading: Reading) -> bytes | None:
    """All that was said, to the bit; ``None`` where it is not numbers alone."""
    if reading.raised is not None or reading.faults or reading.same or reading.cut:
        return None
    numbers: tuple[Any, ...] = (*reading.values, *reading.gradients)
    try:
        bits = array("d", numbers).tobytes()
    except TypeError:  # nothing was there
        return None
    return bits if len(bits) <= _LONGEST_BITS else hashlib.sha256(bits).digest()


def manner(question: Question) -> tuple[bool, bool]:
    """How a question is put: plainly, or after other uses; and whether it is about time."""
    return question.scenario is PLAIN, question.criterion == TIME


def stage(question: Question) -> str:
    """The stage of a check that asks the like."""
    kind = question.entry.milestone
    return kind if kind == EDGES else "known"


class WithoutPass:
    """An engine as if it had no backward pass."""

    def __init__(self, engine: Engine) -> None:
        """It is asked for values alone."""
        self.info, self._engine = replace(engine.info, has_backward=False), engine

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the engine
        """Whatever else it can do."""
        return getattr(self._engine, name)


@lru_cache(maxsize=1 << 12)
def in_single(case: Case) -> Testimony:
    """What is due of 32 bits."""
    return by_interval(case, SINGLE)
