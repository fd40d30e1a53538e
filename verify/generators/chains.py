"""Long chains and doublings: graphs for what only depth or the number of paths brings out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.generators.compose import parsed, repeated
from verify.generators.special import uses_only

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from verify.expression.graph import Node

LENGTHS: Final = (250, 500, 1000, 2000)
"""Additions in the chains of a corpus: recursion in Python ends near 1,000."""

DEPTHS: Final = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""Operations in the chains that probe depth."""

STEPS: Final[dict[str, tuple[str, ...]]] = {
    "add": ("x + 0.001", "x + b"), "sub": ("x - 0.001", "x - b"), "mul": ("x * 1.001", "x * c"),
    "div": ("x / 1.001", "x / c"), "neg": ("-x",), "pow": ("x ** -1", "x ** d"),
    "relu": ("x.relu()",), "tanh": ("x.tanh()",), "exp": ("(-x).exp() - 1",),
    "log": ("x.log() + 1",), "sigmoid": ("x.sigmoid() * 4 - 2",), "sqrt": ("x.sqrt() * 2 - 1",),
    "abs": ("abs(x)",), "sin": ("x.sin()",), "cos": ("x.cos() + 1.5707963267948966",),
    "max": ("x.max(0.001)", "x.max(b)"), "min": ("x.min(9.5)", "x.min(c)"), "sum": ("sum([x])",),
}  # fmt: skip
"""A step ``x = …`` with each operation that can be taken thousands of times: values stay ordinary,
and the gradient neither vanishes nor grows, since the slope at the point that it tends to is 1 or
-1.  A number is the other operand where an engine has that form, so that no node is used often."""

_START: Final = {"x": 0.9, "b": 0.001, "c": 1.001, "d": -1.0}
_STARTS: Final = {"exp": 0.5, "log": 2.0, "sigmoid": 1.5, "sqrt": 2.0, "cos": 2.25}
MIXED: Final = ("add", "mul", "neg", "abs", "sub", "div", "relu", "max", "sum", "sin")
"""Operations that can be taken in turn in one chain."""


def chain(length: int) -> Case:
    """``x = x + a``, so many times, from ``a`` at 1: its gradient is ``length + 1``."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, 0)) for i in range(length)]
    return Case(Graph(tuple(nodes)), (1.0,))


def doubled(times: int) -> Case:
    """``x = x + x``, so many times, from one leaf at 1: paths double, nodes grow by one."""
    nodes: list[Node] = [Leaf("a")]
    nodes += [Apply("add", (i, i)) for i in range(times)]
    return Case(Graph(tuple(nodes)), (1.0,))


def steps(forms: Collection[str]) -> dict[str, str]:
    """The operations of which there are chains in these forms, and the step of each."""
    found = {}
    for op, texts in STEPS.items():
        fitting = [text for text in texts if uses_only(parsed(text), forms)]
        if fitting:
            found[op] = fitting[0]
    return found


def taken(chosen: Mapping[str, str], operations: int) -> Case:
    """A chain with so many operations at most, with the steps of :func:`steps` in turn."""
    texts = list(chosen.values())
    each = [len(parsed(text).operations) for text in texts]
    times = max(1, operations * len(each) // sum(each))
    start = dict(_START)
    if len(chosen) == 1:
        (op,) = chosen
        start["x"] = _STARTS.get(op, _START["x"])
    needed = {n.name for t in texts for n in parsed(t).nodes if isinstance(n, Leaf)}
    return repeated("|".join(texts), times, {n: v for n, v in start.items() if n in needed})
