"""The engine's source, rewritten so that whatever it does passes through :mod:`.interposed`.

Meaning and lines stay the same.  A read of an attribute, a call, a comparison, a truth test, an
index and a loop become calls of the functions there; what is written to becomes the ``value`` of an
object of theirs.  Syntax that cannot be followed so is preceded by a call that says so.
"""

from __future__ import annotations

import ast
import copy
import os

from ..tracebacks import FUNCTIONS
from .surroundings import ABOUT_MODULE, catches_limits, depending, renames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, List, Union

    Statements = Union[ast.AST, List[ast.AST]]

NAME: Final = f"_watch_{os.urandom(8).hex()}_"
"""The name under which the rewritten source finds :mod:`.interposed`; no source can know it."""
NATIVE: Final = frozenset({
    "globals", "locals", "vars", "dir", "eval", "exec", "compile", "__import__", "super",
})  # fmt: skip
"""Functions that look at the frame that calls them."""


MOST_ENTRIES: Final = 40
"""So many constants in the lists of a function are no length of its own."""
MOST_TARGETS: Final = 3
"""So many names may be unpacked into without counting what is unpacked."""
SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def rewritten(tree: ast.AST, changeable: Iterable[str] = ()) -> Any:
    """A copy of a syntax tree in which everything that is done can be watched.

    Args:
        tree: of a module.
        changeable: names of its own that functions rebind.
    """
    names, attributes, imported = depending(tree)
    rewriter = Rewriter(names | ABOUT_MODULE, attributes, imported, frozenset(changeable))
    rewriter.renamed = renames(tree)
    return ast.fix_missing_locations(rewriter.visit(copy.deepcopy(tree)))


def asked(what: str, *args: Any) -> ast.Call:
    """A call of a function of :mod:`.interposed`."""
    function = ast.Attribute(ast.Name(NAME, ast.Load()), what, ast.Load())
    return ast.Call(function, list(args), [])


def told(what: str, text: str) -> ast.Expr:
    """The same as a statement about a text."""
    return ast.Expr(asked(what, ast.Constant(text)))


