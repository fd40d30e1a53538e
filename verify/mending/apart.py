"""A result that is kept on its operand, where the operand's next use overwrites it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.mending.linked import makes
from verify.mending.scope import operands
from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Text

APART: Final = "the result apart"
_COST: Final = 1.5


def apart(text: Text, function: Function) -> Iterator[Edit]:
    """``out`` for ``self.out``, wherever it stands in a method that makes it."""
    known = set(operands(function))
    taken = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    kept = [
        target
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if makes(text, node.value)
        for target in node.targets
        if isinstance(target, ast.Attribute) and text.of(target.value) in known
    ]
    for name, local in {text.of(target): target.attr for target in kept}.items():
        places = sorted(
            text.span(node)
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and text.of(node) == name
        )
        if local in taken:
            continue
        start, end = places[0][0], places[-1][1]
        new, at = "", start
        for first, last in places:
            new, at = new + text.text[at:first] + local, last
        line = min(target.lineno for target in kept if text.of(target) == name)
        yield Edit(text.file, start, end, new, _COST, APART, line)
