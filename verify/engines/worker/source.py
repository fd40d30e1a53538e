"""Python text: read, parsed, and run as far as it defines things."""

from __future__ import annotations

import ast
import os
import re
import sys
import tokenize
import types

from .alarm import ALARM, STATEMENT_SECONDS
from .errors import Unusable, summary, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Iterator

    Parsed = tuple[str, ast.Module]

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS: Final = (*FUNCTIONS, ast.ClassDef)
IMPORTS: Final = (ast.Import, ast.ImportFrom)


def read_source(path: str) -> str:
    """The text of a Python file as Python itself would decode it.

    Raises:
        Unusable: if Python could not.
    """
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


def new_module(path: str, otherwise: str) -> types.ModuleType:
    """An empty module named after its file, in the place of any other of that name."""
    stem = os.path.splitext(os.path.basename(path))[0]
    module = types.ModuleType(re.sub(r"\W", "_", stem) or otherwise)
    module.__file__ = path
    sys.modules[module.__name__] = module
    return module


def run_definitions(trees: list[Parsed], module: types.ModuleType) -> list[str]:
    """Execute the statements that define things: imports, functions, classes, what they refer to.

    Training loops, plots and calls are left out by their syntax.  A plain assignment is kept when
    it only names something, when it puts a method into a class, or when a function or a class
    refers to the name.

    Returns:
        What else was left out, and why.
    """
    needed = {
        n.id
        for _, tree in trees
        for statement in tree.body
        if isinstance(statement, DEFINITIONS)
        for n in ast.walk(statement)
        if isinstance(n, ast.Name)
    }
    notes: list[str] = []
    demonstrated: set[str] = set()
    for name, tree in trees:
        for statement in tree.body:
            if not defines(statement, needed):
                demonstrated |= names_bound(statement)
                continue
            block = ast.Module(body=[statement], type_ignores=[])
            try:
                ALARM.call(STATEMENT_SECONDS, exec, compile(block, name, "exec"), vars(module))
            except BaseException as error:  # noqa: BLE001 - the engine's own code
                missing = re.match("name '(\\w+)' is not defined", text_of(error))
                bound = names_bound(statement)
                if missing and missing.group(1) in demonstrated and bound and not bound & needed:
                    demonstrated |= bound  # of what was left out on purpose: nobody's mistake
                    continue
                place = f"line {statement.lineno} of {name.strip('<>')}"
                notes.append(f"{place} was left out: {summary(error)}")
    return notes


def defines(statement: ast.stmt, needed: set[str]) -> bool:
    """Whether a statement defines something, or names something that is needed."""
    if isinstance(statement, DEFINITIONS + IMPORTS):
        return True
    if isinstance(statement, ast.Try):
        return all(defines(s, needed) for s in statement.body)
    if isinstance(statement, ast.If):
        program = "__name__" in names_in(statement.test)
        return not program and all(
            defines(s, needed) for s in [*statement.body, *statement.orelse]
        )
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None or kept([statement.target], statement.value, needed)
    if isinstance(statement, ast.Assign):
        return kept(statement.targets, statement.value, needed)
    return False


def kept(targets: list[ast.expr], value: ast.expr, needed: set[str]) -> bool:
    """Whether an assignment is one that defines something."""
    calls = any(isinstance(n, (ast.Call, ast.Await)) for n in ast.walk(value))
    quiet = isinstance(value, ast.Lambda) or not calls
    if any(isinstance(t, ast.Attribute) for t in targets):
        return quiet and isinstance(value, (ast.Name, ast.Lambda, ast.Attribute))
    return quiet or any(names_in(t) & needed for t in targets)


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
