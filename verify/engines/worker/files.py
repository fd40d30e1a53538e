"""Engines that are one file: a Python file, or a notebook."""

from __future__ import annotations

import ast
import os
import sys

from .alarm import ALARM, IMPORT_SECONDS
from .errors import OutOfTime, Unusable, summary
from .namespace import Namespace
from .naming import CLASS_NAMES
from .notebook import Notebook
from .probe import probe
from .source import new_module, outer_statements, parse, read_source, run_definitions
from .tracebacks import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Final, Iterator, Mapping

    from .adapter import Adapter

_OURS: Final = __name__.rpartition(".")[0]


def load_file(
    path: str, wanted: str | None, overrides: Mapping[str, str]
) -> tuple[Namespace, Adapter]:
    """Run the file as an import would; where that fails or does not end, its definitions only."""
    tree = parse(read_source(path), path)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    notes: list[str] = []
    module = new_module(path, "engine")
    try:
        ALARM.call(IMPORT_SECONDS, exec, compile(tree, path, "exec"), vars(module))
        space = namespace_of(module, path)
    except BaseException as error:  # noqa: BLE001 - includes SystemExit and OutOfTime
        line = line_of(error, {path})[0]
        ended = isinstance(error, OutOfTime)
        what = "does not end" if ended else f"raises {summary(error)}"
        module = new_module(path, "engine")
        skipped = run_definitions([(path, tree)], module)
        space = namespace_of(module, path)
        first = f"running the file {what} (line {line}); only its definitions were used"
        notes = [first, *skipped]
        if not space.classes():
            kind, message = "endless" if ended else "import", f"importing the file {what}"
            raise imported([tree], space) or Unusable(kind, message, line) from None
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        raise imported([tree], space) or no_engine from None
    adapter.notes += notes
    return space, adapter


def load_notebook(
    path: str, wanted: str | None, overrides: Mapping[str, str]
) -> tuple[Namespace, Adapter]:
    """Run the definitions in a notebook's cells."""
    notebook = Notebook(path)
    try:
        adapter = probe(notebook.space, wanted, overrides)
    except Unusable as no_engine:
        problem = (
            notebook.problems[0]
            if notebook.problems
            else imported(notebook.trees, notebook.space)
        )
        raise problem or no_engine from None
    adapter.notes += notebook.notes
    adapter.notes += [f"{p.message}; the cell was left out" for p in notebook.problems]
    return notebook.space, adapter


def namespace_of(module: ModuleType, path: str) -> Namespace:
    """The definitions of a file, and of the modules beside it that it imported."""
    return Namespace([*own_imports(module, os.path.dirname(path)), module], [path, *siblings(path)])


def siblings(path: str) -> list[str]:
    """The files of modules that lie beside this one."""
    folder = os.path.dirname(os.path.abspath(path))
    return [
        file for _, file in imported_files() if os.path.dirname(file).startswith(folder)
    ]


def own_imports(module: ModuleType, folder: str) -> list[ModuleType]:
    """Modules that lie beside the file and that it imported: the engine may be defined there."""
    inside = os.path.abspath(folder) + os.sep
    return [
        other
        for other, file in imported_files()
        if other is not module and os.path.abspath(file).startswith(inside)
    ]


def imported_files() -> Iterator[tuple[ModuleType, str]]:
    """Modules that were imported with their files; none of the worker's own."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name != "__main__" and not name.startswith(_OURS):
            yield module, file


def imported(trees: list[ast.Module], space: Namespace) -> Unusable | None:
    """What to say of a file that has no engine and imports one; None for any other."""
    if space.classes():
        return None
    for statement in (s for tree in trees for s in outer_statements(tree)):
        if isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                if alias.name in CLASS_NAMES:
                    return Unusable(
                        "elsewhere",
                        "it defines no engine; it imports one from "
                        f"{statement.module}, class {alias.name}, which is judged by: "
                        f"verify check {statement.module}:{alias.name}",
                    )
    return None
