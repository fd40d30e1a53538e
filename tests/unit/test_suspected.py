"""A wrong number is on the screen as soon as it is judged, before it is known what is behind it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from verify.checking.judging import Judging
from verify.engines import load
from verify.expression.graph import Case
from verify.report.progress import LiveProgress
from verify.verdict.outcome import Event, Found, Suspected


class Assigns:
    """A product that forgets what came before."""

    def __init__(self, data: float, children: tuple[Assigns, ...] = ()) -> None:
        """A leaf, or a node of its operands."""
        self.data, self.grad, self.children = data, 0.0, children

    def __mul__(self, other: Assigns) -> Assigns:
        return Assigns(self.data * other.data, (self, other))

    def backward(self) -> None:
        """One pass, which assigns."""
        self.grad = 1.0
        stack = [self]
        while stack:
            node = stack.pop()
            if node.children:
                a, b = node.children
                a.grad, b.grad = node.grad * b.data, node.grad * a.data
                stack += [a, b]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Of a stage with one wrong case."""
    with load(Assigns) as engine:
        return list(Judging(engine).stage("known", [Case.parse("a * a", a=0.75)]))


def test_it_is_told_before_it_is_looked_into(events: list[Event]) -> None:
    """The number as it was read comes first, the finding after it."""
    kinds = [type(event) for event in events if isinstance(event, Suspected | Found)]
    assert kinds[:2] == [Suspected, Found]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_shows_the_first(events: list[Event], *, terminal: bool) -> None:
    """On a terminal one line says what was got and what is right; a file has no use for it."""
    screen = io.StringIO()
    live = LiveProgress(Console(file=screen, force_terminal=terminal, width=200))
    for event in events * 2:
        live.listen(event)
    told = "gradient of a in a * a  at  a=0.75: 0.75, should be 1.5; looking into it"
    assert screen.getvalue().count(told) == terminal
