"""Larger edits: formulas put in, statements put in and moved, methods written anew.

They cost more than those of :mod:`verify.mending.edits` and are tried after them.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeGuard

from verify.mending import scope
from verify.mending.edits import GUARD, rule_names
from verify.mending.formulas import DERIVED, FUNCTIONS, PARTIALS, VALUES
from verify.mending.linked import makes, wraps
from verify.mending.marks import unmarked
from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.mending.syntax import Text

_FORMULA: Final = 3.0
_INSERTED: Final = 4.0
_MOVED: Final = 4.0
FROM_OTHERS: Final = "from others"
OF_ITS_OWN: Final = "a method of its own"
MOVED, INTO, OUT_OF = "moved", "into the block", "out of the block"
MOVES: Final = frozenset({MOVED, INTO, OUT_OF})
"""Edits that run a statement at another time."""
_DERIVED: Final = 2.5
_OWN_RULE: Final = 2.5
"""What it costs more to write an operator from others where it has a rule of its own."""
_GUARD: Final = 2.0
_ALL_ADDED: Final = 1.25
"""Between one assignment that becomes a sum, and one with another change besides."""
_EMPTIED: Final = 2.0
_ALONE: Final = 1.5
"""What it costs more to empty one: so much that it is not tried where all may be emptied."""
ANEW: Final = 9.0
"""What it costs to write a body anew."""
_NO_RULE: Final = 3.0
"""What a method written anew costs where the one that is there has no rule."""
_IMPORTS: Final = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "cmath": "import cmath",
    "random": "import random",
}
"""Modules by the names under which everybody knows them."""


def formulas(text: Text, function: Function, op: str, lines: Collection[int]) -> Iterator[Edit]:
    """The right local derivative, or the right value, in the file's own names."""
    upstream = scope.upstream(text, function)
    right = list(_right(text, function, op, _plain(text, function)))
    for node in ast.walk(function):
        if getattr(node, "lineno", None) not in lines or not isinstance(node, ast.expr):
            continue
        whole, listed = _slot(text, node), isinstance(text.parents.get(node), ast.Tuple | ast.List)
        for cost, name, made in right if whole or listed else ():
            factors = upstream if name == "the formula" else ()
            for new in (*[_times(made, g) for g in factors], made):
                if edit := text.replacing(node, new, cost, name):
                    yield edit


def _right(
    text: Text, function: Function, op: str, known: Sequence[str]
) -> Iterator[tuple[float, str, str]]:
    """Right local derivatives and values over these numbers, each with its cost and its kind."""
    spelled, hints = scope.functions(text), scope.numbers(text, function)
    for place, templates in enumerate(PARTIALS.get(op, ())):
        for rank, template in enumerate(templates):
            for made in scope.filled(template, known, spelled, hints):
                yield _FORMULA + 0.5 * rank + 0.1 * place + 0.02 * len(made), "the formula", made
    for rank, template in enumerate(VALUES.get(op, ())):
        for made in scope.filled(template, known, spelled, hints):
            yield _FORMULA + 0.5 * rank + 0.02 * len(made), "the value", made


def _plain(text: Text, function: Function) -> list[str]:
    """What may hold a number that is no gradient."""
    upstream, ending = scope.upstream(text, function), f".{text.words.gradient}"
    atoms = scope.atoms(text, function)
    return [a for a in atoms if a not in upstream and not a.endswith(ending)]


def _times(formula: str, g: str) -> str:
    if formula in {"1.0", "-1.0"}:
        return g if formula == "1.0" else f"-{g}"
    return f"{formula} * {g}"


def _slot(text: Text, node: ast.expr) -> bool:
    """Whether an expression is the whole of what is stored, returned, or given to a call."""
    parent = text.parents.get(node)
    if isinstance(parent, ast.Assign | ast.AugAssign | ast.Return):
        return getattr(parent, "value", None) is node
    return isinstance(parent, ast.Call) and parent.func is not node


