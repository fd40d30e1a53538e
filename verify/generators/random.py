"""Hypothesis strategies: graphs that share nodes, and points away from the edges.

A case is one block of bytes, decoded totally: a few bytes a leaf, four a node (which form, two
operands as distances back, a number).  Every block is a valid case, so nothing is filtered; zero
bytes are the simplest choice, so Hypothesis shrinks towards ``a + a``; and the size is drawn first,
so large graphs are as common as small ones.

Values are computed along in plain floats, only to steer: a form whose operands are near the edge of
its domain, or whose value leaves the range of the population, gives way to the next form.
"""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from hypothesis import HealthCheck, Phase, configuration, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from verify.expression.graph import (
    Apply,
    Case,
    Const,
    Graph,
    Leaf,
    Node,
    Number,
    Operand,
    below,
    only,
)
from verify.expression.ops import BIG, FORMS, OPS, SMALL, Form

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterator, Sequence

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_NOWHERE: Final = Path(os.devnull, "hypothesis")
"""Where no file can be."""

Population = Literal["tame", "wide"]
"""``tame``: leaves in [-3, 3].  ``wide``: magnitudes log-uniform in 1e-8…1e8."""

NUMBERS: Final[tuple[Number, ...]] = (
    2, 3, 1, -1, 2.0, 0.5, -2, -0.5, 3.0, 0.1, -1.5, 10, 4, 0, 1e-3, 7.25, -3, 1.0, 100.0, 0.0,
)  # fmt: skip
"""Numbers that stand beside nodes: ``int`` and ``float``, 0 and 1 among them.

No truth values: what ``a * True`` should be is for each engine to say.
"""

LEAF_NAMES: Final = "abcdeghij"
_LEAF_BYTES: Final = 9
_NODE_BYTES: Final = 4
_HEADER_BYTES: Final = 2
_MOST_LEAVES: Final = 4


def cases(
    *,
    population: Population = "tame",
    forms: Collection[str] | None = None,
    min_operations: int = 1,
    max_operations: int = 30,
) -> SearchStrategy[Case]:
    """Graphs with a point at which they are defined.

    Args:
        population: where the leaves' values lie.
        forms: keys of :data:`verify.expression.ops.FORMS` that may occur; all of them by default.
        min_operations: operations at least; graphs lose those that do not reach the output.
        max_operations: operations at most.

    Raises:
        ValueError: for an unknown form, no form at all, or an impossible number of operations.
    """
    chosen = _choose(forms)
    if not 0 <= min_operations <= max_operations:
        raise ValueError(
            f"between {min_operations} and {max_operations} operations there is no graph"
        )
    return _cases(population, chosen, min_operations, max_operations)


def points(
    graph: Graph, *, low: float = -3.0, high: float = 3.0
) -> SearchStrategy[tuple[float, ...]]:
    """Points of ``graph`` inside its domain, one float a leaf, each in ``[low, high]``."""
    leaf = st.floats(low, high, allow_subnormal=False)
    return st.tuples(*[leaf] * len(graph.leaves)).filter(lambda point: inside(graph, point))


def inside(graph: Graph, point: Sequence[Number]) -> bool:
    """Whether every operation is well inside its domain and every value within range."""
    values: list[float] = []
    inputs = iter(point)
    for node in graph.nodes:
        if isinstance(node, Leaf):
            values.append(float(next(inputs)))
        else:
            args = [float(a.value) if isinstance(a, Const) else values[a] for a in node.args]
            value = steered(FORMS[node.form], args)
            if value is None:
                return False
            values.append(value)
    return True


def sample(strategy: SearchStrategy[T], count: int, seed: int) -> list[T]:
    """``count`` examples of a strategy, the same for the same seed; no shrinking, no database."""
    found: list[T] = []

    @seeded(seed)
    @settings(
        max_examples=max(count, 1),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: T) -> None:
        found.append(example)

    with _nothing_kept():
        collect()
    return found[:count]


@contextlib.contextmanager
def _nothing_kept() -> Iterator[None]:
    """Hypothesis writes no file meanwhile.

    It keeps what it found in the sources of modules of the current folder in a folder
    ``.hypothesis`` there, which may be one of submissions.
    """
    before = vars(configuration).get("__hypothesis_home_directory")
    configuration.set_hypothesis_home_dir(_NOWHERE)
    try:
        yield
    finally:
        configuration.set_hypothesis_home_dir(before)


@st.composite
def _cases(
    draw: st.DrawFn, population: Population, forms: tuple[Form, ...], low: int, high: int
) -> Case:
    count = draw(st.integers(low, high))
    size = _HEADER_BYTES + _MOST_LEAVES * _LEAF_BYTES + count * _NODE_BYTES
    return decode(draw(st.binary(min_size=size, max_size=size)), forms, population)


