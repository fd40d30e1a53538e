"""The known mistake behind a limit: what is right on one scale and wrong on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.checking.known import knowing
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE, SIZE_BY_NATURE
from verify.faults.fresh import Fresh, fresh
from verify.faults.match import begins_between, observed, recognise
from verify.generators.compose import then
from verify.generators.large import large
from verify.generators.scenarios import PLAIN
from verify.generators.special import single
from verify.verdict.deep import CUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.faults import Fault

_SIZES: Final = (100, 260)
"""Operations, about, of graphs that have another shape than a limit was found on."""
_TAILS: Final = ("y * 1000", "y * -20000000.0", "y * -1e-08", "y * 1e-12")
"""What is done with a result, so that large and small gradients come back to it."""


def of_scale(engine: Engine, limits: Sequence[tuple[Case, Case]]) -> Fault | None:
    """The known mistake that is right and wrong at the same scales as an engine.

    Args:
        engine: under test.
        limits: of each family of cases that has a limit, the largest one that is right, and the
            smallest one that is wrong.
    """
    knows = knowing(engine)
    seen = [
        (observed(engine, smaller, knows), observed(engine, larger, knows))
        for smaller, larger in limits
    ]
    wide = [observed(engine, case, knows) for case in _wide()]
    others = [o for o in wide if o is not None and o.reading.raised is None]
    named = [CATALOGUE[name] for name in SIZE_BY_NATURE if name != CUT]
    return next((fault for fault in named if begins_between(fault, seen, others)), None)


def of_magnitude(engine: Engine, case: Case) -> Fault | None:
    """The known mistake that loses gradients of some size as an engine does, after every form.

    Args:
        engine: under test.
        case: on which it is wrong, and would be right with gradients of another size.
    """
    others = Fresh([*_after_each_form(), *fresh(case).cases])
    known = recognise(engine, case, knowing(engine), PLAIN, others)
    return known[0] if len(known) == 1 else None


def _wide() -> Iterator[Case]:
    """Large graphs that are not deep: a limit on depth is none on the number of nodes."""
    for size in _SIZES:
        for seed in range(2):
            yield large(size, ("a + b", "a * b"), seed)


def _after_each_form() -> Iterator[Case]:
    for form in FORMS.values():
        for tail in _TAILS:
            yield then(single(form)[0], tail)