def insertions(text: Text, function: Function, op: str) -> Iterator[Edit]:
    """Statements that are missing: a share of a gradient, a rule stored, a number wrapped."""
    yield from _shares(text, function, op)
    yield from _stores(text, function)
    yield from _wraps(text, function)


def _shares(text: Text, function: Function, op: str) -> Iterator[Edit]:
    """``other.grad += … * out.grad`` after a line that does so for another operand."""
    gradient = text.words.gradient
    spelled, hints = scope.functions(text), scope.numbers(text, function)
    upstream, plain = scope.upstream(text, function), _plain(text, function)
    inner = [n for n in ast.walk(function) if isinstance(n, Function) and n is not function]
    for rule in inner:
        last = rule.body[-1]
        for place, templates in enumerate(PARTIALS.get(op, ())):
            for owner in scope.operands(function):
                for made in scope.filled(templates[0], plain, spelled, hints):
                    for g in upstream[:2]:
                        new = f"{owner}.{gradient} += {_times(made, g)}"
                        yield _after(text, last, new, _INSERTED + 0.1 * place, "a share")


def _stores(text: Text, function: Function) -> Iterator[Edit]:
    """``out._backward = _backward`` before the result is returned."""
    inner = [n for n in function.body if isinstance(n, Function)]
    returned = [
        n for n in function.body if isinstance(n, ast.Return) and isinstance(n.value, ast.Name)
    ]
    rules = rule_names(text)
    for rule in inner:
        for end in returned:
            assert isinstance(end.value, ast.Name)  # noqa: S101 - chosen so
            for name in rules[:2]:
                new = f"{end.value.id}.{name} = {rule.name}"
                yield _before(text, end, new, 2.5, "the rule stored")
        if not returned:
            yield from _dedented(text, rule)


def _dedented(text: Text, rule: Function) -> Iterator[Edit]:
    """Statements at the end of a rule that belong after it: it stores and returns itself."""
    for count in (2, 1):
        if len(rule.body) > count:
            first = rule.body[-count]
            start, end = text.line_start(first.lineno), text.span(rule.body[-1])[1]
            shift = " " * rule.col_offset
            new = textwrap.indent(textwrap.dedent(text.text[start:end]), shift)
            yield Edit(text.file, start, end, new, 3.0, "out of the rule", first.lineno)


def _wraps(text: Text, function: Function) -> Iterator[Edit]:
    """``other = other if isinstance(other, Value) else Value(other)`` as the first statement.

    Or in the place of another one that wraps: it may make a copy of a node.
    """
    for name in scope.operands(function)[1:2]:
        wrapped = _wrapped(text, name)
        for node in ast.walk(function):
            if _wraps_anew(node, text, name) and text.of(node) != wrapped:
                start, end = text.span(node)
                yield Edit(text.file, start, end, wrapped, 2.0, "a number wrapped", node.lineno)
        first = next((s for s in function.body if not docstring(s)), None)
        if first is not None:
            yield _before(text, first, _wrapped(text, name), 2.25, "a number wrapped")


def _wraps_anew(node: ast.AST, text: Text, name: str) -> TypeGuard[ast.Assign]:
    """Whether a statement binds an operand's name to what a new node is made for."""
    if not isinstance(node, ast.Assign) or [text.of(t) for t in node.targets] != [name]:
        return False
    called = [text.of(n.func) for n in ast.walk(node.value) if isinstance(n, ast.Call)]
    return text.words.node in called


def _wrapped(text: Text, name: str) -> str:
    node = text.words.node
    return f"{name} = {name} if isinstance({name}, {node}) else {node}({name})"


