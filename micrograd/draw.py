"""Pictures of expression graphs, by Graphviz (extra `draw`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphviz import Digraph

    from micrograd.engine import Value

__all__ = ["draw_dot", "trace"]


def trace(root: Value) -> tuple[list[Value], list[tuple[Value, Value]]]:
    """Return all nodes of a graph, operands before results, and its edges (operand, result).

    An operand used twice by one operation has two edges. The order is that of the expression and
    the same in every run.
    """
    nodes: dict[int, Value] = {}
    edges: list[tuple[Value, Value]] = []
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


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Digraph:  # noqa: A002
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
