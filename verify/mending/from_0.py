"""Nodes whose gradient begins at another number than 0, where it is stored."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.mending.syntax import Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Edit, Text

_FIRST: Final = -6.0
"""Tried before all others: with it every operation is right at once, or none."""


def from_0(text: Text) -> Iterator[Edit]:
    """``self.grad = 0.0`` in a constructor that stores another number; likewise in a field."""
    cls = text.node_class()
    if cls is None:
        return
    makes = [f for name, f in text.methods(cls).items() if name in {"__init__", "__post_init__"}]
    for node in [*cls.body, *[n for f in makes for n in ast.walk(f)]]:
        for target, value in _pairs(node):
            name = getattr(target, "attr", getattr(target, "id", ""))
            if not isinstance(value, ast.Constant) or type(value.value) not in {int, float}:
                continue
            if name == text.words.gradient and value.value:
                edit = text.replacing(value, "0.0", _FIRST, "from 0")
                yield from [edit] if edit is not None else []


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement stores, and where; of a row each by itself."""
    if isinstance(node, Function):
        return
    if isinstance(node, ast.AnnAssign):
        yield node.target, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=False)
            else:
                yield target, node.value
