"""Names that clocks, chance or the surroundings had a part in when the module was imported.

Nothing is watched while a module is imported.  So what its functions may read of it must not differ
from one import to the next: ``FRIDAY = date.today().weekday() == 4`` does.
"""

from __future__ import annotations

import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterator

CHANGING: Final = frozenset({
    "time", "datetime", "random", "os", "sys", "uuid", "secrets", "platform", "socket", "getpass",
    "locale", "subprocess", "calendar", "threading", "_thread", "gc", "tempfile", "pathlib", "glob",
    "shutil", "resource", "signal", "inspect", "traceback", "weakref", "zoneinfo", "builtins",
})  # fmt: skip
"""Modules that may say something else the next time."""
HARMLESS: Final = frozenset({
    "version_info", "maxsize", "float_info", "setrecursionlimit", "getrecursionlimit", "path",
    "modules", "stdout", "stderr",
})  # fmt: skip
"""What is asked of them in right engines."""
BUILT_IN: Final = frozenset({"id", "hash", "input", "open", "globals", "locals", "vars"})
ABOUT_MODULE: Final = frozenset({"__name__", "__file__", "__spec__", "__debug__", "__builtins__"})
"""Names that say how a module was imported."""


def depending(tree: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Names of a module, and attributes of its classes, that may differ at the next import."""
    finder = Finder(changing(tree))
    finder.lines(tree.body, finder.names)
    return frozenset(finder.names), frozenset(finder.attributes)


def changing(tree: Any) -> set[str]:
    """What a text calls the modules, and parts of them, that may say something else."""
    found = set(BUILT_IN)
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names
                      if a.name.partition(".")[0] in CHANGING}  # fmt: skip
        elif isinstance(part, ast.ImportFrom) and (part.module or "").partition(".")[0] in CHANGING:
            found |= {a.asname or a.name for a in part.names if a.name not in HARMLESS}
    return found


class Finder:
    """Goes through the lines of a module and of its classes.

    Attributes:
        sources: names of modules, and of parts of them, that may say something else.
        names: of the module, those that depend on them.
        attributes: of its classes.
    """

    def __init__(self, sources: set[str]) -> None:
        self.sources = sources
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def lines(self, body: list[Any], into: set[str]) -> None:
        """Note what lines bind that depends on the surroundings."""
        for line in body:
            if isinstance(line, ast.ClassDef):
                if any(map(self.depends, [*line.decorator_list, *line.bases])):
                    into.add(line.name)
                self.lines(line.body, self.attributes)
            elif isinstance(line, (ast.FunctionDef, ast.AsyncFunctionDef)):
                defaults = [x for x in (*line.args.defaults, *line.args.kw_defaults) if x]
                if any(map(self.depends, [*line.decorator_list, *defaults])):
                    into.add(line.name)
            elif any(map(self.depends, conditions(line))):
                into |= bound(line)
            else:
                for part in inner(line):
                    self.lines(part, into)

    def depends(self, node: Any) -> bool:
        """Whether an expression speaks of what may say something else."""
        safe = {id(part.value) for part in ast.walk(node)
                if isinstance(part, ast.Attribute) and part.attr in HARMLESS}  # fmt: skip
        names = self.sources | self.names
        return any(
            isinstance(part, ast.Name) and part.id in names and id(part) not in safe
            for part in ast.walk(node)
        ) or is_random(node)


def is_random(node: Any) -> bool:
    """Whether it speaks of ``numpy.random``."""
    return any(isinstance(p, ast.Attribute) and p.attr == "random" for p in ast.walk(node))


def conditions(line: Any) -> Iterator[Any]:
    """Expressions that decide what a line binds."""
    for name in ("value", "test", "iter", "subject"):
        part = getattr(line, name, None)
        if part is not None and not isinstance(line, ast.Expr):
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
    """Names that a line binds."""
    found = set()
    for part in ast.walk(line):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(part.name)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load):
            found.add(part.attr)
    return found
