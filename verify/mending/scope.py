"""What a method calls the numbers that it computes with."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from verify.mending.formulas import FUNCTIONS
from verify.mending.syntax import Function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.mending.syntax import Text

MOST: Final = 14
_UPSTREAM: Final = re.compile(r"^(g|grad|dout|d_out|grad_out(put)?|upstream|gradient|dy|out_grad)$")


def atoms(text: Text, function: Function) -> list[str]:
    """Names, attributes and constant subscripts that may hold a number, the likeliest first."""
    words, nodes = text.words, {*made(text, function), *_wrapped(text, function)}
    found = [f"{p}.{words.value}" for p in operands(function)]
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            base = text.of(node.value)
            if node.attr in {words.value, words.gradient}:
                found += [f"{base}.{words.value}", text.of(node)]
            elif base == "self" and not _called(text, node):
                found += [text.of(node), *([f"{text.of(node)}.{words.value}"])]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found += [node.id] * (node.id not in nodes)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.append(text.of(node))
    found += [f"{name}.{words.value}" for name in results(text, function)]
    found += [a.arg for f in _functions(function) for a in f.args.args if a.arg != "self"]
    return [name for name in dict.fromkeys(found) if name not in nodes][:MOST]


def _called(text: Text, node: ast.AST) -> bool:
    parent = text.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _functions(function: Function) -> Iterator[Function]:
    return (n for n in ast.walk(function) if isinstance(n, Function))


def operands(function: Function) -> list[str]:
    """The parameters of a method, or of a function, that stand for nodes."""
    found = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in found if name not in {"cls", "ctx"}]


def results(text: Text, function: Function) -> list[str]:
    """Names of what is returned, where it is a node made here."""
    returned = [
        node.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name)
    ]
    known = set(operands(function))
    found = dict.fromkeys([*returned, *made(text, function)])
    return [name for name in found if name not in known]


def made(text: Text, function: Function) -> list[str]:
    """Names of nodes that are made here: they hold no number."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = text.of(node.value.func)
            if called.rpartition(".")[2] in {text.words.node, "__class__", "cls"}:
                found += [t.id for t in node.targets if isinstance(t, ast.Name)]
    return found


def _wrapped(text: Text, function: Function) -> list[str]:
    """Names of what is a node from there on: ``other = other if … else Value(other)``."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
            branches = [node.value.body, node.value.orelse]
            called = [text.of(b.func) for b in branches if isinstance(b, ast.Call)]
            if text.words.node in called:
                found += [t.id for t in node.targets if isinstance(t, ast.Name)]
    return found


def upstream(text: Text, function: Function) -> list[str]:
    """What may be the gradient from above: that of the result, or a parameter of that name."""
    gradient = text.words.gradient
    found = [f"{name}.{gradient}" for name in results(text, function)]
    inner = [a.arg for f in _functions(function) for a in f.args.args]
    found += [name for name in inner if _UPSTREAM.match(name)]
    for node in ast.walk(function):
        held = isinstance(node, ast.Attribute) and node.attr == gradient
        if held and isinstance(getattr(node, "ctx", None), ast.Load):
            found.append(text.of(node))
    backward = [f for f in _functions(function) if "backward" in f.name or "grad" in f.name]
    for each in backward:
        found += [a.arg for a in each.args.args if a.arg not in {"self", "ctx"}]
    return [name for name in dict.fromkeys(found) if not name.startswith("self.")
            or name == f"self.{gradient}"][:4]  # fmt: skip


def functions(text: Text) -> dict[str, str]:
    """How the file spells the functions of mathematics: ``math.exp``, ``np.exp``, ``exp``."""
    imported: dict[str, str] = {}
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in {"math", "numpy"}:
                    prefix = alias.asname or alias.name
                    imported |= {name: f"{prefix}.{name}" for name in FUNCTIONS}
    for node in ast.walk(text.tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"math", "numpy"}:
            imported |= {a.name: a.asname or a.name for a in node.names if a.name in FUNCTIONS}
    return imported


def filled(
    template: str, known: Sequence[str], spelled: dict[str, str], hints: Sequence[str]
) -> Iterator[str]:
    """A template with every choice of numbers for its operands and its result.

    Args:
        template: see :mod:`verify.mending.formulas`.
        known: what the method calls numbers.
        spelled: how the file spells functions.
        hints: likely names for the operands ``a`` and ``b``; they are tried first.
    """
    wanted = re.findall(r"\{(\w+)\}", template)
    functions_used = {name: spelled.get(name, f"math.{name}") for name in FUNCTIONS}
    holes = list(dict.fromkeys(h for h in wanted if h in {"a", "b", "r"}))

    def choices(hole: str) -> list[str]:
        first = {"a": hints[:1], "b": hints[1:2]}.get(hole, [])
        return list(dict.fromkeys([*first, *known]))

    def combined(rest: list[str], chosen: dict[str, str]) -> Iterator[dict[str, str]]:
        if not rest:
            yield chosen
            return
        for name in choices(rest[0]):
            if name not in chosen.values():
                yield from combined(rest[1:], {**chosen, rest[0]: name})

    for chosen in combined(holes, {}):
        yield template.format(**functions_used, **chosen)


_MADE: Final = frozenset({"list", "set", "dict", "deque", "defaultdict", "OrderedDict"})
"""Functions that make a container."""


def called(text: Text, call: ast.Call) -> list[Function]:
    """The functions of the file that a call may mean, by their name; not one that it stands in."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    around = {id(node) for node in text.enclosing(call)}
    return [
        node for node in ast.walk(text.tree)
        if isinstance(node, Function) and node.name == name and id(node) not in around
    ]  # fmt: skip


def mutable_defaults(text: Text, function: Function) -> dict[str, str]:
    """What stands as the default of parameters and can be changed: made once for all calls."""
    args, defaults = function.args.args, function.args.defaults
    pairs = zip(args[len(args) - len(defaults) :], defaults, strict=True)
    return {arg.arg: text.of(made) for arg, made in pairs if _is_container(text, made)}


def _is_container(text: Text, made: ast.AST | None) -> bool:
    called = isinstance(made, ast.Call) and text.of(made.func) in _MADE
    return called or isinstance(made, ast.List | ast.Dict | ast.Set)


def outliving(text: Text, function: Function) -> list[str]:
    """Containers made once that a function, or one that it calls, names: as they name them.

    Those of the module, those of its class, and its own defaults.
    """
    cls = text.class_of(function)
    at_top = _containers(text, text.tree.body)
    of_class = _containers(text, cls.body) if cls else set()
    mine = {arg.arg for arg in function.args.args}
    own = set(mutable_defaults(text, function))
    found = []
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    helpers = [helper for call in calls for helper in called(text, call)]
    for node in [node for each in (function, *helpers) for node in ast.walk(each)]:
        if isinstance(node, ast.Name) and node.id in own | (at_top - mine):
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in of_class:
            found.append(text.of(node))
    return list(dict.fromkeys(found))


def _containers(text: Text, body: Sequence[ast.stmt]) -> set[str]:
    """The names that statements bind to a container."""
    pairs: list[tuple[ast.expr, ast.expr | None]] = []
    for statement in body:
        if isinstance(statement, ast.AnnAssign):
            pairs.append((statement.target, statement.value))
        elif isinstance(statement, ast.Assign):
            pairs += [(target, statement.value) for target in statement.targets]
    for target, value in list(pairs):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs += zip(target.elts, value.elts, strict=False)
    return {t.id for t, v in pairs if isinstance(t, ast.Name) and _is_container(text, v)}
