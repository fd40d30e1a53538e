"""Names that clocks, chance or the surroundings had a part in when the module was imported.

Nothing is watched while a module is imported.  So what its functions may read of it must not differ
from one import to the next: ``FRIDAY = date.today().weekday() == 4`` does.
"""

from __future__ import annotations

import ast
import sys

from ..source import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Iterator

CHANGING: Final = frozenset({
    "time", "datetime", "random", "os", "sys", "uuid", "secrets", "platform", "socket", "getpass",
    "locale", "subprocess", "calendar", "threading", "_thread", "gc", "tempfile", "pathlib", "glob",
    "shutil", "resource", "signal", "inspect", "traceback", "weakref", "zoneinfo", "builtins",
})  # fmt: skip
"""Modules that may say something else the next time."""
PURE: Final = frozenset({
    "math", "cmath", "operator", "functools", "itertools", "collections", "typing", "dataclasses",
    "abc", "enum", "numbers", "fractions", "copy", "types", "contextlib", "__future__",
    "heapq", "bisect", "array", "struct", "string", "re", "textwrap", "statistics", "graphlib",
    "json", "unittest", "doctest", "pprint",
})  # fmt: skip
"""Modules of the standard library that say the same each time."""
HARMLESS: Final = frozenset({
    "version_info", "hexversion", "maxsize", "float_info", "setrecursionlimit", "intern",
})  # fmt: skip
"""What is asked of modules that change in right engines."""
BUILT_IN: Final = frozenset({
    "id", "hash", "input", "open", "globals", "locals", "vars", "dir", "repr", "ascii", "format",
    "__import__", "eval", "exec", "compile",
})  # fmt: skip
ABOUT_MODULE: Final = frozenset({"__name__", "__file__", "__spec__", "__debug__", "__builtins__"})
"""Names that say how a module was imported."""
SHOWING: Final = frozenset({
    "__code__", "__traceback__", "tb_frame", "tb_next", "gi_frame", "gi_code", "f_code", "f_back",
    "__globals__", "__builtins__", "with_traceback", "__module__",
})  # fmt: skip
"""Attributes that show how a function was compiled, called or imported."""
NARROW: Final = frozenset({
    "ValueError", "ZeroDivisionError", "OverflowError", "ArithmeticError", "TypeError",
    "AttributeError", "KeyError", "IndexError", "LookupError", "NotImplementedError",
    "StopIteration", "ImportError", "ModuleNotFoundError", "FloatingPointError",
})  # fmt: skip
"""Exceptions that never tell of a limit of the machine."""
TRIES: Final = (ast.Try, *([ast.TryStar] if hasattr(ast, "TryStar") else []))
MAKERS: Final = frozenset({"__init__", "__new__", "__post_init__", "__call__", "__init_subclass__"})
SETS: Final = (ast.Set, ast.SetComp)
ORDERLESS: Final = frozenset({"len", "sorted", "set", "frozenset", "sum", "min", "max"})
"""Functions to which the order of a set does not matter."""


