"""Notebooks: their code cells as plain Python, in one module."""

from __future__ import annotations

import ast
import importlib.machinery
import json
import linecache
import os
import re
import sys

from .beside import install
from .definitions import Definitions
from .errors import Unusable, text_of
from .modules import files_of, own_imports
from .namespace import Namespace
from .source import DEFINITIONS, IMPORTS, new_module
from .texts import TEXTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Final, Sequence

    from .source import Parsed

MAGIC: Final = re.compile(r"^(\s*)([%!?].*|[\w, ]+=\s*[%!].*|.*\?\s*)$")
CELL_MAGIC_KEPT: Final = ("%%time", "%%timeit", "%%capture", "%%prun")


class Notebook:
    """A notebook that was run as far as it defines things.

    Attributes:
        space: its definitions, and those of the modules that it writes.
        trees: the syntax trees of its cells.
        definitions: what was run of them.
        notes: statements that were left out.
        problems: cells that Python cannot read.
    """

    def __init__(self, path: str) -> None:
        written = WrittenFinder()
        install(os.path.dirname(os.path.abspath(path)))
        sys.meta_path.insert(0, written)
        cells: list[Parsed] = []
        self.problems: list[Unusable] = []
        for number, source in notebook_cells(path):
            name = f"<cell {number}>"
            file, text = without_magics(TEXTS.get(name, source))
            if text is None:
                continue
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
            try:
                tree = ast.parse(text, name)
            except SyntaxError as error:
                message = f"cell {number}: {type(error).__name__}: {error.msg}"
                self.problems.append(Unusable("syntax", message, error.lineno))
                continue
            if file is not None and file.endswith(".py"):
                dotted = os.path.splitext(file)[0].replace("/", ".").lstrip(".")
                written.sources[dotted] = name, text
                tree.body = [s for s in tree.body if isinstance(s, DEFINITIONS + IMPORTS)]
            cells.append((name, tree))
        module = new_module(path, "notebook")
        self.definitions = Definitions(cells, module)
        self.notes = self.definitions.notes
        modules = [sys.modules[name] for name in written.sources if name in sys.modules]
        beside = [m for m in own_imports(module, path) if m not in modules]
        self.space = Namespace(
            [*modules, *beside, module], [*[name for name, _ in cells], *files_of(beside)]
        )
        self.trees = [tree for _, tree in cells]


def notebook_cells(path: str) -> list[tuple[int, str]]:
    """(cell number, source) of the code cells.

    Raises:
        Unusable: if the file is no notebook.
    """
    with open(path, "rb") as file:
        text = file.read()
    if not text.strip():
        raise Unusable("notebook", "this is no notebook: the file is empty")
    try:
        return code_cells(json.loads(text.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        message = f"this is no notebook: it is not valid JSON: {text_of(error)}"
        raise Unusable("notebook", message) from None
    except (KeyError, TypeError, AttributeError):
        raise Unusable("notebook", "this is no notebook: it is JSON without its cells") from None


def code_cells(document: Any) -> list[tuple[int, str]]:
    """The code cells of a notebook's JSON, of format 4 or 3."""
    sheets = document.get("worksheets") or [document]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    code = []
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            code.append((number, source if isinstance(source, str) else "".join(source)))
    return code


def without_magics(source: str) -> tuple[str | None, str | None]:
    """The cell as plain Python, line for line; (name, text) when it writes a file, None to skip."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        words = lines[first].split()
        if words[0] in ("%%writefile", "%%file") and len(words) > 1:
            return words[-1], "\n".join(["" for _ in lines[: first + 1]] + lines[first + 1 :])
        if words[0] not in CELL_MAGIC_KEPT:
            return None, None
        lines[first] = ""
    return None, "\n".join(MAGIC.sub(r"\1pass", line) if is_magic(line) else line for line in lines)


def is_magic(line: str) -> bool:
    """Whether a line is for IPython and not for Python."""
    return MAGIC.match(line) is not None and not line.strip().startswith(("#", "'"))


class WrittenFinder:
    """Modules that a notebook writes with ``%%writefile``."""

    def __init__(self) -> None:
        self.sources: dict[str, tuple[str, str]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module that a cell wrote."""
        if name not in self.sources:
            return None
        return importlib.machinery.ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Python's usual kind of module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run what the cell defines."""
        file, source = self.sources[module.__name__]
        module.__file__ = file
        Definitions([(file, ast.parse(source, file))], module)
