"""What lies beside a file or a notebook is meant by its imports, before anything installed.

Also the package that a file is part of: by the name of its folder, or by the one by which its own
files import each other where the folder was renamed.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import sys
from importlib.machinery import ModuleSpec

from .imports import STANDARD, AbsentFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Final, Iterable, Mapping, Sequence

MOST_READ: Final = 60
RELATIVE: Final = re.compile(r"^\s*from\s+\.", re.MULTILINE)
IMPORTED: Final = re.compile(
    r"^\s*(?:from\s+(\w+)((?:\.\w+)*)\s+import\s+\(?\s*([\w, \t]+)|import\s+(\w+)\.(\w+))",
    re.MULTILINE,
)
FOUND: Final[list[str]] = []
"""Folders of the packages that were found here: they are the engine's own."""


def install(folder: str, known: Mapping[str, str] | None = None) -> None:
    """Let files of a folder import what is beside them, and their own package by any name.

    Args:
        folder: where the file, the notebook or the modules lie.
        known: names of packages, and the folder that each stands for.
    """
    folder = os.path.abspath(folder)
    sys.path.insert(0, folder)
    sys.meta_path.insert(0, BesideFinder(folder, known or {}))
    last = int(isinstance(sys.meta_path[-1], AbsentFinder))
    sys.meta_path.insert(len(sys.meta_path) - last, RenamedFinder(folder))


def places(folder: str) -> list[str]:
    """Where packages of a repository lie, seen from a file of it: beside, or one folder up."""
    parent = os.path.dirname(folder)
    return [folder, os.path.join(folder, "src"), parent, os.path.join(parent, "src")]


class BesideFinder:
    """Finds packages that lie beside a file, or beside its folder.

    No folder is listed for it: what else lies there is none of the engine's business.
    """

    def __init__(self, folder: str, known: Mapping[str, str]) -> None:
        self.folder, self.known = folder, dict(known)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package of that name; modules of the standard library are never replaced.

        A module beside it comes before a folder of that name, as it does for Python, unless what
        lies there is imported as part of a package.
        """
        if name in self.known:
            return package_spec(name, self.known[name])
        if path is not None:
            around = os.path.dirname(self.folder) + os.sep
            return second_name(name, [p for p in path if p.startswith(around)])
        if name in STANDARD:
            return None
        found = next((p for p in self.packages(name) if is_package(p)), None)
        if os.path.isfile(os.path.join(self.folder, name + ".py")):
            regular = os.path.isfile(os.path.join(self.folder, name, "__init__.py"))
            if not regular and (found is None or not has_parts(name, self.folder, found)):
                return second_name(name, [self.folder])
        return None if found is None else package_spec(name, found)

    def packages(self, name: str) -> list[str]:
        """Where a package of that name may lie."""
        return [os.path.join(place, name) for place in places(self.folder)]


class RenamedFinder:
    """Finds the package that a file is part of by the name by which its files import each other."""

    def __init__(self, folder: str) -> None:
        self.folders = package_folders(folder)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package of the file, if its files say so."""
        if path is not None or name in STANDARD:
            return None
        folder = renamed(name, self.folders)
        return None if folder is None else package_spec(name, folder)


def is_package(folder: str) -> bool:
    """Whether a folder is a package, or may be one without ``__init__.py``."""
    if os.path.isfile(os.path.join(folder, "__init__.py")):
        return True
    return os.path.isdir(folder) and bool(glob.glob(os.path.join(glob.escape(folder), "*.py")))


def package_spec(name: str, folder: str) -> ModuleSpec | None:
    """How the package in a folder is imported under a name."""
    FOUND.append(folder)
    file = os.path.join(folder, "__init__.py")
    if (module := loaded_from(file)) is not None:
        return ModuleSpec(name, SecondName(module))  # type: ignore[arg-type]
    if os.path.isfile(file):
        return importlib.util.spec_from_file_location(
            name, file, submodule_search_locations=[folder]
        )
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [folder]
    return spec


class SecondName:
    """Loads what is there already: one file is one module, by whatever name it is imported."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Python's usual kind of module, until it is replaced."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run again: two runs would make two classes of one."""
        sys.modules[module.__name__] = self.module


def second_name(name: str, folders: Iterable[str]) -> ModuleSpec | None:
    """How a module of these folders is imported that was loaded by another name; None for new."""
    for folder in folders:
        file = os.path.join(folder, name.rpartition(".")[2] + ".py")
        if (module := loaded_from(file)) is not None:
            return ModuleSpec(name, SecondName(module))  # type: ignore[arg-type]
    return None


def loaded_from(file: str) -> ModuleType | None:
    """The module that was loaded from a file, or is being loaded."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and getattr(module, "__file__", None) == file:
            return module
    return None


def has_parts(name: str, folder: str, package: str) -> bool:
    """Whether files of a folder import modules of a package by its name.

    ``from value import value`` may mean what ``value.py`` defines, and says nothing.
    """
    for file in sorted(glob.glob(os.path.join(glob.escape(folder), "*.py")))[:MOST_READ]:
        text = text_of_file(file)
        below = {m for m in modules_of(name, text) if m != name}
        dotted_name = re.search(rf"^\s*(?:from|import)\s+{name}\.{name}\b", text, re.MULTILINE)
        if dotted_name or any(is_module(os.path.join(package, module)) for module in below):
            return True
    return False


def package_folders(folder: str) -> list[str]:
    """A folder and those around it, as far as they are one package; none where it is no package."""
    found = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def renamed(name: str, folders: list[str]) -> str | None:
    """The folder whose modules are imported by its own files as modules of ``name``."""
    for folder in folders:
        inside = os.path.join(glob.escape(folder), "")
        files = sorted(glob.glob(inside + "*.py")) + sorted(glob.glob(inside + "*/*.py"))
        for file in files[:MOST_READ]:
            for module in modules_of(name, text_of_file(file)):
                if is_module(os.path.join(folder, module)):
                    return folder
    return None


def modules_of(name: str, text: str) -> list[str]:
    """What a text imports from a package of that name: names right below it."""
    found = []
    for source, below, names, package, module in IMPORTED.findall(text):
        if source == name:
            found += [below.split(".")[1]] if below else re.findall(r"\w+", names)
        elif package == name:
            found.append(module)
    return found


def is_module(path: str) -> bool:
    """Whether there is a module of this path, written without its ending."""
    return os.path.isfile(path + ".py") or os.path.isdir(path)


def text_of_file(path: str) -> str:
    """The text of a file; empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def own_name(path: str) -> tuple[str, str] | None:
    """The dotted name of a file in its own package and the package's folder.

    None for a file that imports nothing of its package: it is run by itself.
    """
    path = os.path.abspath(path)
    text = text_of_file(path)
    relative = RELATIVE.search(text) is not None
    folders = package_folders(os.path.dirname(path)) or [os.path.dirname(path)] * relative
    tops = [match[0] or match[3] for match in IMPORTED.findall(text)]
    for folder in folders:
        for top in tops:
            by_name = top == os.path.basename(folder) or renamed(top, [folder]) is not None
            if by_name and top not in STANDARD and not is_module(os.path.join(folder, top)):
                return dotted(top, folder, path), folder
    if not relative:
        return None
    top = re.sub(r"\W", "_", os.path.basename(folders[-1])) or "package"
    return dotted(top, folders[-1], path), folders[-1]


def dotted(top: str, folder: str, path: str) -> str:
    """The name of a file's module in the package ``top``, which lies in a folder."""
    below = os.path.splitext(os.path.relpath(path, folder))[0].split(os.sep)
    return ".".join([top, *[part for part in below if part != "__init__"]])
