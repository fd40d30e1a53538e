"""What an answer that was judged wrong shows: the finding, from evidence alone.

Nothing here asks an oracle: a check and a replay build their findings here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Unpack

from verify.checking.cut import kept_not
from verify.checking.diagnose import BY_VALUE, diagnose, own_difference, triage
from verify.checking.flow import aside, at_one, at_zero, stopped, upstream
from verify.checking.last_call import last_call
from verify.checking.no_answer import told
from verify.checking.saved import on_operand
from verify.expression.graph import Leaf
from verify.faults.match import NEEDS
from verify.generators.scenarios import PLAIN
from verify.verdict.outcome import Finding, telling

if TYPE_CHECKING:
    from verify.checking.diagnose import Clues
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.verdict.judgement import Judged, Judgement
    from verify.verdict.outcome import Diagnosis
    from verify.verdict.reference import Reference

OWN: Final = "engine's own difference"
"""The name under which a finding has the difference of the engine's own forward pass."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An engine's answer to a case, what it was judged by, and the judgement."""

    case: Case
    reference: Reference
    reading: Reading
    judgement: Judgement


def finding(
    engine: Engine, evidence: Evidence, check: str, original: Case, **clues: Unpack[Clues]
) -> Finding:
    """What is to be said of a wrong verdict: the most telling number, all readings, a diagnosis.

    Args:
        engine: for the differences of its own forward pass.
        evidence: the smallest case, with at least one number judged.
        check: the stage that found it.
        original: the case on which it was found.
        clues: what else is known.
    """
    fault, scenario = clues.get("fault"), clues.get("scenario", PLAIN)
    needed, regions = clues.get("needed"), clues.get("regions", ())
    case, reading = evidence.case, evidence.reading
    wrong = telling(evidence.judgement, case)
    pattern = triage(engine, case, evidence.judgement)
    named = clues.get("named")
    if named is None and fault is None and scenario is PLAIN and not BY_VALUE.keys() & {*regions}:
        named = told(case, reading) or _by_flow(engine, case, evidence.judgement, needed)
    if named is None and fault is None and scenario is PLAIN and not regions:
        clues["elsewhere"] = _elsewhere(engine, case, reading)
    if named is None:
        named = diagnose(case, wrong, pattern, reading, clues)
    if fault is not None and (name := engine.info.adapter.get(NEEDS.get(fault.id, ""))):
        named = replace(named, title=named.title.replace("a global", f"the global {name}"))
    return Finding(
        check=check,
        case=case,
        original=original,
        wrong=wrong,
        readings=_readings(engine, evidence, wrong),
        triage=pattern,
        diagnosis=named,
        reading=reading,
        scenario=scenario.says,
        regions=regions,
        blames=needed if fault is None or needed is None else fault.operations | needed,
    )


def _elsewhere(engine: Engine, case: Case, reading: Reading) -> bool:
    """Whether one operation that passes nothing on here does so at other numbers."""
    leaves = case.graph.leaves
    silent = reading.raised is None and not any(reading.gradients[leaf] for leaf in leaves)
    if len(case.graph.operations) != 1 or not silent:
        return False
    others = tuple([-x for x in case.point]), tuple([x / 2 for x in case.point])
    for point in others:
        there = engine.run(case.graph, point)[-1]
        if there.raised is None and any(there.gradients[leaf] for leaf in leaves):
            return True
    return False


def _by_flow(
    engine: Engine, case: Case, judgement: Judgement, needed: frozenset[str] | None
) -> Diagnosis | None:
    def alone(smaller: Case) -> Reading:
        return engine.run(smaller.graph, smaller.point)[-1]

    if (halted := stopped(case, judgement, needed)) is not None:
        return at_zero(case, judgement, alone) or kept_not(case, alone) or halted
    return (
        aside(case, judgement)
        or last_call(case, judgement, alone)
        or upstream(case, judgement, alone)
        or at_one(case, judgement, alone)
        or on_operand(engine, case)
    )


def _readings(engine: Engine, evidence: Evidence, wrong: Judged) -> dict[str, float | str]:
    """What everybody says of one number, the engine's own forward pass included."""
    case = evidence.case
    readings = dict(evidence.reference.readings(wrong.quantity, wrong.node))
    if wrong.quantity == "gradient" and isinstance(case.graph.nodes[wrong.node], Leaf):
        difference = own_difference(engine, case, wrong.node)
        readings[OWN] = "none" if difference is None else difference
    return readings