def docstring(statement: ast.stmt) -> bool:
    """Whether a statement is one, or any other text that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _before(text: Text, statement: ast.stmt, new: str, cost: float, name: str) -> Edit:
    start = text.span(statement)[0]
    line = f"{new}\n{' ' * statement.col_offset}"
    return Edit(text.file, start, start, line, cost, name, statement.lineno)


def _after(text: Text, statement: ast.stmt, new: str, cost: float, name: str) -> Edit:
    end = text.span(statement)[1]
    line = f"\n{' ' * statement.col_offset}{new}"
    return Edit(text.file, end, end, line, cost, name, statement.end_lineno or statement.lineno)


def imported(text: Text) -> Iterator[Edit]:
    """The import of a module that is used under its usual name, and is not there."""
    bound = {name.asname or name.name.split(".")[0]
             for node in ast.walk(text.tree) if isinstance(node, ast.Import | ast.ImportFrom)
             for name in node.names}  # fmt: skip
    nodes = [node for node in ast.walk(text.tree) if isinstance(node, ast.Name)]
    bound |= {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
    first = next((s for s in text.tree.body if not (docstring(s) or _of_the_future(s))), None)
    for name in dict.fromkeys(node.id for node in nodes if node.id in _IMPORTS):
        if first is not None and name not in bound and not text.file.startswith("<"):
            apart = "" if isinstance(first, ast.Import | ast.ImportFrom) else "\n\n"
            top = min([first.lineno, *[d.lineno for d in getattr(first, "decorator_list", ())]])
            start = text.line_start(top)
            yield Edit(text.file, start, start, f"{_IMPORTS[name]}\n{apart}", 1.0, "an import", top)


def _of_the_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def accumulated(text: Text, function: Function) -> Iterator[Edit]:
    """Every gradient that is assigned in a function is added to instead; likewise in a table.

    One alone may make nothing right: where operands come out of a set, the other assignment is
    made first or last, as it happens.
    """
    yield from _summed(text, function)
    assigned = [
        n for n in ast.walk(function)
        if isinstance(n, ast.Assign) and _gradient(text, n)
        and not isinstance(n.value, ast.Constant)  # where a pass begins
    ]  # fmt: skip
    if len(assigned) < 2:
        return
    spans = sorted((text.span(n), text.span(n.value)[0]) for n in assigned)
    start, end = spans[0][0][0], spans[-1][0][1]
    new, at = [], start
    for (first, last), value in spans:
        target = text.text[first:value].rstrip().removesuffix("=").rstrip()
        new += [text.text[at:first], f"{target} += ", text.text[value:last]]
        at = last
    line = min(n.lineno for n in assigned)
    yield Edit(text.file, start, end, "".join(new), _ALL_ADDED, "all gradients added", line)


def _summed(text: Text, function: Function) -> Iterator[Edit]:
    """``d[k] = d.get(k, 0) + x`` for ``d[k] = x`` in a loop, which keeps the last of two."""
    for loop in ast.walk(function):
        for node in loop.body if isinstance(loop, ast.For) else ():
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if not isinstance(node, ast.Assign) or not isinstance(target, ast.Subscript):
                continue
            start, end = text.span(node.value)
            plain = isinstance(node.value, ast.Name | ast.BinOp | ast.Subscript | ast.Attribute)
            if plain and not isinstance(target.slice, ast.Slice) and ".get(" not in text.of(node):
                kept = f"{text.of(target.value)}.get({text.of(target.slice)}, 0)"
                new = f"{kept} + {text.tight(node.value)}"
                yield Edit(text.file, start, end, new, _ALL_ADDED, "summed", node.lineno)


def _gradient(text: Text, node: ast.Assign) -> bool:
    """Whether a statement sets one gradient."""
    target = node.targets[0]
    attribute = isinstance(target, ast.Attribute) and target.attr == text.words.gradient
    return len(node.targets) == 1 and attribute


def moves(text: Text, function: Function) -> Iterator[Edit]:
    """A statement moved to another place in its block, or into or out of the one before it."""
    for node in ast.walk(function):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or len(body) < 2:
            continue
        for i, statement in enumerate(body):
            for j in range(len(body)):
                if i != j:
                    yield _moved(text, body, i, j)
            before = body[i - 1] if i else None
            if isinstance(before, ast.For | ast.If | ast.While) and not isinstance(
                statement, Function
            ):
                yield _indented(text, before, statement)
        last = body[-1]
        if isinstance(node, ast.For | ast.If | ast.While) and not isinstance(last, Function):
            yield _outdented(text, node, last)


def _moved(text: Text, body: list[ast.stmt], i: int, j: int) -> Edit:
    """Statement ``i`` to the place of statement ``j``."""
    first, last = min(i, j), max(i, j)
    rows = [text.of(s) for s in body[first : last + 1]]
    gaps = [
        text.text[text.span(a)[1] : text.span(b)[0]]
        for a, b in zip(body[first:last], body[first + 1 : last + 1], strict=True)
    ]
    rows.insert(j - first, rows.pop(i - first))
    new = rows[0] + "".join(gap + row for gap, row in zip(gaps, rows[1:], strict=True))
    start, end = text.span(body[first])[0], text.span(body[last])[1]
    cost = _MOVED + 0.3 * (last - first)
    return Edit(text.file, start, end, new, cost, MOVED, body[i].lineno)


def _indented(text: Text, block: ast.For | ast.If | ast.While, statement: ast.stmt) -> Edit:
    inner = block.body[-1]
    start, end = text.span(inner)[1], text.span(statement)[1]
    new = "\n" + textwrap.indent(_block(text, statement), " " * inner.col_offset)
    return Edit(text.file, start, end, new, _MOVED, INTO, statement.lineno)


def _outdented(text: Text, block: ast.For | ast.If | ast.While, last: ast.stmt) -> Edit:
    start, end = text.line_start(last.lineno), text.span(last)[1]
    new = textwrap.indent(_block(text, last), " " * block.col_offset)
    if len(block.body) == 1:
        new = f"{' ' * last.col_offset}pass\n{new}"
    return Edit(text.file, start, end, new, _MOVED, OUT_OF, last.lineno)


def _block(text: Text, statement: ast.stmt) -> str:
    start = text.line_start(statement.lineno)
    return textwrap.dedent(text.text[start : text.span(statement)[1]])


def guards(text: Text, function: Function) -> Iterator[Edit]:
    """A condition taken away: one of its branches alone, or nothing where there is no other."""
    for node in ast.walk(function):
        if not isinstance(node, ast.If):
            continue
        if text.of(node).startswith("elif"):
            if not node.orelse:
                start, end = text.span(node)[0], text.span(node.test)[1]
                yield Edit(text.file, start, end, "else", _GUARD, GUARD, node.lineno)
            continue
        start, end = text.span(node)
        for branch in (node.orelse, node.body):
            if branch:
                new = _branch(text, node, branch)
                yield Edit(text.file, start, end, new, _GUARD, GUARD, node.lineno)
        body = getattr(text.parents.get(node), "body", [])
        if not node.orelse and node in body and len(body) > 1:
            start, end = text.line_start(node.lineno), _line_end(text.text, end)
            yield Edit(text.file, start, end, "", _GUARD, GUARD, node.lineno)


def _line_end(source: str, end: int) -> int:
    """Where the next line begins, if only a comment stands behind a statement."""
    line = source.find("\n", end) + 1 or len(source)
    return line if source[end:line].strip().startswith("#") else min(end + 1, len(source))


def _branch(text: Text, node: ast.If, branch: list[ast.stmt]) -> str:
    """The statements of a branch where its condition stood."""
    first, end = branch[0], text.span(branch[-1])[1]
    if first.lineno == node.lineno:
        return text.text[text.span(first)[0] : end]
    block = textwrap.dedent(text.text[text.line_start(first.lineno) : end])
    block = f"if{block[4:]}" if block.startswith("elif") else block
    return textwrap.indent(block, " " * node.col_offset).lstrip()


def derived(text: Text, special: str) -> Iterator[Edit]:
    """An operator written from others: in the place of its body, or where it is missing."""
    cls = text.node_class()
    if cls is None or special not in DERIVED:
        return
    methods = text.methods(cls)
    operand = "" if special == "__neg__" else ", other"
    for rank, template in enumerate(DERIVED[special]):
        value = template.format(node=text.words.node)
        cost = _DERIVED + 0.5 * rank
        there = methods.get(special)
        if there is not None:
            args = scope.operands(there)
            if len(args) == 2:
                value = value.replace("other", args[1])
            indent = " " * there.body[0].col_offset
            start, end = text.line_start(there.body[0].lineno), text.span(there.body[-1])[1]
            if there.body[0].lineno == there.lineno:
                start, indent = text.span(there.body[0])[0], ""
            new, line = f"{indent}return {value}", there.body[0].lineno
            own = _has_rule(text, there)  # which would be thrown away
            more = _OWN_RULE if own else 0.0
            yield Edit(
                text.file, start, end, new, cost + more, FROM_OTHERS, line, rewritten=own
            )
        aliases = _aliases(text, cls, special)
        for same in aliases:
            start, end = text.span(same)
            new = f"def {special}(self{operand}):\n{' ' * 2 * same.col_offset}return {value}"
            yield Edit(text.file, start, end, new, rank - 1, OF_ITS_OWN, same.lineno)  # at once
        if aliases or there is not None:
            continue
        indent = " " * cls.body[-1].col_offset
        end = text.span(cls.body[-1])[1]
        new = f"\n\n{indent}def {special}(self{operand}):\n{indent}    return {value}"
        line = cls.body[-1].end_lineno or cls.lineno
        yield Edit(text.file, end, end, new, cost + 1, "a method added", line)


def _aliases(text: Text, cls: ast.ClassDef, special: str) -> list[ast.Assign]:
    """``__rsub__ = __sub__``: one method under the name of another."""
    assigned = [s for s in cls.body if isinstance(s, ast.Assign) and isinstance(s.value, ast.Name)]
    return [s for s in assigned if [text.of(target) for target in s.targets] == [special]]


def _has_rule(text: Text, function: Function) -> bool:
    """Whether a rule is written in it: a function inside, or slopes beside the operands."""
    inner = [node for node in ast.walk(function) if node is not function]
    return any(
        isinstance(node, Function | ast.Lambda)
        or (isinstance(node, ast.Call) and _has_slopes(text, node))
        for node in inner
    )


def _has_slopes(text: Text, call: ast.Call) -> bool:
    """Whether numbers besides its value make a node: ``Value(t, (self,), (1 - t * t,))``."""
    if text.of(call.func) != text.words.node:
        return False
    given = [*call.args[1:], *[k.value for k in call.keywords if k.arg != text.words.value]]
    return any(
        (isinstance(node, ast.Attribute) and node.attr == text.words.value)
        or (isinstance(node, ast.Constant) and isinstance(node.value, int | float))
        for argument in given for node in ast.walk(argument)
    )  # fmt: skip


def renamed(text: Text, near_miss: str, wanted: str) -> Iterator[Edit]:
    """A method under the name that Python looks for."""
    name = near_miss.partition(" ")[0]
    for node in ast.walk(text.tree):
        if isinstance(node, Function) and node.name == name:
            start = text.text.index(name, text.span(node)[0])
            yield Edit(text.file, start, start + len(name), wanted, 0.5, "renamed", node.lineno)
        elif (
            isinstance(node, ast.Name)
            and node.id == name
            and (edit := text.replacing(node, wanted, 0.5, "renamed"))
        ):
            yield edit


def removed(text: Text) -> Iterator[Edit]:
    """``__eq__`` and ``__hash__`` by value, taken away: a node is equal to itself alone."""
    cls = text.node_class()
    there = text.methods(cls) if cls else {}
    if cls is not None and "__eq__" not in there:
        yield from _unequal(text, cls)
    pair = [there[name] for name in ("__eq__", "__hash__") if name in there]
    spans = [(text.line_start(m.lineno), text.span(m)[1] + 1) for m in pair]
    for (start, end), method in zip(spans, pair, strict=True):
        yield Edit(text.file, start, end, "", 1.5, "a method removed", method.lineno)
    if len(spans) == 2:
        first, last = min(spans), max(spans)
        between = text.text[first[1] : last[0]]
        line = min(m.lineno for m in pair)
        yield Edit(text.file, first[0], last[1], between, 1.0, "methods removed", line)


def emptied(text: Text, function: Function) -> Iterator[Edit]:
    """Lists and sets that outlive a call are emptied when it begins: all of them, or one.

    Marks on the nodes themselves are set back as it goes over them.  Not where an operation makes a
    node: whoever keeps results has a table that is never used then.
    """
    first = next((s for s in function.body if not docstring(s)), None)
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function))
    if returns and (scope.made(text, function) or function.name == "__new__"):
        return
    yield from unmarked(text, function)
    kept = [f"{name}.clear()" for name in scope.outliving(text, function)]
    if first is None or not kept:
        return
    pad = "\n" + " " * first.col_offset
    yield _before(text, first, pad.join(kept), _EMPTIED, "emptied at first")
    for line in kept if len(kept) > 1 else ():  # one of them may be kept on purpose
        yield _before(text, first, line, _EMPTIED + _ALONE, "emptied at first")


def _unequal(text: Text, cls: ast.ClassDef) -> Iterator[Edit]:
    """``@dataclass(eq=False)``: one compares the fields of two nodes, and hashes them."""
    for mark in cls.decorator_list:
        call = mark.func if isinstance(mark, ast.Call) else mark
        if text.of(call).split(".")[-1] != "dataclass":
            continue
        start, end = text.span(mark)
        given = mark.keywords if isinstance(mark, ast.Call) else []
        value = next((word.value for word in given if word.arg == "eq"), None)
        if value is not None:
            start, end = text.span(value)
            new = "False"
        elif given:
            start = end = text.span(given[-1])[1]
            new = ", eq=False"
        else:
            new = f"{text.of(call)}(eq=False)"
        yield Edit(text.file, start, end, new, 1.0, "told apart", mark.lineno)


def whole_body(text: Text, function: Function, new: str, cost: float, name: str) -> Edit:
    """A function's body written anew, all but its docstring."""
    statements = [s for s in function.body if not docstring(s)] or function.body
    start, end = text.line_start(statements[0].lineno), text.span(statements[-1])[1]
    made = textwrap.indent(new, " " * statements[0].col_offset)
    return Edit(text.file, start, end, made, cost, name, statements[0].lineno, rewritten=True)


