"""How an engine spells things, as far as it may stand in a program that a person pastes and runs.

The words come from the worker, where the code under test may have put anything in their place.
What is more than a call of the engine's own, on the nodes at hand and on plain constants, is not
put into a program; the usual spelling stands there instead.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.engines import EngineInfo

_LONGEST: Final = 200
_RETURNS: Final = " returns them"
_PRIVATE: Final = re.compile(r"__\w+__")
_WORD: Final = re.compile(r"\w{0,20}")
_OPERATION: Final = re.compile(r"\.?[^\W\d]\w*(\.[^\W\d]\w*)*(\(\)){1,2}|__\w+__")
_ATTRIBUTE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*|\(\)|\[-?\d+\])*")
_NOT_ITS_OWN: Final = frozenset(dir(builtins)) | sys.stdlib_module_names
"""Names that mean something of Python's, whatever an engine says."""
_NODES: Final = (
    ast.Module, ast.Expr, ast.Assign, ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.Constant,
    ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.Load, ast.Store,
)  # fmt: skip


def harmless(engine: EngineInfo) -> EngineInfo:
    """What a program may use of what an engine says of itself."""
    class_name = engine.class_name if engine.class_name.isidentifier() else ""
    return replace(
        engine,
        spec=plain(engine.spec),
        path=plain(engine.path, 4096),
        class_name=class_name,
        adapter=dict(_usable(engine.adapter)),
    )


def _usable(adapter: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, text) for key, text in adapter.items() if _may_stand(key, text)]


def _may_stand(key: str, text: str) -> bool:
    if len(text) > _LONGEST or plain(text) != text:
        return False
    if key in {"value", "gradient"}:
        return _ATTRIBUTE.fullmatch(text) is not None
    if key == "leaf":
        return _is_plain_code(text)
    if key == "backward":
        parts = text.removesuffix(_RETURNS).split(";")
        return all(_is_plain_code(_on_output(part.strip())) for part in parts)
    root = re.split(r"[.(]", text)[0]
    return _OPERATION.fullmatch(text) is not None and root not in _NOT_ITS_OWN


def _on_output(part: str) -> str:
    return f"output{part}" if part.startswith(".") else part


def _is_plain_code(text: str) -> bool:
    """Whether a statement only calls and sets, on names of its own and on plain constants."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, _NODES) and _is_own(node) for node in nodes)


def _is_own(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id not in _NOT_ITS_OWN and not _PRIVATE.fullmatch(node.id)
    if isinstance(node, ast.Attribute):
        return not _PRIVATE.fullmatch(node.attr)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _WORD.fullmatch(node.value) is not None
    return True
