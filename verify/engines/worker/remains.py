"""What remains of a module that cannot be run to its end: its definitions."""

from __future__ import annotations

import sys

from .definitions import Definitions
from .errors import Unusable
from .namespace import Namespace
from .source import DEFINITIONS, new_module, parse, read_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable


def remains(path: str, name: str, line: int | None) -> Definitions | None:
    """The definitions of a module whose import fails on a line of its file; None for none.

    The file of an engine is used as far as it goes: what its class has lost is said later, by
    :func:`refuse`.  Of any other file nothing may be lost: it must fail below its definitions.
    """
    try:
        tree = parse(read_source(path), path)
    except Unusable:
        return None
    last = max([s.end_lineno or 0 for s in tree.body if isinstance(s, DEFINITIONS)], default=0)
    module = new_module(path, "engine", name)
    definitions = Definitions([(path, tree)], module)
    at_its_end = last > 0 and line is not None and line > last and not definitions.lost
    if at_its_end or Namespace([module]).classes():
        return definitions
    del sys.modules[name]
    return None


def refuse(found: Iterable[Definitions], cls: type) -> None:
    """Judge no class that refers to what was lost.

    Raises:
        Unusable: what that is.
    """
    for definitions in found:
        if definitions.module.__name__ == cls.__module__:
            lost = definitions.refusal(cls)
            if lost is not None:
                raise lost


def told(message: str, line: int | None) -> str:
    """What failed, and what was done instead."""
    place = f" (line {line})" if line else ""
    return f"{message}{place}; only its definitions were used"
