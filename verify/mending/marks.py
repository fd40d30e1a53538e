"""Marks on nodes that outlive a pass, as `v.visited = True`: set back as it goes over them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verify.mending.syntax import Text

_COST: Final = 2.0
_MAKERS: Final = frozenset({"__init__", "__post_init__"})


def unmarked(text: Text, function: Function) -> Iterator[Edit]:
    """``v.visited = False`` at the beginning of a loop over nodes, for each mark that they have."""
    marks = _marks(text)
    for loop in ast.walk(function):
        if not marks or not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Name):
            continue
        first, node = loop.body[0], loop.target.id
        if first.lineno == loop.lineno:  # `for v in order: v.step()`
            continue
        start, pad = text.span(first)[0], " " * first.col_offset
        for mark, off in marks.items():
            line = f"{node}.{mark} = {off}\n{pad}"
            yield Edit(text.file, start, start, line, _COST, "set back", first.lineno)


def _marks(text: Text) -> dict[str, str]:
    """What the constructor stores as nothing, others store as a constant, and a condition asks."""
    cls = text.node_class()
    if cls is None:
        return {}
    makers = [method for name, method in text.methods(cls).items() if name in _MAKERS]
    fields = [n for n in cls.body if isinstance(n, ast.Assign | ast.AnnAssign)]
    begins = dict(_stored([*fields, *[n for maker in makers for n in ast.walk(maker)]], off=True))
    inside = {id(node) for maker in makers for node in ast.walk(maker)}
    later = [node for node in ast.walk(text.tree) if id(node) not in inside]
    becomes = dict(_stored(later, off=False))
    asked = {
        part.attr
        for node in later
        if isinstance(node, ast.If | ast.While | ast.IfExp)
        for part in ast.walk(node.test)
        if isinstance(part, ast.Attribute)
    }
    known = {text.words.value, text.words.gradient}
    marks = becomes.keys() & asked - known
    return {name: off for name, off in begins.items() if name in marks}


def _stored(nodes: Iterable[ast.AST], *, off: bool) -> Iterator[tuple[str, str]]:
    """The names under which a constant that is nothing, or one that is not, is stored."""
    for node in nodes:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        constant = isinstance(node.value, ast.Constant) and bool(node.value.value) is not off
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = getattr(target, "attr", getattr(target, "id", ""))
            if constant and name and isinstance(node.value, ast.Constant):
                yield name, repr(node.value.value)
