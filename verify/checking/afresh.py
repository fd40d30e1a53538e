"""A clean process: what is right there and wrong here follows from what happened here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.checking.assess import perform
from verify.engines import EngineError

if TYPE_CHECKING:
    from contextlib import ExitStack

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.generators.scenarios import Scenario

_TRIES = 2
"""The first clean process may be no longer clean."""


def elsewhere(engine: Engine, stack: ExitStack) -> Engine | None:
    """The engine in another new process, closed with the stack; ``None`` where there is none."""
    try:
        other = engine.again()
    except EngineError:
        return None
    return None if other is None else stack.enter_context(other)


@dataclass(slots=True)
class Afresh:
    """The test whether a wrong answer follows from a state that the engine got into.

    Attributes:
        engine: under test.
        stays: whether the state stays, once it is there.
        stack: closes the processes.
        clean: one in which nothing has happened yet.
    """

    engine: Engine
    stays: bool
    stack: ExitStack
    clean: Engine | None = None

    def __call__(self, _: Examined, built: Case, scenario: Scenario) -> bool:
        """Whether it is right in a clean process."""
        for _try in range(_TRIES):
            self.clean = self.clean or elsewhere(self.engine, self.stack)
            if self.clean is None:
                return self.stays
            seen = perform(self.clean, built, scenario)
            if seen is None or not seen.judgement.wrong:
                return True
            self.clean.close()  # not with the stack: there may be hundreds
            self.clean = None
        return False
