"""Pictures of expression graphs, by Graphviz (extra `draw`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import Protocol, Self

    from graphviz import Digraph

    class Node(Protocol):  # a Value: the engine imports this module, not the other way round
        @property
        def data(self) -> float: ...
        @property
        def grad(self) -> float: ...
        @property
        def label(self) -> str: ...
        @property
        def _op(self) -> str: ...
        @property
        def _prev(self) -> tuple[Self, ...]: ...


N = TypeVar("N", bound="Node")

__all__ = ["draw_dot", "svg", "trace"]

PROGRAMS = ("dot", "graphviz-pure")
MOST_NODES = 200  # in a picture: more cannot be read


def trace(root: N) -> tuple[list[N], list[tuple[N, N]]]:
    """Return all nodes of a graph, operands before results, and its edges (operand, result).

    An operand used twice by one operation has two edges. The order is that of the expression and
    the same in every run.
    """
    nodes: dict[int, N] = {}
    edges: list[tuple[N, N]] = []
    stack = [(root, False)]
    while stack:
        v, complete = stack.pop()
        if id(v) in nodes:
            continue
        if complete:
            nodes[id(v)] = v
            edges += [(operand, v) for operand in v._prev]
        else:
            stack.append((v, True))
            stack += [(operand, False) for operand in reversed(v._prev)]
    return list(nodes.values()), edges


def svg(root: Node) -> str | None:
    """Return the graph below root as the text of an SVG; None where nothing here can draw it.

    It takes the package graphviz, and one of the programs `dot` and `graphviz-pure` (PyPI), found
    on PATH or beside this Python. A graph of more than 200 nodes is not drawn.
    """
    if len(trace(root)[0]) > MOST_NODES:
        return None
    beside = str(Path(sys.executable).parent)
    found = (shutil.which(name) or shutil.which(name, path=beside) for name in PROGRAMS)
    program = next(filter(None, found), None)
    if program is None:
        return None
    try:
        source = draw_dot(root).source
        done = subprocess.run(
            [program, "-Tsvg"], input=source.encode(), capture_output=True, timeout=30, check=True
        )
    except (ModuleNotFoundError, OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode()
    return text[text.find("<svg") :] if "<svg" in text else None


def draw_dot(root: Node, format: str = "svg", rankdir: str = "LR") -> Digraph:  # noqa: A002
    """Return the graph below root as a picture: a box a node, with label, data and gradient.

    Args:
        root: the output.
        format: what `render` will write: svg, png, pdf, ...
        rankdir: LR (left to right) or TB (top to bottom).

    Raises:
        ModuleNotFoundError: the package graphviz is missing.
        ValueError: `rankdir` is neither LR nor TB.
    """
    if rankdir not in {"LR", "TB"}:
        raise ValueError(f"rankdir is {rankdir!r}: take LR or TB")
    try:
        from graphviz import Digraph
    except ModuleNotFoundError as error:
        remedy = 'pip install "micrograd-verify[draw]"'
        raise ModuleNotFoundError(f"draw_dot needs the package graphviz: {remedy}") from error
    picture = Digraph(format=format, graph_attr={"rankdir": rankdir})
    nodes, edges = trace(root)
    names = {id(v): f"n{i}" for i, v in enumerate(nodes)}  # not addresses: the same in every run
    for v in nodes:
        name = names[id(v)]
        label = "".join(f"\\{c}" if c in '\\{}|<>"' else c for c in v.label)
        fields = [label, f"data {v.data:.4f}", f"grad {v.grad:.4f}"]
        picture.node(name, " | ".join(f for f in fields if f).join("{}"), shape="record")
        if v._op:
            picture.node(name + "op", v._op)
            picture.edge(name + "op", name)
    for operand, v in edges:
        picture.edge(names[id(operand)], names[id(v)] + "op")
    return picture
