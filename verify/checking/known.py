"""What the interval oracle alone says of a case: enough to look into what was judged by all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from verify.checking.promise import promise
from verify.expression.formats import DOUBLE
from verify.oracles.registry import by_interval, remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.engines import Engine
    from verify.expression.formats import Format
    from verify.expression.graph import Case
    from verify.expression.reading import Truth
    from verify.oracles.registry import Testimony


def knows(case: Case) -> Truth:
    """The truth about a case, with what honest formulas may lose."""
    return testified(case).loosened()


def knowing(engine: Engine) -> Callable[[Case], Truth]:
    """:func:`knows`, in the arithmetic that an engine promises."""
    form = promise(engine).format
    return knows if form is DOUBLE else partial(_known_in, form)


def _known_in(form: Format, case: Case) -> Truth:
    return testified(case).computed_in(form).loosened()


def values(case: Case) -> Sequence[float | None]:
    """The true value of each node; ``None`` where there is no such float."""
    return [e.middle if e is not None and e.known else None for e in testified(case).truth.values]


@remembered(1 << 14)
def testified(case: Case) -> Testimony:
    """What the interval oracle alone says of a case, for all engines that are asked about it."""
    return by_interval(case)
