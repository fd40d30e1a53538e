"""Graphs as data: printing, parsing, JSON, the program to paste, and what is refused."""

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verify.expression.graph import (
    Apply,
    Case,
    Const,
    Graph,
    GraphError,
    Leaf,
    literal_value,
    number_from_json,
    number_to_json,
)
from verify.expression.ops import FORMS, OPS
from verify.generators.random import cases, points

NUMBERS = st.one_of(st.booleans(), st.integers(-(10**20), 10**20), st.floats())
GRAPHS = cases().map(lambda case: case.graph)


class Number:
    """A float with the methods of the vocabulary: runs printed programs and knows no gradient."""

    def __init__(self, value: float) -> None:
        """A number."""
        self.value = float(value)


def _method(op: str, *, reflected: bool = False) -> Any:
    def method(*args: Any) -> Number:
        numbers = [a.value if isinstance(a, Number) else a for a in args]
        return Number(OPS[op].steer(*(reversed(numbers) if reflected else numbers)))

    return method


DUNDERS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "pow": "pow"}
for op, dunder in DUNDERS.items():
    setattr(Number, f"__{dunder}__", _method(op))
    setattr(Number, f"__r{dunder}__", _method(op, reflected=True))
for op in set(OPS) - set(DUNDERS) - {"sum"}:
    setattr(Number, {"neg": "__neg__", "abs": "__abs__"}.get(op, OPS[op].symbol), _method(op))


SPACE = {"sum": lambda terms: Number(math.fsum(term.value for term in terms))}
"""Python's own sum rounds after each term, the vocabulary's once."""


def run(text: str, case: Case) -> float:
    """Run printed Python on plain numbers: a function, or statements and an expression."""
    leaves = {name: Number(x) for name, x in case.inputs.items()}
    if text.startswith("def "):
        space: dict[str, Any] = dict(SPACE)
        exec(text, space)  # noqa: S102 - that it runs is the promise
        result = space["f"](*leaves.values())
    else:
        *before, last = text.split("; ")
        exec("\n".join(before), SPACE, leaves)  # noqa: S102 - that it runs is the promise
        result = eval(last, SPACE, leaves)  # noqa: S307 - that it runs is the promise
    assert isinstance(result, Number)
    return result.value


def values(case: Case) -> list[float]:
    """The value of every node in plain floats, straight from the data."""
    found: list[float] = []
    inputs = iter(case.point)
    for node in case.graph.nodes:
        if isinstance(node, Leaf):
            found.append(float(next(inputs)))
            continue
        args = [float(a.value) if isinstance(a, Const) else found[a] for a in node.args]
        found.append(float(OPS[node.op].steer(*args)))
    return found


@given(cases(max_operations=12), st.lists(NUMBERS, min_size=12, max_size=12))
def test_a_printed_case_parses_to_itself(case: Case, numbers: list[Any]) -> None:
    """``Case.parse(str(case))`` is the identity, and so is evaluating ``repr(case)``."""
    size = len(case.point)
    for point in (case.point, (numbers * size)[:size]):
        one = Case(case.graph, tuple(point))
        for again in (Case.parse(str(one)), eval(repr(one), {"Case": Case})):  # noqa: S307 - ours
            assert (repr(again.graph), repr(again.point)) == (repr(one.graph), repr(one.point))
        assert len(str(one).splitlines()) == 1


def test_leaves_between_operations_keep_their_places() -> None:
    """Also where a leaf comes after an operation, or nothing uses it."""
    graph = Graph((Leaf("b"), Leaf("a"), Apply("mul", (1, 1)), Leaf("c"), Apply("add", (2, 3))))
    case = Case(graph, (1.0, -2.0, math.inf))
    assert Case.parse(str(case)) == case


@pytest.mark.parametrize("text", ["a * b  at  a=2", "a  at  2", "a  at  a=two", "a  at  a="])
def test_a_printed_case_that_is_damaged(text: str) -> None:
    """A number that is missing or is none is told."""
    with pytest.raises(GraphError):
        Case.parse(text)


@given(GRAPHS)
def test_print_then_parse_is_the_identity(graph: Graph) -> None:
    """``Graph.parse(str(graph)) == graph``: nodes, order, names, numbers and in-place forms."""
    assert repr(Graph.parse(str(graph))) == repr(graph)


@given(GRAPHS)
def test_json_round_trip_is_the_identity(graph: Graph) -> None:
    """A graph survives JSON text, the types of its numbers included."""
    back = Graph.from_json(json.loads(json.dumps(graph.to_json())))
    assert back == graph
    assert repr(back) == repr(graph)


@given(NUMBERS)
def test_numbers_survive_json(number: float) -> None:
    """A number comes back with the same bits and the same type; strict JSON holds it."""
    data = json.loads(json.dumps(number_to_json(number), allow_nan=False))
    back = number_from_json(data)
    assert (type(back), repr(back)) == (type(number), repr(number))


@given(NUMBERS)
def test_literals_read_back(number: float) -> None:
    """A number is printed so that Python reads the same bits and type again."""
    back = eval(literal_value(number))  # noqa: S307 - that it reads back is the promise
    assert (type(back), repr(back)) == (type(number), repr(number))


