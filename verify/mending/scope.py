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
NO_NODES: Final = frozenset({"cls", "ctx"})
"""Parameters that stand for no node and no number: as a condition, say, a class is always true."""
_SETS: Final = (ast.Set, ast.SetComp)
_UPSTREAM: Final = re.compile(r"^(g|grad|dout|d_out|grad_out(put)?|upstream|gradient|dy|out_grad)$")


def atoms(text: Text, function: Function) -> list[str]:
    """Names, attributes and constant subscripts that may hold a number, the likeliest first."""
    words, nodes = text.words, {*made(text, function), *_wrapped(text, function)}
    nodes |= no_numbers(text, function)
    found = [name for name in numbers(text, function) if name not in nodes]
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            whose = node.attr == words.gradient  # has a number that the rule may not read yet
            found += [f"{text.of(node.value)}.{words.value}"] * whose
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
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
    found += _by_place(text, function)
    given = [a.arg for f in _functions(function) for a in f.args.args]
    found += [name for name in given if name != "self" and name not in NO_NODES]
    return [name for name in dict.fromkeys(found) if name not in nodes][:MOST]


def _called(text: Text, node: ast.AST) -> bool:
    parent = text.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def no_numbers(text: Text, function: Function) -> set[str]:
    """What has a number and is none: ``a`` beside ``a.data``; what is unpacked, and its number."""
    words, found = text.words, set[str]()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr in {words.value, words.gradient}:
            found.add(text.of(node.value))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            held = text.of(node.value) if isinstance(node.value, ast.Attribute) else ""
            found |= {held, f"{held}.{words.value}"} if held else set()
    return found


def numbers(text: Text, function: Function) -> list[str]:
    """What the numbers of a function's parameters are called: ``self.data``; ``k`` of an exponent.

    A parameter that is made a node on the way is a node.
    """
    bound = {n.id for n in ast.walk(function)
             if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # fmt: skip
    plain = _plain(text, function) - bound
    value = text.words.value
    return [p if p in plain else f"{p}.{value}" for p in operands(function)]


def _plain(text: Text, function: Function) -> set[str]:
    """Parameters that are computed with as they are: plain numbers, such as an exponent."""
    own = set(operands(function))
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id in own]
    above = [(name.id, text.parents.get(name)) for name in names]
    asked = {name for name, parent in above if isinstance(parent, ast.Attribute)}
    sides = ast.BinOp | ast.UnaryOp
    return {name for name, parent in above if isinstance(parent, sides)} - asked


def _by_place(text: Text, function: Function) -> list[str]:
    """``self.args[0].data``, where the file takes the numbers of ``self.args`` elsewhere."""
    methods = (n for n in ast.walk(text.tree) if isinstance(n, Function) and n is not function)
    held: dict[str, int] = {}
    for node in [node for method in methods for node in ast.walk(method)]:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Attribute):
            continue
        target, base = node.targets[0], text.of(node.value)
        if isinstance(target, ast.Tuple) and base.startswith("self."):
            held[base] = max(held.get(base, 0), len(target.elts))
    own = any(a.arg == "self" for a in function.args.args) and not any(
        isinstance(n, ast.Assign) and text.of(n.value) in held for n in ast.walk(function)
    )
    value = text.words.value
    return [f"{base}[{k}].{value}" for base, most in held.items() for k in range(most) if own]


def _functions(function: Function) -> Iterator[Function | ast.Lambda]:
    return (n for n in ast.walk(function) if isinstance(n, Function | ast.Lambda))


def operands(function: Function) -> list[str]:
    """The parameters of a method, or of a function, that stand for nodes."""
    found = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in found if name not in NO_NODES]


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
    rules = [f.args.args for f in _functions(function) if isinstance(f, ast.Lambda)]
    found += [args[0].arg for args in rules if len(args) == 1]
    for node in ast.walk(function):
        held = isinstance(node, ast.Attribute) and node.attr == gradient
        if held and isinstance(getattr(node, "ctx", None), ast.Load):
            found.append(text.of(node))
    inside = [f for f in _functions(function) if isinstance(f, Function)]
    for each in [f for f in inside if "backward" in f.name or "grad" in f.name]:
        found += [a.arg for a in each.args.args if a.arg not in {"self", "ctx"}]
    return [name for name in dict.fromkeys(found) if not name.startswith("self.")
            or name == f"self.{gradient}"][:4]  # fmt: skip


def sets(function: Function) -> set[str]:
    """Names that a function binds to a set: what they hold comes in no order."""
    found = set()
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        pairs = [(target, node.value) for target in node.targets]
        if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs += zip(node.targets[0].elts, node.value.elts, strict=False)
        for target, value in pairs:
            called = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "set"
            if isinstance(target, ast.Name) and (called or isinstance(value, _SETS)):
                found.add(target.id)
    return found


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


def holders(text: Text, function: Function) -> frozenset[str]:
    """Lists, sets and dictionaries: those that a function makes, and those that outlive it."""
    known = text.holders.get(function)
    if known is None:
        stored = [n for n in ast.walk(function) if isinstance(n, ast.Assign | ast.AnnAssign)]
        made = _containers(text, stored).union(outliving(text, function))
        known = text.holders[function] = frozenset(made)
    return known


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
