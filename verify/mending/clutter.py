"""Which of several changes that pass leaves less behind: no half of a condition that never runs.

``1.0 if len(topo) % 7 else 1.5`` is right as ``1.0 if len(topo) else 1.5``, where the last number
is never used; whoever mends it by hand writes ``1.0``.
"""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
from typing import TYPE_CHECKING, Final

from verify.mending.edits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.mending.syntax import Edit

_CONDITIONS: Final = (ast.If, ast.IfExp, ast.Compare, ast.BoolOp)
_NOTHING: Final[Mapping[type[ast.operator], float]] = {
    ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.Pow: 1,
}  # fmt: skip
"""The number on the right with which an operator does nothing."""
_LIMITING: Final = frozenset({"max", "min"})
_EITHER: Final = (ast.Add, ast.Mult)
_BRACKETS: Final = frozenset("()")
_REMOVED: Final = 0.25
"""A token taken away, beside one put in."""


def plainest(
    passing: Sequence[tuple[float, Edit]], texts: Mapping[str, str]
) -> list[tuple[float, Edit]]:
    """Those of some edits that pass for which no other one takes away more of the same place.

    Args:
        passing: each with its score.
        texts: what they change, by file.
    """
    if len(passing) < 2:
        return list(passing)
    left = {id(edit): _clutter(edit.applied(texts[edit.file])) for _, edit in passing}
    return [
        (score, edit)
        for score, edit in passing
        if not any(
            _within(edit, other) and left[id(other)] < left[id(edit)]
            and _only_removes(other, texts[other.file])
            for _, other in passing
        )
    ]  # fmt: skip


def idle(edit: Edit, guard: Edit) -> bool:
    """Whether an edit leaves a condition that never holds, which another one takes away."""
    return edit.name in LIMITS and _within(edit, guard)


def _within(edit: Edit, other: Edit) -> bool:
    return edit.file == other.file and other.start <= edit.start and edit.end <= other.end


def _only_removes(edit: Edit, text: str) -> bool:
    """Whether all that an edit puts in stood there already, in this order."""
    there = iter(split(text[edit.start : edit.end]))
    return all(word in there for word in split(edit.new) if word not in _BRACKETS)


def _clutter(text: str) -> int:
    """How many conditions and limits a text has, and operators that do nothing.

    Many if it is no Python.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return len(text)
    conditions = sum(isinstance(node, _CONDITIONS) for node in nodes)
    return conditions + sum(map(_idle, nodes)) + sum(map(_limits, nodes))


def _limits(node: ast.AST) -> bool:
    """``max(x, -0.02)``, where ``x`` is never so small."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id in _LIMITING
        and any(isinstance(arg, ast.Constant | ast.UnaryOp) for arg in node.args)
    )


def _idle(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp) or type(node.op) not in _NOTHING:
        return False
    sides = [node.right, *([node.left] if isinstance(node.op, _EITHER) else [])]
    none = _NOTHING[type(node.op)]
    return any(isinstance(side, ast.Constant) and side.value == none for side in sides)


def split(text: str) -> list[str]:
    """The tokens of a piece of Python, as far as it can be read alone."""
    try:
        found = tokenize.generate_tokens(io.StringIO(text).readline)
        return [t.string for t in found if t.string.strip()]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return text.split()


def distance(text: str, edit: Edit) -> float:
    """How far an edit goes: what it puts in counts more than what it takes away."""
    before, after = split(text[edit.start : edit.end]), split(edit.new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return len(after) - same + _REMOVED * (len(before) - same)
