"""Small edits of the syntax tree: one table, each entry with what it costs.

An entry looks at one node and gives texts that may stand in its place.  Which of them is a mend is
found out by trying; the order of trial is cost and suspicion (:mod:`verify.mending.search`).
"""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from verify.mending import scope
from verify.mending.sense import by_chance, circular, follows_sign, kept_as_number, same_kind
from verify.mending.syntax import Function, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from verify.mending.syntax import Edit, Text

    Entry: TypeAlias = tuple[str, float, Callable[[Any, "Site"], Iterator[str]]]

_SIGNS: Final = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//",
    ast.Mod: "%",
}  # fmt: skip
_RELATIONS: Final = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_OTHER_RELATIONS: Final = {
    "<": (">", "<="), "<=": ("<", ">="), ">": ("<", ">="), ">=": (">", "<="), "==": ("!=",),
    "!=": ("==",), "is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",),
}  # fmt: skip
GUARD: Final = "a guard removed"
"""A condition taken away with what hangs on it."""
LEFT_OUT: Final = "left out"
"""A statement that is not there any more."""
LIMITS: Final = frozenset({"a limit moved", "a comparison", "a part of a condition", "a condition"})
"""Edits after which a condition may stand there that never holds."""
_PAIRS: Final = {
    "sin": ("cos",), "cos": ("sin",), "max": ("min",), "min": ("max",), "exp": ("log",),
    "log": ("exp",), "sinh": ("cosh", "tanh"), "cosh": ("sinh",), "tan": ("tanh",),
    "tanh": ("tan",), "log10": ("log",), "log2": ("log",), "log1p": ("log",), "expm1": ("exp",),
    "exp2": ("exp",), "floor": ("float",), "round": ("float",), "int": ("float",),
}  # fmt: skip
"""Functions that are taken for each other."""
_NEARLY_SPELT: Final = 0.75
"""How near two names are that one slip makes of each other: ``difflib`` gives 0 to 1."""


def of_site(site: Site) -> Iterator[Edit]:
    """All edits of one node."""
    for kind, entries in TABLE.items():
        if isinstance(site.node, kind):
            for name, cost, entry in entries:
                for new in entry(site.node, site):
                    edit = site.text.replacing(site.node, new, cost, name)
                    if edit and not circular(site, new) and not by_chance(site, new):
                        yield edit


def _gradient(site: Site, target: ast.expr) -> bool:
    """Whether a target holds a gradient; subscripts and plain names may."""
    if isinstance(target, ast.Attribute):
        return target.attr == site.text.words.gradient
    return isinstance(target, ast.Subscript | ast.Name)


def _accumulate(node: ast.Assign, site: Site) -> Iterator[str]:
    if isinstance(node.value, ast.Constant) and not node.value.value:
        return  # nothing is added: then it is left out
    if len(node.targets) == 1 and _gradient(site, node.targets[0]):
        target, value = site.text.of(node.targets[0]), site.text.of(node.value)
        yield f"{target} += {value}"
        if isinstance(node.targets[0], ast.Attribute):
            yield f"{target} = {target} + {value}"


def _assign(node: ast.AugAssign, site: Site) -> Iterator[str]:
    target, value = site.text.of(node.target), site.text.of(node.value)
    sign = _SIGNS.get(type(node.op), "+")
    yield from (f"{target} {other} {value}" for other in ("+=", "-=", "=") if other != f"{sign}=")


def _rebound(node: ast.AugAssign, site: Site) -> Iterator[str]:
    """``x += y`` on a name makes a new one."""
    if isinstance(node.target, ast.Name):
        sign = _SIGNS.get(type(node.op), "+")
        yield f"{node.target.id} = {node.target.id} {sign} {site.text.of(node.value)}"


def _nothing(_: ast.stmt, __: Site) -> Iterator[str]:
    yield "pass"


def _compared(node: ast.Expr, site: Site) -> Iterator[str]:
    """``p.grad = 0`` for ``p.grad == 0``, which does nothing by itself."""
    asked = node.value
    if isinstance(asked, ast.Compare) and [*map(type, asked.ops)] == [ast.Eq]:
        yield f"{site.text.of(asked.left)} = {site.text.of(asked.comparators[0])}"