@given(cases(max_operations=12))
def test_the_function_computes_the_graph(case: Case) -> None:
    """``str(graph)`` is Python that computes the output from the leaves."""
    assert run(str(case.graph), case) == values(case)[-1]


@given(cases(max_operations=12))
def test_the_expression_is_the_same_function(case: Case) -> None:
    """``expression()`` runs, gives the same value, and parses to a graph that does so, too."""
    text = case.graph.expression()
    assert run(text, case) == values(case)[-1]
    parsed = Graph.parse(text)
    used = {parsed.names[leaf] for leaf in parsed.leaves}
    inputs = {name: x for name, x in case.inputs.items() if name in used}
    assert values(Case.of(parsed, inputs))[-1] == values(case)[-1]


@given(cases(max_operations=12))
def test_the_expression_shares_what_the_graph_shares(case: Case) -> None:
    """Written as an expression, no operation is computed twice, and none is lost."""
    written = Graph.parse(case.graph.expression())
    assert sorted(written.operations) == sorted(case.graph.operations)


@given(GRAPHS, st.data())
def test_points_lie_inside(graph: Graph, data: st.DataObject) -> None:
    """A case takes one number a leaf, and says so otherwise."""
    numbers = data.draw(st.lists(st.floats(-3, 3), max_size=5))
    if len(numbers) == len(graph.leaves):
        assert list(Case(graph, tuple(numbers)).inputs.values()) == numbers
    else:
        with pytest.raises(GraphError, match=f"{len(graph.leaves)} leaves need as many numbers"):
            Case(graph, tuple(numbers))


@given(GRAPHS)
def test_names_are_unique_identifiers(graph: Graph) -> None:
    """Every node has a name of its own, and leaves keep theirs."""
    names = graph.names
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert [names[i] for i in graph.leaves] == [n.name for n in graph.nodes if isinstance(n, Leaf)]


@given(GRAPHS)
def test_every_node_has_a_known_form(graph: Graph) -> None:
    """Every operation is written in one of the forms of the vocabulary."""
    assert all(node.form in FORMS for node in graph.nodes if isinstance(node, Apply))


@given(st.text())
@example("-A/B")
@example("\x00")
def test_parsing_anything_is_a_graph_or_a_reason(text: str) -> None:
    """Whatever the text: a graph, or a ``GraphError``; never another exception.

    A function names its leaves first, so the nodes may change places: the program is the same.
    """
    with contextlib.suppress(GraphError):
        graph = Graph.parse(text)
        again = Graph.parse(str(graph))
        assert (str(again), again.expression()) == (str(graph), graph.expression())


ROWS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.lists(ROWS | st.lists(ROWS, min_size=1), max_size=5))
def test_any_json_is_a_graph_or_a_reason(rows: list[Any]) -> None:
    """Whatever the JSON rows: a graph, or a ``GraphError`` that names the row."""
    with contextlib.suppress(GraphError):
        graph = Graph.from_json(rows)
        assert Graph.from_json(graph.to_json()) == graph


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.text)
def test_each_form_parses_to_itself(form: Any) -> None:
    """The text of a form is a graph whose only operation is written in that form."""
    (node,) = (n for n in Graph.parse(form.text).nodes if isinstance(n, Apply))
    assert (node.op, node.form) == (form.op, form.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * a + 2", "def f(a):\n    b = a * a\n    c = b + 2\n    return c"),
        ("c = a; c += b", "def f(a, b):\n    c = a\n    c += b\n    return c"),
        ("-(a + b)", "def f(a, b):\n    c = a + b\n    d = -c\n    return d"),
        ("a ** -2", "def f(a):\n    b = a ** (-2)\n    return b"),
        ("sum([a, b, a])", "def f(a, b):\n    c = sum([a, b, a])\n    return c"),
    ],
)
def test_printed_text(text: str, expected: str) -> None:
    """What a graph looks like as a function: one node a line."""
    assert str(Graph.parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the output is not a node"),
        ("2", "the output is not a node"),
        ("a +", "line 1: invalid syntax"),
        ("a @ b", "line 1: operator MatMult is not in the vocabulary"),
        ("open('x')", "line 1: \"open('x')\" is not in the vocabulary"),
        ("a.tan()", "line 1: 'a.tan()' is not in the vocabulary"),
        ("a.tanh(b)", "line 1: tanh takes 1 operands, not 2"),
        ("c = 2; a + c", "line 1: c is a plain number; write it where it is used"),
        ("2 + 3 + a", "line 1: add on numbers only; one operand must be a node"),
        ("import os", "line 1: 'import os' is not an assignment"),
        ("a + 1e999", "line 1: the number inf is not finite"),
    ],
)
def test_what_cannot_be_a_graph_says_why(text: str, reason: str) -> None:
    """Text outside the vocabulary: one message with the line and the reason."""
    with pytest.raises(GraphError) as caught:
        Graph.parse(text)
    assert str(caught.value).startswith(reason)


@given(cases(max_operations=8).map(lambda case: case.graph), st.data())
def test_drawn_points_are_inside_the_domain(graph: Graph, data: st.DataObject) -> None:
    """``points(graph)`` gives a float a leaf at which every operation is defined."""
    point = data.draw(points(graph, low=0.5, high=2.0))
    assert len(point) == len(graph.leaves)
    assert all(math.isfinite(value) for value in values(Case(graph, point)))
