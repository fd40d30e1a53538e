"""Which known mistake makes an engine's time double: by what is slow, and by its numbers.

Nothing is named by how long it took: what is asked is how many bytes a node more adds, whether a
chain without any sharing takes 16 times as long when it is 4 times as long, and what becomes of
gradients in a second pass.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case, Graph
from verify.faults import CATALOGUE
from verify.faults.match import planted
from verify.generators.chains import chain, doubled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import Engine
    from verify.engines.engine import Steps
    from verify.faults import Fault

LABELS: Final = "labels-double"
HASHES: Final = "recursive-hash"
PATHS: Final = ("every-path-visited", "zeroing-walks-every-path")
_LENGTHS: Final = (50, 200)
"""Additions in two chains: the longer one takes 4 times as long, or 16 times."""
_SQUARE: Final = 10.0
_BATCHES: Final = 7
_TIMES: Final = (12, 14, 16)
"""How often ``x = x + x`` is repeated in the graphs that are weighed."""
_HEAVY: Final = 3.0
"""Where something is kept for each path, each is 4 times as heavy as the one before, else 1.1
times; what is kept of the first graph of its kind alone, such as compiled code, shows once only.
"""
_TEXT: Final = (6.0, 14.0)
"""Bytes for each path of the largest label, and of all below it; a list would need 16."""
_BACK, _READ = ("backward", -1), ("read",)
_PASSES: Final[tuple[Steps, ...]] = ((_BACK, _READ), (_BACK, _BACK, _READ))
_CASES: Final = tuple(
    Case(Graph.parse(text), point)
    for text, point in (
        ("a * b + a", (2.0, -3.0)),
        ("c = a * b; c * c + a", (2.0, -3.0)),
        ("c = a * b; d = c + a; d * c", (1.5, 0.75)),
        ("c = a + b; d = c * a; e = d + c; e * d", (-1.5, 0.5)),
    )
)
"""At points at which all arithmetic is exact, whatever its order."""


def known(engine: Engine) -> Fault | None:
    """The known mistake that is slow where an engine is, and says the same in two passes.

    Args:
        engine: whose time or memory doubles with each use of a node.
    """
    fitting = [f for f in map(CATALOGUE.__getitem__, _slow(engine)) if _agrees(engine, f)]
    return fitting[0] if len(fitting) == 1 else None


def swells(engine: Engine) -> bool:
    """Whether a graph needs more memory with each path; each node more doubles these."""
    return _doubles(_weighed(engine))


def _doubles(bytes_: Sequence[int]) -> bool:
    """Whether something is kept for each path; less than a byte for each is nothing."""
    steps = all(more > _HEAVY * less > 0 for less, more in itertools.pairwise(bytes_))
    return steps and bytes_[-1] >= 1 << _TIMES[-1]


def _slow(engine: Engine) -> tuple[str, ...]:
    """The known mistakes that are slow where an engine is."""
    weighed = _weighed(engine)
    if _doubles(weighed):
        more, paths = weighed[-1] - weighed[-2], (1 << _TIMES[-1]) - (1 << _TIMES[-2])
        return (LABELS,) if _TEXT[0] < more / paths < _TEXT[1] else ()
    short, long = (_clocked(engine, chain(length)) for length in _LENGTHS)
    return (HASHES,) if long > _SQUARE * short else PATHS


def _weighed(engine: Engine) -> tuple[int, ...]:
    """Bytes at the peak of each graph; 0 where they cannot be measured."""
    cases = map(doubled, _TIMES)
    return tuple([engine.measure(case.graph, case.point).bytes for case in cases])


def _clocked(engine: Engine, case: Case) -> float:
    """Seconds at best; the processor's time would be counted too coarsely for so short a run."""
    return min(engine.measure(case.graph, case.point, batches=_BATCHES).seconds, default=math.inf)


def _agrees(engine: Engine, fault: Fault) -> bool:
    return list(_said(engine)) == list(_said(planted(fault)))


def _said(engine: Engine) -> Iterator[tuple[float | None, ...]]:
    for case in _CASES:
        for steps in _PASSES:
            yield engine.run(case.graph, case.point, steps)[-1].gradients