def anew(text: Text, function: Function, op: str) -> Iterator[Edit]:
    """A method written as the course writes it: value, children, rule, in the file's own names."""
    words, rules = text.words, rule_names(text)
    operands = scope.operands(function)
    cls = text.node_class()
    if not rules or not operands or op not in PARTIALS or cls is None:
        return
    spelled = scope.functions(text)
    values = [f"{name}.{words.value}" for name in operands]
    binary = len(PARTIALS[op]) == 2 and len(operands) == 2
    if len(PARTIALS[op]) == 2 and not binary:
        return
    spots = {"a": values[0], "b": values[-1], "r": f"out.{words.value}"}
    named = {name: spelled.get(name, f"math.{name}") for name in FUNCTIONS}
    value = VALUES[op][0].format(**named, **spots)
    partials = [templates[0].format(**named, **spots) for templates in PARTIALS[op]]
    g = f"out.{words.gradient}"
    shares = [
        f"    {owner}.{words.gradient} += {_times(partial, g)}"
        for owner, partial in zip(operands, partials, strict=False)
    ]
    wrap = [_wrapped(text, operands[1])] if binary else []
    children = ", ".join(operands[: len(PARTIALS[op])]) + ("" if binary else ",")
    body = [
        *wrap,
        f"out = {words.node}({value}, ({children}))",
        "",
        f"def {rules[0]}():",
        *shares,
        "",
        f"out.{rules[0]} = {rules[0]}",
        "return out",
    ]
    edit = whole_body(text, function, "\n".join(body), ANEW, "the method anew")
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    made = any(makes(text, call) and not wraps(call, operands) for call in calls)
    absent = made and not _has_rule(text, function)  # what is put in is the rule that is missing
    yield replace(edit, cost=_NO_RULE, rewritten=False) if absent else edit
