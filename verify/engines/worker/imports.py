"""What the code under test may import: modules that are offered, and stand-ins for those absent."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import sys
import types

from .tracebacks import is_ours, lines_with

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import FrameType
    from typing import Any, Final, Iterable, Sequence

STANDARD: Final = {*getattr(sys, "stdlib_module_names", ()), *sys.builtin_module_names}


def prepare(request: dict[str, Any]) -> AbsentFinder | None:
    """Decide what the engine may import, before any of its code runs.

    Returns:
        What finds the modules that are absent; None where nothing is hidden from the engine.
    """
    packages = request.get("packages") or []
    offered = request.get("offered")
    if offered is None:  # a module of an installed environment
        sys.meta_path.insert(0, HiddenFinder(request.get("hidden") or []))
        sys.path[:0] = request.get("path_first") or []
        sys.path += [p for p in packages if p not in sys.path]
        sys.path += [p for p in request.get("path_last") or [] if p not in sys.path]
        return None
    sys.path[:] = [p for p in sys.path if p not in packages]
    absent = AbsentFinder()
    sys.meta_path += [OfferedFinder(offered, packages), absent]
    return absent


class Absent:
    """Stands for anything from a module that is not available; using it for real is an error.

    It can be imported, subclassed and used as a decorator, so that an engine that mentions a
    plotting library and does not need it still loads.
    """

    def __init__(self, name: str = "?") -> None:
        object.__setattr__(self, "_absent", name)

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(f"{object.__getattribute__(self, '_absent')}.{name}")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)

    def __instancecheck__(self, _: object) -> bool:
        return False

    def __call__(self, *args: Any, **_: Any) -> Any:
        """Change nothing as a decorator; raise ImportError in any other use."""
        if len(args) == 1 and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        return needed(self)

    def __getitem__(self, _: object) -> Absent:
        return self

    def __or__(self, _: object) -> Absent:
        return self

    __ror__ = __or__


def needed(absent: Absent, *_: object) -> Any:
    """Say what is needed and not there."""
    name = object.__getattribute__(absent, "_absent")
    raise ImportError(
        f"{name} is needed, and {name.partition('.')[0]} is not available here", name=name
    )


for _operator in (
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg",
    "abs", "float", "int", "index", "iter", "len", "enter", "lt", "le", "gt", "ge",
):  # fmt: skip
    setattr(Absent, f"__{_operator}__", needed)  # to calculate with it is to use it for real


class AbsentFinder:
    """Finds every module that nobody else finds, empty; remembers which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """An empty module, unless the standard library or the engine knows what to do without."""
        top = name.partition(".")[0]
        if top in STANDARD or top.startswith("_") or (path is not None and top not in self.names):
            return None
        if self.expected():
            return None
        if top not in self.names:
            self.names.append(top)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def told(self) -> str:
        """Which they are, in words."""
        return f"not available here: {', '.join(sorted(self.names))}"

    @staticmethod
    def expected() -> bool:
        """Whether the import stands in a ``try``: the engine knows what to do without it."""
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - had in no other way
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is None:
            return False
        file = frame.f_code.co_filename  # what the worker itself imports must be there
        return is_ours(file) or frame.f_lineno in lines_with(file, ast.Try)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """A module all of whose names are there, and stand for what is not."""
        module = types.ModuleType(spec.name)
        vars(module).update(__getattr__=Absent(spec.name).__getattr__, __path__=[], __all__=[])
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


class HiddenFinder:
    """Says of installed packages that are not to be seen that they are not there."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> None:
        """Nothing, or the exception that Python itself raises."""
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class OfferedFinder:
    """Finds those installed packages that are offered to the engine, and no others."""

    def __init__(self, names: Iterable[str], path: Iterable[str]) -> None:
        self.names, self.path = set(names), list(path)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where Python finds it in the folders of installed packages."""
        if name.partition(".")[0] not in self.names:
            return None
        return importlib.machinery.PathFinder.find_spec(
            name, self.path if path is None else path, target
        )
