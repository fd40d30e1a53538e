"""What an engine promises: found out on a few graphs, before anything is judged.

Every engine promises the value of the output and the gradients of the leaves.  Whether it keeps
the gradients of inner nodes, and in which arithmetic it computes, is its own affair, and is decided
once for the engine, never for a number: what it does not keep anywhere it does not owe, and what it
keeps in one place and loses in another is wrong.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from verify.checking.differences import finite_differences
from verify.expression.formats import DOUBLE, SINGLE
from verify.expression.graph import Apply, Case, Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from verify.engines import Engine
    from verify.expression.formats import Format
    from verify.expression.reading import Reading

_SUMS: Final = (("a + b", (0.7123, 1.3456)), ("a + b + c", (-0.9871, 2.1234, 0.1357)))
_PRODUCTS: Final = (
    ("a * b", (0.7123, 1.3456)),
    ("c = a * b; c + a", (1.7123, -0.3456)),
    ("c = a + b; d = c * a; d + c", (0.6543, 1.1234)),
    ("a * b * c", (-0.9871, 2.1234, 0.1357)),
    ("c = a * a; d = c * b; d * c", (1.2345, 0.7891)),
)
"""Graphs over what every engine has, at points that single precision does not hold."""
_ENOUGH: Final = 4
"""Numbers in 32 bits that are no accident."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is expected of one engine.

    Attributes:
        inner: whether it keeps gradients of inner nodes.
        output: whether it writes one on the output itself.
        values: what its values are computed in.
        gradients: what its gradients are kept in.
        derivatives: whether its gradients are derivatives; ``False`` for finite differences.
    """

    inner: bool = True
    output: bool = True
    values: Format = DOUBLE
    gradients: Format = DOUBLE
    derivatives: bool = True

    @property
    def format(self) -> Format:
        """The arithmetic by whose bound everything is judged."""
        return SINGLE if self.values is SINGLE or self.gradients is SINGLE else DOUBLE

    def unkept(self, graph: Graph) -> Collection[int]:
        """The nodes of which no gradient is kept."""
        last = len(graph.nodes) - 1
        found = set() if self.output else {last}
        if not self.inner:
            found.update(_inner(graph))
        return found


_FOUND: Final[WeakKeyDictionary[Engine, Promise]] = WeakKeyDictionary()


def promise(engine: Engine) -> Promise:
    """What an engine promises, found out when it is first asked for."""
    known = _FOUND.get(engine)
    if known is None:
        known = _FOUND[engine] = _find_out(engine)
    return known


@lru_cache(maxsize=16)
def cases(
    programs: tuple[tuple[str, tuple[float, ...]], ...] = (*_SUMS, *_PRODUCTS)
) -> Sequence[Case]:
    """The graphs on which it is found out."""
    return [Case(Graph.parse(text), point) for text, point in programs]


def _find_out(engine: Engine) -> Promise:
    if not engine.info.has_backward:
        return Promise()
    asked = [(case, engine.run(case.graph, case.point)[-1]) for case in cases()]
    answered = [(case, reading) for case, reading in asked if reading.raised is None]
    inner = [_touched(reading, _inner(case.graph)) for case, reading in answered]
    outputs = [_touched(reading, (len(case.graph.nodes) - 1,)) for case, reading in answered]
    leaves = [_touched(reading, case.graph.leaves) for case, reading in answered]
    if not _any(leaves):
        return Promise()  # no convention excuses an engine that gives no gradients at all
    gradients = [g for case, r in answered for g in _of(r.gradients, case.graph.leaves)]
    values, single = _format_of_values(answered), _in_32_bits(gradients)
    exact = values is DOUBLE and not single
    return Promise(
        inner=_any(inner) or not any(inner),
        output=_any(outputs),
        values=values,
        gradients=SINGLE if single else DOUBLE,
        derivatives=not (exact and finite_differences(engine, answered)),
    )


def _inner(graph: Graph) -> list[int]:
    return [i for i, node in enumerate(graph.nodes[:-1]) if isinstance(node, Apply)]


def _touched(reading: Reading, nodes: Iterable[int]) -> list[bool]:
    """For each of these nodes with a gradient of its own, whether something was written there."""
    return [
        bool(reading.gradients[i]) or ("gradient", i) in reading.faults
        for i in nodes
        if i not in reading.same
    ]


def _any(touched: Iterable[Sequence[bool]]) -> bool:
    return any(map(any, touched))


def _of(numbers: Sequence[float | None], nodes: Iterable[int]) -> list[float]:
    return [x for x in (numbers[i] for i in nodes) if x is not None]


def _format_of_values(answered: Sequence[tuple[Case, Reading]]) -> Format:
    """Single precision if leaves are stored so, or results are rounded so."""
    leaves = [v for case, r in answered for v in _of(r.values, case.graph.leaves)]
    made = [v for case, r in answered for v in _of(r.values, _made(case.graph))]
    return SINGLE if _in_32_bits(leaves) or _in_32_bits(made) else DOUBLE


def _made(graph: Graph) -> list[int]:
    return [i for i, node in enumerate(graph.nodes) if isinstance(node, Apply)]


def _in_32_bits(numbers: Sequence[float]) -> bool:
    """Whether all are numbers of single precision, and some are no round ones."""
    if not all(map(_is_single, numbers)):
        return False
    return sum(not (x * 2**10).is_integer() for x in numbers) >= _ENOUGH


def _is_single(x: float) -> bool:
    if not math.isfinite(x) or abs(x) > SINGLE.largest:
        return False
    return bool(struct.unpack("f", struct.pack("f", x))[0] == x)


KEPT: Final[tuple[tuple[str, Callable[[Promise], bool], str], ...]] = (
    ("inner gradients", lambda p: p.inner, "not kept: gradients of leaves only, as in PyTorch"),
    ("gradient of the output itself", lambda p: p.output, "not kept"),
    (
        "precision", lambda p: p.values is DOUBLE,
        "single: numbers have 32 bits, and are judged by the bound of that arithmetic",
    ),
)  # fmt: skip
"""A convention, whether an engine does as most do, and what it does otherwise."""
