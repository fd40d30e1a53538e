"""What a network holds and leaves out: parameters in its list, and a bias in its sum."""

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
    """``self.w + [self.b]`` for ``self.w``, where a method returns a part of what its class has.

    Likewise a sum that begins at ``self.b``, where it begins at nothing.
    """
    cls = text.class_of(function)
    init = text.methods(cls).get("__init__") if cls else None
    if init is None or function is init:
        return
    inside = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
    held = dict.fromkeys([
        node.attr
        for node in ast.walk(init)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        and text.of(node.value) == "self" and node.attr not in inside
    ])  # fmt: skip
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, _LISTS):
            start, end = text.span(node.value)
            for name in held:
                for more in (f"[self.{name}]", f"self.{name}"):
                    new = f"{text.of(node.value)} + {more}"
                    yield Edit(text.file, start, end, new, _COST, "a part listed", node.lineno)
        elif isinstance(node, ast.Call) and text.of(node.func) == "sum" and not node.keywords:
            yield from _begun(text, node, held)
        elif isinstance(node, ast.Assign) and _is_nothing(node.value):
            start, end = text.span(node.value)
            for name in held:
                new = f"self.{name}"
                yield Edit(text.file, start, end, new, _COST, "a part added", node.lineno)


def _begun(text: Text, total: ast.Call, held: dict[str, None]) -> Iterator[Edit]:
    """A sum that begins at what is held, and not at 0."""
    first, *rest = total.args or (None,)
    if first is not None and not rest:
        start, end = text.span(first)
        shared = end == text.span(total)[1]  # the brackets of the call are those of its generator
        for name in held:
            new = f"{text.of(first)}, self.{name}"
            new = f"({new})" if shared else new
            yield Edit(text.file, start, end, new, _COST, "a part added", total.lineno)
    elif rest and _is_nothing(rest[0]):
        start, end = text.span(rest[0])
        for name in held:
            yield Edit(text.file, start, end, f"self.{name}", _COST, "a part added", total.lineno)


def _is_nothing(node: ast.expr) -> bool:
    """Whether an expression is 0, or a node of it."""
    if isinstance(node, ast.Call):
        return len(node.args) == 1 and not node.keywords and _is_nothing(node.args[0])
    return isinstance(node, ast.Constant) and type(node.value) in {int, float} and not node.value
