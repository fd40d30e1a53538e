"""Python text: read, parsed, and run as far as it defines things."""

from __future__ import annotations
import __future__

import ast
import dis
import os
import re
import sys
import tokenize
import types

from .alarm import ALARM, STATEMENT_SECONDS
from .errors import Unusable, summary, text_of
from .texts import TEXTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable, Iterator

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


class Definitions:
    """The statements of some texts that define things, executed.

    Imports, functions, classes, and what they refer to.  Training loops, plots and calls are left
    out by their syntax.  A plain assignment is kept when it only names something, when it puts a
    method into a class, or when a function or a class refers to the name.

    Attributes:
        notes: what else was left out, and why.
        lost: names that are bound nowhere because their statement failed, and its failure.
        failures: why classes could not be defined, and the engine's own modules not be imported;
            any other module that is not there has a stand-in.
    """

    def __init__(self, trees: list[Parsed], module: types.ModuleType) -> None:
        self.module = module
        self.needed = {
            name for _, tree in trees for s in tree.body if isinstance(s, DEFINITIONS)
            for name in names_used(s)
        }  # fmt: skip
        self.needed |= needed_by_classes([tree for _, tree in trees])
        self.notes: list[str] = []
        self.lost: dict[str, Unusable] = {}
        self.failures: list[Unusable] = []
        self.demonstrated: set[str] = set()
        self.nodes: set[str] = set()
        self.flags = 0
        for name, tree in trees:
            for statement in tree.body:
                self.run(name, statement)

    def run(self, name: str, statement: ast.stmt) -> None:
        """Execute one statement of a text with this name, if it defines something."""
        if not defines(statement, self.needed):
            self.demonstrated |= names_bound(statement)
            if any(isinstance(vars(self.module).get(name), type) for name in called(statement)):
                self.nodes |= names_bound(statement)
            return
        self.flags |= future_flags([statement])
        block = ast.Module(body=[statement], type_ignores=[])
        try:
            code = compiled(block, name, self.module, self.flags)
            ALARM.call(STATEMENT_SECONDS, exec, code, vars(self.module))
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            missing = re.match("name '(\\w+)' is not defined", text_of(error))
            bound = names_bound(statement)
            shown = missing is not None and missing.group(1) in self.demonstrated
            if shown and bound and not bound & self.needed:
                self.demonstrated |= bound  # of what was left out on purpose: nobody's mistake
                return
            place, what = os.path.basename(name).strip("<>"), summary(error)
            self.notes.append(f"line {statement.lineno} of {place} was left out: {what}")
            if shown and missing is not None and missing.group(1) in self.nodes:
                return  # made of nodes of a demonstration: the engine is there without it
            why = Unusable("import", f"{place} raises {what}", statement.lineno)
            if missing and missing.group(1) in self.lost:
                why = self.lost[missing.group(1)]
            if isinstance(statement, (*IMPORTS, ast.ClassDef)):
                self.failures.append(why)
            for lost in names_lost(statement):
                self.lost.setdefault(lost, why)

    def refusal(self, cls: type) -> Unusable | None:
        """Why a class cannot be judged: it refers to a name that was lost; None if it can."""
        for name in sorted(global_names(cls)):
            if name in self.lost and not hasattr(self.module, name):
                return self.lost[name]
        return None


def needed_by_classes(trees: list[ast.Module]) -> set[str]:
    """What the assignments to names that classes refer to are made of, step by step.

    A method that walks from a global ``L`` needs that, and ``L = d * f`` needs ``d`` and ``f``.
    """
    statements = [s for tree in trees for s in tree.body]
    classes = [s for s in statements if isinstance(s, ast.ClassDef)]
    assigned = [(names_bound(s), names_used(s)) for s in statements if isinstance(s, ast.Assign)]
    found: set[str] = set()
    waiting = {name for s in classes for name in names_used(s)}
    while waiting:
        found |= waiting
        waiting = {name for bound, used in assigned if bound & found for name in used} - found
    return found


def future_flags(statements: Iterable[ast.stmt]) -> int:
    """What ``from __future__ import`` switches on for all that follows."""
    flags = 0
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


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


def called(statement: ast.stmt) -> set[str]:
    """Names of what a statement calls."""
    calls = [n.func for n in ast.walk(statement) if isinstance(n, ast.Call)]
    return {func.id for func in calls if isinstance(func, ast.Name)}


def names_lost(statement: ast.stmt) -> set[str]:
    """Names that a statement would have bound."""
    found: set[str] = set()
    for part in outer_statements(ast.Module(body=[statement], type_ignores=[])):
        found |= names_bound(part)
        if isinstance(part, ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, IMPORTS):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names}
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
