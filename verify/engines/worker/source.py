"""Python text: read, parsed, compiled, and the names in it."""

from __future__ import annotations

import ast
import dis
import os
import re
import sys
import tokenize
import types

from .errors import Unusable, text_of
from .texts import TEXTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterator

    Parsed = tuple[str, ast.Module]

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS: Final = (*FUNCTIONS, ast.ClassDef)
IMPORTS: Final = (ast.Import, ast.ImportFrom)
LOADED: Final = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")


def read_source(path: str) -> str:
    """The text of a Python file as Python itself would decode it.

    Raises:
        Unusable: if Python could not.
    """
    if path in TEXTS:
        return TEXTS[path]
    with open(path, "rb") as file:
        raw = file.read()
    try:
        encoding, _ = tokenize.detect_encoding(iter(raw.splitlines(keepends=True)).__next__)
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = f"the file is not {error.encoding} text: byte 0x{raw[error.start]:02x}"
        raise Unusable("syntax", message, line) from None
    except SyntaxError as error:
        message = f"the file cannot be decoded: {error.msg}"
        raise Unusable("syntax", message, error.lineno or 1) from None


def parse(source: str, name: str) -> ast.Module:
    """The syntax tree of a text.

    Raises:
        Unusable: if it has none.
    """
    try:
        return ast.parse(source, name)
    except SyntaxError as error:
        message = f"{type(error).__name__}: {error.msg}"
        raise Unusable("syntax", message, error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unusable("syntax", f"the file cannot be parsed: {text_of(error)}") from None


def new_module(path: str, otherwise: str, name: str = "") -> types.ModuleType:
    """An empty module named after its file, or so, in the place of any other of that name."""
    stem = os.path.splitext(os.path.basename(path))[0]
    module = types.ModuleType(name or re.sub(r"\W", "_", stem) or otherwise)
    module.__file__ = path
    if name:
        module.__package__ = name.rpartition(".")[0]
    sys.modules[module.__name__] = module
    return module


REWRITE: Final[list[Callable[[ast.Module, str, str], ast.Module]]] = []
"""What changes the source of an engine before it is compiled, where it is watched."""


def compiled(
    tree: ast.Module, name: str, module: types.ModuleType, flags: int = 0
) -> types.CodeType:
    """The code of a text with this name, for this module."""
    for change in REWRITE:
        tree = change(tree, name, module.__name__)
    code: types.CodeType = compile(tree, name, "exec", flags, dont_inherit=True)
    return code


def names_used(statement: ast.stmt) -> set[str]:
    """Names that a definition needs from outside: none of those that it binds for itself.

    A parameter or a local variable of a function hides what bears its name outside.
    """
    try:
        block = ast.Module(body=[statement], type_ignores=[])
        return outside_names(compile(block, "<names>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError):  # it will say so itself when it is run
        return set()


def outside_names(code: types.CodeType) -> set[str]:
    """The global names that compiled code refers to, with the functions and classes inside it."""
    found: set[str] = set()
    waiting = [code]
    for part in waiting:
        stored: set[str] = set()
        for step in dis.get_instructions(part):
            if step.opname == "STORE_NAME":
                stored.add(step.argval)
            elif step.opname in LOADED and step.argval not in stored:
                found.add(step.argval)
        waiting += [c for c in part.co_consts if isinstance(c, types.CodeType)]
    return found


def global_names(cls: type) -> set[str]:
    """Global names that the methods of a class refer to, and the functions that those refer to."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [cls]
    while waiting:
        thing = waiting.pop()
        thing = getattr(thing, "__func__", getattr(thing, "fget", thing))
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, type):
            waiting += [m for base in thing.__mro__[:-1] for m in list(vars(base).values())]
        elif isinstance(thing, types.FunctionType):
            names = outside_names(thing.__code__)
            found |= names
            own = thing.__globals__
            inner = [own.get(name) for name in names]
            waiting += [f for f in inner if getattr(f, "__module__", None) == thing.__module__]
    return found


def names_in(tree: ast.AST) -> set[str]:
    """All names in an expression."""
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def names_bound(statement: ast.stmt) -> set[str]:
    """Names that a definition or an assignment in a class binds."""
    if isinstance(statement, FUNCTIONS):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {name for t in targets for name in names_in(t)}


def outer_statements(tree: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    """Statements of a file or a class, also those under ``if`` and ``try``; none of a function."""
    waiting = list(tree.body)
    while waiting:
        statement = waiting.pop(0)
        yield statement
        if not isinstance(statement, DEFINITIONS):
            parts = ("body", "handlers", "orelse", "finalbody")
            waiting[:0] = [s for part in parts for s in getattr(statement, part, [])]
