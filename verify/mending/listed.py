"""Parameters that a network does not list: what it holds and hands out none of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Text

_COST: Final = 1.5
_LISTS: Final = (ast.Attribute, ast.List, ast.ListComp, ast.BinOp, ast.Name)


def listed(text: Text, function: Function) -> Iterator[Edit]:
    """``self.w + [self.b]`` for ``self.w``, where a method returns a part of what its class has."""
    cls = text.class_of(function)
    init = text.methods(cls).get("__init__") if cls else None
    if init is None or function is init:
        return
    inside = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
    held = [
        node.attr
        for node in ast.walk(init)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        and text.of(node.value) == "self" and node.attr not in inside
    ]  # fmt: skip
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, _LISTS):
            start, end = text.span(node.value)
            for name in dict.fromkeys(held):
                for more in (f"[self.{name}]", f"self.{name}"):
                    new = f"{text.of(node.value)} + {more}"
                    yield Edit(text.file, start, end, new, _COST, "a part listed", node.lineno)
