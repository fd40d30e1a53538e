"""Straight-line Python as an engine; proofs run the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrograd.trace import straight
from tests.backends.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from micrograd.trace.program import Program
    from tests.backends.nodes import Found


class Value(Node):
    """A node that is computed by `micrograd.trace.straight`."""

    __slots__ = ()
    backend = "python"

    @classmethod
    def run(cls, program: Program, numbers: Sequence[Any], outside: Sequence[Any]) -> Found:
        """Run the text that is compiled for this program."""
        return straight.compiled(program)(numbers, outside)[1:]  # type: ignore[index]