def _stored(node: ast.Assign, site: Site) -> Iterator[str]:
    """A rule under the name under which others are stored: ``out.backward = …``."""
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Attribute):
        return
    target = node.targets[0]
    for name in rule_names(site.text):
        if name != target.attr and not _gradient(site, target):
            yield f"{site.text.of(target.value)}.{name} = {site.text.of(node.value)}"
    for owner in names(site.function) if not _unread(site, target) else ():
        if isinstance(target.value, ast.Name) and owner != target.value.id:
            yield f"{owner}.{target.attr} = {site.text.of(node.value)}"
    if isinstance(node.value, ast.Name):
        yield from (
            f"{site.text.of(target)} = {inner.name}"
            for inner in ast.walk(site.function)
            if isinstance(inner, Function) and inner is not site.function
            and inner.name != node.value.id
        )  # fmt: skip
    if isinstance(node.value, ast.Call) and not node.value.args:  # the rule was called, not stored
        yield f"{site.text.of(target)} = {site.text.of(node.value.func)}"


def rule_names(text: Text) -> list[str]:
    """Attributes in which functions store their inner functions, the commonest first."""
    found: list[str] = []
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Lambda):
            found += [t.attr for t in node.targets if isinstance(t, ast.Attribute)]
    return sorted({n for n in found if "back" in n or "grad" in n or found.count(n) > 2},
                  key=lambda name: -found.count(name))  # fmt: skip


def names(function: Function) -> list[str]:
    """Names that a function binds: its parameters and what it assigns."""
    found = [a.arg for a in function.args.args]
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, Function) and node is not function:
            found += [a.arg for a in node.args.args]
    return list(dict.fromkeys(found))


