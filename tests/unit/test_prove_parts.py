"""Canonical forms, empty sets, and what is due: the parts that a proof rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sympy

from verify.expression.graph import Graph
from verify.expression.ops import FORMS
from verify.expression.reading import Question
from verify.oracles.symbolic import expression
from verify.prove.algebra import Forms
from verify.prove.regions import is_empty
from verify.prove.structure import at_point
from verify.prove.truth import pieces
from verify.prove.wirings import applied

if TYPE_CHECKING:
    from verify.expression.reading import Tree

A, B, X = "a", "b", ("tanh", "a")

SAME: list[tuple[Tree, Tree]] = [
    (("sub", 1.0, ("mul", X, X)), ("div", 1.0, ("pow", ("cosh", A), 2.0))),
    (("mul", B, ("pow", A, ("sub", B, 1.0))), ("div", ("mul", B, ("pow", A, B)), A)),
    (("div", 0.5, ("sqrt", A)), ("mul", 0.5, ("pow", A, -0.5))),
    (("pow", ("sin", A), 2.0), ("sub", 1.0, ("pow", ("cos", A), 2.0))),
    (("sin", ("sub", A, B)), ("neg", ("sin", ("sub", B, A)))),
    (("log", ("exp", A)), A),
    (("div", ("add", A, B), ("sqrt", ("add", A, B))), ("sqrt", ("add", A, B))),
    (("exp", ("div", A, ("add", A, B))), ("pow", ("exp", ("div", A, ("add", B, A))), 1.0)),
]
DIFFERENT: list[tuple[Tree, Tree]] = [
    (("sub", 1.0, X), ("sub", 1.0, ("mul", X, X))),
    (A, ("mul", A, 1.0000000000000002)),
    (("log", ("mul", A, B)), ("add", ("log", A), A)),
    (("sin", A), ("cos", A)),
    (("div", A, ("sub", A, A)), A),
    (None, None),
]


@pytest.mark.parametrize(("first", "second"), SAME, ids=str)
def test_the_same_function_is_found_out(first: Tree, second: Tree) -> None:
    """Different ways to write one function have one canonical form."""
    assert Forms().same(first, second) is True


@pytest.mark.parametrize(("first", "second"), DIFFERENT, ids=str)
def test_different_functions_are_never_the_same(first: Tree, second: Tree) -> None:
    """Not by 2e-16, not where one divides by 0, not where one is unknown."""
    assert Forms().same(first, second) is False


def q(left: Tree, what: str, right: Tree = 0.0, *, answer: bool = True) -> Question:
    """A question with its answer."""
    return Question(what, left, right, answer)


EMPTY: list[tuple[Question, ...]] = [
    (q(A, ">"), q(A, "<=")),
    (q(A, ">", 2.0), q(A, "<", 1.0)),
    (q(A, ">", B), q(B, ">=", A)),
    (q(("add", 1.0, ("exp", A)), "=="),),
    (q(A, "==", B), q(A, "<", B)),
    (q(A, "whole"), q(("sub", A, 1.0), "whole", answer=False)),
    (q(A, "==", 1.5), q(A, "whole")),
    (q(("mul", A, A), "<"),),
    (q(A, ">"), q(("div", 1.0, A), "<")),
]
TAKEN: list[tuple[Question, ...]] = [
    (q(A, ">="), q(A, "<=")),
    (q(A, ">", 1.0), q(A, "<", 2.0)),
    (q(A, ">"), q(B, "<"), q(("add", A, B), "==")),
    (q(A, "whole", answer=False), q(A, ">", 1.0)),
    (q(("sin", A), ">", 2.0),),
    (q(("mul", A, A), "<="),),
    (q(("exp", A), "overflow"),),
]


@pytest.mark.parametrize("questions", EMPTY, ids=str)
def test_contradictions_are_certified(questions: tuple[Question, ...]) -> None:
    """What no number can answer is known to be empty."""
    assert is_empty(questions) is True


@pytest.mark.parametrize("questions", TAKEN, ids=str)
def test_nothing_is_empty_without_a_certificate(questions: tuple[Question, ...]) -> None:
    """What some number answers, or what signs do not decide, is not called empty."""
    assert is_empty(questions) is False


@pytest.mark.parametrize("op", sorted({form.op for form in FORMS.values()}))
def test_slopes_are_those_of_sympy(op: str) -> None:
    """What a proof holds to be due is what SymPy derives, at a point of each piece."""
    form = next(form for form in FORMS.values() if form.op == op and all(form.nodes))
    leaves = "ab"[: len(form.nodes)]
    nodes: list[Any] = [["leaf", name] for name in leaves]
    made = applied(form, (0, 1))
    graph = Graph.from_json([*nodes, [made.op, *made.args]])
    symbols = {name: sympy.Symbol(name, real=True) for name in leaves}
    for a, b in ((0.75, 1.25), (1.5, -0.5), (-0.75, 2.0)):
        point = {"a": a, "b": b}
        try:
            piece = at_point(pieces(op, list(leaves), list(form.nodes)), point)
        except LookupError:
            continue
        at = {symbols[name]: sympy.Rational(*point[name].as_integer_ratio()) for name in leaves}
        due = expression(graph)
        wanted = [due, *[sympy.diff(due, symbols[name]) for name in leaves]]
        got = [to_sympy(tree, symbols) for tree in (piece.value, *piece.slopes[0])]
        for ours, theirs in zip(got, wanted, strict=True):
            difference = (ours - theirs).subs(at)
            assert abs(sympy.N(difference, 30)) < sympy.Float("1e-25")


def to_sympy(tree: Any, symbols: dict[str, sympy.Symbol]) -> Any:
    """A formula as SymPy's."""
    if isinstance(tree, str):
        return symbols[tree]
    if not isinstance(tree, tuple):
        return sympy.Rational(*float(tree).as_integer_ratio())
    parts = [to_sympy(part, symbols) for part in tree[1:]]
    infix = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
    if tree[0] in infix:
        return {
            "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
            "/": lambda x, y: x / y, "**": lambda x, y: x**y,
        }[infix[tree[0]]](*parts)  # fmt: skip
    return -parts[0] if tree[0] == "neg" else getattr(sympy, tree[0])(*parts)


@pytest.mark.parametrize(("tree", "text"), [
    (("add", "a", ("neg", -0.0)), "a overflows"),
    (("mul", "g", ("neg", -0.0)), "(g * 0) overflows"),
    (("neg", -0.0), "0 overflows"),
    (("neg", -3.0), "3 overflows"),
    (("neg", "a"), "(-a) overflows"),
    (("add", 0.0, ("mul", "g", ("add", 0.0, ("mul", 1.0, "seed")))), "(g * seed) overflows"),
])  # fmt: skip
def test_questions_are_put_in_plain_formulas(tree: Any, text: str) -> None:
    """What an engine adds to 0, or has from a number that is known, is no part of a question."""
    assert str(Question("overflow", tree, 0.0, answer=True)) == text
