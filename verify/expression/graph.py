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

import ast
import keyword
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from verify.expression.near import near
from verify.expression.ops import INFIX, OPS, form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    """

    size: int
    leaves: tuple[int, ...]
    rows: tuple[Row, ...]
    numbers: tuple[Number, ...]


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
                _check_apply(index, node)

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
    def constants(self) -> tuple[Number, ...]:
        """The numbers that stand beside nodes, in order, with repeats."""
        return self.layout.numbers

    @property
    def names(self) -> tuple[str, ...]:
        """A Python name for each node; leaves keep theirs."""
        taken = {node.name for node in self.nodes if isinstance(node, Leaf)}
        fresh = _fresh_names(taken)
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
        uses = Counter(p for n in self.nodes if isinstance(n, Apply) for p in n.parents)
        names, text, lines = list(self.names), list(self.names), []
        fresh = _fresh_names({n.name for n in self.nodes if isinstance(n, Leaf)})
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
                _bracket(text[a]) if isinstance(a, int) else literal(a.value) for a in node.args
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

    def python(
        self, point: Sequence[Number], wrap: str = "Value", backward: str = "backward()"
    ) -> str:
        """A program to paste: leaves at ``point`` (one number a leaf), the graph, the gradients."""
        names = self.names
        leaves = [names[i] for i in self.leaves]
        lines = [
            f"{name} = {wrap}({literal_value(x)})" for name, x in zip(leaves, point, strict=True)
        ]
        lines += [line for i in range(len(self.nodes)) for line in self._statements(i, names)]
        lines.append(f"{names[-1]}.{backward}")
        return "\n".join(lines)

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
        return _Parser().parse(text)


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
        return cls.of(Graph.parse(text), {**_numbers(numbers), **inputs})

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


_AT: Final = "  at  "
"""What parts a graph from its numbers where a case is printed."""


def _numbers(text: str) -> dict[str, Number]:
    """The numbers of ``a=2.0, b=float('inf')``."""
    try:
        call = ast.parse(f"at({text})", mode="eval").body
        words = call.keywords if isinstance(call, ast.Call) and not call.args else []
        found: dict[str, Number] = {str(word.arg): _number(word.value) for word in words}
    except (SyntaxError, ValueError):
        raise GraphError(f"{text!r}: write numbers as a=2.0, b=-3.0") from None
    return found


def _number(node: ast.expr) -> Number:
    match node:
        case ast.Call(ast.Name("float"), [ast.Constant(str() as text)]):
            return float(text)
    value = ast.literal_eval(node)
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - as literal_eval says it
    return value


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
    return Layout(size, tuple(leaves), tuple(rows), tuple(numbers))


def renumbered(node: Node, place: dict[int, int]) -> Node:
    """The node with its operands at their new places."""
    if isinstance(node, Leaf):
        return node
    args = tuple([place[a] if isinstance(a, int) else a for a in node.args])
    return Apply(node.op, args, node.inplace)


def _check_apply(index: int, node: Apply) -> None:
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


def literal_value(number: Number) -> str:
    """A number as Python reads it back to the same bits and type, without brackets."""
    return repr(number) if math.isfinite(number) else f"float('{number}')"


def literal(number: Number) -> str:
    """A number as an operand in Python; negative ones in brackets."""
    text = literal_value(number)
    return f"({text})" if text.startswith("-") else text


def number_to_json(number: Number) -> str | int | bool:
    """Floats as hexadecimal text, exact to the bit; whole numbers and truth values as they are."""
    return number.hex() if isinstance(number, float) else number


def number_from_json(data: object) -> Number:
    """The inverse of :func:`number_to_json`.

    Raises:
        ValueError: if ``data`` is none of the three.
    """
    if isinstance(data, str):
        return float.fromhex(data)
    if isinstance(data, int):
        return data
    raise ValueError(f"{data!r} is not a number")


def spell(op: str, operands: Sequence[str]) -> str:
    """The operation in Python, on operands that are already text."""
    record = OPS[op]
    match record.syntax:
        case "infix":
            return f"{operands[0]} {record.symbol} {operands[1]}"
        case "prefix":
            return f"{record.symbol}{operands[0]}"
        case "call":
            return f"{record.symbol}({operands[0]})"
        case "method":
            return f"{operands[0]}.{record.symbol}({', '.join(operands[1:])})"
        case "sum":
            return f"sum([{', '.join(operands)}])"


def _bracket(text: str) -> str:
    # An operator's text holds a blank or starts with a minus; calls and names bind tighter.
    return f"({text})" if text.startswith("-") or _top_level_blank(text) else text


def _top_level_blank(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([") - (char in ")]")
        if char == " " and depth == 0:
            return True
    return False


def _fresh_names(taken: set[str]) -> Iterator[str]:
    letters = (c for c in "abcdefghijklmnopqrstuvwxyz" if c != "f")  # f is the function
    yield from (c for c in letters if c not in taken)
    index = 0
    while True:
        if (name := f"v{index}") not in taken:
            yield name
        index += 1


_MODULES: Final = frozenset({"math", "np", "numpy", "torch"})
_UNARY: Final = {op.symbol: op.name for op in OPS.values() if op.syntax in {"call", "method"}}
_OPERATORS: Final = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip


class _Parser:
    """Reads the subset of Python that graphs print."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.scope: dict[str, int] = {}

    def parse(self, text: str) -> Graph:
        try:
            body = ast.parse(text.strip()).body
        except SyntaxError as error:
            raise GraphError(f"line {error.lineno}: {error.msg}") from None
        if len(body) == 1 and isinstance(body[0], ast.FunctionDef):
            for parameter in body[0].args.args:
                self._leaf(parameter.arg)
            body = body[0].body
        output: Operand | None = None
        for statement in body:
            output = self._statement(statement)
        if not isinstance(output, int):
            raise GraphError("the output is not a node: end with an expression of the leaves")
        return Graph(tuple(self._output_last(output)))

    def _output_last(self, output: int) -> list[Node]:
        last = len(self.nodes) - 1
        if output == last:
            return self.nodes
        # Nodes after the output do not reach it, except where they are leaves: move it to the end.
        if any(isinstance(n, Apply) and output in n.parents for n in self.nodes[output + 1 :]):
            raise GraphError("statements after the output use it: make the output the last one")
        moved = [n if isinstance(n, Leaf) else _shift(n, output) for n in self.nodes]
        return [*moved[:output], *moved[output + 1 :], moved[output]]

    def _statement(self, node: ast.stmt) -> Operand:
        match node:
            case ast.Expr(value) | ast.Return(ast.expr() as value):
                return self._expression(value)
            case ast.Assign([ast.Name(name)], value):
                operand = self._expression(value)
            case ast.AugAssign(ast.Name(name), operator, value):
                operand = self._inplace(name, operator, value)
            case _:
                raise GraphError(f"line {node.lineno}: {ast.unparse(node)!r} is not an assignment")
        if isinstance(operand, Const):
            raise GraphError(
                f"line {node.lineno}: {name} is a plain number; write it where it is used"
            )
        self.scope[name] = operand
        return operand

    def _inplace(self, name: str, operator: ast.operator, value: ast.expr) -> Operand:
        return self._apply(
            self._infix(operator, value), (self._name(name), self._expression(value)), value, True
        )

    def _expression(self, node: ast.expr) -> Operand:
        match node:
            case ast.Constant(bool() | int() | float() as value):
                return Const(value)
            case ast.Name(name):
                return self._name(name)
            case ast.UnaryOp(ast.USub(), inner):
                operand = self._expression(inner)
                return (
                    Const(-operand.value)
                    if isinstance(operand, Const)
                    else self._apply("neg", (operand,), node)
                )
            case ast.BinOp(left, operator, right):
                op = self._infix(operator, node)
                return self._apply(op, (self._expression(left), self._expression(right)), node)
            case ast.Call(ast.Name("sum"), [ast.List(items) | ast.Tuple(items)]):
                return self._apply("sum", tuple([self._expression(item) for item in items]), node)
            case ast.Call(ast.Name(name), args) if name in _UNARY:
                return self._apply(
                    _UNARY[name], tuple([self._expression(arg) for arg in args]), node
                )
            case ast.Call(ast.Attribute(ast.Name(module), name)) if module in _MODULES:
                problem = f"{ast.unparse(node)!r} is a function of numbers: write {name}(...)"
                raise GraphError(f"line {node.lineno}: {problem}")
            case ast.Call(ast.Attribute(first, name), args) if name in _UNARY:
                operands = tuple([self._expression(arg) for arg in (first, *args)])
                return self._apply(_UNARY[name], operands, node)
        called = node.func if isinstance(node, ast.Call) else None
        word = str(getattr(called, "attr", None) or getattr(called, "id", ""))
        problem = f"{ast.unparse(node)!r} is not in the vocabulary{near(word, _UNARY)}"
        raise GraphError(f"line {node.lineno}: {problem}")

    @staticmethod
    def _infix(operator: ast.operator, node: ast.expr) -> str:
        symbol = _OPERATORS.get(type(operator))
        if symbol is None:
            raise GraphError(
                f"line {node.lineno}: operator {type(operator).__name__} is not in the vocabulary"
            )
        return INFIX[symbol].name

    def _apply(
        self, op: str, args: tuple[Operand, ...], node: ast.expr, inplace: bool = False
    ) -> int:
        try:
            _check_apply(len(self.nodes), applied := Apply(op, args, inplace))
        except GraphError as error:
            raise GraphError(f"line {node.lineno}: {str(error).partition(': ')[2]}") from None
        self.nodes.append(applied)
        return len(self.nodes) - 1

    def _name(self, name: str) -> int:
        return self.scope[name] if name in self.scope else self._leaf(name)

    def _leaf(self, name: str) -> int:
        self.scope[name] = len(self.nodes)
        self.nodes.append(Leaf(name))
        return self.scope[name]


def _shift(node: Apply, gone: int) -> Apply:
    args = tuple([a - (a > gone) if isinstance(a, int) else a for a in node.args])
    return Apply(node.op, args, node.inplace)
