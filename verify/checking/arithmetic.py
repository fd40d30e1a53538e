"""What is wrong with an engine's arithmetic as a whole: told once, and not for every operation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import Examined, finding
from verify.checking.known import knows
from verify.checking.promise import cases, promise
from verify.expression.formats import DOUBLE, SINGLE
from verify.faults import CATALOGUE
from verify.faults.match import has_made
from verify.oracles.registry import consult
from verify.verdict.disputes import disputes
from verify.verdict.judge import judge
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.checking.promise import Promise
    from verify.checking.rounding import Rounded
    from verify.engines import Engine
    from verify.verdict.judgement import Judgement
    from verify.verdict.outcome import Finding

DIFFERENCES: Final = Diagnosis(
    "",
    "gradients are finite differences, not derivatives",
    "Values are right, and gradients, even those of a sum, are right to some digits only: so are "
    "differences of the forward pass, such as (f(a + h) - f(a - h)) / (2 h). Rounding in f is "
    "divided by the step h, and what is left depends on the scale of a: nothing was derived here.",
)
"""What an engine is told that derives nothing; that a step may leave the domain goes with it."""
_MIXED: Final = Diagnosis(
    "gradients-in-32-bits",
    "gradients are kept in 32 bits, values in 64",
    "Every gradient is a number of single precision (24 bits) although the values have 53: look "
    "for float32 where gradients are made or added up. By the bound of 32 bits they are judged.",
)
_SINGLE: Final = Diagnosis(
    "",
    "numbers are kept in 32 bits",
    "Every number is one of single precision (24 bits), and 64 bits were asked for: look for "
    "float32 in the constructor. By the bound of 32 bits everything else is judged.",
)
_ROUNDED: Final = {"value": "data-rounded", "gradient": "gradients-rounded"}
"""The known mistakes that round all numbers of a kind, to six places."""
RIGHT: Final = "right, in single precision"


def shortfalls(engine: Engine, precision: int | None) -> Iterator[tuple[Finding, Examined]]:
    """A finding for what falls short in all that the engine computes, and what was read.

    Args:
        engine: the engine under test.
        precision: the bits that are asked for; ``None`` for those that it has.
    """
    named = _named(promise(engine), precision)
    if named is None:
        return
    for case in cases():
        testimony = consult(case)
        reading = engine.run(case.graph, case.point)[-1]
        if reading.raised is None and not disputes(testimony):
            unkept = promise(engine).unkept(case.graph)
            judgement = judge(reading, testimony, unkept=unkept)
            if _shows(judgement, named):
                seen = Examined(case, testimony, reading, judgement)
                made = finding(engine, seen, "arithmetic", case, needed=frozenset())
                yield replace(made, diagnosis=replace(named, line=made.diagnosis.line)), seen
                return


def rounding(engine: Engine, seen: Examined, what: Rounded) -> Finding:
    """The finding that all numbers of a kind are rounded to so many decimals."""
    told = Diagnosis(
        "",
        f"{what.quantity}s are rounded to {what.decimals} decimals",
        f"Every {what.quantity} has {what.decimals} decimals at most, whatever the operation: look "
        "for round() or a format where they are stored. Round what is printed, and nothing else.",
    )
    fault = CATALOGUE[_ROUNDED[what.quantity]]
    if has_made(engine, fault, seen.case, knows):
        text = f"{told.explanation} {fault.explanation}"
        told = replace(told, fault=fault.id, title=fault.title, explanation=text)
    made = finding(engine, seen, "arithmetic", seen.case, needed=frozenset())
    return replace(made, diagnosis=told)


def _shows(judgement: Judgement, named: Diagnosis) -> bool:
    quantities = {number.quantity for number in judgement.wrong}
    return bool(quantities) and (named is _SINGLE or quantities == {"gradient"})


def _named(promised: Promise, precision: int | None) -> Diagnosis | None:
    if not promised.derivatives:
        return DIFFERENCES
    if promised.values is DOUBLE and promised.gradients is SINGLE:
        return _MIXED
    if promised.format is SINGLE and precision == DOUBLE.bits:
        return _SINGLE
    return None