class Rewriter(ast.NodeTransformer):
    """Rewrites one module; see the top of this file.

    Attributes:
        names: of the module's, those that clocks, chance or the surroundings have a part in.
        attributes: likewise those of its classes.
        imported: names that are imported from modules that may say something else.
        changeable: names of the module's, or around functions, that functions rebind.
        bound: names of the innermost function's own.
        classes: around what is being rewritten.
        functions: how many are around it.
        raising: whether it is what an exception says.
        renamed: whether what an exception, or ``__exit__``, is named for cannot be told.
    """

    def __init__(
        self,
        names: frozenset[str],
        attributes: frozenset[str],
        imported: frozenset[str],
        changeable: frozenset[str],
    ) -> None:
        self.names, self.attributes, self.imported = names, attributes, imported
        self.changeable = changeable
        self.bound: list[set[str]] = []
        self.classes: list[str] = []
        self.functions = 0
        self.raising = False
        self.renamed = False

    def visit(self, node: Any) -> Any:
        """A node; functions around it are counted."""
        if not isinstance(node, FUNCTIONS):
            return super().visit(node)
        self.functions += 1
        self.bound.append(local_names(node))
        found = super().visit(node)
        self.bound.pop()
        self.functions -= 1
        return found

    def is_shared(self, name: str) -> bool:
        """Whether a name in a function is not the function's own, and some function rebinds it."""
        return name in self.changeable and bool(self.bound) and name not in self.bound[-1]

    def is_of_module(self, name: str) -> bool:
        """Whether a name in a function is none of the functions' around it."""
        return bool(self.functions) and not any(name in names for names in self.bound)

    def mangled(self, name: str) -> str:
        """A private name as Python spells it inside of a class."""
        owner = self.classes[-1].lstrip("_") if self.classes else ""
        private = name.startswith("__") and not name.endswith("__")
        return f"_{owner}{name}" if owner and private else name

    # --- what is read and written ----------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``x``; inside of a function it may be a name that says when or where it all runs."""
        is_read = isinstance(node.ctx, ast.Load) and self.is_of_module(node.id)
        if is_read and node.id in self.names:
            return ast.copy_location(asked("surroundings", ast.Constant(node.id), node), node)
        if isinstance(node.ctx, ast.Load) and self.is_shared(node.id):
            return ast.copy_location(asked("changeable", ast.Constant(node.id), node), node)
        if is_read and node.id in self.imported:
            return ast.copy_location(asked("imported", ast.Constant(node.id), node), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """``x.y``."""
        thing, name = self.visit(node.value), ast.Constant(self.mangled(node.attr))
        if isinstance(node.ctx, ast.Load):
            read: ast.AST = asked("attribute", thing, name)
            if self.functions and node.attr in self.attributes:
                read = asked("surroundings", ast.Constant(node.attr), read)
            return ast.copy_location(read, node)
        target = ast.Attribute(asked("Field", thing, name), "value", node.ctx)
        return ast.copy_location(target, node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """``x[y]``."""
        thing, key = self.visit(node.value), self.key(node.slice)
        if isinstance(node.ctx, ast.Load):
            return ast.copy_location(asked("index", thing, key), node)
        target = ast.Attribute(asked("Item", thing, key), "value", node.ctx)
        return ast.copy_location(target, node)

    def key(self, node: Any) -> Any:
        """What stands in the brackets; before Python 3.9 it has classes of its own."""
        if type(node).__name__ == "Index":
            return self.visit(node.value)
        if type(node).__name__ == "ExtSlice":
            return ast.Tuple([self.key(part) for part in node.dims], ast.Load())
        if isinstance(node, ast.Slice):
            ends = [node.lower, node.upper, node.step]
            return asked("cut", *[self.visit(x) if x else ast.Constant(None) for x in ends])
        if isinstance(node, ast.Tuple):
            return ast.Tuple([self.key(part) for part in node.elts], ast.Load())
        return self.visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """``x += y``; a list is changed by it."""
        operator = ast.Constant(type(node.op).__name__)
        if isinstance(node.target, ast.Name):
            now = ast.Name(node.target.id, ast.Load())
            changed = asked("changed", operator, now, self.visit(node.value))
            return ast.copy_location(ast.Assign([node.target], changed), node)
        holder: Any = self.visit(node.target)
        read_first = asked("changing", operator, holder.value)
        return ast.copy_location(ast.Expr(ast.Call(read_first, [self.visit(node.value)], [])), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """``x * y``, but for what is a number in the text already."""
        sides = [self.visit(node.left), self.visit(node.right)]
        if all(isinstance(side, ast.Constant) for side in sides):
            node.left, node.right = sides
            return node
        operator = ast.Constant(type(node.op).__name__)
        return ast.copy_location(asked("calculated", operator, *sides), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """``x, y = z`` runs through ``z``."""
        several = [t for t in node.targets if isinstance(t, (ast.Tuple, ast.List))]
        many = any(len(target.elts) > MOST_TARGETS for target in several)
        self.generic_visit(node)
        if several:
            node.value = asked("many" if many else "loop", node.value)
        return node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        """``yield from z`` does too."""
        node.value = asked("loop", self.visit(node.value))
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        """So does ``*z``."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = asked("loop", node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """``{**z}``."""
        pairs = list(zip(node.keys, node.values))
        node.keys = [self.visit(key) if key else None for key, _ in pairs]
        node.values = [
            self.visit(value) if key else asked("spread", self.visit(value))
            for key, value in pairs
        ]
        return node

    def visit_withitem(self, node: ast.withitem) -> ast.AST:
        """``with z``."""
        self.generic_visit(node)
        node.context_expr = asked("context", node.context_expr)
        return node

    def visit_With(self, node: Any) -> Any:
        """Its ``__exit__`` may swallow what was raised, and stand where it cannot be read."""
        self.generic_visit(node)
        if self.renamed:
            node.body.insert(0, told("catches_all", "every exception may be caught"))
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """The annotation stays as it is."""
        node.target = self.visit(node.target)
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Likewise."""
        return node

    # --- what is called and asked ----------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``f(x)``."""
        native = isinstance(node.func, ast.Name) and node.func.id in NATIVE
        args = [self.visit(arg) for arg in node.args]
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        for keyword in keywords:
            if keyword.arg is None:
                keyword.value = asked("spread", keyword.value)
        if native:
            plain = ast.Call(node.func, args, keywords)
            if node.func.id == "super":  # type: ignore[attr-defined]  # a name
                return ast.copy_location(plain, node)
            name = ast.Constant(node.func.id)  # type: ignore[attr-defined]
            either = ast.BoolOp(ast.Or(), [asked("unfollowed", name), plain])
            return ast.copy_location(either, node)
        call = asked("call", self.visit(node.func), *args)
        call.keywords = keywords
        return ast.copy_location(call, node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``a < b``, ``a < b < c``, ``a is b``, ``a in b``."""
        names = [ast.Constant(type(op).__name__) for op in node.ops]
        sides = [self.visit(side) for side in (node.left, *node.comparators)]
        if len(names) == 1:
            return ast.copy_location(asked("compare", names[0], *sides), node)
        chain = asked("chain", ast.Tuple(list(names), ast.Load()), *sides)
        return ast.copy_location(chain, node)

    def truth(self, node: ast.AST) -> ast.AST:
        """What is asked whether it is true."""
        return ast.copy_location(asked("truth", self.visit(node)), node)

    def tested(self, node: Any) -> Any:
        """A node with a test."""
        test, node.test = self.truth(node.test), ast.Constant(True)
        self.generic_visit(node)
        node.test = test
        return node

    visit_If = visit_While = visit_IfExp = visit_Assert = tested  # noqa: N815 - as ast calls them

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """``a and b``: all but the last are asked whether they are true."""
        *first, last = node.values
        node.values = [*[self.truth(x) for x in first], self.visit(last)]  # type: ignore[list-item]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """``not a``."""
        if not isinstance(node.op, ast.Not):
            return self.generic_visit(node)
        node.operand = self.truth(node.operand)  # type: ignore[assignment]
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """``for x in y if z``."""
        node.target = self.visit(node.target)
        node.iter = asked("loop", self.visit(node.iter))
        node.ifs = [self.truth(test) for test in node.ifs]  # type: ignore[misc]
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Likewise as a statement."""
        run_through = asked("loop", self.visit(node.iter))
        node.iter = ast.Constant(None)
        self.generic_visit(node)
        node.iter = run_through
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """What an exception says of a number is lost in no other place."""
        node.value = asked("message" if self.raising else "written", self.visit(node.value))
        return node  # how it is written is no expression of its own

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """A text with a number in it cannot be read; in an exception nobody does."""
        self.generic_visit(node)
        return node if self.raising else ast.copy_location(asked("text", node), node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """What is raised may be written with numbers in it."""
        before, self.raising = self.raising, True
        self.generic_visit(node)
        self.raising = before
        return node

    # --- what cannot be followed -----------------------------------------------------------------

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """A handler of everything swallows the limits of the machine too."""
        self.generic_visit(node)
        if self.renamed or catches_limits(node):
            node.body.insert(0, told("catches_all", "every exception is caught"))
        return node

    visit_TryStar = visit_Try  # type: ignore[assignment]  # noqa: N815 - as ast calls it

    def visit_Match(self, node: Any) -> Statements:
        """Patterns compare what they meet; those that read attributes cannot be followed."""
        node.subject = asked("matched", self.visit(node.subject))
        for case in node.cases:
            case.guard = self.truth(case.guard) if case.guard else None
            case.body = [line for part in case.body for line in as_list(self.visit(part))]
        parts = [part for case in node.cases for part in ast.walk(case.pattern)]
        if any(len(getattr(part, "patterns", ())) > MOST_TARGETS for part in parts if (
            type(part).__name__ == "MatchSequence"
        )):  # fmt: skip
            return [told("measures", "so many parts are matched"), node]
        plain = all(
            type(part).__name__ in PATTERNS or getattr(part, "value", True) is None
            for part in parts
        )  # True is matched by being that object
        return node if plain else [told("unfollowed", "this match"), node]

    def visit_FunctionDef(self, node: Any) -> Any:
        """A function; what it writes outside of itself is said at its start."""
        returns, node.returns = node.returns, None
        raising, self.raising = self.raising, False
        outer = outer_names(node.body)
        entries = entries_of(node)
        self.generic_visit(node)
        self.raising = raising
        node.returns = returns
        at = 1 if ast.get_docstring(node) is not None else 0
        node.body[at:at] = [told("writes_outside", text) for text in outer]
        if entries > MOST_ENTRIES:
            node.body.insert(at, told("measures", "so many entries are written in a function"))
        if node.name == "__exit__" and answers(node.body):
            node.body.insert(at, told("catches_all", "every exception may be caught"))
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - as ast calls it

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Private names are spelled by the class around them."""
        self.classes.append(node.name)
        self.generic_visit(node)
        self.classes.pop()
        return node


def local_names(function: Any) -> set[str]:
    """Names that a function binds itself."""
    args = function.args
    own = [*args.args, *args.kwonlyargs, *getattr(args, "posonlyargs", ())]
    found = {arg.arg for arg in (*own, args.vararg, args.kwarg) if arg is not None}
    outer: set[str] = set()
    todo = list(function.body) if isinstance(function.body, list) else [function.body]
    while todo:
        part = todo.pop()
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            outer |= set(part.names)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, SCOPES):
            found.add(getattr(part, "name", ""))
        if not isinstance(part, SCOPES):
            todo += ast.iter_child_nodes(part)
    return found - outer


def entries_of(function: Any) -> int:
    """How many constants stand in the lists and the like of a function."""
    parts = (getattr(part, "elts", getattr(part, "values", ())) for part in ast.walk(function)
             if isinstance(part, (ast.List, ast.Tuple, ast.Set, ast.Dict)))  # fmt: skip
    return sum(isinstance(entry, ast.Constant) for entries in parts for entry in entries)


def outer_names(body: list[Any]) -> list[str]:
    """What a function declares ``global`` or ``nonlocal``, not those inside of it."""
    found = []
    todo = list(body)
    while todo:
        part = todo.pop()
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            found.append(f"{type(part).__name__.lower()} {', '.join(part.names)}")
        elif not isinstance(part, SCOPES):
            todo += ast.iter_child_nodes(part)
    return found


def answers(body: list[Any]) -> bool:
    """Whether a function may return something that is true."""
    returned = [part.value for line in body for part in ast.walk(line)
                if isinstance(part, ast.Return)]  # fmt: skip
    return any(not isinstance(x, ast.Constant) or x.value for x in returned if x is not None)


def as_list(found: Any) -> list[Any]:
    """What a visit gives, as statements."""
    return found if isinstance(found, list) else [found]


PATTERNS: Final = frozenset({
    "MatchValue", "MatchSequence", "MatchAs", "MatchOr", "MatchStar",
    "Constant", "Load", "UnaryOp", "USub", "Attribute", "Name",
})  # fmt: skip
"""Patterns that compare, and read nothing else."""
