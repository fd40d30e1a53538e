"""An expression DAG as plain immutable data; the last node is the output.

A graph is a flat tuple of nodes.  A node is a :class:`Leaf` or an :class:`Apply`: one operation on
earlier nodes, named by their index, and on numbers.  Nodes are shared by being named twice.

``str(graph)`` is a Python function, which runs on floats, on any engine, and comes back through
:meth:`Graph.parse`::

    >>> print(Graph.parse("a * a + 2"))
    def f(a):
        b = a * a
        c = b + 2
        return c
"""

from __future__ import annotations

import keyword
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from verify.expression.nodes import (
    Apply,
    Const,
    GraphError,
    Leaf,
    Node,
    Number,
    Operand,
    below,
    check_operation,
    only,
    renumbered,
    with_number,
)
from verify.expression.ops import OPS
from verify.expression.parser import nodes_of, numbers_of
from verify.expression.spelling import (
    bracketed,
    fresh_names,
    literal,
    literal_value,
    number_from_json,
    number_to_json,
    spell,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [  # a graph, what it is made of, and how that is written
    "Apply", "Case", "Const", "Graph", "GraphError", "Layout", "Leaf", "Node", "Number", "Operand",
    "Row", "below", "literal", "literal_value", "number_from_json", "number_to_json", "only",
    "renumbered", "spell", "with_number",
]  # fmt: skip

Row: TypeAlias = tuple[int, str, tuple[int, ...]]
"""An operation to be swept over: its place, its name, the places of its operands."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A graph laid out for sweeps: one row of places, first the nodes and then the numbers.

    Attributes:
        size: how many places are nodes; the first number is at this place.
        leaves: places of the leaves.
        rows: the operations, in order.
        numbers: the numbers that stand beside nodes, in the order of their places.
        kinds: names of the operations, each once.
    """

    size: int
    leaves: tuple[int, ...]
    rows: tuple[Row, ...]
    numbers: tuple[Number, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in an order in which operands come first; the last node is the output.

    Raises:
        GraphError: for an unknown operation, a wrong number of operands, an operand that is not an
            earlier node, an operation on numbers only, a name given twice, or no node at all.
    """

    nodes: tuple[Node, ...]
    _layout: Layout | None = field(default=None, init=False, repr=False, compare=False)
    _rows: list[list[Any]] | None = field(default=None, init=False, repr=False, compare=False)
    _hash: int | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.nodes:
            raise GraphError("a graph needs at least one node")
        names: set[str] = set()
        for index, node in enumerate(self.nodes):
            if isinstance(node, Leaf):
                if (
                    node.name in names
                    or not node.name.isidentifier()
                    or keyword.iskeyword(node.name)
                ):
                    raise GraphError(
                        f"node {index}: leaf {node.name!r} needs an identifier of its own"
                    )
                names.add(node.name)
            else:
                check_operation(index, node)

    def __hash__(self) -> int:
        """Worked out once: what is known of a case is looked up by it many times."""
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(self.nodes))
        return self._hash  # type: ignore[return-value]  # set just now

    def __reduce__(self) -> tuple[type[Graph], tuple[tuple[Node, ...]]]:
        """A hash is good in its own process only: text has another one in each."""
        return Graph, (self.nodes,)

    @property
    def layout(self) -> Layout:
        """The graph as sweeps want it; worked out once."""
        if self._layout is None:
            object.__setattr__(self, "_layout", _laid_out(self.nodes))
        return self._layout  # type: ignore[return-value]  # set just now

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """:meth:`to_json`, worked out once: nobody may change it."""
        if self._rows is None:
            object.__setattr__(self, "_rows", self.to_json())
        return self._rows  # type: ignore[return-value]  # set just now

    @property
    def leaves(self) -> tuple[int, ...]:
        """Indices of the leaves, in order."""
        return self.layout.leaves

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of the operations, in order, with repeats: the size of a counterexample."""
        return tuple([op for _, op, _ in self.layout.rows])

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the operations, each once, in the order of their first use."""
        return self.layout.kinds

    @property
    def constants(self) -> tuple[Number, ...]:
        """The numbers that stand beside nodes, in order, with repeats."""
        return self.layout.numbers

    @property
    def uses(self) -> Counter[int]:
        """How often each node is an operand."""
        return Counter(p for n in self.nodes if isinstance(n, Apply) for p in n.parents)

    @property
    def names(self) -> tuple[str, ...]:
        """A Python name for each node; leaves keep theirs."""
        taken = {node.name for node in self.nodes if isinstance(node, Leaf)}
        fresh = fresh_names(taken)
        return tuple([n.name if isinstance(n, Leaf) else next(fresh) for n in self.nodes])

    def __str__(self) -> str:
        """The graph as a Python function of its leaves, one node a line."""
        names = self.names
        leaves = ", ".join(names[i] for i in self.leaves)
        body = [line for i in range(len(self.nodes)) for line in self._statements(i, names)]
        return "\n    ".join([f"def f({leaves}):", *body, f"return {names[-1]}"])

    def _statements(self, index: int, names: Sequence[str]) -> list[str]:
        node, name = self.nodes[index], names[index]
        if isinstance(node, Leaf):
            return []
        operands = [names[a] if isinstance(a, int) else literal(a.value) for a in node.args]
        if node.inplace:
            return [f"{name} = {operands[0]}", f"{name} {OPS[node.op].symbol}= {operands[1]}"]
        return [f"{name} = {spell(node.op, operands)}"]

    def expression(self) -> str:
        """The output as one Python expression, after statements for the nodes that are shared.

        A node that is used once and not in place is written where it is used; an operation that
        nothing uses is a statement, too, since it may be what a finding needs.
        """
        uses = self.uses
        names, text, lines = list(self.names), list(self.names), []
        fresh = fresh_names({n.name for n in self.nodes if isinstance(n, Leaf)})
        last = len(self.nodes) - 1
        for i, node in enumerate(self.nodes):
            if isinstance(node, Leaf):
                continue
            if node.inplace:
                text[i] = names[i] = next(fresh)
                first, second = (
                    text[a] if isinstance(a, int) else literal(a.value) for a in node.args
                )
                lines += [f"{names[i]} = {first}", f"{names[i]} {OPS[node.op].symbol}= {second}"]
                continue
            operands = [
                bracketed(text[a]) if isinstance(a, int) else literal(a.value) for a in node.args
            ]
            spelled = spell(node.op, operands)
            if i == last or uses[i] == 1:
                text[i] = spelled
            else:
                text[i] = names[i] = next(fresh)
                lines.append(f"{names[i]} = {spelled}")
        return "; ".join([*lines, text[last]])

    def one_by_one(self) -> str:
        """Statements on one line, one for each node in its order, leaves too."""
        names = self.names
        parts = [
            part
            for i, node in enumerate(self.nodes)
            for part in ([names[i]] if isinstance(node, Leaf) else self._statements(i, names))
        ]
        return "; ".join([*parts, names[-1]])

    def to_json(self) -> list[list[Any]]:
        """Rows of plain JSON: ``["leaf", name]`` or ``[op, operand, …]``; ``"add="`` is in place.

        An operand is a node's index or ``{"const": number}``; see :func:`number_to_json`.
        """
        return [
            ["leaf", node.name]
            if isinstance(node, Leaf)
            else [node.op + "=" * node.inplace]
            + [a if isinstance(a, int) else {"const": number_to_json(a.value)} for a in node.args]
            for node in self.nodes
        ]

    @classmethod
    def from_json(cls, rows: Sequence[Sequence[Any]]) -> Graph:
        """The inverse of :meth:`to_json`.

        Raises:
            GraphError: naming the row that is not of that form.
        """
        nodes: list[Node] = []
        for index, row in enumerate(rows):
            try:
                head, *rest = row
                nodes.append(
                    Leaf(rest[0])
                    if head == "leaf"
                    else Apply(
                        head.removesuffix("="),
                        tuple(
                            [
                                a if type(a) is int else Const(number_from_json(a["const"]))
                                for a in rest
                            ]
                        ),
                        head.endswith("="),
                    )
                )
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise GraphError(f"row {index}: {row!r} is not a node ({error})") from None
        return cls(tuple(nodes))

    @classmethod
    def parse(cls, text: str) -> Graph:
        """Read an expression, statements, or a function as ``str(graph)`` prints it.

        A name that was not assigned is a leaf, in the order of appearance; the parameters of a
        function come first.  ``a += b`` is the in-place form.  The output is the last expression,
        the returned value, or the last assignment.

        Raises:
            GraphError: naming the line and what is not in the vocabulary.
        """
        return cls(nodes_of(text))


_AT: Final = "  at  "
"""What parts a graph from its numbers where a case is printed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A graph at a point: one number for each leaf, in the order of the leaves."""

    graph: Graph
    point: tuple[Number, ...]

    def __post_init__(self) -> None:
        if len(self.point) != len(self.graph.leaves):
            raise GraphError(
                f"{len(self.graph.leaves)} leaves need as many numbers, not {len(self.point)}"
            )

    def __str__(self) -> str:
        """On one line, as :meth:`parse` reads it back."""
        graph = self.graph
        text = graph.expression()
        if Graph.parse(text) != graph:
            text = graph.one_by_one()
        inputs = (f"{name}={literal_value(x)}" for name, x in self.inputs.items())
        return f"{text}{_AT}{', '.join(inputs)}"

    def __repr__(self) -> str:
        return f"Case.parse({str(self)!r})"

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All numbers that go into it: the point, then the constants."""
        return (*self.point, *self.graph.constants)

    @property
    def inputs(self) -> Mapping[str, Number]:
        """The point by the names of the leaves."""
        names = self.graph.names
        return {names[i]: x for i, x in zip(self.graph.leaves, self.point, strict=True)}

    @classmethod
    def parse(cls, text: str, **inputs: Number) -> Case:
        """A case from :meth:`Graph.parse`'s text and a number for each leaf by name.

        The numbers may also stand in the text, as ``str(case)`` prints it.

        Raises:
            GraphError: for a leaf without a number or a number without a leaf.
        """
        text, _, numbers = text.partition(_AT)
        return cls.of(Graph.parse(text), {**numbers_of(numbers), **inputs})

    @classmethod
    def of(cls, graph: Graph, inputs: Mapping[str, Number]) -> Case:
        """A graph at a point given by the names of its leaves.

        Raises:
            GraphError: for a leaf without a number or a number without a leaf.
        """
        names = [graph.names[i] for i in graph.leaves]
        if set(names) != set(inputs):
            given = ", ".join(inputs) or "none"
            raise GraphError(f"leaves are {', '.join(names)}; numbers given for {given}")
        return cls(graph, tuple([inputs[name] for name in names]))


def _laid_out(nodes: Sequence[Node]) -> Layout:
    size = len(nodes)
    leaves: list[int] = []
    rows: list[Row] = []
    numbers: list[Number] = []
    for place, node in enumerate(nodes):
        if isinstance(node, Leaf):
            leaves.append(place)
            continue
        operands: list[int] = []
        for arg in node.args:
            if isinstance(arg, Const):
                operands.append(size + len(numbers))
                numbers.append(arg.value)
            else:
                operands.append(arg)
        rows.append((place, node.op, tuple(operands)))
    kinds = tuple(dict.fromkeys([op for _, op, _ in rows]))
    return Layout(size, tuple(leaves), tuple(rows), tuple(numbers), kinds)
