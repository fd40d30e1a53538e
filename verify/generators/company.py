"""Operations together: each on each, two on one, an operand of an operand, nodes of equal value.

A mistake may lie in what an operation takes its operand for: another operation, one that something
else uses too, or a node that equals it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Case, Graph, Leaf
from verify.expression.ops import OPS
from verify.generators.compose import added, grown, parsed
from verify.generators.random import inside
from verify.generators.special import uses_only

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.expression.graph import Node, Number
    from verify.expression.ops import Operation

_EITHER_WAY: Final = ("add", "mul")


def _uses(op: Operation) -> list[str]:
    """A node ``y`` used by an operation, in each place, with ``b`` as the other operand."""
    s = op.symbol
    match op.syntax:
        case "infix":
            ways = [f"y {s} b"] if op.name in _EITHER_WAY else [f"y {s} b", f"b {s} y"]
            return ["y ** 3", *ways] if op.name == "pow" else ways
        case "prefix":
            return [f"{s}y"]
        case "call":
            return [f"{s}(y)"]
        case "sum":
            return ["sum([y, b])"]
        case "method":
            return [f"y.{s}(b)" if op.arity == 2 else f"y.{s}()"]


USES: Final = tuple([use for op in OPS.values() for use in _uses(op)])
"""A use of a node ``y`` by each operation, with ``b`` as the other operand."""

_BINARY: Final = ("+", "-", "*", "/", "**", "max", "min")
_POINTS: Final[tuple[tuple[Number, Number], ...]] = (
    (1.25, 0.75), (0.4, 1.5), (-1.25, 0.75), (2.5, 0.375), (3.0, 1.75), (0.9, 0.05),
)  # fmt: skip

FAN_OUTS: Final = (
    2, 3, 4, 5, 8, 9, 10, 16, 17, 32, 33, 64, 65, 100, 128, 129, 256, 257,
)  # fmt: skip
"""How often a node is used."""
FEW: Final = (2, 3, 4, 5, 9)
"""How often by one operation, besides the most."""


def usable(forms: Collection[str]) -> list[str]:
    """The uses that can be written in these forms."""
    return [use for use in USES if uses_only(parsed(use), forms)]


def each_on_each(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """Every operation on the result of every operation."""
    uses = usable(forms)
    for inner in uses:
        yield _at(forms, [(inner, outer) for outer in uses], "y = a")


def two_on_one(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """An inner node used by every two operations, and twice by the same."""
    uses = usable(forms)
    for first in uses:
        pairs = [(first, second) for second in uses[: uses.index(first) + 1]]
        yield [c for pair in pairs for c in _shared(forms, pair)]


def operand_of_operand(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """An operand that is an operand of the other operand too, in either place."""
    uses = usable(forms)
    for inner in uses:
        texts = [(inner, outer) for symbol in _BINARY for outer in _either(symbol)]
        yield _at(forms, texts, "y = a")


def equal_in_value(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """Different nodes that have the same value, leaves and inner ones."""
    for use in usable(forms):
        text = use.replace("y", "u"), use.replace("y", "v")
        programs = [
            f"u = a * b; v = b * a; c = {text[0]}; d = {text[1]}; c * d * a",
            f"u = a + 1; v = d + 1; p = {text[0]}; q = {text[1]}; p * q + p",
        ]
        programs += [f"u = a * b; v = b * a; {other}" for other in _both(use)]
        found = []
        for program in programs:
            graph = parsed(program)
            if uses_only(graph, forms):
                found += _first(graph, [_twin(graph, point) for point in _POINTS])
        yield found


def result_zero(forms: Collection[str], _: int = 0) -> Iterator[list[Case]]:
    """An inner node whose value is 0, then every use of it."""
    programs = ("y = a - b; ", "y = a + b; ", "y = a * b; ")
    points = ((1.5, 1.5), (-0.5, 0.5), (0.0, 1.5))
    for use in usable(forms):
        found = []
        for program, point in zip(programs, points, strict=True):
            graph = parsed(f"{program}c = {use}; c * b + y")
            if uses_only(graph, forms):
                found.append(Case(graph, point))
        yield found


def used(uses: Sequence[str], times: int, *, inner: bool) -> Case:
    """A node used so many times, by these in turn, and the sum of it all, added up in pairs."""
    return _used(tuple(uses), times, inner)


@lru_cache(maxsize=1024)
def _used(uses: tuple[str, ...], times: int, inner: bool) -> Case:
    start = parsed("a * b") if inner else Graph((Leaf("a"), Leaf("b")))
    nodes: list[Node] = list(start.nodes)
    at = len(nodes) - 1 if inner else 0
    places = {"y": at, "b": 1}
    terms = [grown(nodes, parsed(uses[i % len(uses)]), places) for i in range(times)]
    added(nodes, terms)
    return Case(Graph(tuple(nodes)), (1.5, 0.5) if inner else (0.75, 0.5))


def _either(symbol: str) -> tuple[str, str]:
    if symbol in {"max", "min"}:
        return f"y.{symbol}(a)", f"a.{symbol}(y)"
    return f"y {symbol} a", f"a {symbol} y"


def _both(use: str) -> list[str]:
    """Two equal nodes as the operands of one operation."""
    return [use.replace("y", "u").replace("b", "v")] if "b" in use.replace("abs", "") else []


def _at(forms: Collection[str], pairs: list[tuple[str, str]], start: str) -> list[Case]:
    found = []
    for inner, outer in pairs:
        graph = parsed(f"{start}; y = {inner}; {outer}")
        if uses_only(graph, forms):
            names = [node.name for node in graph.nodes if isinstance(node, Leaf)]
            points = [[dict(zip("ab", p, strict=True))[n] for n in names] for p in _POINTS]
            found += _first(graph, [tuple(p) for p in points])
    return found


def _shared(forms: Collection[str], pair: tuple[str, str]) -> Iterator[Case]:
    graph = parsed(f"y = a * b; c = {pair[0]}; d = {pair[1]}; c + d")
    if uses_only(graph, forms):
        yield from _first(graph, list(_POINTS))


def _twin(graph: Graph, point: tuple[Number, Number]) -> tuple[Number, ...]:
    values = {"a": point[0], "b": point[1], "d": point[0]}
    return tuple([values[n.name] for n in graph.nodes if isinstance(n, Leaf)])


def _first(graph: Graph, points: list[tuple[Number, ...]]) -> list[Case]:
    """The case at the first point inside the domain, if there is one."""
    return [Case(graph, p) for p in points if inside(graph, p)][:1]