def _other_name(node: ast.Name, site: Site) -> Iterator[str]:
    parent = site.text.parents.get(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        yield from _PAIRS.get(node.id, ())
        return
    known = names(site.function)
    if node.id in known and not (isinstance(parent, ast.Attribute) and _unread(site, parent)):
        others = (name for name in known if name != node.id and name not in scope.NO_NODES)
        yield from (name for name in others if same_kind(site, name))


def _unread(site: Site, target: ast.Attribute) -> bool:
    """Whether what is stored there nobody reads: stored elsewhere it is left out, and hidden."""
    return isinstance(target.ctx, ast.Store) and site.text.attributes[target.attr] == 1


def _other_attribute(node: ast.Attribute, site: Site) -> Iterator[str]:
    words, owner = site.text.words, site.text.of(node.value)
    parent = site.text.parents.get(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        for near in _PAIRS.get(node.attr, ()):
            yield f"{owner}.{near}"
        return
    for other in (words.value, words.gradient):
        if node.attr in {words.value, words.gradient} and other != node.attr:
            yield f"{owner}.{other}"


def _spelling(node: ast.Attribute, site: Site) -> Iterator[str]:
    """The name that is nearest to one that occurs nowhere else: ``.chidren`` is ``.children``."""
    known = site.text.attributes
    if known[node.attr] == 1:
        others = [name for name, count in known.items() if count > 1]
        for name in get_close_matches(node.attr, others, n=1, cutoff=_NEARLY_SPELT):
            yield f"{site.text.of(node.value)}.{name}"


def _other_atom(node: ast.Name | ast.Attribute, site: Site) -> Iterator[str]:
    here = site.text.of(node)
    parent = site.text.parents.get(node)
    store = isinstance(node.ctx, ast.Store)
    called = isinstance(parent, ast.Call) and parent.func is node
    if not store and not called and here in site.atoms:
        yield from (atom for atom in site.atoms if atom != here and same_kind(site, atom))


def _other_sign(node: ast.BinOp, site: Site) -> Iterator[str]:
    left, right = site.text.tight(node.left), site.text.tight(node.right)
    here = _SIGNS.get(type(node.op))
    for sign in ("+", "-", "*", "/", "**"):
        if here is not None and sign != here:
            base = f"({left})" if _is_power(node.left) else left
            yield f"{base}**{right}" if sign == "**" else f"{left} {sign} {right}"


def _is_power(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)


def _swapped(node: ast.BinOp, site: Site) -> Iterator[str]:
    sign = _SIGNS.get(type(node.op))
    if isinstance(node.op, ast.Sub | ast.Div | ast.Pow | ast.FloorDiv):
        left, right = site.text.tight(node.left), site.text.tight(node.right)
        base = f"({right})" if sign == "**" and _is_power(node.right) else right
        yield f"{base} {sign} {left}"
        yield f"-({site.text.of(node)})"


def _one_side(node: ast.BinOp, site: Site) -> Iterator[str]:
    yield from (site.text.of(n) for n, other in _sides(node) if not isinstance(other, ast.Compare))


def _without_factor(node: ast.BinOp, site: Site) -> Iterator[str]:
    """``x * (a > 0)`` without its condition."""
    yield from (site.text.of(n) for n, other in _sides(node) if isinstance(other, ast.Compare))


def _sides(node: ast.BinOp) -> tuple[tuple[ast.expr, ast.expr], ...]:
    return (node.left, node.right), (node.right, node.left)


def _regrouped(node: ast.BinOp, site: Site) -> Iterator[str]:
    """``n * (x**n - 1)`` and ``n * x**(n - 1)``; ``(a + b) * c`` and ``a + b * c``."""
    text = site.text
    sign = _SIGNS.get(type(node.op), "")
    if isinstance(node.left, ast.BinOp):
        inner = _SIGNS.get(type(node.left.op), "")
        first, second = text.tight(node.left.left), text.tight(node.left.right)
        yield f"{first} {inner} ({second} {sign} {text.tight(node.right)})"
        yield from _with_last(node, node.left.right, site)
    if isinstance(node.right, ast.BinOp):
        inner = _SIGNS.get(type(node.right.op), "")
        first, second = text.tight(node.right.left), text.tight(node.right.right)
        yield f"({text.tight(node.left)} {sign} {first}) {inner} {second}"


def _with_last(node: ast.BinOp, inner: ast.expr, site: Site) -> Iterator[str]:
    """``n * x**n - 1``, where one is taken from the exponent that stands last in the product."""
    while isinstance(inner, ast.BinOp):
        start, end = site.text.span(node)[0], site.text.span(inner.right)[0]
        before, sign = site.text.text[start:end], _SIGNS.get(type(node.op), "")
        if before.count("(") == before.count(")"):
            yield f"{before}({site.text.tight(inner.right)} {sign} {site.text.tight(node.right)})"
        inner = inner.right


def _factor(node: ast.expr, site: Site) -> Iterator[str]:
    """The upstream factor added: ``g / a`` where ``1 / a`` stood."""
    if _number(node, site):
        here = site.text.tight(node)
        yield from (g if here in {"1", "1.0"} else f"{here} * {g}" for g in site.upstream)


def _more_factor(node: ast.expr, site: Site) -> Iterator[str]:
    if _number(node, site):
        here = site.text.tight(node)
        for atom in (*site.atoms, "2", "0.5"):
            if atom not in site.upstream:
                yield f"{here} * {atom}"
                yield f"{here} / {atom}"


def _power(node: ast.expr, site: Site) -> Iterator[str]:
    if _number(node, site):
        here = site.text.tight(node)
        yield f"({here})**2" if _is_power(node) else f"{here}**2"


def _negated(node: ast.expr, site: Site) -> Iterator[str]:
    """The other sign; ``1 - s`` is another operator, where ``1 + -s`` would be the same.

    Of a number: an operand whose number is used beside it is no number itself.
    """
    held = isinstance(node, ast.Name) and node.id in scope.no_numbers(site.text, site.function)
    if _number(node, site) and not follows_sign(node, site.text) and not held:
        yield f"-{site.text.tight(node)}"


def _complement(node: ast.expr, site: Site) -> Iterator[str]:
    if _number(node, site) and site.text.of(node) in site.atoms:
        yield f"1 - {site.text.of(node)}"
        yield f"1 - {site.text.of(node)}**2"


def _number(node: ast.expr, site: Site) -> bool:
    """Whether an expression stands where a number is computed: neither called nor assigned to.

    Not in a comparison: a case that is wrong would only be moved to where nobody looks.
    """
    parent = site.text.parents.get(node)
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return False
    if isinstance(node, ast.Name | ast.Attribute) and site.text.of(node) in _holders(site):
        return False
    if isinstance(parent, ast.Attribute | ast.Subscript):
        return False
    if isinstance(parent, ast.Call):
        return parent.func is not node and not _is_question(parent.func)
    return isinstance(
        parent,
        ast.BinOp | ast.UnaryOp | ast.Assign | ast.AugAssign | ast.Return | ast.Tuple | ast.List
        | ast.IfExp | ast.Lambda,
    )  # fmt: skip


def _holders(site: Site) -> Collection[str]:
    return scope.holders(site.text, site.function)


def _unsigned(node: ast.UnaryOp, site: Site) -> Iterator[str]:
    yield site.text.of(node.operand)


def _near_number(node: ast.Constant, site: Site) -> Iterator[str]:
    value, parent = node.value, site.text.parents.get(node)
    if isinstance(parent, ast.Compare):
        return
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int | float):
        near = [value + 1, value - 1, -value, 2, 1, 0, 0.5]
        yield from (repr(x) for x in dict.fromkeys(near) if x != value)
        yield "float('inf')"
    elif value is None:
        yield "0.0"


def _limit(node: ast.Constant, site: Site) -> Iterator[str]:
    """Another number in a comparison; in an equation it would only move the case elsewhere."""
    parent = site.text.parents.get(node)
    if isinstance(parent, ast.Compare) and not isinstance(parent.ops[0], ast.Eq | ast.NotEq):
        yield from (limit for limit in ("0", "float('inf')") if limit != repr(node.value))


def _unwrapped(node: ast.Call, site: Site) -> Iterator[str]:
    """A clamp or a wrapper removed: ``min(x, 50)`` is ``x``."""
    kept = site.function.name == "__init__" and site.text.of(node.func) == site.text.words.node
    if _is_question(node.func) or kept:  # what is trained is a node
        return
    given = [*node.args, *[k.value for k in node.keywords]]
    for arg in given:
        if not isinstance(arg, ast.Starred):
            yield site.text.of(arg)
        if isinstance(arg, ast.Call) and _limits(arg) and _limits(node):  # from above and below
            given += arg.args
    if isinstance(node.func, ast.Attribute) and not node.args:
        yield site.text.of(node.func.value)


def _limits(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in {"max", "min"}


def _is_question(func: ast.expr) -> bool:
    """Whether a call only asks what something is."""
    return isinstance(func, ast.Name) and func.id in {"isinstance", "type", "id", "hasattr"}


def _kind(node: ast.Call, site: Site) -> Iterator[str]:
    """Which kinds of operands are meant: ``isinstance(x, float)`` leaves whole numbers out."""
    func = node.func
    if isinstance(func, ast.Name) and func.id == "isinstance" and len(node.args) == 2:
        thing, known = site.text.of(node.args[0]), site.text.of(node.args[1])
        for kind in ("(int, float)", site.text.words.node):
            if kind != known:
                yield f"isinstance({thing}, {kind})"
                yield f"not isinstance({thing}, {kind})"
        yield f"not isinstance({thing}, {known})"


def _arguments(node: ast.Call, site: Site) -> Iterator[str]:
    """Two arguments swapped; one left out."""
    args = [site.text.of(a) for a in node.args]
    func = site.text.of(node.func)
    if _is_question(node.func):
        return
    if len(args) == 2:
        yield f"{func}({args[1]}, {args[0]})"
    if len(args) > 1 and not node.keywords:
        for i in range(len(args)):
            yield f"{func}({', '.join(args[:i] + args[i + 1 :])})"


def _counted(node: ast.Call, site: Site) -> Iterator[str]:
    """How far a range goes: to the end of what the function takes parts of, or to its last."""
    if site.text.of(node.func) != "range" or len(node.args) not in {1, 2}:
        return
    before = "".join([f"{site.text.of(arg)}, " for arg in node.args[:-1]])
    parts = [n.value.id for n in ast.walk(site.function)
             if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)]  # fmt: skip
    counted = [n.args[0].id for n in ast.walk(site.function)
               if isinstance(n, ast.Call) and site.text.of(n.func) == "len" and len(n.args) == 1
               and isinstance(n.args[0], ast.Name)]  # fmt: skip
    for name in dict.fromkeys([*counted, *parts]):
        for end in (f"len({name})", f"len({name}) - 1"):
            if end != site.text.of(node.args[-1]):
                yield f"range({before}{end})"


def _fresh(node: ast.Call, site: Site) -> Iterator[str]:
    """New lists and sets for a function whose own are made once, when it is defined."""
    args = [site.text.of(arg) for arg in (*node.args, *node.keywords)]
    named = {keyword.arg for keyword in node.keywords}
    for function in scope.called(site.text, node):
        method = isinstance(node.func, ast.Attribute)
        known = function.args.args[method + len(node.args) :]
        shared = scope.mutable_defaults(site.text, function)
        new = [(a.arg, shared[a.arg]) for a in known if a.arg in shared and a.arg not in named]
        if new:
            plain = not named and [name for name, _ in new] == [a.arg for a in known]
            args += [made if plain else f"{name}={made}" for name, made in new]
            yield f"{site.text.of(node.func)}({', '.join(args)})"


def _copied(node: ast.Call, site: Site) -> Iterator[str]:
    """A copy of what outlives the call, where it is handed to a node: the next call changes it."""
    shared = scope.outliving(site.text, site.function)
    given = [site.text.of(arg) for arg in node.args]
    for place, each in enumerate(given):
        if each in shared and site.text.of(node.func) == site.text.words.node:
            new = [*given[:place], f"list({each})", *given[place + 1 :]]
            new += [site.text.of(word) for word in node.keywords]
            yield f"{site.text.of(node.func)}({', '.join(new)})"


def _wrapped(node: ast.expr, site: Site) -> Iterator[str]:
    """A number made a node: ``other`` is ``Value(other)``."""
    returned = isinstance(site.text.parents.get(node), ast.Return)
    if (_number(node, site) or returned) and not kept_as_number(site):
        yield f"{site.text.words.node}({site.text.of(node)})"


def _relation(node: ast.Compare, site: Site) -> Iterator[str]:
    if len(node.ops) == 1:
        left, right = site.text.tight(node.left), site.text.tight(node.comparators[0])
        for other in _OTHER_RELATIONS.get(_RELATIONS[type(node.ops[0])], ()):
            yield f"{left} {other} {right}"
        if isinstance(node.ops[0], ast.In | ast.NotIn) and not isinstance(node.left, ast.Call):
            yield f"id({left}) {_RELATIONS[type(node.ops[0])]} {right}"


def _truth(node: ast.If, site: Site) -> Iterator[str]:
    rest = site.text.text[site.text.span(node.test)[1] : site.text.span(node)[1]]
    yield f"if not ({site.text.of(node.test)}){rest}"


def _branch(node: ast.IfExp, site: Site) -> Iterator[str]:
    body, test, other = (site.text.of(n) for n in (node.body, node.test, node.orelse))
    yield f"{other} if {test} else {body}"


def _without_branch(node: ast.IfExp, site: Site) -> Iterator[str]:
    yield site.text.of(node.body)
    yield site.text.of(node.orelse)


def _parts(node: ast.BoolOp, site: Site) -> Iterator[str]:
    """One side of ``and`` and ``or`` alone."""
    yield from (site.text.of(value) for value in node.values)
    other = " or " if isinstance(node.op, ast.And) else " and "
    yield other.join(site.text.tight(value) for value in node.values)


def _reordered(node: ast.Tuple | ast.List, site: Site) -> Iterator[str]:
    parts = [site.text.of(e) for e in node.elts]
    load = isinstance(node.ctx, ast.Load)
    if load and len(parts) == 2:
        left, right = ("(", ")") if isinstance(node, ast.Tuple) else ("[", "]")
        bare = isinstance(node, ast.Tuple) and not site.text.of(node).startswith("(")
        inner = f"{parts[1]}, {parts[0]}"
        yield inner if bare else f"{left}{inner}{right}"
    names_there = {"self", "other"} & set(names(site.function))
    if load and len(parts) == 1 and isinstance(node, ast.Tuple):
        for name in names_there - set(parts):
            yield f"({parts[0]}, {name})"


def _exchanged(node: ast.Return, site: Site) -> Iterator[str]:
    """Two operands that stand for each other: ``self + (-other)`` is ``other + (-self)``."""
    first, second, *_ = [*scope.operands(site.function), "", ""]
    there = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if site.function.name.startswith("__r") and {first, second} <= there:
        other = {first: second, second: first}
        yield re.sub(r"(?<!\.)\b\w+\b", lambda m: other.get(m[0], m[0]), site.text.of(node))


def _of_one(node: ast.Tuple, site: Site) -> Iterator[str]:
    """A pair that is meant as the only one of several: brackets alone make no tuple of it."""
    text = site.text.of(node)
    held = isinstance(site.text.parents.get(node), ast.Assign | ast.keyword | ast.Call)
    if held and isinstance(node.ctx, ast.Load) and len(node.elts) == 2 and text.startswith("("):
        yield f"({text},)"


def _direction(node: ast.For, site: Site) -> Iterator[str]:
    """What a loop goes through, the other way round."""
    head = site.text.text[site.text.span(node)[0] : site.text.span(node.iter)[0]]
    rest = site.text.text[site.text.span(node.iter)[1] : site.text.span(node)[1]]
    over = site.text.of(node.iter)
    if isinstance(node.iter, ast.Call) and site.text.of(node.iter.func) == "reversed":
        yield f"{head}{site.text.of(node.iter.args[0])}{rest}"
    else:
        yield f"{head}reversed({over}){rest}"
        yield f"{head}list({over}){rest}"


def _subscript(node: ast.Subscript, site: Site) -> Iterator[str]:
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        yield site.text.of(node.value)
        yield f"{site.text.of(node.value)}[::-1]"


TABLE: Final[dict[type[ast.AST] | tuple[type[ast.AST], ...], tuple[Entry, ...]]] = {
    ast.Assign: (
        ("accumulate", 1.0, _accumulate),
        ("the rule under its name", 2.0, _stored),
        (LEFT_OUT, 4.0, _nothing),
    ),
    ast.AugAssign: (
        ("how it is assigned", 1.5, _assign),
        ("a new object", 2.0, _rebound),
        (LEFT_OUT, 4.0, _nothing),
    ),
    ast.Expr: (("assigned, not compared", 1.0, _compared), (LEFT_OUT, 4.0, _nothing)),
    ast.Return: (("operands exchanged", 1.5, _exchanged),),
    ast.Delete: ((LEFT_OUT, 4.0, _nothing),),
    ast.Name: (("another name", 2.0, _other_name),),
    ast.Attribute: (
        ("a spelling", 1.0, _spelling),
        ("value and gradient", 2.5, _other_attribute),
    ),
    (ast.Name, ast.Attribute): (
        ("another number", 2.5, _other_atom),
        ("the complement", 3.5, _complement),
    ),
    ast.BinOp: (
        ("operands swapped", 1.5, _swapped),
        ("another operator", 2.0, _other_sign),
        (GUARD, 1.5, _without_factor),
        ("one side alone", 2.0, _one_side),
        ("grouped otherwise", 2.0, _regrouped),
    ),
    ast.UnaryOp: (("a sign", 1.0, _unsigned),),
    (ast.Constant,): (("a sign", 1.25, _negated),),
    (ast.Name, ast.Attribute, ast.BinOp, ast.Call, ast.UnaryOp, ast.Constant): (
        ("the upstream factor", 1.5, _factor),
        ("a sign", 1.5, _negated),
        ("a power more", 2.0, _power),
        ("a factor more", 3.5, _more_factor),
    ),
    (ast.Name, ast.Attribute, ast.Constant): (("a number wrapped", 3.0, _wrapped),),
    ast.Constant: (
        ("another constant", 2.0, _near_number),
        ("a limit moved", 2.0, _limit),
    ),
    ast.Call: (
        ("the kind of an operand", 2.0, _kind),
        ("a clamp removed", 2.0, _unwrapped),
        ("arguments", 2.5, _arguments),
        ("how far a range goes", 2.0, _counted),
        ("lists of its own", 1.0, _fresh),
        ("a list of its own", 1.0, _copied),
    ),
    ast.Compare: (("a comparison", 2.0, _relation),),
    ast.If: (("a condition", 4.0, _truth),),
    ast.IfExp: (
        ("a branch", 2.5, _branch),
        (GUARD, 2.0, _without_branch),
    ),
    ast.BoolOp: (("a part of a condition", 2.5, _parts),),
    (ast.Tuple, ast.List): (("the order of two", 1.5, _reordered),),
    ast.Tuple: (("a tuple of one", 1.0, _of_one),),
    ast.For: (("the direction", 2.0, _direction),),
    ast.Subscript: (("a part left out", 2.5, _subscript),),
}
"""By kind of node: what an edit does, what it costs, and what may stand there instead."""
