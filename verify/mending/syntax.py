"""Source text and its syntax tree side by side: where a node stands, and what replaces it."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
LOOSE: Final = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda)
"""Expressions that may need brackets inside of another one."""
_NAMED: Final = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
"""Expressions that never need any."""
_BINDING: Final = (
    ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.Subscript, ast.IfExp,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one text.

    Attributes:
        file: which text.
        start: the first character that is replaced.
        end: the first one after it.
        new: what takes its place.
        cost: how far it is from what is there; a token or so is 1.
        name: what is done, in the words of the table of edits.
        line: the line on which it begins.
        rewritten: whether it writes a method anew.
        first: the first line of the function that is changed; ``None`` if it is more than one.
        last: the last line of it.
    """

    file: str
    start: int
    end: int
    new: str
    cost: float
    name: str
    line: int
    rewritten: bool = False
    first: int | None = None
    last: int | None = None

    def applied(self, text: str) -> str:
        """The text with this change."""
        return text[: self.start] + self.new + text[self.end :]


@dataclass(frozen=True, slots=True)
class Words:
    """How an engine is spelled.

    Attributes:
        node: the class of its nodes.
        value: the attribute that holds a node's value.
        gradient: likewise its gradient.
        spellings: each operation's own, as ``__add__`` or ``.tanh()``.
    """

    node: str
    value: str
    gradient: str
    spellings: Mapping[str, str]


