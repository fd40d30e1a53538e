"""What a folder's files seem to hold, by syntax alone: nothing of them is run."""

from __future__ import annotations

import ast
import os
import re

from .errors import Unusable
from .naming import ENTRY_NAMES, plain
from .notebook import notebook_cells, without_magics
from .source import FUNCTIONS, names_bound, outer_statements, parse, read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Iterable, Iterator

MOST_SHOWN: Final = 8
DEEPEST: Final = 3
"""How many folders down an engine is looked for."""
NO_ARGUMENTS: Final = ast.arguments(
    posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
)


def classes_by_file(path: str) -> dict[str, list[str]]:
    """For each file and notebook of a folder, in order, its classes that look like an engine's."""
    files = sorted(f for f in os.listdir(path) if os.path.splitext(f)[1] in (".py", ".ipynb"))
    return {file: engine_classes(trees_of(os.path.join(path, file))) for file in files}


def trees_of(path: str) -> list[ast.Module]:
    """The syntax trees of a file, or of a notebook's cells; of what Python cannot read, an outline.

    What has a mistake in it is somebody's engine all the same.
    """
    try:
        if path.endswith(".ipynb"):
            texts = [without_magics(source)[1] or "" for _, source in notebook_cells(path)]
        else:
            texts = [read_source(path)]
    except Unusable:
        with open(path, "rb") as file:
            return [outline(file.read().decode("latin-1"))]
    trees = []
    for text in texts:
        try:
            trees.append(parse(text, path))
        except Unusable:
            trees.append(outline(text))
    return trees


def outline(text: str) -> ast.Module:
    """A tree of nothing but the classes in a text, each with the names of what follows it.

    Lines also begin behind a quotation mark or an escape: in the JSON of a notebook.
    """
    classes: list[ast.ClassDef] = []
    for word, name in re.findall(r"(?:^|\"|\\n)\s*(class|def)\s+(\w+)", text, re.MULTILINE):
        if word == "class":
            classes.append(
                ast.ClassDef(name=name, bases=[], keywords=[], body=[], decorator_list=[])
            )
        elif classes:
            classes[-1].body.append(
                ast.FunctionDef(name=name, args=NO_ARGUMENTS, body=[], decorator_list=[])
            )
    return ast.Module(body=[*classes], type_ignores=[])


def engine_classes(trees: Iterable[ast.Module]) -> list[str]:
    """Names of the classes that look like nodes of an engine of their own.

    A class does that has ``+`` or ``*``, and with it, or beside it as a function, what starts a
    backward pass; so does one beside functions that add and multiply.
    """
    bound: dict[str, set[str]] = {}
    classes: list[str] = []
    functions: set[str] = set()
    for statement in (s for tree in trees for s in outer_statements(tree)):
        if isinstance(statement, ast.ClassDef):
            classes.append(statement.name)
            inside = {n for s in outer_statements(statement) for n in names_bound(s)}
            for base in statement.bases:
                inside |= bound.get(getattr(base, "id", ""), set())
            bound[statement.name] = bound.get(statement.name, set()) | inside
        elif isinstance(statement, FUNCTIONS):
            functions.add(statement.name)
        elif isinstance(statement, ast.Assign):
            for name, attribute in methods_put(statement):
                bound.setdefault(name, set()).add(attribute)
    entries = {plain(name) for name in ENTRY_NAMES}
    beside = any(plain(name) in entries for name in functions)
    found = [
        name
        for name in dict.fromkeys(classes)
        if {"__add__", "__mul__"} & bound[name]
        and (beside or any(plain(n) in entries for n in bound[name]))
    ]
    by_function = beside and {"add", "mul"} <= {plain(name) for name in functions}
    return found or list(dict.fromkeys(classes))[: int(by_function)]


def methods_put(statement: ast.Assign) -> Iterator[tuple[str, str]]:
    """(class, attribute) of methods that are put into a class after its definition."""
    for target in statement.targets:
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            yield target.value.id, target.attr


def exports(path: str, names: set[str]) -> bool:
    """Whether a package's ``__init__.py`` says which of these classes it is about."""
    return any(
        isinstance(s, ast.ImportFrom) and any(a.name == "*" or a.name in names for a in s.names)
        for tree in trees_of(os.path.join(path, "__init__.py"))
        for s in outer_statements(tree)
    )


def one_engine(classes: dict[str, list[str]], wanted: str | None, named: str) -> str:
    """The file of a folder that holds its engine; "" where only a look at all of them can tell.

    Raises:
        Unusable: if several hold one, or hold the class that is wanted: each may be somebody's.
    """
    several = {
        file: names for file, names in classes.items() if names and (not wanted or wanted in names)
    }
    if not several and not any(file.endswith(".py") for file in classes):
        several = {file: ["?"] for file in classes}
    if len(several) < 2:
        return next(iter(several), "")
    import shlex

    shown = [f"{f} (class {', '.join(n)})" for f, n in several.items() if n != ["?"]]
    shown = shown or list(several)
    if len(shown) > MOST_SHOWN:
        shown[MOST_SHOWN:] = [f"{len(shown) - MOST_SHOWN} more"]
    folder = shlex.quote(named.rstrip("/")) if named.rstrip("/") else named
    every = sorted({f"{folder}/*{os.path.splitext(file)[1]}" for file in several})
    raise Unusable(
        "several",
        f"the folder holds {len(several)} engines, not one: {', '.join(shown)}; "
        f"judge each by itself: verify check {' '.join(every)}",
    )


def no_class(path: str, files: Iterable[str]) -> bool:
    """Whether these files of a folder define no class: then nothing in them is a node's."""
    statements = (
        s for file in files for tree in trees_of(os.path.join(path, file)) for s in ast.walk(tree)
    )
    return not any(isinstance(s, ast.ClassDef) for s in statements)


def inner_folders(path: str) -> list[str]:
    """Folders below a folder that hold an engine, a package by its outermost folder."""
    found: list[str] = []
    waiting = [path]
    while waiting and len(found) < MOST_SHOWN:
        folder = waiting.pop(0)
        below = folder != path
        if below and any(classes_by_file(folder).values()):
            found.append(outermost(folder, path))
            continue
        if folder.count(os.sep) - path.count(os.sep) < DEEPEST:
            inner = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n[0] != "."]
            waiting += [place for place in inner if os.path.isdir(place)]
    return list(dict.fromkeys(found))


def inner_packages(path: str) -> list[str]:
    """The packages in a folder, whatever is in them: operators may be given to a class later."""
    places = [os.path.join(path, name) for name in sorted(os.listdir(path))]
    return [place for place in places if os.path.isfile(os.path.join(place, "__init__.py"))]


def outermost(folder: str, within: str) -> str:
    """The package that a folder is part of, as far as it lies within another."""
    parent = os.path.dirname(folder)
    while parent != within and os.path.isfile(os.path.join(parent, "__init__.py")):
        folder, parent = parent, os.path.dirname(parent)
    return folder


def inner_engine(path: str, classes: dict[str, list[str]], named: str) -> Unusable | None:
    """What to say of a repository whose engine is in a folder of it; None if none is there."""
    if any(classes.values()):
        return None
    import shlex

    inner = [os.path.relpath(folder, path) for folder in inner_folders(path)]
    found = [shlex.quote(os.path.join(named, name)) for name in inner]
    if not found:
        return None
    if len(found) > 1:
        which = f"folders in it do, {', '.join(inner)}; judge each by itself"
    else:
        which = f"a folder in it does, {inner[0]}"
    return Unusable(
        "not found",
        f"the folder itself holds no engine; {which}: verify check {' '.join(found)}",
    )
