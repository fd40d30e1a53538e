"""Large random graphs that are wide and not deep: what only the number of nodes brings out.

Operations stand in layers, each on nodes of the layers just before it, those first that nothing
uses yet; so paths stay short and hardly any node is used often, however many nodes there are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import FORMS
from verify.generators.compose import added
from verify.generators.random import steered

if TYPE_CHECKING:
    from collections.abc import Collection

    from verify.expression.graph import Node, Operand
    from verify.expression.ops import Form

SIZES: Final = (40, 64, 100, 260, 1000, 3000)
"""Operations, about."""
_LAYERS: Final = 4
_NUMBERS: Final = (0.5, -1.5, 2, 1.25, -1)
_TRIES: Final = 12
_MOST_USES: Final = 6
_LEAST, _MOST = 0.05, 20
"""Magnitudes of values between which no digits get lost."""


def large(size: int, forms: Collection[str], seed: int) -> Case:
    """A case of about ``size`` operations in these forms; the same for the same seed."""
    return _large(size, tuple(forms), seed)


@lru_cache(maxsize=64)
def _large(size: int, forms: tuple[str, ...], seed: int) -> Case:
    chance = random.Random(f"{seed} {size}")  # noqa: S311 - no secret
    count = max(4, size // 12)
    point = [chance.uniform(0.5, 1.5) * chance.choice((1, -1)) for _ in range(count)]
    draft = _Draft([Leaf(f"x{i}") for i in range(count)], list(point), [0] * count)
    chosen = [FORMS[text] for text in forms]
    for _ in range(_LAYERS):
        fresh = [i for i, uses in enumerate(draft.uses) if not uses]
        recent = [i for i, uses in enumerate(draft.uses) if uses < _MOST_USES]
        chance.shuffle(fresh)
        for _ in range(size // (_LAYERS + 1)):
            draft.grow(chance, chosen, fresh, recent[-2 * size // _LAYERS :])
    if "a + b" in forms:
        added(draft.nodes, [i for i, uses in enumerate(draft.uses) if not uses])
    return Case(Graph(tuple(draft.nodes)), tuple(point))


@dataclass(slots=True)
class _Draft:
    nodes: list[Node]
    values: list[float]
    uses: list[int]

    def grow(
        self, chance: random.Random, forms: list[Form], fresh: list[int], recent: list[int]
    ) -> None:
        """Append an operation on nodes that are still unused, or on recent ones, if one fits."""
        for _ in range(_TRIES):
            form = chance.choice(forms)
            taken = [fresh[-1 - i] if i < len(fresh) else chance.choice(recent) for i in range(2)]
            operands = iter(taken)
            args: tuple[Operand, ...] = tuple(
                [next(operands) if node else Const(chance.choice(_NUMBERS)) for node in form.nodes]
            )
            floats = [self.values[a] if isinstance(a, int) else float(a.value) for a in args]
            value = steered(form, floats)
            node = Apply(form.op, args, form.inplace)
            if value is None or not _LEAST < abs(value) < _MOST:
                continue
            if any(self.uses[p] >= _MOST_USES for p in node.parents):
                continue
            self.nodes.append(node)
            self.values.append(value)
            self.uses.append(0)
            for parent in node.parents:
                self.uses[parent] += 1
            del fresh[max(len(fresh) - sum(form.nodes), 0) :]
            return