def depending(tree: Any) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Names of a module, and attributes of its classes, that may differ at the next import.

    The third are names that are imported from modules that change: functions are not called
    without being known, but what is no function may be read.
    """
    sources, imported = changing(tree)
    sources |= ABOUT_MODULE
    finder = Finder(sources, impure(tree, sources))
    finder.lines(tree.body, finder.names)
    return frozenset(finder.names), frozenset(finder.attributes), frozenset(imported)


def changes(module: str) -> bool:
    """Whether a module may say something else the next time."""
    first, *rest = module.split(".")
    library = getattr(sys, "stdlib_module_names", CHANGING)
    return (first in library and first not in PURE) or bool(CHANGING & {first, *rest})


def changing(tree: Any) -> tuple[set[str], set[str]]:
    """What a text calls the modules, and parts of them, that may say something else."""
    found: set[str] = set(BUILT_IN)
    imported: set[str] = set()
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names if changes(a.name)}
        elif isinstance(part, ast.ImportFrom) and not part.level:
            of_module = changes(part.module or "")
            imported |= {
                a.asname or a.name for a in part.names
                if a.name not in HARMLESS and (of_module or a.name in CHANGING)
            }  # fmt: skip
    return found | imported, imported


def mentions(node: Any, names: Iterable[str]) -> bool:
    """Whether what changes is spoken of: by its name, or as a part of another module."""
    safe = {id(part.value) for part in ast.walk(node)
            if isinstance(part, ast.Attribute) and part.attr in HARMLESS}  # fmt: skip
    return any(
        (isinstance(part, ast.Name) and part.id in names and id(part) not in safe)
        or (isinstance(part, ast.Attribute) and part.attr.strip("_") in CHANGING)
        or (isinstance(part, ast.Attribute) and part.attr in SHOWING)
        or (isinstance(part, ast.Constant) and part.value in SHOWING)
        or (isinstance(part, TRIES) and catches_limits(part))
        for part in ast.walk(node)
    )


def catches_limits(node: Any) -> bool:
    """Whether a ``try`` swallows what tells of a limit of the machine."""
    caught = [handler.type for handler in node.handlers]
    kinds = [k for t in caught for k in (t.elts if isinstance(t, ast.Tuple) else [t])]
    wide = any(not (isinstance(kind, ast.Name) and kind.id in NARROW) for kind in kinds)
    return wide or leaves(node.finalbody)


EXIT: Final = "__exit__"


def leaves(body: list[Any]) -> bool:
    """Whether a ``finally`` may be left early: with that, whatever was raised is forgotten."""
    return any(isinstance(part, (ast.Return, ast.Break, ast.Continue))
               for line in body for part in ast.walk(line))  # fmt: skip


def renames(tree: Any) -> bool:
    """Whether a text binds the name of a narrow exception, or ``__exit__`` in no definition."""
    bound_there = {part.id for part in ast.walk(tree)
                   if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    bound_there |= {part.attr for part in ast.walk(tree)
                    if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load)}
    bound_there |= {part.value for part in ast.walk(tree)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)} & {EXIT}
    bound_there |= {a.asname or a.name for part in ast.walk(tree)
                    if isinstance(part, (ast.Import, ast.ImportFrom)) for a in part.names}
    bound_there |= {part.name for part in ast.walk(tree) if isinstance(part, ast.ClassDef)}
    return bool(bound_there & {*NARROW, EXIT})


def called(node: Any, names: Iterable[str]) -> bool:
    """Whether a method of one of these names is spoken of."""
    return any(isinstance(part, ast.Attribute) and part.attr in names for part in ast.walk(node))


def impure(tree: Any, sources: set[str]) -> frozenset[str]:
    """Functions that speak of what changes, and classes that do where an object is made."""
    found: set[str] = set()

    def speaks(body: list[Any]) -> bool:
        return any(mentions(line, sources | found) or called(line, found) for line in body)

    before = -1
    while before != len(found):
        before = len(found)
        for part in ast.walk(tree):
            name = getattr(part, "name", "")
            lines = part.body if isinstance(part, ast.ClassDef) else ()
            makers: list[Any] = [m for m in lines if isinstance(m, FUNCTIONS) and m.name in MAKERS]
            if isinstance(part, FUNCTIONS) and name not in MAKERS:
                makers = [part]
            if any(speaks(maker.body) for maker in makers):
                found.add(name)
    return frozenset(found)


class Finder:
    """Goes through the lines of a module and of its classes.

    Attributes:
        sources: names of modules, and of parts of them, that may say something else.
        impure: functions and classes that speak of these.
        names: of the module, those that depend on them.
        attributes: likewise those of its classes.
        sets: names of sets, whose order is another one each time.
    """

    def __init__(self, sources: set[str], impure_ones: frozenset[str]) -> None:
        self.sources, self.impure = sources, impure_ones
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.sets: set[str] = set()

    def lines(self, body: list[Any], into: set[str]) -> None:
        """Note what lines bind that depends on the surroundings."""
        for line in body:
            if isinstance(line, ast.ClassDef):
                if any(map(self.depends, [*line.decorator_list, *line.bases])):
                    into.add(line.name)
                self.lines(line.body, self.attributes)
            elif isinstance(line, FUNCTIONS):
                defaults = [x for x in (*line.args.defaults, *line.args.kw_defaults) if x]
                if any(map(self.depends, [*line.decorator_list, *defaults])):
                    into.add(line.name)
            elif any(map(self.depends, conditions(line))):
                into |= bound(line)
            else:
                if isinstance(line, TRIES):
                    into |= without_imports(line)
                if isinstance(line, ast.Assign) and is_set(line.value, self.sets):
                    self.sets |= bound(line)
                for part in inner(line):
                    self.lines(part, into)

    def depends(self, node: Any) -> bool:
        """Whether an expression speaks of what may say something else."""
        return (
            mentions(node, self.sources | self.names | self.impure) or called(node, self.impure)
            or shows_address(node) or self.orders(node)
        )

    def orders(self, node: Any) -> bool:
        """Whether the order of a set, which is that of addresses or hashes, has a part in it."""
        safe = {id(node)}
        for part in ast.walk(node):
            if isinstance(part, ast.Compare):
                safe |= {id(side) for side in (part.left, *part.comparators)}
            elif isinstance(part, ast.BinOp):
                safe |= {id(part.left), id(part.right)}
            elif isinstance(part, ast.Call) and getattr(part.func, "id", "") in ORDERLESS:
                safe |= {id(arg) for arg in part.args}
        return any(is_set(p, self.sets) and id(p) not in safe for p in ast.walk(node))


def is_set(node: Any, names: Iterable[str]) -> bool:
    """Whether an expression is a set, as far as can be told."""
    made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"set", "frozenset"}
    return made or isinstance(node, SETS) or (isinstance(node, ast.Name) and node.id in names)


def shows_address(node: Any) -> bool:
    """Whether a text is made of what may be an object, of which it shows the address."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and getattr(part.func, "id", "") == "str":
            shown: list[Any] = part.args
        elif isinstance(part, ast.FormattedValue):
            shown = [part.value]
        else:
            continue
        if any(isinstance(p, (ast.Call, ast.Lambda)) for arg in shown for p in ast.walk(arg)):
            return True
    return False


