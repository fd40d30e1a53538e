"""Graphs at the edges: at points where values may not exist, overflow, underflow or sit on a kink.

Tests load it by its path, as ``runpy.run_path`` does: test folders are no packages.
"""

from __future__ import annotations

from hypothesis import strategies as st

from verify.expression.graph import Apply, Case, Const, Graph, Leaf, Node, Number, Operand
from verify.expression.ops import FORMS
from verify.generators.random import LEAF_NAMES

EXTREMES: tuple[Number, ...] = (
    0.0, 1.0, -1.0, -0.0, 0.5, 2.0, -2.0, 0, 1, -1, 2, 3, -3,
    5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, -1e-300, 1e-200, 1e-160, 1e-155, -1e-17,
    1e17, 1e155, -1e160, 1e200, 1e300, -1e300, 8.9e307, -1.7e308, 1.7976931348623157e308,
    1.0000000000000002, 0.9999999999999999, 1e-8, -1e-8, 1e8, -3.0, 400.0,
    18.7, 19.1, -19.1, 36.8, -40.0, 177.5, 354.9, -355.0, 709.7, 709.8, 710.5, -708.4, -745.2,
    -750.0, 1000.0, -1000.0, 3.141592653589793, 1e16, 1e22, 4.0, -8.0, 1 / 3, 0.1,
)  # fmt: skip
"""At and beyond the edges of domains and of the float range, and around the places where functions
saturate, overflow or underflow.  The whole numbers are small: engines that keep them whole would
compute towers of powers exactly."""


@st.composite
def edges(draw: st.DrawFn, max_operations: int = 4) -> Case:
    """Small graphs there, of so many operations at most."""
    number = st.sampled_from(EXTREMES)
    point = tuple(draw(st.lists(number, min_size=1, max_size=3)))
    nodes: list[Node] = [Leaf(LEAF_NAMES[i]) for i in range(len(point))]
    for _ in range(draw(st.integers(1, max_operations))):
        form = draw(st.sampled_from(list(FORMS.values())))
        args: list[Operand] = [
            draw(st.integers(0, len(nodes) - 1)) if is_node else Const(draw(number))
            for is_node in form.nodes
        ]
        nodes.append(Apply(form.op, tuple(args), form.inplace))
    return Case(Graph(tuple(nodes)), point)
