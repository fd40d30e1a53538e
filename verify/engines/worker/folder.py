"""Engines that are a folder: a package, a notebook, or files."""

from __future__ import annotations

import importlib
import os
import re
import sys

from .alarm import ALARM, IMPORT_SECONDS
from .beside import RELATIVE, has_parts, install, text_of_file
from .errors import OutOfTime, Unusable, summary
from .files import load_notebook
from .find_class import probe
from .modules import files_of, load_module
from .namespace import Namespace
from .remains import refuse, remains, told
from .source import parse, read_source
from .survey import (
    classes_by_file,
    exports,
    inner_engine,
    inner_folders,
    inner_packages,
    no_class,
    one_engine,
)
from .tracebacks import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Mapping

    from .adapter import Adapter
    from .definitions import Definitions

    Loaded = tuple[Namespace, Adapter]


def load_package(
    path: str,
    wanted: str | None,
    overrides: Mapping[str, str],
    named: str,
    *,
    inner: bool = False,
) -> Loaded:
    """The one engine of a folder: a package, a notebook, or files; it is told which file has it.

    Args:
        path: the folder.
        wanted: the name of a class; None for the one that looks best.
        overrides: what must not be guessed.
        named: the folder as the user wrote it.
        inner: whether the one folder in it is meant that holds an engine, where its files do not.
    """
    path = os.path.abspath(path)
    classes = classes_by_file(path)
    files = list(classes)
    if not files or (inner and no_class(path, files) and len(inner_folders(path)) == 1):
        return load_inner(path, wanted, overrides, named)
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
        space, adapter = load_module(name, wanted, overrides, own=True)
    else:
        before = set(sys.modules)
        try:
            space, adapter = load_folder(path, {f: classes[f] for f in files}, wanted, overrides)
        except Unusable as problem:
            elsewhere = inner_engine(path, classes, named)
            if elsewhere is not None and inner and len(inner_folders(path)) == 1:
                forget(path, before)
                return load_inner(path, wanted, overrides, named)
            raise elsewhere or problem from None
    file = getattr(sys.modules.get(adapter.cls.__module__), "__file__", None)
    if file is not None:
        adapter.notes.insert(0, f"the engine is in {os.path.relpath(file, path)}")
    return space, adapter


def load_inner(path: str, wanted: str | None, overrides: Mapping[str, str], named: str) -> Loaded:
    """The engine of a folder that holds none itself, only folders that do."""
    inner = inner_folders(path) or inner_packages(path)
    if len(inner) != 1:
        nothing = Unusable("not found", "the folder holds no Python file and no notebook")
        raise inner_engine(path, {}, named) or nothing
    below = os.path.relpath(inner[0], path)
    space, adapter = load_package(inner[0], wanted, overrides, os.path.join(named, below))
    where = "the engine is in "
    adapter.notes = [
        where + os.path.join(below, note[len(where):]) if note.startswith(where) else note
        for note in adapter.notes
    ]
    return space, adapter


def load_folder(
    path: str, classes: Mapping[str, list[str]], wanted: str | None, overrides: Mapping[str, str]
) -> Loaded:
    """A folder of files without ``__init__.py``: each is a module of its own.

    Args:
        path: the folder.
        classes: of each file, those that look like an engine's.
        wanted: the name of a class; None for the one that looks best.
        overrides: what must not be guessed.
    """
    install(path)
    modules: list[ModuleType] = []
    problems: list[Unusable] = []
    left: list[Definitions] = []
    notes: list[str] = []
    # The engine's file first: what imports it finds it, also where only its definitions are left.
    for file in sorted(classes, key=lambda file: (not classes[file], file)):
        if file.endswith(".py"):
            try:
                module = import_file(path, file)
                if lies_in(module, path):
                    modules.append(module)
                else:
                    notes.append(f"{file} was left out: Python has a module of that name")
            except Unusable as problem:
                problems.append(problem)
                rest = None
                if problem.kind in {"import", "endless"}:
                    rest = remains(os.path.join(path, file), file[:-3], problem.line)
                if rest is None:
                    notes.append(problem.message)
                else:
                    left.append(rest)
                    modules.append(rest.module)
                    notes += [told(problem.message, problem.line), *rest.notes]
    if not modules:
        nothing = Unusable("not found", "the folder holds no Python file and no notebook")
        raise problems[0] if problems else nothing
    modules.sort(key=lambda module: str(module.__file__))
    space = Namespace(modules, files_of(modules))
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        raise problems[0] if problems else no_engine from None
    refuse(left, adapter.cls)
    adapter.notes += notes
    return space, adapter


def import_file(folder: str, file: str) -> ModuleType:
    """One file of a folder as a module.

    Raises:
        Unusable: instead of whatever it raises.
    """
    path = os.path.join(folder, file)
    before = set(sys.modules)
    try:
        parse(read_source(path), file)
        module: ModuleType = ALARM.call(IMPORT_SECONDS, importlib.import_module, file[:-3])
    except Unusable as problem:
        raise Unusable(problem.kind, f"{file}: {problem.message}", problem.line) from None
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        ended = isinstance(error, OutOfTime)
        what = "does not end" if ended else f"raises {summary(error)}"
        kind, line = "endless" if ended else "import", line_of(error, {path})[0]
        forget(folder, before)
        raise Unusable(kind, f"importing {file} {what}", line) from None
    return module


def lies_in(module: ModuleType, folder: str) -> bool:
    """Whether a module was imported from a folder; those of Python's own are never replaced."""
    return str(getattr(module, "__file__", None)).startswith(folder + os.sep)


def forget(folder: str, kept: set[str]) -> None:
    """Let go of a folder's modules but those of these names: others may hold what failed."""
    for name in set(sys.modules) - kept:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(folder + os.sep):
            del sys.modules[name]
