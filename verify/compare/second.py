"""Whether a second backward pass over one graph is right: of each of two engines, as a check asks.

What two passes add up to is a convention; what the second one gives after all gradients were set to
0 is not.  An engine whose one pass uses up every graph that there is follows a convention, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine, perform
from verify.compare.classify import side_of
from verify.compare.difference import Difference
from verify.expression.graph import Case, Graph
from verify.generators.scenarios import SCENARIOS, used_up
from verify.oracles.registry import by_interval
from verify.verdict.outcome import telling

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.compare.difference import Side
    from verify.engines import Engine
    from verify.expression.graph import Number
    from verify.verdict.judgement import Judged

AGAIN: Final = SCENARIOS[0]
_PROGRAMS: Final[tuple[tuple[str, tuple[Number, ...]], ...]] = (
    ("a + a", (2.0,)),
    ("a + b", (2.0, -3.0)),
    ("a * b", (2.0, -3.0)),
    ("c = a * b; c * c + a", (2.0, -3.0)),
)
"""Of sums and products alone: others may hide nodes whose gradients nobody can set to 0."""


def second_pass(old: Engine, new: Engine) -> tuple[Side, Difference | None]:
    """What a difference that shows after a second pass is: a convention, or the fault of whom.

    Returns:
        The side, and where one alone is wrong the smallest sum or product that shows it.
    """
    side: Side = "convention"
    if not (old.info.has_backward and new.info.has_backward):
        return side, None
    asked = [None if used_up(engine) else engine for engine in (old, new)]
    for text, point in _PROGRAMS:
        case = Case(Graph.parse(text), point)
        seen = [_wrong(engine, case) for engine in asked]
        wrong = [each is not None for each in seen]
        if wrong[0] != wrong[1]:
            side = side_of(*wrong)
            told = next(filter(None, seen)).judgement
            return side, _difference(old, new, case, side, telling(told, case))
        side = "wrong-both" if all(wrong) else side
    return side, None


def _wrong(engine: Engine | None, case: Case) -> Examined | None:
    """What is wrong after a second pass and right after one; ``None`` where nothing is."""
    if engine is None:
        return None
    known = by_interval(case)
    seen = perform(engine, case, AGAIN, lambda _: known)
    if seen is None or not seen.judgement.wrong or examine(engine, case, known).judgement.wrong:
        return None
    return seen


def _difference(old: Engine, new: Engine, case: Case, side: Side, number: Judged) -> Difference:
    words = [_said(engine, case, number) for engine in (old, new)]
    return Difference(
        kind="state",
        side=side,
        where=f"{number.quantity} of {case.graph.names[number.node]}",
        old=words[0],
        new=words[1],
        case=case,
        original=case,
        truth="" if number.truth is None else repr(number.truth.middle),
        note=f"after {AGAIN.says}",
    )


def _said(engine: Engine, case: Case, number: Judged) -> str:
    """What an engine gives there in the second pass."""
    reading = engine.run(case.graph, case.point, AGAIN.steps(case))[-1]
    if reading.raised is not None:
        return f"raises {reading.raised}"
    got = reading.column(number.quantity)[number.node]
    return "nothing" if got is None else repr(got)
