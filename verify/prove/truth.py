"""What each operation is, piece by piece, with its slopes: the right-hand side of every theorem.

This is one more place where the meaning of an operation is written, as in every oracle: that
repetition keeps the proof independent of them.  A test derives the same slopes with SymPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Const, Leaf
from verify.expression.reading import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verify.expression.graph import Graph
    from verify.expression.reading import Tree

    Slopes = tuple[Tree, ...]

ZERO: Final = 0.0
ONE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """An operation on a part of its domain.

    Attributes:
        where: what holds there.
        value: what it is.
        slopes: its derivatives by the operands; at a kink there are several right answers.
        edge: whether Python's own arithmetic may raise there: ``0 ** 0``, by the usual rule.
    """

    where: tuple[Question, ...]
    value: Tree
    slopes: tuple[Slopes, ...]
    edge: bool = False


def add(a: Tree, b: Tree) -> Tree:
    """``a + b``."""
    return b if a == ZERO else a if b == ZERO else ("add", a, b)


def mul(a: Tree, b: Tree) -> Tree:
    """``a * b``."""
    if ZERO in (a, b):
        return ZERO
    return b if a == ONE else a if b == ONE else ("mul", a, b)


def neg(a: Tree) -> Tree:
    """``-a``."""
    return ZERO if a == ZERO else ("neg", a)


def holds(left: Tree, relation: str, right: Tree) -> Question:
    """A comparison that is true."""
    return Question(relation, left, right, answer=True)


def _smooth(value: Tree, *slopes: Tree) -> list[Piece]:
    return [Piece((), value, (slopes,))]


def _power(x: Tree, y: Tree, *, base_is_node: bool, exponent_is_node: bool) -> list[Piece]:
    value: Tree = ("pow", x, y)
    by_x: Tree = ("mul", y, ("pow", x, ("sub", y, ONE)))
    pieces = [Piece((holds(x, ">", ZERO),), value, ((by_x, ("mul", value, ("log", x))),))]
    if base_is_node and not exponent_is_node:
        whole = Question("whole", y, ZERO, answer=True)
        zero = holds(x, "==", ZERO)
        pieces += [
            Piece((holds(x, "<", ZERO), whole), value, ((by_x, ZERO),)),
            Piece((zero, holds(y, ">", ONE)), ZERO, ((ZERO, ZERO),)),
            Piece((zero, holds(y, "==", ONE)), ZERO, ((ONE, ZERO),)),
            Piece((zero, holds(y, "==", ZERO)), ONE, ((ZERO, ZERO),), edge=True),
        ]
    return pieces


def _kink(x: Tree, low: tuple[Tree, float], high: tuple[Tree, float]) -> list[Piece]:
    slopes = (low[1], high[1], 0.5 * (low[1] + high[1]))
    return [
        Piece((holds(x, "<", ZERO),), low[0], ((low[1],),)),
        Piece((holds(x, ">", ZERO),), high[0], ((high[1],),)),
        Piece((holds(x, "==", ZERO),), ZERO, tuple([(slope,) for slope in slopes])),
    ]


def _choice(x: Tree, y: Tree, first: str, second: str) -> list[Piece]:
    return [
        Piece((holds(x, first, y),), x, ((ONE, ZERO),)),
        Piece((holds(x, second, y),), y, ((ZERO, ONE),)),
        Piece((holds(x, "==", y),), x, ((ONE, ZERO), (ZERO, ONE), (0.5, 0.5))),
    ]


def _sigmoid(x: Tree) -> list[Piece]:
    s: Tree = ("div", ONE, ("add", ONE, ("exp", ("neg", x))))
    return _smooth(s, ("mul", s, ("sub", ONE, s)))


def _above_0(x: Tree, value: Tree, slope: Tree) -> list[Piece]:
    return [Piece((holds(x, ">", ZERO),), value, ((slope,),))]


PIECES: Final[dict[str, Callable[..., list[Piece]]]] = {
    "add": lambda x, y: _smooth(("add", x, y), ONE, ONE),
    "sum": lambda x, y: _smooth(("add", x, y), ONE, ONE),
    "sub": lambda x, y: _smooth(("sub", x, y), ONE, -1.0),
    "mul": lambda x, y: _smooth(("mul", x, y), y, x),
    "div": lambda x, y: [Piece(
        (Question("==", y, ZERO, answer=False),), ("div", x, y),
        ((("div", ONE, y), ("neg", ("div", x, ("mul", y, y)))),),
    )],
    "neg": lambda x: _smooth(("neg", x), -1.0),
    "relu": lambda x: _kink(x, (ZERO, ZERO), (x, ONE)),
    "abs": lambda x: _kink(x, (("neg", x), -1.0), (x, ONE)),
    "exp": lambda x: _smooth(("exp", x), ("exp", x)),
    "tanh": lambda x: _smooth(("tanh", x), ("sub", ONE, ("mul", ("tanh", x), ("tanh", x)))),
    "sigmoid": _sigmoid,
    "log": lambda x: _above_0(x, ("log", x), ("div", ONE, x)),
    "sqrt": lambda x: _above_0(x, ("sqrt", x), ("div", 0.5, ("sqrt", x))),
    "sin": lambda x: _smooth(("sin", x), ("cos", x)),
    "cos": lambda x: _smooth(("cos", x), ("neg", ("sin", x))),
    "max": lambda x, y: _choice(x, y, ">", "<"),
    "min": lambda x, y: _choice(x, y, "<", ">"),
}  # fmt: skip


def pieces(op: str, operands: Sequence[Tree], nodes: Sequence[bool]) -> list[Piece]:
    """The pieces of an operation on these operands, which together are its domain.

    Args:
        op: its name.
        operands: formulas.
        nodes: for each, whether it is a node: a power has other domains beside numbers.
    """
    if op == "pow":
        base, exponent = nodes
        return _power(*operands, base_is_node=base, exponent_is_node=exponent)
    return PIECES[op](*operands)


Jet = tuple["Tree", "dict[str, Tree]"]
"""A value with its derivatives by the leaves."""


def jets(
    graph: Graph, names: Mapping[tuple[int, int], str], choose: Callable[[int, list[Piece]], Piece]
) -> list[Jet]:
    """Value and derivatives of every node, forward, by the chain rule.

    Args:
        graph: the graph.
        names: of operands that stand for any number: the node, the operand's place, the name.
        choose: one of an operation's pieces, with one pair of slopes.
    """
    found: list[Jet] = []
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            found.append((node.name, {node.name: ONE}))
            continue
        operands: list[Jet] = [
            (names.get((index, place), float(arg.value)), {}) if isinstance(arg, Const)
            else found[arg] for place, arg in enumerate(node.args)
        ]  # fmt: skip
        kinds = [isinstance(arg, int) for arg in node.args]
        piece = choose(index, pieces(node.op, [value for value, _ in operands], kinds))
        derivatives: dict[str, Tree] = {}
        for slope, (_, inner) in zip(piece.slopes[0], operands, strict=True):
            for leaf, derivative in inner.items():
                passed = mul(slope, derivative)
                derivatives[leaf] = add(derivatives.get(leaf, ZERO), passed)
        found.append((piece.value, derivatives))
    return found
