"""What a network's outputs depend on, found by changing one number at a time.

Nothing is assumed of how it computes.  A parameter or an input counts as used if some output
changes with it at any of several points; at the first of them all sums are positive and small, so
that no relu is shut and nothing is saturated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.networks.questions import ask, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import Engine
    from verify.networks.questions import Question, Row, Said

_CHANGE: Final = 0.125
_AGAIN: Final = 12
"""How often numbers of each size are drawn for what seems to have no effect."""
MORE: Final = 2
"""Further points, with numbers of both signs, where it matters which number has no effect."""


@dataclass(frozen=True, slots=True)
class Influence:
    """What the outputs depend on.

    Attributes:
        parameters: whether each has an effect.
        inputs: whether each has one.
        again: two answers to one question that differ, ``()`` if there are none.
    """

    parameters: tuple[bool, ...]
    inputs: tuple[bool, ...]
    again: tuple[float | None, ...] = ()

    @property
    def constant(self) -> bool:
        """Whether nothing has any effect."""
        return not any(self.parameters) and not any(self.inputs)


def influence(
    engine: Engine, sizes: Sequence[int], count: int, more: int = MORE
) -> Influence | None:
    """Ask the network; ``None`` where it raises.

    Args:
        engine: the engine under test.
        sizes: inputs and each layer's outputs; one number alone is a neuron.
        count: of its parameters.
        more: points besides the first one.
    """
    bases = _bases(sizes, count, more)
    questions: list[Question] = []
    for p, x in bases:
        questions += [(p, x)]
        questions += [(moved(p, i, _CHANGE), x) for i in range(count)]
        questions += [(p, moved(x, j, _CHANGE)) for j in range(sizes[0])]
        questions += [(p, x)]
    outputs = ask(engine, sizes, questions)
    if len(outputs) < len(questions) or len({len(row) for row in outputs}) != 1:
        return None
    size = len(questions) // len(bases)
    groups = [outputs[k : k + size] for k in range(0, len(outputs), size)]
    used = [any(group[i] != group[0] for group in groups) for i in range(1, size - 1)]
    again = next(((g[0], g[-1]) for g in groups if g[0] != g[-1]), None)
    return Influence(
        parameters=tuple(used[:count]),
        inputs=tuple(used[count:]),
        again=() if again is None else _first_difference(*again),
    )


def _bases(sizes: Sequence[int], count: int, more: int) -> list[Question]:
    chance = random.Random(f"{sizes} {count}")  # noqa: S311 - not a secret
    n, widest = sizes[0], max(sizes)
    open_p = tuple([chance.uniform(0.3, 0.9) / widest for _ in range(count)])
    bases: list[tuple[Row, Row]] = [(open_p, tuple([chance.uniform(0.3, 0.8) for _ in range(n)]))]
    for _ in range(more):
        p = tuple([chance.uniform(-1, 1) for _ in range(count)])
        bases.append((p, tuple([chance.uniform(-1.5, 1.5) for _ in range(n)])))
    return bases


def _first_difference(a: Said, b: Said) -> tuple[float | None, ...]:
    return next(((x, y) for x, y in zip(a, b, strict=True) if x != y), ())


def without_effect(
    engine: Engine, sizes: Sequence[int], count: int, places: Sequence[int]
) -> list[int]:
    """Those of some parameters that change no output, wherever that is looked for.

    One may count at few numbers alone: the slope of a unit's shut side, one of several branches.
    """
    chance = random.Random(f"{sizes} {count} again")  # noqa: S311 - not a secret
    left = list(places)
    for size in (0.3, 1.0, 3.0) * _AGAIN:
        p = tuple([chance.uniform(-size, size) for _ in range(count)])
        x = tuple([chance.uniform(-1.5, 1.5) for _ in range(sizes[0])])
        rows = ask(engine, sizes, [(p, x), *[(moved(p, i, _CHANGE), x) for i in left]])
        if len(rows) < len(left) + 1:
            break
        left = [i for i, row in zip(left, rows[1:], strict=True) if row == rows[0]]
        if not left:
            break
    return left
