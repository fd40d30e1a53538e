"""What is told of a finding names no more than the finding touches."""

from types import SimpleNamespace
from typing import Any

from verify.expression.graph import Graph
from verify.grading.tell import _touched


def test_operations_are_those_of_the_smallest_expression() -> None:
    """A mistake that any operation shows names those that show it here, and no other."""
    case = SimpleNamespace(graph=Graph.parse("a * a + b"))
    finding: Any = SimpleNamespace(blames=frozenset({"abs", "add", "cos", "mul"}), case=case)
    assert _touched(finding) == ("add", "mul")
