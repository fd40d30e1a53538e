"""The first wrong number of a check, told before the large packages of two oracles are loaded.

The interval oracle judges, and the difference oracle, which loads nothing large either, has to say
the same.  It is told, and nothing more: all oracles are asked about it afterwards, as of any other.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from verify.checking.assess import assess, read
from verify.oracles.registry import consult, without_packages
from verify.verdict.disputes import disputes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading


class Answers:
    """What an engine said of cases, before it was their turn.

    Attributes:
        early: cases in the order in which they were asked, each with what was said or raised.
        wrong: the first of them that was judged wrong.
    """

    def __init__(self, engine: Engine) -> None:
        """Nothing yet."""
        self._engine = engine
        self.early: deque[tuple[Case, Reading | Exception]] = deque()
        self.wrong: Examined | None = None

    def ask(self, case: Case) -> Reading | None:
        """Ask early; ``None`` where something was raised, which is kept for the case's turn."""
        try:
            reading = read(self._engine, case)
        except Exception as error:  # noqa: BLE001 - raised again in its turn
            self.early.append((case, error))
            return None
        self.early.append((case, reading))
        return reading

    def of(self, case: Case) -> Reading:
        """What was said of the case, or is said now.

        Raises:
            Exception: what was raised when it was asked early.
        """
        if self.early and self.early[0][0] is case:
            _, reading = self.early.popleft()
            if isinstance(reading, Exception):
                raise reading
            return reading
        return read(self._engine, case)


def asked_early(engine: Engine, forms: Iterable[Sequence[Case]]) -> Answers:
    """Ask about the cases of each form, as the stage of the forms does, up to the first wrong one.

    The engine is asked the same, in the same order, as if nothing had been asked early.
    """
    answers = Answers(engine)
    for cases in forms:
        for case in cases:
            reading = answers.ask(case)
            if reading is None:
                return answers
            seen = assess(engine, case, reading, consult(case))
            if seen.judgement.wrong:
                answers.wrong = seen
                return answers
            raised = seen.judgement.raised
            if raised is not None and raised.refused and raised.during != "construct":
                break
    return answers


def two_say_so(case: Case) -> bool:
    """Whether the difference oracle says of a case what the interval oracle says."""
    return not disputes(without_packages(case))
