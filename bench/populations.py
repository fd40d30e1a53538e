"""Cases of an exact size, all of whose nodes reach the output, with shared nodes.

Half of the operands are taken from nodes that nothing uses yet, so that graphs hang together; the
rest from anywhere, so that nodes are used again.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Const, Graph, Leaf, Node, Operand
from verify.expression.ops import BIG, FORMS, OPS, SMALL

if TYPE_CHECKING:
    from verify.expression.ops import Form

POPULATIONS: Final = ("tame", "wide")
"""Leaves uniform in [-3, 3]; magnitudes log-uniform in 1e-8…1e8, either sign."""
_CONSTANTS: Final = (2, 3, -1, 0.5, 2.0, -2, 0.1, 3.0, -1.5, 10)
_FORMS: Final = [form for form in FORMS.values() if not form.inplace]
_MERGING: Final = [FORMS[f] for f in ("a + b", "a - b", "a * b")]


def population(name: str, operations: int, count: int, seed: int = 0) -> list[Case]:
    """``count`` cases of ``operations`` operations each, the same ones for the same seed."""
    chance = random.Random(f"{name} {operations} {seed}")  # noqa: S311 - not a secret
    cases: list[Case] = []
    while len(cases) < count:
        case = _case(chance, name, operations)
        if case is not None:
            cases.append(case)
    return cases


def _case(chance: random.Random, name: str, operations: int) -> Case | None:
    leaves = chance.randint(1, min(4, operations + 1))
    point = [_leaf(chance, name) for _ in range(leaves)]
    nodes: list[Node] = [Leaf("abcd"[i]) for i in range(leaves)]
    values, unused = list(point), list(range(leaves))
    for step in range(operations):
        merge = len(unused) > operations - step
        made = next(
            (m for m in (_grown(chance, values, unused, merge=merge) for _ in range(40)) if m), None
        )
        if made is None:
            return None
        form, args, value = made
        nodes.append(Apply(form.op, args))
        values.append(value)
        unused = [i for i in unused if i not in args] + [len(nodes) - 1]
    return Case(Graph(tuple(nodes)), tuple(point)) if len(unused) == 1 else None


def _leaf(chance: random.Random, name: str) -> float:
    if name == "tame":
        return chance.uniform(-3, 3)
    return math.copysign(10 ** chance.uniform(-8, 8), chance.random() - 0.5)


def _grown(
    chance: random.Random, values: list[float], unused: list[int], *, merge: bool
) -> tuple[Form, tuple[Operand, ...], float] | None:
    """An operation and its value, if the operands it was given lie inside its domain."""
    form = chance.choice(_MERGING if merge else _FORMS)
    if merge and len(unused) > 1:
        args: tuple[Operand, ...] = tuple(chance.sample(unused, 2))
    else:
        args = tuple(
            [
                (chance.choice(unused) if chance.random() < 0.5 else chance.randrange(len(values)))
                if is_node
                else Const(chance.choice(_CONSTANTS))
                for is_node in form.nodes
            ]
        )
    floats = [values[a] if isinstance(a, int) else float(a.value) for a in args]
    if not form.smooth and floats[0] < 0:
        return None
    try:
        if not OPS[form.op].inside(*floats):
            return None
        value = float(OPS[form.op].steer(*floats))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return (form, args, value) if value == 0 or SMALL < abs(value) < BIG else None
