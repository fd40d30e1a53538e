"""The nodes of a graph: inputs and operations, with the numbers that stand beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from verify.expression.ops import OPS, form_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Number: TypeAlias = float | int | bool
"""A Python number as a user writes it: ``2``, ``2.0`` and ``True`` are three inputs."""


class GraphError(ValueError):
    """A graph that cannot be: the message names the node or the line, and the remedy."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An input; ``name`` is a Python identifier."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """A plain number as an operand: the ``2`` of ``a * 2``."""

    value: Number


Operand: TypeAlias = int | Const
"""The index of an earlier node, or a number."""


@dataclass(frozen=True, slots=True)
class Apply:
    """One operation on operands; ``inplace`` spells it ``a += b``."""

    op: str
    args: tuple[Operand, ...]
    inplace: bool = False

    @property
    def form(self) -> str:
        """The way it is written, a key of :data:`verify.expression.ops.FORMS`: ``"a + 2"``."""
        return form_of(
            self.op, tuple([isinstance(a, int) for a in self.args]), inplace=self.inplace
        )

    @property
    def parents(self) -> tuple[int, ...]:
        """Indices of the operands that are nodes, in order, with repeats."""
        return tuple([arg for arg in self.args if not isinstance(arg, Const)])


Node: TypeAlias = Leaf | Apply


def renumbered(node: Node, place: dict[int, int]) -> Node:
    """The node with its operands at their new places."""
    if isinstance(node, Leaf):
        return node
    args = tuple([place[a] if isinstance(a, int) else a for a in node.args])
    return Apply(node.op, args, node.inplace)


def with_number(node: Node, number: Number) -> Node:
    """The node with another number in the place of its own, if it has one."""
    if isinstance(node, Leaf):
        return node
    args = tuple([Const(number) if isinstance(a, Const) else a for a in node.args])
    return Apply(node.op, args, node.inplace)


def only(nodes: Sequence[Node], places: Collection[int]) -> list[Node]:
    """The nodes at these places, at which all stands that they are made of, renumbered."""
    place = {old: new for new, old in enumerate(sorted(places))}
    return [renumbered(nodes[old], place) for old in place]


def below(nodes: Sequence[Node], tops: Iterable[int]) -> set[int]:
    """The places of these nodes, and of all that they are made of."""
    found = set(tops)
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if index in found and isinstance(node, Apply):
            found.update(node.parents)
    return found


def check_operation(index: int, node: Apply) -> None:
    """Refuse an operation that cannot stand at this place of a graph.

    Raises:
        GraphError: naming the node, and what is wrong with it.
    """
    op = OPS.get(node.op)
    if op is None:
        raise GraphError(f"node {index}: no operation {node.op!r}; there are {', '.join(OPS)}")
    if op.arity != len(node.args) and (op.arity is not None or not node.args):
        raise GraphError(
            f"node {index}: {op.name} takes {op.arity or 'some'} operands, not {len(node.args)}"
        )
    for arg in node.args:
        if isinstance(arg, Const):
            if not math.isfinite(arg.value):
                raise GraphError(f"node {index}: the number {arg.value} is not finite")
        elif not 0 <= arg < index:
            raise GraphError(f"node {index}: operand {arg} is not an earlier node")
    if not node.parents:
        raise GraphError(f"node {index}: {op.name} on numbers only; one operand must be a node")
    if op.syntax == "method" and isinstance(node.args[0], Const):
        raise GraphError(f"node {index}: {op.name} is a method; its first operand must be a node")
    if node.inplace and not (op.inplace and isinstance(node.args[0], int)):
        raise GraphError(f"node {index}: {op.name} has no in-place form with these operands")
