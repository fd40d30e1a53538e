"""Engines that are modules of an environment, or packages."""

from __future__ import annotations

import importlib
import os
import sys

from .alarm import ALARM, IMPORT_SECONDS
from .beside import FOUND, text_of_file
from .errors import OutOfTime, Unusable, summary, text_of
from .find_class import probe
from .namespace import Namespace
from .naming import defines_network
from .remains import refuse, remains, told
from .tracebacks import line_of, trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pkgutil import ModuleInfo
    from types import ModuleType
    from typing import Final, Iterable, Iterator, Mapping

    from .adapter import Adapter
    from .definitions import Definitions

LEFT_OUT: Final = ("__main__", "setup", "tests", "conftest", "train", "demo")
"""Modules of a package that are no part of an engine."""
MOST_TOLD: Final = 3
_OURS: Final = __name__.rpartition(".")[0]


def load_module(
    name: str, wanted: str | None, overrides: Mapping[str, str], *, own: bool = False
) -> tuple[Namespace, Adapter]:
    """A module by its name; a package with all its modules, where it does not name the class.

    Args:
        name: the module's.
        wanted: the name of a class; None for the one that looks best.
        overrides: what must not be guessed.
        own: whether it is a folder's, and of what fails at its end the definitions are used.

    Raises:
        Unusable: if there is no engine, with what was left out.
    """
    modules = [import_module(name)]
    notes: list[str] = []
    left: list[Definitions] = []
    space = Namespace(modules, files_of([*modules, *of_package(name)]))
    if hasattr(modules[0], "__path__") and not (wanted and wanted in space.names):
        more, notes = submodules(modules[0], left if own else None)
        modules = [*more, *modules]
        space = Namespace(modules, files_of(modules))
        space.names.update(vars(modules[-1]))
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as problem:
        if notes and problem.kind == "no engine":
            problem.message += f"; {'; '.join(notes[:MOST_TOLD])}"
        raise
    refuse(left, adapter.cls)
    if len(modules) == 1:
        beside, notes = sisters(modules[0])
        space = widened(space, beside)
    adapter.notes += notes
    return space, adapter


def of_package(name: str) -> list[ModuleType]:
    """The modules of its package that a module imported: what it offers may be defined there."""
    package = name.partition(".")[0]
    if package not in sys.modules:  # there may be thousands of others
        return []
    inside = package + "."
    return [other for each, other in list(sys.modules.items()) if each.startswith(inside)]


def widened(space: Namespace, beside: list[ModuleType]) -> Namespace:
    """The same definitions, before them those of other modules: no name of its own is lost."""
    wider = Namespace([*beside, *space.modules], [*files_of(beside), *space.files])
    wider.names.update(space.names)
    wider.own_file = space.own_file
    return wider


def sisters(module: ModuleType) -> tuple[list[ModuleType], list[str]]:
    """The other modules of a module's package that are part of the engine, and what was left out.

    They are those that it has imported, as it is for a file, and those that define networks: a
    package whose ``__init__.py`` is empty imports none of these.
    """
    import pkgutil

    name = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    if not name or name not in sys.modules:
        return [], []
    folders = [os.path.abspath(folder) for folder in sys.modules[name].__path__]
    notes: list[str] = []
    for found in pkgutil.iter_modules(folders, name + "."):
        stem = found.name.rpartition(".")[2]
        text = "".join(text_of_file(os.path.join(folder, stem + ".py")) for folder in folders)
        if stem not in LEFT_OUT and found.name not in sys.modules and defines_network(text):
            tried(found, None, notes, [])
    inside = tuple(folder + os.sep for folder in folders)
    beside = [m for m, file in imported_files() if m is not module and file.startswith(inside)]
    return beside, notes


def files_of(modules: Iterable[ModuleType]) -> list[str]:
    """The files of those that have one."""
    return [file for m in modules if (file := getattr(m, "__file__", None))]


def own_imports(module: ModuleType, path: str) -> list[ModuleType]:
    """Modules that lie beside a file and that it imported: the engine may be defined there."""
    folders = [os.path.dirname(os.path.abspath(path)), *FOUND]
    return [
        other
        for other, file in imported_files()
        if other is not module and any(file.startswith(folder + os.sep) for folder in folders)
    ]


def imported_files() -> Iterator[tuple[ModuleType, str]]:
    """Modules that were imported with their files; none of the worker's own."""
    seen: set[int] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name == "__main__" or name.startswith(_OURS):
            continue
        if id(module) not in seen:
            seen.add(id(module))
            yield module, os.path.abspath(file)


def import_module(name: str) -> ModuleType:
    """``importlib.import_module``, within a time.

    Raises:
        Unusable: instead of whatever it raises.
    """
    try:
        module: ModuleType = ALARM.call(IMPORT_SECONDS * 4, importlib.import_module, name)
    except ModuleNotFoundError as error:
        raise Unusable(
            "not found", f"there is no module {name!r} for {sys.executable}: {text_of(error)}"
        ) from None
    except OutOfTime:
        raise Unusable("endless", f"importing {name} does not end") from None
    except SyntaxError as error:
        file = os.path.basename(error.filename or name)
        message = f"{file}: {type(error).__name__}: {error.msg}"
        raise Unusable("syntax", message, error.lineno) from None
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        frames = trace(error)
        raise Unusable(
            "import",
            f"importing {name} raises {summary(error)}",
            frames[-1][1] if frames else None,
        ) from None
    return module


def submodules(
    package: ModuleType, left: list[Definitions] | None = None
) -> tuple[list[ModuleType], list[str]]:
    """The modules of a package at any depth, and what was left out and why.

    Where there is a list ``left``, the definitions of modules that fail at their end are added.
    """
    import pkgutil

    modules: list[ModuleType] = []
    notes: list[str] = []
    failed: list[ModuleInfo] = []
    for found in pkgutil.walk_packages(
        package.__path__, package.__name__ + ".", onerror=lambda _: None
    ):
        if found.name.rpartition(".")[2] not in LEFT_OUT:
            modules += tried(found, left, notes if left is None else [], failed)
    if left is not None:  # once more: what it imports may be there by now
        again, failed = failed, []
        for found in again:
            modules += tried(found, left, notes, failed)
    return modules, [*notes, *[note for rest in left or () for note in rest.notes]]


def tried(
    found: ModuleInfo, left: list[Definitions] | None, notes: list[str], failed: list[ModuleInfo]
) -> list[ModuleType]:
    """A module of a package, or what is left of it; nothing where it ``failed``."""
    try:
        module: ModuleType = ALARM.call(IMPORT_SECONDS, importlib.import_module, found.name)
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        rest = None if left is None else rest_of(found, error)
        if left is None or rest is None:
            notes.append(f"{found.name} was left out: {summary(error)}")
            failed.append(found)
            return []
        left.append(rest)
        return [rest.module]
    return [module]


def rest_of(found: ModuleInfo, error: BaseException) -> Definitions | None:
    """The definitions of a module that failed."""
    spec = found.module_finder.find_spec(found.name, None)
    if isinstance(error, SyntaxError) or spec is None or found.ispkg or not spec.origin:
        return None
    line = line_of(error, {spec.origin})[0]
    rest = remains(spec.origin, found.name, line)
    if rest is not None:
        rest.notes[:0] = [told(f"importing {found.name} raises {summary(error)}", line)]
    return rest
