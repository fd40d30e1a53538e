"""Code that reaches into the program which asks it: a finding, whatever its numbers are.

What an engine says is a claim, and its numbers are compared with true ones.  Who looks for the
functions that ask it, or puts others in their place, has no use for them but to be asked, or read,
otherwise than everybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import assess, finding
from verify.expression.graph import Case, Graph
from verify.expression.reading import Raised, Reading
from verify.oracles.registry import consult
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.verdict.outcome import Finding

_CASE: Final = Case(Graph.parse("a"), (2.0,))
_TITLE: Final = "it reaches into the program that asks it"
LOADED: Final = "program"
"""The stage that finds it."""


def reaching(engine: Engine) -> tuple[Finding, Examined] | None:
    """The finding, and the answer that it stands for.

    Args:
        engine: loaded.

    Returns:
        ``None`` for an engine that keeps to itself.
    """
    if not engine.info.reaches:
        return None
    name, line = engine.info.reaches[0]
    raised = Raised("protocol", f"{_TITLE}: {name}", "answer", line=line)
    seen = assess(engine, _CASE, Reading("engine", raised=raised), consult(_CASE))
    made = finding(engine, seen, LOADED, _CASE, needed=frozenset())
    told = "; ".join(place(*reach) for reach in engine.info.reaches)
    explanation = (
        f"{told}. Requests and answers are the protocol between an engine and who asks it; this "
        "goes past it, and fails wherever another program asks. No answer of such an engine is "
        "believed: take these lines out, and check it again."
    )
    named = Diagnosis("", _TITLE, explanation, line)
    return replace(made, diagnosis=named, place="the answer"), seen


def place(name: str, line: int | None) -> str:
    """``__main__.execute, line 118``; the name alone where no line is known."""
    return name if line is None else f"{name}, line {line}"
