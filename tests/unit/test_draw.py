"""Pictures: every node with its number and gradient, the same text in every run."""

import shutil
import sys
from pathlib import Path

import pytest

from micrograd import Value, draw
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


def test_a_value_draws_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A notebook gets the SVG of a program that is there, or nothing and shows the number."""
    pytest.importorskip("graphviz")
    program = tmp_path / "graphviz-pure"
    program.write_text("#!/bin/sh\ncat > $0.dot\necho '<?xml?><svg>drawn</svg>'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(draw, "PROGRAMS", ("graphviz-pure",))
    assert graph()._repr_svg_() == "<svg>drawn</svg>\n"
    assert (tmp_path / "graphviz-pure.dot").read_text() == draw_dot(graph()).source
    program.write_text("#!/bin/sh\nexit 3\n")
    assert graph()._repr_svg_() is None
    monkeypatch.setattr(draw, "PROGRAMS", ("no-such-program",))
    assert graph()._repr_svg_() is None


def test_a_large_graph_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could read it, and it would take long."""
    monkeypatch.setattr(draw.shutil, "which", lambda *_, **__: pytest.fail("looked for"))
    y = Value(1.0)
    for _ in range(draw.MOST_NODES):
        y = y + 1.0
    assert y._repr_svg_() is None


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz's program dot")
def test_graphviz_draws_a_value() -> None:
    """The real program, the real picture."""
    pytest.importorskip("graphviz")
    text = graph()._repr_svg_()
    assert text is not None
    assert (text.startswith("<svg"), "data 2.0000" in text) == (True, True)
