"""What of a file nobody asks, though it is part of the work: training, and losses.

Nothing says what each has to compute.  That it was not judged is told, and never a verdict.
"""

from __future__ import annotations

import ast
import os
import re
from types import CodeType, FunctionType

from .namespace import derives
from .naming import ENTRY_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Iterator

    from .adapter import Adapter
    from .namespace import Namespace

MOST_TOLD: Final = 24
TRIES: Final = re.compile("test|check|main|demo|example|draw|plot|show|print")
"""In the name of what only tries the engine, or shows what it does."""
LOSSES: Final = re.compile(
    "loss|(^|_)r?mse($|_)|(^|_)mae($|_)|(^|_)nll($|_)|hinge|entropy|softmax|likelihood|squared_err"
)
"""In the name of what is to be minimised, or of a part of it."""
LOOPS: Final = (ast.For, ast.While)
BLOCKS: Final = (ast.If, ast.With, ast.Try)
"""Statements in which a loop is no part of a function."""


def unasked_parts(space: Namespace, adapter: Adapter) -> list[str]:
    """Notes about functions and methods beside the engine that train, and that are losses."""
    entry = {*re.findall(r"\w+", adapter.guess.get("backward", ""))}
    own = entry | reached(space, adapter.cls)
    parts = [
        (words, name, code) for words, name, code in parts_beside(space, adapter.cls)
        if name not in own and not TRIES.search(words.lower())
    ]  # fmt: skip
    passes = [words for words, _, code in parts if entry & {*code.co_names}]
    losses = [
        words for words, name, _ in parts if LOSSES.search(snake(name)) and words not in passes
    ]
    told = [f"the use of a backward pass in {listed(passes)} was not judged"] if passes else []
    if losses:
        says = "compute what their names say" if len(losses) > 1 else "computes what its name says"
        told.append(f"whether {listed(losses)} {says} was not judged")
    return told


def parts_beside(space: Namespace, cls: type) -> Iterator[tuple[str, str, CodeType]]:
    """Functions and methods beside a node's class: in words, by name, and their code.

    What calls an object is that of its class, and bears its name.
    """
    for name, thing in space.names.items():
        if isinstance(thing, FunctionType) and space.is_own(thing):
            yield f"{name}()", name, thing.__code__
        elif isinstance(thing, type) and space.is_own(thing):
            if derives(cls, thing) or derives(thing, cls):
                continue
            for method, code in methods(thing):
                if method in {"__call__", "forward"}:
                    yield f"{name}()", name, code
                elif not method.startswith("_"):
                    yield f"{name}.{method}()", method, code


def methods(cls: type) -> list[tuple[str, CodeType]]:
    """Of a class itself, each with its code."""
    found = [(name, getattr(thing, "__func__", thing)) for name, thing in vars(cls).items()]
    return [(name, thing.__code__) for name, thing in found if isinstance(thing, FunctionType)]


def reached(space: Namespace, cls: type) -> set[str]:
    """Names that the node's own methods lead to, through whatever else has such a name."""
    codes = [code for base in cls.__mro__[:-1] for _, code in methods(base)]
    found: set[str] = set()
    waiting = {name for code in codes for name in names_of(code)}
    table: dict[str, list[CodeType]] = {}
    for name, thing in space.names.items():
        if isinstance(thing, FunctionType) and space.is_own(thing):
            table.setdefault(name, []).append(thing.__code__)
        elif isinstance(thing, type) and space.is_own(thing):
            for method, code in methods(thing):
                table.setdefault(name, []).append(code)
                table.setdefault(method, []).append(code)
            table.setdefault(name, [])
    while waiting:
        found |= waiting
        waiting = {n for w in waiting for c in table.get(w, ()) for n in names_of(c)} - found
    return found


def names_of(code: CodeType) -> set[str]:
    """All names that a function refers to, and the functions in it."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return {*code.co_names}.union(*map(names_of, inner))


def snake(name: str) -> str:
    """``MSELoss`` as ``mse_loss``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def listed(names: Iterable[str]) -> str:
    """Names in words, and how many more there are."""
    each = list(dict.fromkeys(names))
    more = [f"{len(each) - MOST_TOLD} more"] if len(each) > MOST_TOLD else []
    return ", ".join(each[:MOST_TOLD] + more)


def loops_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Loops of a statement that run a backward pass, but for those in functions."""
    if isinstance(statement, LOOPS) and called(statement, of=True) & {*ENTRY_NAMES}:
        yield statement
    elif isinstance(statement, BLOCKS):
        inner: list[Any] = [*statement.body, *getattr(statement, "orelse", [])]
        inner += getattr(statement, "finalbody", [])
        for each in inner:
            yield from loops_in(each)


def place_of(name: str, statement: ast.stmt) -> str:
    """Where a statement is: in which cell, or in which line of a file."""
    if name.startswith("<"):
        return name.strip("<>")
    return f"line {statement.lineno} of {os.path.basename(name)}"


def loops_told(places: Iterable[str]) -> list[str]:
    """A note about the loops at these places, ``[]`` for none."""
    where = listed(places)
    return [f"the use of a backward pass in a loop ({where}) was not judged"] if where else []


def called(statement: ast.stmt, *, of: bool = False) -> set[str]:
    """Names of what a statement calls; ``of``: of the methods as well."""
    calls = [n.func for n in ast.walk(statement) if isinstance(n, ast.Call)]
    methods = {func.attr for func in calls if isinstance(func, ast.Attribute) and of}
    return methods | {func.id for func in calls if isinstance(func, ast.Name)}
