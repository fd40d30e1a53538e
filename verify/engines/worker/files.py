"""Engines that are one file: a Python file, or a notebook."""

from __future__ import annotations

import ast
import importlib
import os

from .alarm import ALARM, IMPORT_SECONDS
from .beside import install, own_name
from .definitions import Definitions
from .errors import OutOfTime, Unusable, summary
from .find_class import probe
from .modules import files_of, own_imports
from .namespace import Namespace
from .naming import CLASS_NAMES
from .notebook import Notebook
from .source import compiled, new_module, outer_statements, parse, read_source
from .tracebacks import line_of
from .unasked import loops_in, loops_told, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Mapping

    from .adapter import Adapter


def load_file(
    path: str, wanted: str | None, overrides: Mapping[str, str]
) -> tuple[Namespace, Adapter]:
    """Run the file as an import would; where that fails or does not end, its definitions only."""
    tree = parse(read_source(path), path)
    own = own_name(path)
    install(os.path.dirname(path), {own[0].partition(".")[0]: own[1]} if own else None)
    notes: list[str] = []
    definitions: Definitions | None = None
    try:
        module = ALARM.call(IMPORT_SECONDS, run, path, tree, own and own[0])
        space = namespace_of(module, path)
        notes = loops_told([place_of(path, x) for s in tree.body for x in loops_in(s)])
    except BaseException as error:  # noqa: BLE001 - includes SystemExit and OutOfTime
        line = line_of(error, {path})[0]
        ended = isinstance(error, OutOfTime)
        what = "does not end" if ended else f"raises {summary(error)}"
        module = new_module(path, "engine")
        if own is not None:
            module.__package__ = own[0].rpartition(".")[0]
        definitions = Definitions([(path, tree)], module)
        space = namespace_of(module, path)
        first = f"running the file {what} (line {line}); only its definitions were used"
        notes = [first, *definitions.notes]
        if not space.classes():
            kind, message = "endless" if ended else "import", f"importing the file {what}"
            problem = Unusable(kind, message, line)
            raise not_here([tree], space, definitions) or problem from None
    adapter = adapted(space, wanted, overrides, [tree], definitions)
    adapter.notes += notes
    return space, adapter


def run(path: str, tree: ast.Module, own: str | None) -> ModuleType:
    """The module of a file: one of its own package by its name there, any other by itself."""
    if own is not None:
        return importlib.import_module(own)
    module = new_module(path, "engine")
    exec(compiled(tree, path, module), vars(module))  # noqa: S102 - its purpose
    return module


def load_notebook(
    path: str, wanted: str | None, overrides: Mapping[str, str]
) -> tuple[Namespace, Adapter]:
    """Run the definitions in a notebook's cells."""
    notebook = Notebook(path)
    try:
        adapter = adapted(
            notebook.space, wanted, overrides, notebook.trees, notebook.definitions
        )
    except Unusable as no_engine:
        raise (notebook.problems[0] if notebook.problems else no_engine) from None
    adapter.notes += notebook.notes
    adapter.notes += [f"{p.message}; the cell was left out" for p in notebook.problems]
    return notebook.space, adapter


def adapted(
    space: Namespace,
    wanted: str | None,
    overrides: Mapping[str, str],
    trees: list[ast.Module],
    definitions: Definitions | None,
) -> Adapter:
    """The adapter of what was defined.

    Raises:
        Unusable: if there is none, or the class needs what could not be had: which is said.
    """
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        raise not_here(trees, space, definitions) or no_engine from None
    lost = definitions.refusal(adapter.cls) if definitions else None
    if lost is not None:
        raise lost
    return adapter


def not_here(
    trees: list[ast.Module], space: Namespace, definitions: Definitions | None
) -> Unusable | None:
    """What an engine needs and has not, or where it is in place of here; None for neither."""
    for cls in space.classes() if definitions else ():
        lost = definitions.refusal(cls)  # type: ignore[union-attr]  # there are some
        if lost is not None:
            return lost
    if definitions and definitions.failures and not space.classes():
        return definitions.failures[0]
    return imported(trees, space)


def namespace_of(module: ModuleType, path: str) -> Namespace:
    """The definitions of a file, and of the modules beside it that it imported."""
    beside = own_imports(module, path)
    return Namespace([*beside, module], [path, *files_of(beside)])


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
