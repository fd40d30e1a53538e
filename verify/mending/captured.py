"""Functions made in a loop that read its variables when they are called: the last ones, by then."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.mending.syntax import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Text

_COST: Final = 1.0
KEPT: Final = "kept as it is"
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_Loop: TypeAlias = ast.For | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Made: TypeAlias = ast.Lambda | ast.FunctionDef


def captured(text: Text) -> Iterator[Edit]:
    """``lambda x=x: …`` for ``lambda: …`` made in a loop over ``x``, and functions alike."""
    for loop in ast.walk(text.tree):
        if isinstance(loop, (ast.For, *_COMPREHENSIONS)):
            own = _bound(loop)
            for made in _inside(loop):
                read = [name for name in _free(made) if name in own]
                if read and not (made.args.vararg or made.args.kwonlyargs or made.args.kwarg):
                    yield _kept(text, made, read)


def _bound(loop: _Loop) -> set[str]:
    """The names that are bound anew at each turn of a loop."""
    parts: list[ast.AST] = (
        [loop.target, *loop.body] if isinstance(loop, ast.For)
        else [part.target for part in loop.generators]
    )  # fmt: skip
    return {
        node.id for part in parts for node in _walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }  # fmt: skip


def _inside(loop: _Loop) -> Iterator[_Made]:
    """The functions that are made in a loop, without those inside of them."""
    for node in _walk(loop):
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            yield node


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for what is in functions and classes."""
    yield node
    if not isinstance(node, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _free(made: _Made) -> list[str]:
    """The names that a function reads and does not bind itself, in their order."""
    body = [made.body] if isinstance(made, ast.Lambda) else made.body
    names = [n for part in body for n in ast.walk(part) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    bound |= {arg.arg for arg in (*made.args.posonlyargs, *made.args.args)}
    return list(dict.fromkeys(n.id for n in names if n.id not in bound))


def _kept(text: Text, made: _Made, names: list[str]) -> Edit:
    """The function with the names as they are when it is made."""
    values = ", ".join(f"{name}={name}" for name in names)
    start, end = text.span(made)
    if isinstance(made, ast.Lambda):
        at = start + len("lambda")
        stop = text.text.rindex(":", at, text.span(made.body)[0])
        head = text.text[at:stop].strip()
        new = f" {head}, {values}" if head else f" {values}"
    else:
        opened = text.text.index("(", text.text.index(made.name, start))
        stop = at = _closing(text.text, opened, end)
        new = f", {values}" if text.text[opened + 1 : at].strip() else values
    return Edit(text.file, at, stop, new, _COST, KEPT, made.lineno)


def _closing(source: str, opened: int, end: int) -> int:
    """Where a bracket is closed."""
    depth = 0
    for place in range(opened, end):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(source[place], 0)
        if not depth:
            return place
    return end
