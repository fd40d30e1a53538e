"""A text run as far as it defines things."""

from __future__ import annotations
import __future__

import ast
import os
import re

from .alarm import ALARM, STATEMENT_SECONDS
from .errors import Unusable, summary, text_of
from .source import (
    DEFINITIONS,
    IMPORTS,
    compiled,
    global_names,
    names_bound,
    names_in,
    names_used,
    outer_statements,
)
from .tables import Tables
from .unasked import called, loops_in, loops_told, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Iterable

    from .source import Parsed


class Definitions:
    """The statements of some texts that define things, executed.

    Imports, functions, classes, and what they refer to.  Training loops, plots and calls are left
    out by their syntax.  A plain assignment is kept when it only names something, when it puts a
    method into a class, or when a function or a class refers to the name; and a call or a loop
    where all that it does is to fill a table of rules, or a class.

    Attributes:
        notes: what else was left out, and why; and where a loop trains, which nobody asks.
        lost: names that are bound nowhere because their statement failed, and its failure.
        failures: why classes could not be defined, and the engine's own modules not be imported;
            any other module that is not there has a stand-in.
    """

    def __init__(self, trees: list[Parsed], module: ModuleType) -> None:
        self.module = module
        self.needed = {
            name for _, tree in trees for s in tree.body if isinstance(s, DEFINITIONS)
            for name in names_used(s)
        }  # fmt: skip
        self.needed |= needed_by_classes([tree for _, tree in trees])
        self.tables = Tables([tree for _, tree in trees], self.needed)
        self.needed |= self.tables.needed
        self.notes: list[str] = []
        self.lost: dict[str, Unusable] = {}
        self.failures: list[Unusable] = []
        self.demonstrated: set[str] = set()
        self.nodes: set[str] = set()
        self.loops: list[str] = []
        self.flags = 0
        for name, tree in trees:
            for statement in tree.body:
                self.run(name, statement)
        self.notes += loops_told(self.loops)

    def run(self, name: str, statement: ast.stmt) -> None:
        """Execute one statement of a text with this name, if it defines something."""
        fills = self.tables.filled_by(statement)
        if not fills and not defines(statement, self.needed):
            self.demonstrated |= names_bound(statement)
            self.loops += [place_of(name, loop) for loop in loops_in(statement)]
            if any(isinstance(vars(self.module).get(name), type) for name in called(statement)):
                self.nodes |= names_bound(statement)
            return
        self.flags |= future_flags([statement])
        block = ast.Module(body=[statement], type_ignores=[])
        try:
            code = compiled(block, name, self.module, self.flags)
            ALARM.call(STATEMENT_SECONDS, exec, code, vars(self.module))
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            missing = re.match("name '(\\w+)' is not defined", text_of(error))
            bound = names_bound(statement)
            shown = missing is not None and missing.group(1) in self.demonstrated
            if shown and (fills or (bound and not bound & self.needed)):
                self.demonstrated |= bound  # of what was left out on purpose: nobody's mistake
                return
            place, what = os.path.basename(name).strip("<>"), summary(error)
            self.notes.append(f"line {statement.lineno} of {place} was left out: {what}")
            if shown and missing is not None and missing.group(1) in self.nodes:
                return  # made of nodes of a demonstration: the engine is there without it
            why = Unusable("import", f"{place} raises {what}", statement.lineno)
            if missing and missing.group(1) in self.lost:
                why = self.lost[missing.group(1)]
            if isinstance(statement, (*IMPORTS, ast.ClassDef)):
                self.failures.append(why)
            for lost in names_lost(statement):
                self.lost.setdefault(lost, why)

    def refusal(self, cls: type) -> Unusable | None:
        """Why a class cannot be judged: it refers to a name that was lost; None if it can."""
        for name in sorted(global_names(cls)):
            if name in self.lost and not hasattr(self.module, name):
                return self.lost[name]
        return None


def needed_by_classes(trees: list[ast.Module]) -> set[str]:
    """What the assignments to names that classes refer to are made of, step by step.

    A method that walks from a global ``L`` needs that, and ``L = d * f`` needs ``d`` and ``f``.
    """
    statements = [s for tree in trees for s in tree.body]
    classes = [s for s in statements if isinstance(s, ast.ClassDef)]
    assigned = [(names_bound(s), names_used(s)) for s in statements if isinstance(s, ast.Assign)]
    found: set[str] = set()
    waiting = {name for s in classes for name in names_used(s)}
    while waiting:
        found |= waiting
        waiting = {name for bound, used in assigned if bound & found for name in used} - found
    return found


def future_flags(statements: Iterable[ast.stmt]) -> int:
    """What ``from __future__ import`` switches on for all that follows."""
    flags = 0
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


def names_lost(statement: ast.stmt) -> set[str]:
    """Names that a statement would have bound."""
    found: set[str] = set()
    for part in outer_statements(ast.Module(body=[statement], type_ignores=[])):
        found |= names_bound(part)
        if isinstance(part, ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, IMPORTS):
            found |= {a.asname or a.name.partition(".")[0] for a in part.names}
    return found


def defines(statement: ast.stmt, needed: set[str]) -> bool:
    """Whether a statement defines something, or names something that is needed."""
    if isinstance(statement, DEFINITIONS + IMPORTS):
        return True
    if isinstance(statement, ast.Try):
        return all(defines(s, needed) for s in statement.body)
    if isinstance(statement, ast.If):
        program = "__name__" in names_in(statement.test)
        return not program and all(
            defines(s, needed) for s in [*statement.body, *statement.orelse]
        )
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None or kept([statement.target], statement.value, needed)
    if isinstance(statement, ast.Assign):
        return kept(statement.targets, statement.value, needed)
    return False


def kept(targets: list[ast.expr], value: ast.expr, needed: set[str]) -> bool:
    """Whether an assignment is one that defines something."""
    calls = any(isinstance(n, (ast.Call, ast.Await)) for n in ast.walk(value))
    quiet = isinstance(value, ast.Lambda) or not calls
    if any(isinstance(t, ast.Attribute) for t in targets):
        return quiet and isinstance(value, (ast.Name, ast.Lambda, ast.Attribute))
    return quiet or any(names_in(t) & needed for t in targets)
