"""The definitions of an engine: its modules, its files, its names."""

from __future__ import annotations

import os

from .naming import ALIASES, CLASS_NAMES, ENTRY_NAMES, has_operator, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Iterable


def derives(cls: type, base: type) -> bool:
    """Whether a class is another one, or has it among its bases.

    ``issubclass`` asks the other one what it thinks: a ``Protocol`` or a ``TypedDict`` raises.
    """
    return base in cls.__mro__


class Namespace:
    """The engine's definitions: the modules it is made of, and their names in order.

    ``own_file`` is the one in which its class is, as soon as it is found: lines of others are told
    with their file.
    """

    def __init__(self, modules: Iterable[ModuleType], files: Iterable[str] = ()) -> None:
        self.modules = list(modules)
        self.files = set(files)
        self.own_file = ""
        self.names: dict[str, Any] = {}
        for module in self.modules:
            for name, thing in list(vars(module).items()):
                self.names[name] = thing

    def settle(self, cls: type) -> None:
        """Note in which of the files a class is, by its methods."""
        codes = [getattr(thing, "__code__", None) for thing in vars(cls).values()]
        files = [code.co_filename for code in codes if code is not None]
        self.own_file = next((file for file in files if file in self.files), "")

    def elsewhere(self, file: str | None) -> str:
        """The name of a file that is not the one of the class; ``""`` for that one."""
        if not file or not self.own_file or file == self.own_file or file.startswith("<"):
            return ""
        return os.path.basename(file)

    def is_own(self, thing: Any) -> bool:
        """Whether it was defined here, not imported from elsewhere."""
        # Of the same package is enough: compiled modules are not always found by walking.
        module = getattr(thing, "__module__", None) or ""
        return module.partition(".")[0] in {m.__name__.partition(".")[0] for m in self.modules}

    def classes(self, things: Iterable[Any] | None = None) -> list[type]:
        """Classes that are defined here and might be nodes, best first; ``things``: of these."""
        things = self.names.values() if things is None else things
        own = [t for t in things if isinstance(t, type) and self.is_own(t)]
        found = list(dict.fromkeys(t for t in own if not issubclass(t, BaseException)))
        order = {id(c): i for i, c in enumerate(found)}
        return sorted(
            (c for c in found if self.rank(c)[0]),
            key=lambda c: (self.rank(c), order[id(c)]),
            reverse=True,
        )

    def rank(self, cls: type) -> tuple[int, int, int, int]:
        """How much a class looks like a node; 0 first: not at all.

        Then its methods that start a backward pass, how usual its name is, and how few classes
        of the engine it is derived from.
        """
        operators = sum(
            has_operator(cls, d)
            for d in ("__add__", "__mul__", "__radd__", "__rmul__", "__sub__", "__pow__")
        )
        attributes = {plain(n) for n in dir(cls)}
        methods = sum(plain(n) in attributes for n in ENTRY_NAMES[:10])
        if not operators and not methods and not self.functional():
            return (0, 0, 0, 0)
        known = (
            len(CLASS_NAMES) - CLASS_NAMES.index(cls.__name__) if cls.__name__ in CLASS_NAMES else 0
        )
        base = -sum(
            derives(cls, c)
            for c in self.names.values()
            if isinstance(c, type) and self.is_own(c)
        )
        return (operators + bool(methods) + 1, methods, known, base)

    def functional(self) -> bool:
        """Whether addition or multiplication is a function of this file."""
        return any(self.functions(op) for op in ("add", "mul"))

    def functions(self, op: str) -> list[tuple[str, Any]]:
        """Callables of the engine's own that are spelled like an operation."""
        return [
            (name, thing)
            for name, thing in self.names.items()
            if plain(name) in ALIASES[op] and callable(thing) and self.is_own(thing)
        ]
