"""Signs that code is not what it seems, read from its source: for a teacher to look at.

None of this is a verdict: a sign says where to look and why, and costs no points.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines.regular import Unreadable, read_regular
from verify.grading.evidence import DIFFERENCES, Sign
from verify.report.plain import flat

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MOST_BYTES: Final = 1 << 25
_MOST_TEXT: Final = 1 << 19
"""Characters of code in all; nobody hands in so many."""
_MOST_FILES: Final = 40
_OTHERS: Final = frozenset({
    "torch", "tensorflow", "jax", "autograd", "tinygrad", "micrograd", "mxnet", "theano", "aesara",
    "casadi", "sympy", "autodiff", "verify", "paddle", "flax", "numdifftools", "algopy",
})  # fmt: skip
"""Packages that differentiate."""
_WATCHES: Final = {
    "_getframe": "looks at who calls it", "settrace": "watches what runs",
    "gettrace": "asks whether it is watched", "current_frames": "looks at who calls it",
    "get_objects": "searches all objects of the process", "get_referrers": "searches for callers",
    "getppid": "asks for the parent process", "environ": "reads the environment",
    "argv": "reads the command line", "setrecursionlimit": "",
}  # fmt: skip
"""Names by which code finds out where it runs; those without words are ordinary."""
_TELLING: Final = (
    ast.Import, ast.ImportFrom, ast.Call, ast.Attribute, ast.Name,
    ast.Dict, ast.List, ast.Tuple, ast.Set,
)  # fmt: skip
"""What may be a sign; everything else is walked past."""
_STACK: Final = frozenset({"inspect", "traceback", "ctypes", "subprocess", "socket", "gc", "mmap"})
_TABLE: Final = 60
"""Numbers in one literal from which on it may be a table of answers."""
_EPSILON: Final = re.compile(r"\(\s*self\.\w+\s*[+-]\s*(h|eps|epsilon|delta|1e-\d+)\s*\)")


def signs(path: str) -> list[Sign]:
    """The signs in a file, a notebook, or the files of a folder."""
    found: dict[tuple[str, str], Sign] = {}
    others = _OTHERS - _handed_in(Path(path))
    for name, text in sources(Path(path)):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for sign in _of(tree, name, text, others):
            found.setdefault((sign.kind, sign.evidence), sign)
    return list(found.values())[:12]


def _handed_in(path: Path) -> set[str]:
    """What an import finds in a folder that was handed in: the folder as a package, and modules."""
    if not path.is_dir():
        return set()
    inside = [p for p in path.iterdir() if not p.is_symlink()]
    packages = [p.name for p in inside if p.is_dir() and any(p.glob("*.py"))]
    return {path.name, *packages, *[p.stem for p in inside if p.suffix == ".py"]}


def sources(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a submission; a notebook's cells as one text.

    What is longer than :data:`_MOST_TEXT` in all is cut.
    """
    left = _MOST_TEXT
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*.*") if not p.is_symlink())
    chosen = [p for p in files if p.suffix in {".py", ".ipynb"} and p.is_file()]
    for file in chosen[:_MOST_FILES]:
        try:
            text = read_regular(str(file), _MOST_BYTES).decode("utf-8", "replace")
        except Unreadable:
            continue
        code = (_cells(text) if file.suffix == ".ipynb" else text)[:left]
        left -= len(code)
        yield flat(file.name), code


def _cells(text: str) -> str:
    try:
        cells = json.loads(text)["cells"]
        code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    lines = "\n".join(code).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def _of(tree: ast.AST, file: str, text: str, others: Collection[str]) -> Iterator[Sign]:
    for node in ast.walk(tree):
        if not isinstance(node, _TELLING):
            continue
        place = f"{file}, line {getattr(node, 'lineno', 0)}"
        for module in _imported(node):
            base = module.partition(".")[0]
            if base in others:
                yield Sign("delegates", f"{place}: imports {base}, which differentiates by itself")
            elif base in _STACK:
                yield Sign("notices", f"{place}: imports {base}")
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        if words := _WATCHES.get(name if isinstance(name, str) else "", ""):
            yield Sign("notices", f"{place}: {name} {words}")
        count = _numbers(node)
        if count >= _TABLE:
            yield Sign("table", f"{place}: {count} numbers in one literal")
    if found := _EPSILON.search(text):
        line = text[: found.start()].count("\n") + 1
        words = flat(found.group(), 60)
        yield Sign(DIFFERENCES, f"{file}, line {line}: {words} looks like a small step")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__" and node.args:
        told = node.args[0]
        return [str(told.value)] if isinstance(told, ast.Constant) else ["ctypes"]
    return []


def _numbers(node: ast.AST) -> int:
    if isinstance(node, ast.Dict):
        parts = [*node.keys, *node.values]
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        parts = [*node.elts]
    else:
        return 0
    flat_parts: list[ast.AST | None] = []
    for part in parts:
        inner = isinstance(part, ast.Tuple | ast.List)
        flat_parts += part.elts if inner else [part]  # type: ignore[union-attr]
    return sum(
        isinstance(p, ast.Constant) and isinstance(p.value, float | int) for p in flat_parts
    )
