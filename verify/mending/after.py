"""What is done with the findings of a check once it is over: lines, and changes that mend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verify.checking.run import of_findings
from verify.engines import EngineError
from verify.mending.localise import localised
from verify.mending.mend import Mended, mended

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.engines import Engine
    from verify.verdict.outcome import Outcome


def looked_into(
    engine: Engine,
    outcome: Outcome,
    *,
    mend: bool,
    listen: Callable[[], None] = lambda: None,
) -> tuple[Outcome, Mended]:
    """The outcome with lines, and with changes where those are wanted; a right one as it is.

    Args:
        engine: that was checked, still open.
        outcome: of the check.
        mend: whether changes are searched for, which takes seconds.
        listen: called at each change that is tried.

    Where the engine has no time left, or cannot be started again, the findings stay as they are.
    """
    if not outcome.findings:
        return outcome, Mended(())
    found = outcome
    try:
        found = replace(outcome, findings=localised(engine, outcome.findings, outcome.forms))
        if mend:
            done = mended(engine, found, listen=listen)
            operations = of_findings(found.forms, done.findings)
            return replace(found, findings=done.findings, operations=operations), done
    except EngineError:
        pass
    return found, Mended(found.findings)
