"""Programs in a report fit the screen and still mean the same."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.generators.random import cases
from verify.report.fold import folded
from verify.report.program import statements

WIDTH = 40


def parsed(lines: list[str]) -> str:
    """What Python reads."""
    return ast.dump(ast.parse("\n".join(lines)))


@given(cases(max_operations=8), st.integers(24, 60))
def test_a_folded_statement_is_the_same_statement(case: object, width: int) -> None:
    """Every statement of any case, folded to any width, is read by Python as it was."""
    graph = case.graph  # type: ignore[attr-defined]
    for node, name in zip(graph.nodes, graph.names, strict=True):
        for line in statements(node, name, graph.names) if hasattr(node, "op") else ():
            assert parsed(folded(line, width)) == parsed([line])


@pytest.mark.parametrize(
    "line",
    [
        "from a_module_of_a_student import Value, Tanh, Relu, backward, MLP",
        "print(a.grad)  # is 0.07065082485316443, should be 1.0706508248531645",
        "    total = first + second * third - fourth / fifth ** sixth - seventh",
        "gradient = jacobian(function(argument_one, argument_two), argument_three)[0]",
        "x = " + " + ".join("abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_no_line_is_too_wide(line: str) -> None:
    """Imports, sums, calls and comments go on in the next line, inside of brackets or not."""
    lines = folded(line, WIDTH)
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH
    assert [part for part in lines if part != part.rstrip()] == []
    if not line.startswith(" "):
        assert parsed(lines) == parsed([line])
    if "#" in line:
        assert " ".join(part.lstrip("# ") for part in lines[1:]) == line.partition("# ")[2]


@pytest.mark.parametrize("line", ["a = b * c", "x" * 50, "if (" + "a, " * 20])
def test_what_fits_or_cannot_be_broken_stays(line: str) -> None:
    """A short line, one long name, and what is no statement."""
    assert folded(line, WIDTH) == [line]