@dataclass(frozen=True)
class Text:
    """A text, its syntax tree, and who stands inside of whom.

    Raises:
        SyntaxError: if it is no Python.
    """

    file: str
    text: str
    words: Words
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    holders: dict[ast.AST, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; fills ``parents``."""
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        return tree

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def attributes(self) -> Counter[str]:
        """What stands behind a dot, and the methods of classes; how often each occurs."""
        nodes = list(ast.walk(self.tree))
        called = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
        return Counter([*called, *[node.name for node in nodes if isinstance(node, Function)]])

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.splitlines()

    def offset(self, line: int, column: int) -> int:
        """Where a position of the syntax tree is, which counts bytes."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return self._starts[line - 1] + len(text.encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The characters of a node."""
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def line_start(self, line: int) -> int:
        """The first character of a line."""
        return self._starts[min(line, len(self._starts)) - 1]

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def tight(self, node: ast.expr) -> str:
        """The text of an expression, in brackets where it may need them as an operand.

        A power needs none but as the base of another, which no edit makes of it.
        """
        text = self.of(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return text
        return f"({text})" if isinstance(node, LOOSE) else text

    def replacing(
        self, node: ast.AST, new: str, cost: float, name: str, *, rewritten: bool = False
    ) -> Edit | None:
        """The edit that puts an expression or a statement in the place of a node."""
        start, end = self.span(node)
        if isinstance(node, ast.expr):
            new = self._fitted(node, new, start, end)
            start, end = self._unbracketed(new, start, end)
        if new == self.text[start:end]:
            return None
        line: int = node.lineno  # type: ignore[attr-defined]
        return Edit(self.file, start, end, new, cost, name, line, rewritten)

    def _unbracketed(self, new: str, start: int, end: int) -> tuple[int, int]:
        """The span with the brackets around it, where what comes needs them no more."""
        before = self.text[start - 2 : start - 1]
        bracketed = self.text[start - 1 : start] == "(" and self.text[end : end + 1] == ")"
        if bracketed and before in {" ", "(", "*", "-"} and _whole(new):
            return start - 1, end + 1
        return start, end

    def _fitted(self, node: ast.expr, new: str, start: int, end: int) -> str:
        """An expression in brackets, where what is around it would take it apart."""
        bracketed = self.text[start - 1 : start] == "(" and self.text[end : end + 1] == ")"
        parent = self.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        binds = isinstance(parent, _BINDING) or called
        if bracketed or not binds:
            return new
        try:
            if not isinstance(ast.parse(new, mode="eval").body, LOOSE):
                return new
        except SyntaxError:
            return new
        return new if self._alike(node, new, start, end) else f"({new})"

    def _alike(self, node: ast.expr, new: str, start: int, end: int) -> bool:
        """Whether an expression means the same in a place with and without brackets."""
        root: ast.AST = node
        while isinstance(self.parents.get(root), ast.expr):
            root = self.parents[root]
        first, last = self.span(root)
        before, after = self.text[first:start], self.text[end:last]
        try:
            plain = ast.parse(f"({before}{new}{after})", mode="eval")
            return ast.dump(plain) == ast.dump(ast.parse(f"({before}({new}){after})", mode="eval"))
        except SyntaxError:
            return False

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        while (above := self.parents.get(node)) is not None:
            yield above
            node = above

    def functions(self, lines: Collection[int]) -> list[Function]:
        """The outermost functions that hold any of these lines, and lambdas of the module."""
        spans = [(f, range(f.lineno, (f.end_lineno or 0) + 1)) for f in self._lambdas()]
        found = [f for f, span in spans if any(n in span for n in lines)]
        for node in ast.walk(self.tree):
            if not isinstance(node, Function):
                continue
            inner = any(isinstance(above, Function) for above in self.enclosing(node))
            if not inner and any(node.lineno <= n <= (node.end_lineno or 0) for n in lines):
                found.append(node)
        return found

    def _lambdas(self) -> list[Function]:
        """Lambdas in no function, each as one that returns what it does."""
        found: list[Function] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Lambda) and not any(
                isinstance(above, Function | ast.Lambda) for above in self.enclosing(node)
            ):
                body = ast.copy_location(ast.Return(node.body), node.body)
                made = ast.FunctionDef("<lambda>", node.args, [body], [])
                found.append(ast.copy_location(made, node))
        return found

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class in whose body something stands."""
        return next((a for a in self.enclosing(node) if isinstance(a, ast.ClassDef)), None)

    def node_class(self) -> ast.ClassDef | None:
        """The class of the engine's nodes, the last of that name."""
        classes = [n for n in ast.walk(self.tree) if isinstance(n, ast.ClassDef)]
        named = [c for c in classes if c.name == self.words.node]
        return named[-1] if named else None

    def methods(self, cls: ast.ClassDef) -> dict[str, Function]:
        """The functions of a class by name; of two the last one counts."""
        return {n.name: n for n in cls.body if isinstance(n, Function)}


@dataclass(frozen=True)
class Site:
    """A node, where it stands, and what can be said there.

    Attributes:
        text: the whole text.
        node: the node.
        function: the outermost function around it.
        atoms: what the function calls numbers: ``self.data``, ``out.grad``, ``t``.
        upstream: those of them that may be the gradient from above.
    """

    text: Text
    node: ast.AST
    function: Function
    atoms: Sequence[str]
    upstream: Sequence[str]


def _whole(text: str) -> bool:
    """Whether an expression needs no brackets, wherever it stands."""
    try:
        return isinstance(ast.parse(text, mode="eval").body, _NAMED)
    except (SyntaxError, ValueError):
        return False


def tidied(edit: Edit, text: str) -> Edit:
    """The same edit without the brackets that it does not need."""
    try:
        meant = ast.dump(ast.parse(edit.applied(text)))
    except SyntaxError:
        return edit
    place = 0
    while (place := edit.new.find("(", place)) >= 0:
        end = _closing(edit.new, place)
        if end is not None:
            new = edit.new[:place] + edit.new[place + 1 : end] + edit.new[end + 1 :]
            less = replace(edit, new=new)
            try:
                if ast.dump(ast.parse(less.applied(text))) == meant:
                    edit = less
                    continue
            except SyntaxError:
                pass
        place += 1
    return edit


def deleted(edit: Edit, text: str) -> Edit:
    """The same edit without its line, where it leaves ``pass`` beside other statements.

    ``x = x`` is nothing either.
    """
    start = text.rfind("\n", 0, edit.start) + 1
    end = text.find("\n", edit.end) + 1 or len(text)
    around = text[start : edit.start] + text[edit.end : end]
    nothing = edit.new == "pass" and not around.partition("#")[0].strip()
    if not nothing and not _to_itself(text[start : edit.start] + edit.new + text[edit.end : end]):
        return edit
    without = replace(edit, start=start, end=end, new="")
    try:
        ast.parse(without.applied(text))
    except SyntaxError:  # it was the only one of its block
        return edit
    return without


def _to_itself(line: str) -> bool:
    """Whether a line is one statement that gives a name the value that it has."""
    try:
        (statement,) = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return False
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    return ast.unparse(statement.targets[0]) == ast.unparse(statement.value)


def _closing(text: str, place: int) -> int | None:
    """Where the bracket that opens at a place is closed."""
    depth = 0
    for i in range(place, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if not depth:
            return i
    return None
