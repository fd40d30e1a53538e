"""The worker in one compiled file, for the very interpreter that runs the harness."""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import CodeType

NAME: Final = ".verify-worker.pyc"
"""Of the file, in the folder of what a worker is given."""
_FIRST: Final = "session"
_START: Final = "packed"
_KEPT: Final = 8


def fits(executable: str) -> bool:
    """Whether an interpreter is this very one, and compiles as it does when nothing is told it."""
    return executable == sys.executable and not sys.flags.optimize


def packed(folder: Path, extra: Sequence[str] = ()) -> bytes:
    """A compiled program that does what the folder does when Python runs it.

    Args:
        folder: of the worker.
        extra: names of modules that would otherwise be imported later.
    """
    state = tuple([(str(path), (found := path.stat()).st_mtime_ns, found.st_size)
                   for path in sorted(folder.rglob("*.py"))])  # fmt: skip
    return _packed(folder, tuple(extra), state)


@lru_cache(maxsize=_KEPT)
def _packed(folder: Path, extra: tuple[str, ...], _state: object) -> bytes:
    """The same; compiled anew where a file was changed."""
    modules: dict[str, CodeType] = {}
    for name in (_FIRST, *extra):
        _add(modules, folder, name)
    told = marshal.dumps([*modules.items()])
    text = (folder / f"{_START}.py").read_text("utf-8")
    program = compile(
        f"{text}\nstart({str(folder)!r}, {told!r})\n", str(folder / f"{_START}.py"), "exec",
        dont_inherit=True,
    )  # fmt: skip
    # PEP 552: magic number, flags, and two words that nobody compares with a source.
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(program)


def _add(modules: dict[str, CodeType], folder: Path, name: str) -> None:
    """A module's code, behind that of the modules which it imports as it starts."""
    place = folder.joinpath(*name.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if name in modules or not path.exists():
        return
    if around := name.rpartition(".")[0]:
        _add(modules, folder, around)
    for other in _imported(path.read_text("utf-8"), around):
        _add(modules, folder, other)
    # Compiled as an import would: what is kept of it is taken, where it is fresh.
    code = SourceFileLoader(name, str(path)).get_code(name)
    assert code is not None  # noqa: S101 - it has a source
    modules[name] = code


def _imported(text: str, around: str) -> list[str]:
    """The modules of the worker that one imports at its outermost level.

    Args:
        text: of the module.
        around: name of the package that it stands in, within that of the worker.
    """
    packages = ["", around] if around else [""]
    return [
        f"{package}.{name}".lstrip(".")
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and node.level
        for package in [packages[-node.level]]
        for name in ([node.module] if node.module else [alias.name for alias in node.names])
    ]
