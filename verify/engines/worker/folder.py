"""Engines that are a folder: a package, a notebook, or files."""

from __future__ import annotations

import importlib
import os
import re
import sys

from .alarm import ALARM, IMPORT_SECONDS
from .beside import RELATIVE, has_parts, install, text_of_file
from .errors import Unusable, summary
from .files import load_notebook
from .modules import files_of, load_module
from .namespace import Namespace
from .probe import probe
from .source import parse, read_source
from .survey import classes_by_file, exports, inner_engine, one_engine
from .tracebacks import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Iterable, Mapping

    from .adapter import Adapter

    Loaded = tuple[Namespace, Adapter]


def load_package(path: str, wanted: str | None, overrides: Mapping[str, str], named: str) -> Loaded:
    """The one engine of a folder: a package, a notebook, or files; it is told which file has it.

    Args:
        path: the folder.
        wanted: the name of a class; None for the one that looks best.
        overrides: what must not be guessed.
        named: the folder as the user wrote it.
    """
    path = os.path.abspath(path)
    classes = classes_by_file(path)
    files = list(classes)
    package = "__init__.py" in files
    if not (package and exports(path, {name for names in classes.values() for name in names})):
        own = one_engine(classes, overrides.get("class", wanted), named)
        if own.endswith(".ipynb"):
            space, adapter = load_notebook(os.path.join(path, own), wanted, overrides)
            adapter.notes.insert(0, f"the engine is in {own}")
            return space, adapter
        files = [f for f in files if f == own or not (own and classes[f])]
    name = re.sub(r"\W", "_", os.path.basename(path))
    relative = any(RELATIVE.search(text_of_file(os.path.join(path, f))) for f in files)
    if package or relative or (f"{name}.py" in files and has_parts(name, path, path)):
        install(path, {name: path})
        space, adapter = load_module(name, wanted, overrides)
    else:
        try:
            space, adapter = load_folder(path, files, wanted, overrides)
        except Unusable as problem:
            raise inner_engine(path, classes, named) or problem from None
    file = getattr(sys.modules.get(adapter.cls.__module__), "__file__", None)
    if file is not None:
        adapter.notes.insert(0, f"the engine is in {os.path.relpath(file, path)}")
    return space, adapter


def load_folder(
    path: str, files: Iterable[str], wanted: str | None, overrides: Mapping[str, str]
) -> Loaded:
    """A folder of files without ``__init__.py``: each is a module of its own."""
    install(path)
    modules: list[ModuleType] = []
    problems: list[Unusable] = []
    for file in files:
        if file.endswith(".py"):
            try:
                modules.append(import_file(path, file))
            except Unusable as problem:
                problems.append(problem)
    if not modules:
        nothing = Unusable("not found", "the folder holds no Python file and no notebook")
        raise problems[0] if problems else nothing
    space = Namespace(modules, files_of(modules))
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        raise problems[0] if problems else no_engine from None
    adapter.notes += [p.message for p in problems]
    return space, adapter


def import_file(folder: str, file: str) -> ModuleType:
    """One file of a folder as a module.

    Raises:
        Unusable: instead of whatever it raises.
    """
    path = os.path.join(folder, file)
    try:
        parse(read_source(path), file)
        module: ModuleType = ALARM.call(IMPORT_SECONDS, importlib.import_module, file[:-3])
    except Unusable as problem:
        raise Unusable(problem.kind, f"{file}: {problem.message}", problem.line) from None
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        message, line = f"importing {file} raises {summary(error)}", line_of(error, {path})[0]
        raise Unusable("import", message, line) from None
    return module
