"""Pictures: every node with its number and gradient, the same text in every run."""

import sys

import pytest

from micrograd import Value
from micrograd.draw import draw_dot, trace


def graph() -> Value:
    """Return y = a b + a, differentiated, with labels."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b|{c}")
    y = a * b + a
    y.label = "y"
    y.backward()
    return y


def test_trace() -> None:
    """Operands before results, each node once; an edge for each operand."""
    y = graph()
    product, a = y._prev
    nodes, edges = trace(y)
    assert nodes == [a, product._prev[1], product, y]
    assert edges == [(a, product), (product._prev[1], product), (product, y), (a, y)]


def test_trace_of_a_deep_graph() -> None:
    """Depth costs no recursion, and an operand used twice has two edges."""
    y = Value(1.0)
    for _ in range(5_000):
        y = y + y
    nodes, edges = trace(y)
    assert (len(nodes), len(edges)) == (5_001, 10_000)


def test_trace_leaves_gradients_alone() -> None:
    """Looking at a graph does not change it."""
    y = graph()
    before = [v.grad for v in trace(y)[0]]
    assert [v.grad for v in trace(y)[0]] == before == [-2.0, 2.0, 1.0, 1.0]


def test_draw_dot() -> None:
    """The picture holds label, number and gradient of every node, and every operation."""
    pytest.importorskip("graphviz", reason="graphviz: not installed")
    picture = draw_dot(graph())
    source = picture.source
    assert type(picture).__name__ == "Digraph"
    for text in (
        '"{a | data 2.0000 | grad -2.0000}"',
        r'"{b\|\{c\} | data -3.0000 | grad 2.0000}"',
        '"{data -6.0000 | grad 1.0000}"',
        '"{y | data -4.0000 | grad 1.0000}"',
        'label="*"',
        'label="+"',
        "rankdir=LR",
    ):
        assert text in source.replace("label=*", 'label="*"').replace("label=+", 'label="+"')
    assert draw_dot(graph()).source == source
    assert draw_dot(graph(), format="png", rankdir="TB").format == "png"


def test_wrong_direction() -> None:
    """Two directions are known."""
    with pytest.raises(ValueError, match="rankdir is 'XY': take LR or TB"):
        draw_dot(Value(1.0), rankdir="XY")


def test_without_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error names the extra."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"micrograd-verify\[draw\]\""):
        draw_dot(Value(1.0))