def without_imports(line: Any) -> set[str]:
    """What depends on whether an import can be done, or on a limit: names that are bound beside."""
    imports = [p for p in ast.walk(line) if isinstance(p, (ast.Import, ast.ImportFrom))]
    names = {a.asname or a.name.partition(".")[0] for p in imports for a in p.names}
    return bound(line) - names if imports or catches_limits(line) else set()


def conditions(line: Any) -> Iterator[Any]:
    """Expressions that decide what a line binds."""
    for name in ("value", "test", "iter", "subject"):
        part = getattr(line, name, None)
        if part is not None:
            yield part
    for item in getattr(line, "items", ()):
        yield item.context_expr


def inner(line: Any) -> Iterator[list[Any]]:
    """The lines inside of a line."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(line, name, [])
    for part in (*getattr(line, "handlers", ()), *getattr(line, "cases", ())):
        yield part.body


def bound(line: Any) -> set[str]:
    """Names that a line binds, or changes the things of."""
    found: set[str] = set()
    for part in ast.walk(line):
        if isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            found.add(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(
            part.ctx, ast.Load
        ):
            found |= roots(part)
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            found |= set().union(*map(roots, [part.value.func, *part.value.args]))
    return found


def roots(node: Any) -> set[str]:
    """The names and attributes on the way to a thing, and texts that may name one."""
    found: set[str] = set()
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        found.add(node.id)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.add(node.value)
    return found
