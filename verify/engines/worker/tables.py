"""Statements of a file that fill its tables: a rule for an operation, a method for a class.

Where a file is run as far as it defines things, such a statement is one of its definitions.  And a
function that is given rules is no backward pass: to call it with a node would be to give it one.
"""

from __future__ import annotations

import ast
import linecache

from .source import DEFINITIONS, FUNCTIONS, IMPORTS, names_bound, names_in, outer_statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable

DISPLAYS: Final = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp)
NEW: Final = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict"})
FILLING: Final = frozenset({"update", "append", "extend", "add", "insert", "setdefault"})
"""Methods that put something into a list, a set or a dictionary."""
QUIET: Final = frozenset({
    "items", "keys", "values", "zip", "enumerate", "range", "getattr", "vars", "staticmethod",
    "classmethod", "property", "partialmethod", *NEW,
})  # fmt: skip
"""What a loop over rules may call to have them."""
LOOKS: Final = frozenset({"hasattr", "getattr", "callable", "isinstance", "vars", "dir"})
"""What a condition on a class may call."""


class Tables:
    """What a file has to keep rules in, and the functions that put them there.

    Attributes:
        own: names of its functions and classes.
        filled: names of lists, sets and dictionaries that a definition refers to.
        keeping: functions and methods that keep what they are given, and what these return.
        making: functions that make a class and return it.
        installing: functions that want nothing, and only put methods into classes, or rules into
            tables.
    """

    def __init__(self, trees: Iterable[ast.Module], needed: set[str]) -> None:
        statements = [s for tree in trees for s in outer_statements(tree)]
        definitions = [s for s in statements if isinstance(s, DEFINITIONS)]
        assigned = [s for s in statements if isinstance(s, (ast.Assign, ast.AnnAssign))]
        self.own = {s.name for s in definitions}
        self.filled = {n for s in assigned if is_new(s.value) for n in bound(s)} & needed
        alone = [s for s in definitions if isinstance(s, FUNCTIONS)]
        inside = [s for c in definitions if isinstance(c, ast.ClassDef) for s in c.body]
        functions = [*alone, *[s for s in inside if isinstance(s, FUNCTIONS)]]
        self.keeping = {f.name for f in functions if keeps(f)}
        self.keeping |= {
            n for s in assigned if called_name(s.value) in self.keeping for n in bound(s)
        }
        self.making = {f.name for f in alone if makes_class(f)}
        self.installing: set[str] = set()
        self.installing = {
            f.name for f in alone if not f.args.args and self.fill(f.body, frozenset())
        }
        self.needed = {n for s in statements if self.filled_by(s) for n in names_in(s)}

    def filled_by(self, statement: ast.stmt) -> bool:
        """Whether a statement does nothing but put rules, or methods, where they belong."""
        return self.part(statement, None) is True

    def fill(self, statements: Iterable[ast.stmt], names: frozenset[str]) -> bool | None:
        """Whether some of these statements do that; ``None`` where one does anything else.

        Args:
            statements: of a loop, a function or the like.
            names: what is bound there for a while.
        """
        parts = []
        for statement in statements:
            parts.append(self.part(statement, names))
            names |= names_bound(statement)
        return None if None in parts else any(parts)

    def part(self, statement: ast.stmt, names: frozenset[str] | None) -> bool | None:
        """Whether a statement puts something where it belongs; ``None`` if it does more than that.

        ``names``: see :meth:`fill`; ``None`` for a statement of the file itself.
        """
        inner = names or frozenset()
        if isinstance(statement, ast.For):
            turn = inner | names_in(statement.target)
            return self.fill(statement.body, turn) if calls_in(statement.iter) <= QUIET else None
        if isinstance(statement, ast.If):
            quiet = calls_in(statement.test) <= LOOKS and "__name__" not in names_in(statement.test)
            return self.fill([*statement.body, *statement.orelse], inner) if quiet else None
        if isinstance(statement, ast.Try):
            handled = [s for handler in statement.handlers for s in handler.body]
            ends = [*statement.orelse, *statement.finalbody]
            return self.fill([*statement.body, *handled, *ends], inner)
        if isinstance(statement, ast.Assign):
            return self.assigned(statement, names)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            return True if self.called(statement.value, inner) else None
        quiet = isinstance(statement, (*DEFINITIONS, *IMPORTS, ast.Pass))
        look = isinstance(statement, ast.Expr) and not calls_in(statement)
        return False if names is not None and (quiet or look) else None

    def assigned(self, statement: ast.Assign, names: frozenset[str] | None) -> bool | None:
        """The same of an assignment."""
        targets, calls = statement.targets, calls_in(statement.value)
        quiet = calls <= QUIET | self.own
        if all(isinstance(t, ast.Name) for t in targets):
            if calls and called_name(statement.value) in self.making:
                return True
            return False if names is not None and quiet else None
        parts = [t for t in targets if isinstance(t, (ast.Attribute, ast.Subscript))]
        if len(parts) < len(targets) or not quiet:
            return None
        whose = [names_in(part.value) for part in parts]
        if all(isinstance(part, ast.Subscript) for part in parts):
            return True if names is not None and all(w & self.filled for w in whose) else None
        if all(w & self.own for w in whose):
            return True
        return False if names and all(w <= names for w in whose) else None

    def called(self, call: ast.Call, names: frozenset[str]) -> bool:
        """Whether a call that stands by itself puts something where it belongs."""
        given = [*call.args, *[k.value for k in call.keywords]]
        func, name = innermost(call).func, called_name(call)
        whose = names_in(func.value) if isinstance(func, ast.Attribute) else self.own
        if name == "setattr":
            return bool(given) and bool(names_in(given[0]) & self.own)
        if isinstance(func, ast.Attribute) and name in FILLING:
            return bool(whose & self.filled)
        if name in self.installing and not given:
            return True
        known = bool(given) and all(names_in(one) <= names | self.own for one in given)
        return (
            name in self.keeping and bool(whose & self.own)
            and (is_rule(call, self.own) or (known and bool(names)))
        )  # fmt: skip


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


def calls_in(tree: ast.AST) -> set[str]:
    """Names of what is called, ``""`` for what has none; not what a lambda calls later."""
    found: set[str] = set()
    waiting = [tree]
    for node in waiting:
        if isinstance(node, ast.Call):
            found.add(called_name(node))
        waiting += [] if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node)
    return found


def makes_class(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function returns a class that it makes."""
    made = {n.name for n in ast.walk(function) if isinstance(n, ast.ClassDef)}
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
    return any(isinstance(value, ast.Name) and value.id in made for value in returned)


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
    """Whether a function keeps what it is given: under a key, in a list, or as an attribute.

    What it puts into a list of its own, as a backward pass does, is gone with it.
    """
    every = [n.args for n in ast.walk(function) if isinstance(n, FUNCTIONS)]
    given = {a.arg for args in every for a in [*args.args, *args.kwonlyargs]}
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    own = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return any(
        names_in(part) & given and not names_in(place) & own
        for node in ast.walk(function)
        for place, part in what_is_kept(node)
    )


def what_is_kept(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """What one step of a function puts somewhere: the list, table, object or class, and what."""
    if isinstance(node, ast.Assign):
        places = [t.value for t in node.targets if isinstance(t, ast.Subscript)]
        return [(place, node.value) for place in places]
    if isinstance(node, ast.Call) and node.args:
        if called_name(node) == "setattr":
            return [(node.args[0], part) for part in node.args[1:]]
        if isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
            return [(node.func.value, part) for part in node.args]
    return []
