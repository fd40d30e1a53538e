"""Statements of a file that fill its tables: a rule for an operation, a method for a class.

Where a file is run as far as it defines things, such a statement is one of its definitions.  And a
function that is given rules is no backward pass: to call it with a node would be to give it one.
"""

from __future__ import annotations

import ast
import linecache

from .source import DEFINITIONS, FUNCTIONS, names_bound, names_in, outer_statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable

DISPLAYS: Final = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp)
NEW: Final = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict"})
FILLING: Final = frozenset({"update", "append", "extend", "add", "insert", "setdefault"})
"""Methods that put something into a list, a set or a dictionary."""
QUIET: Final = frozenset({"items", "keys", "values", "zip", "enumerate", "range", *NEW})
"""What a loop over rules may call to have them."""


class Tables:
    """What a file has to keep rules in, and the functions that put them there.

    Attributes:
        own: names of its functions and classes.
        filled: names of lists, sets and dictionaries that a definition refers to.
        keeping: functions and methods that keep what they are given, and what these return.
    """

    def __init__(self, trees: Iterable[ast.Module], needed: set[str]) -> None:
        statements = [s for tree in trees for s in outer_statements(tree)]
        definitions = [s for s in statements if isinstance(s, DEFINITIONS)]
        assigned = [s for s in statements if isinstance(s, (ast.Assign, ast.AnnAssign))]
        self.own = {s.name for s in definitions}
        self.filled = {n for s in assigned if is_new(s.value) for n in bound(s)} & needed
        functions = [
            f for s in definitions for f in ([s, *s.body] if isinstance(s, ast.ClassDef) else [s])
        ]
        self.keeping = {f.name for f in functions if isinstance(f, FUNCTIONS) and keeps(f)}
        self.keeping |= {
            n for s in assigned if called_name(s.value) in self.keeping for n in bound(s)
        }
        self.needed = {n for s in statements if self.filled_by(s) for n in names_in(s)}

    def filled_by(self, statement: ast.stmt, *, in_loop: bool = False) -> bool:
        """Whether a statement does nothing but put rules, or methods, where they belong."""
        if isinstance(statement, ast.For):
            calls = {called_name(n) for n in ast.walk(statement.iter) if isinstance(n, ast.Call)}
            return calls <= QUIET and all(
                self.filled_by(s, in_loop=True) for s in statement.body
            )
        if isinstance(statement, ast.Assign):
            return in_loop and all(
                isinstance(t, ast.Subscript) and names_in(t.value) & self.filled
                for t in statement.targets
            )
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            return False
        call = statement.value
        given = [*call.args, *[k.value for k in call.keywords]]
        func, name = innermost(call).func, called_name(call)
        if name == "setattr":
            return bool(given) and bool(names_in(given[0]) & self.own)
        if isinstance(func, ast.Attribute) and name in FILLING:
            return bool(names_in(func.value) & self.filled)
        return name in self.keeping and (in_loop or is_rule(call, self.own))


def given_rules(files: Iterable[str]) -> set[str]:
    """Names of functions that some files use to keep rules: as decorators, or by a call.

    Such a call is a statement by itself, and gives a function, or a class of the file's own.
    """
    trees = []
    for file in files:
        try:
            trees.append(ast.parse("".join(linecache.getlines(file))))
        except (SyntaxError, ValueError, RecursionError):  # compiled, or said elsewhere
            continue
    definitions = [n for tree in trees for n in ast.walk(tree) if isinstance(n, DEFINITIONS)]
    own = {each.name for each in definitions}
    calls = [s.value for t in trees for s in outer_statements(t) if isinstance(s, ast.Expr)]
    return {called_name(d) for each in definitions for d in each.decorator_list} | {
        called_name(call) for call in calls if is_rule(call, own)
    }


def innermost(call: ast.Call) -> ast.Call:
    """The first of calls in a row: ``rule(Add)`` of ``rule(Add)(f)``."""
    while isinstance(call.func, ast.Call):
        call = call.func
    return call


def called_name(value: Any) -> str:
    """The name of the function, method or decorator; empty for what has none."""
    func = innermost(value).func if isinstance(value, ast.Call) else value
    if isinstance(func, ast.Name):
        return func.id
    return func.attr if isinstance(func, ast.Attribute) else ""


def is_new(value: Any) -> bool:
    """Whether an expression makes a list, a set or a dictionary."""
    return isinstance(value, DISPLAYS) or (
        isinstance(value, ast.Call) and called_name(value) in NEW
    )


def bound(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    """Names that an assignment binds."""
    if isinstance(statement, ast.AnnAssign):
        return names_in(statement.target)
    return names_bound(statement)


def is_rule(call: ast.expr, own: set[str]) -> bool:
    """Whether a call gives a function, or something of the file's own by its name."""
    while isinstance(call, ast.Call):
        for given in [*call.args, *[k.value for k in call.keywords]]:
            parts = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
            if any(isinstance(p, ast.Lambda) or getattr(p, "id", "") in own for p in parts):
                return True
        call = call.func
    return False


def keeps(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function keeps what it is given: under a key, in a list, or as an attribute."""
    every = [n.args for n in ast.walk(function) if isinstance(n, FUNCTIONS)]
    given = {a.arg for args in every for a in [*args.args, *args.kwonlyargs]}
    return any(
        names_in(part) & given for node in ast.walk(function) for part in what_is_kept(node)
    )


def what_is_kept(node: ast.AST) -> list[ast.expr]:
    """What one step of a function puts under a key, in a list, or into an object or a class."""
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Subscript) for t in node.targets):
        return [node.value]
    if isinstance(node, ast.Call) and called_name(node) in {"setattr", *FILLING}:
        return node.args
    return []