def drawn(
    count: int,
    chance: random.Random,
    population: Population = "tame",
    *,
    forms: Sequence[Form] = tuple(FORMS.values()),
    max_operations: int = 30,
) -> Iterator[Case]:
    """Random cases without Hypothesis; sizes go round from 1 to ``max_operations``.

    Args:
        count: how many.
        chance: gives the bytes that are decoded: the same state, the same cases.
        population: magnitudes of the leaves.
        forms: ways of writing an operation.
        max_operations: operations at most.
    """
    fixed = _HEADER_BYTES + _MOST_LEAVES * _LEAF_BYTES
    for index in range(count):
        size = fixed + _NODE_BYTES * (index % max_operations + 1)
        yield decode(chance.randbytes(size), forms, population)


def decode(block: bytes, forms: Sequence[Form], population: Population = "tame") -> Case:
    """The case that a block of bytes stands for; every block of the right length is one."""
    leaves = block[0] % _MOST_LEAVES + 1
    keep_unreached = block[1] % 8 == 7
    start = _HEADER_BYTES + _MOST_LEAVES * _LEAF_BYTES
    point: list[Number] = []
    for i in range(leaves):
        at = _HEADER_BYTES + i * _LEAF_BYTES
        point.append(_leaf(block[at : at + _LEAF_BYTES], point, population))
    draft = _Draft([Leaf(LEAF_NAMES[i]) for i in range(leaves)], [float(x) for x in point])
    for at in range(start, len(block), _NODE_BYTES):
        _grow(draft, block[at : at + _NODE_BYTES], forms)
    graph, kept = _trim(draft.nodes, keep_unreached=keep_unreached)
    return Case(graph, tuple([point[i] for i in kept]))


@dataclass(slots=True)
class _Draft:
    nodes: list[Node]
    values: list[float]


def _choose(forms: Collection[str] | None) -> tuple[Form, ...]:
    if unknown := set(forms or ()) - set(FORMS):
        raise ValueError(
            f"no such form: {', '.join(sorted(unknown))}; there are {', '.join(FORMS)}"
        )
    chosen = tuple(form for text, form in FORMS.items() if forms is None or text in forms)
    if not chosen:
        raise ValueError("no form to draw from: give at least one")
    return chosen


def _leaf(block: bytes, earlier: list[Number], population: Population) -> Number:
    kind, fraction = block[0], int.from_bytes(block[1:], "big") / 2**64
    sign = -1 if kind & 1 else 1
    match kind >> 3:
        case 30:
            return sign * (1 + int(fraction * 4))  # a whole number as an int
        case 31 if earlier:
            return earlier[-1]  # equal values in different nodes
        case 29 if sign > 0:
            return 1.0
    if population == "wide":
        return float(sign * 10.0 ** (16 * fraction - 8))
    return sign * 3 * max(1 - fraction, 1e-3)


def _grow(draft: _Draft, block: bytes, forms: Sequence[Form]) -> None:
    """Append the first form, from the drawn one on, that stays inside; none is fine too."""
    which, first, second, number = block
    for offset in range(len(forms)):
        form = forms[(which + offset) % len(forms)]
        args = _operands(form, draft, (first, second), number)
        floats = [float(a.value) if isinstance(a, Const) else draft.values[a] for a in args]
        value = steered(form, floats)
        if value is not None:
            draft.nodes.append(Apply(form.op, args, form.inplace))
            draft.values.append(value)
            return


def _operands(form: Form, draft: _Draft, back: tuple[int, int], number: int) -> tuple[Operand, ...]:
    count = len(draft.nodes)
    if form.op == "sum":
        width = 1 + number % 12
        return tuple([_back(count, back[0] + i * back[1]) for i in range(width)])
    return tuple(
        [
            _back(count, distance) if is_node else Const(NUMBERS[number % len(NUMBERS)])
            for is_node, distance in zip(form.nodes, back, strict=False)
        ]
    )


def _back(count: int, distance: int) -> int:
    # Half of the bytes name the last node, so that graphs hang together; the rest, any node.
    return count - 1 - (distance // 2 % count if distance % 2 else 0)


def steered(form: Form, args: Sequence[float]) -> float | None:
    """About the value of an operation well inside its domain, or ``None``; see :func:`inside`."""
    op = OPS[form.op]
    if not form.smooth and args[0] < 0:
        return None
    try:
        if not op.inside(*args):
            return None
        value = float(op.steer(*args))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    size = abs(value)
    return value if (SMALL < size < BIG or size == 0) and not math.isnan(value) else None


def _trim(nodes: list[Node], *, keep_unreached: bool) -> tuple[Graph, list[int]]:
    """Leave out operations that the output does not use, and leaves that nothing uses.

    Returns the graph and the leaves that it kept.
    """
    if keep_unreached:
        return Graph(tuple(nodes)), [i for i, n in enumerate(nodes) if isinstance(n, Leaf)]
    used = below(nodes, [len(nodes) - 1])
    leaves = [i for i, n in enumerate(nodes) if isinstance(n, Leaf) and i in used]
    return Graph(tuple(only(nodes, used))), leaves
