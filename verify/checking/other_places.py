"""Unstable engines: mistakes that show for some addresses or hash seeds only.

A set of nodes comes out in an order that depends on where they lie in memory, a set of strings in
one that depends on the process's hash seed.  So the same cases are run again among other objects,
and in other processes; a wrong answer anywhere counts, and both answers are shown.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from verify.checking import afresh
from verify.checking.assess import perform
from verify.expression.graph import Case, Graph
from verify.generators.scenarios import PLAIN, ask, cluttered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.reading import Quantity
    from verify.generators.scenarios import Scenario

PROCESSES: Final = 2
"""Further processes that the cases are run in."""
PATTERNS: Final = 5
"""Ways of cluttering the memory before nodes are made, in each process."""

_PROGRAMS: Final = (
    ("a - b", (2.0, -3.0)),
    ("a / b", (2.0, -3.0)),
    ("a ** 3 - b", (2.0, -3.0)),
    ("c = a * b; c - a", (2.0, -3.0)),
    ("c = a * b; d = c + a; d * c - b", (2.0, -3.0)),
    ("c = a * b; d = c + a; e = d * c; e + c", (2.0, -3.0)),
    ("c = a + b; c * c + c * a - b * c", (1.5, 0.5)),
)


def programs() -> list[Case]:
    """The graphs that are run again: operands that must not change places, shared nodes."""
    return [Case(Graph.parse(text), point) for text, point in _PROGRAMS]


def asked(engine: Engine, cases: Sequence[Case]) -> Iterator[tuple[Examined, Engine, Scenario]]:
    """Each case among other objects and in other processes: what was read, where, and how."""
    with ExitStack() as stack:
        others = [afresh.elsewhere(engine, stack) for _ in range(PROCESSES)]
        engines = [engine, *[other for other in others if other is not None]]
        for case in cases:
            for one in engines:
                for pattern in range(PATTERNS):
                    scenario = cluttered(pattern)
                    seen = perform(one, case, scenario)
                    if seen is not None:
                        yield seen, one, scenario


def answers(
    engine: Engine, case: Case, place: tuple[Quantity, int], scenario: Scenario = PLAIN
) -> tuple[float | None, ...]:
    """What the engine says of one number among other objects, without repeats."""
    found: dict[float | None, None] = {}
    quantity, node = place
    for pattern in range(2 * PATTERNS):
        answer = ask(engine, case, cluttered(pattern, scenario))
        if answer is None or answer[1].raised is not None:
            continue
        numbers = answer[1].column(quantity)
        found[numbers[node] if node < len(numbers) else None] = None
    return tuple(found)
