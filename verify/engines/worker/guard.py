"""Whether an engine's own code reaches into the program that asks it.

That program is ``__main__`` and the modules of this folder.  Its names are none of an engine's
business: whoever looks one up, or puts another thing in its place, wants to be asked otherwise than
everybody.  What honest code does is not counted: dunders, lookups with a default or inside ``try``
that find nothing, and the engine's own classes, which are put there so that they can be unpickled.
It is written down here and judged on the other side of the wall.
"""

from __future__ import annotations

import ast
import dis
import os
import sys
import types

from .tracebacks import lines_with, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Final, Iterator, Mapping

    from .namespace import Namespace

    Part = tuple[tuple[str, ...], Mapping[str, Any], Any, Any]
    Reach = tuple[str, int | None]

PACKAGE: Final = __name__.rpartition(".")[0]
MAIN: Final = "__main__"
DIRECT: Final = ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")
"""The steps of compiled code that look a name up and have nothing to fall back on."""
LIBRARY_FOLDER: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
MOST: Final = 100
PLAINLY: Final[dict[str, set[int]]] = {}
SELDOM: Final = 64
"""Answers after which it is looked again whether the program is as it was."""


class Guard:
    """What was written down of one process.

    Attributes:
        noted: of each time that a name was reached for: the module, the name, the file and the line
            of the code that did it, and what it put there.
        own: names that the engine put into ``__main__`` itself.
        modules: those of the program, by name.
        before: what the program was made of when no engine had been looked for.
        told: how much of it was told.
        answers: how many were given since it was looked whether the program is as it was.
    """

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, str, int, Any]] = []
        self.own: set[str] = set()
        self.modules: dict[str, types.ModuleType] = {}
        self.before: list[Part] = []
        self.told: list[Reach] = []
        self.answers = 0

    def stand(self) -> None:
        """Watch the program from now on; only where it is a process of its own."""
        self.modules = {name: m for name, m in sys.modules.items() if is_program(name)}
        for module in self.modules.values():
            module.__class__ = Program
        self.before = list(parts(self.modules))

    def reached(self, space: Namespace, *, closely: bool = True) -> list[Reach]:
        """What the code of an engine reached for, once each, and on which line of its file.

        Args:
            space: the definitions of the engine.
            closely: whether it is looked whether the program is as it was, which takes longer.

        Returns:
            names such as ``__main__.execute``; no line where something was exchanged and nobody
            was seen to do it.
        """
        found: list[Reach] = [
            (f"{module}.{name}{beside(file, space)}", line)
            for module, name, file, line, put in self.noted
            if file in space.files and not (module == MAIN and honest(name, file, put, space))
        ]
        if closely and not found:
            found = [
                (".".join(name), None) for name, names, thing, code in self.before
                if names.get(name[-1]) is not thing or getattr(thing, "__code__", None) is not code
            ]
        return list(dict.fromkeys(found))

    def news(self, space: Namespace) -> Reach | None:
        """The first thing that was reached for since it was told last; None for nothing."""
        self.answers += 1
        closely = not self.answers % SELDOM
        if not (self.noted or closely):
            return None
        found = self.reached(space, closely=closely)
        news = [reach for reach in found if reach not in self.told]
        self.told += news
        return news[0] if news else None

    def note(self, module: Any, name: str, frame: FrameType, put: Any = None) -> None:
        """Write down who reached for what."""
        if len(self.noted) < MOST:
            told = module.__name__.rpartition(".")[2]
            self.noted.append((told, name, frame.f_code.co_filename, frame.f_lineno, put))


GUARD: Final = Guard()


class Program(types.ModuleType):
    """A module of the program, which sees who looks at it."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("__"):
            frame = sys._getframe(1)  # noqa: SLF001 - had in no other way
            if is_outside(frame) and name not in GUARD.own and is_direct(frame):
                GUARD.note(self, name, frame)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, thing: Any) -> None:
        frame = sys._getframe(1)  # noqa: SLF001 - likewise
        new = name not in self.__dict__
        if not name.startswith("__") and is_outside(frame):
            if new and self.__name__ == MAIN and not is_function(thing):
                GUARD.own.add(name)
            elif name not in GUARD.own:
                GUARD.note(self, name, frame, thing)
        super().__setattr__(name, thing)


Program.__name__ = Program.__qualname__ = "module"


def is_program(name: object) -> bool:
    """Whether a module of that name belongs to the program that asks."""
    return isinstance(name, str) and (name == MAIN or name.partition(".")[0] == PACKAGE)


def is_outside(frame: FrameType) -> bool:
    """Whether code is neither the program's nor a library's: those look at everything."""
    if is_program(frame.f_globals.get("__name__")):
        return False
    return not frame.f_code.co_filename.startswith((LIBRARY_FOLDER, "<frozen"))


def is_function(thing: object) -> bool:
    """Whether it can be called and is no class: what can stand in the place of the program's."""
    return callable(thing) and not isinstance(thing, type)


def is_direct(frame: FrameType) -> bool:
    """Whether code looks a name up where it must be there: by no default, in no ``try``."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    step = dis.opname[frame.f_code.co_code[frame.f_lasti]]
    if step not in DIRECT and not asks_plainly(file, line):
        return False
    return line not in lines_with(file, ast.Try)


def asks_plainly(file: str, line: int) -> bool:
    """Whether a line says ``getattr`` of two operands: without a default."""
    if file not in PLAINLY:
        PLAINLY[file] = {
            node.lineno for node in ast.walk(parsed(file))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr"
            and len(node.args) == 2
        }  # fmt: skip
    return line in PLAINLY[file]


def honest(name: str, file: str, put: Any, space: Namespace) -> bool:
    """Whether a name of ``__main__`` is one that the engine has where it runs as a program.

    Its classes are; and what one of its files defines, to another one.
    """
    thing = space.names.get(name) if put is None else put
    if isinstance(thing, type):
        return True
    return put is None and any(
        name in vars(module) and getattr(module, "__file__", None) != file
        for module in space.modules
    )


def beside(file: str, space: Namespace) -> str:
    """`` in helper.py`` where an engine has several files; a notebook's cell by its number."""
    if file.startswith("<"):
        return f" in {file.strip('<>')}"
    return f" in {os.path.basename(file)}" if len(space.files) > 1 else ""


def parts(modules: Mapping[str, types.ModuleType]) -> Iterator[Part]:
    """Functions and classes of the program: name, names that it is among, and what it runs."""
    for module_name, module in modules.items():
        if module_name == MAIN:
            continue
        told = module_name.rpartition(".")[2]
        for name, thing in list(vars(module).items()):
            if not is_program(getattr(thing, "__module__", None)):
                continue
            if isinstance(thing, types.FunctionType):
                yield (told, name), vars(module), thing, thing.__code__
            elif isinstance(thing, type):
                yield (told, name), vars(module), thing, None
                methods = vars(thing) if thing.__module__ == module_name else {}
                for inner, method in list(methods.items()):
                    if isinstance(method, types.FunctionType):
                        yield (told, name, inner), methods, method, method.__code__
