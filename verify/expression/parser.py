"""The text of graphs read back: the subset of Python that they print."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.expression.near import near
from verify.expression.nodes import Apply, Const, GraphError, Leaf, check_operation, renumbered
from verify.expression.ops import INFIX, OPS

if TYPE_CHECKING:
    from verify.expression.nodes import Node, Number, Operand

_MODULES: Final = frozenset({"math", "np", "numpy", "torch"})
_UNARY: Final = {op.symbol: op.name for op in OPS.values() if op.syntax in {"call", "method"}}
_OPERATORS: Final = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip


def nodes_of(text: str) -> tuple[Node, ...]:
    """The nodes that :meth:`verify.expression.graph.Graph.parse` makes a graph of.

    Raises:
        GraphError: naming the line and what is not in the vocabulary.
    """
    return tuple(_Parser().parse(text))


def numbers_of(text: str) -> dict[str, Number]:
    """The numbers of ``a=2.0, b=float('inf')``, by name.

    Raises:
        GraphError: for text of another form.
    """
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


class _Parser:
    """Reads the subset of Python that graphs print."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.scope: dict[str, int] = {}

    def parse(self, text: str) -> list[Node]:
        try:
            body = ast.parse(text.strip()).body
        except SyntaxError as error:
            raise GraphError(f"line {error.lineno}: {error.msg}") from None
        except ValueError as error:  # a null byte, before Python 3.11.4
            raise GraphError(str(error)) from None
        if len(body) == 1 and isinstance(body[0], ast.FunctionDef):
            for parameter in body[0].args.args:
                self._leaf(parameter.arg)
            body = body[0].body
        output: Operand | None = None
        for statement in body:
            output = self._statement(statement)
        if not isinstance(output, int):
            raise GraphError("the output is not a node: end with an expression of the leaves")
        return self._output_last(output)

    def _output_last(self, output: int) -> list[Node]:
        last = len(self.nodes) - 1
        if output == last:
            return self.nodes
        # Nodes after the output do not reach it, except where they are leaves: move it to the end.
        if any(isinstance(n, Apply) and output in n.parents for n in self.nodes[output + 1 :]):
            raise GraphError("statements after the output use it: make the output the last one")
        place = {i: i - (i > output) for i in range(len(self.nodes))}
        moved = [renumbered(node, place) for node in self.nodes]
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
            check_operation(len(self.nodes), applied := Apply(op, args, inplace))
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
