"""Shares that were left out of a display: one operand has its slope there, and the other has none.

``((self, 1.0),)`` becomes ``((self, 1.0), (other, -1.0))``, with every formula of the operation;
likewise in a dictionary, in two lists side by side, in the arguments of a call, and in what a rule
returns, where a share that is 0 for ever is none.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.mending import scope
from verify.mending.formulas import PARTIALS
from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.mending.syntax import Text

    Display: TypeAlias = ast.Tuple | ast.List

EDGE: Final = "a share in a display"
_COST: Final = 1.25
"""Little: where one of two operands stands alone, the other one is what is missing."""
_LATER: Final = 0.25
_LONG: Final = 0.01
_DISPLAYS: Final = (ast.Tuple, ast.List)


def completed(text: Text, function: Function, op: str) -> Iterator[Edit]:
    """The share of the other operand beside that of one."""
    names = scope.operands(function)
    for node in ast.walk(function) if len(PARTIALS.get(op, ())) == 2 else ():
        for start, end, before, after, place in _gaps(text, node, names):
            for cost, made in _formulas(text, function, op, place):
                new = f"{before}{made}{after}"
                line = getattr(node, "lineno", function.lineno)
                yield Edit(text.file, start, end, new, cost, EDGE, line)


def _formulas(
    text: Text, function: Function, op: str, place: int
) -> Iterator[tuple[float, str]]:
    """Right local derivatives by one operand, and these times what comes from above."""
    upstream, gradient = scope.upstream(text, function), f".{text.words.gradient}"
    atoms = scope.atoms(text, function)
    plain = [a for a in atoms if a not in upstream and not a.endswith(gradient)]
    spelled, hints = scope.functions(text), scope.numbers(text, function)
    for rank, template in enumerate(PARTIALS[op][place]):
        for made in scope.filled(template, plain, spelled, hints):
            cost = _COST + _LATER * rank + _LONG * len(made)
            yield cost, made
            for g in upstream[:1]:
                yield cost, f"{made} * {g}" if made != "1.0" else g


def _gaps(
    text: Text, node: ast.AST, names: Sequence[str]
) -> Iterator[tuple[int, int, str, str, int]]:
    """Where a share is missing: what is replaced, what stands before it and after, and whose it is.

    The place is that of the operand in the operation: 0 or 1.
    """
    if isinstance(node, ast.Dict) and len(node.keys) == 1:
        known = text.of(node.keys[0]) if node.keys[0] else ""
        for place, other in _others(known, names):
            end = text.span(node.values[0])[1]
            yield end, end, f", {other}: ", "", place
    elif isinstance(node, _DISPLAYS) and len(node.elts) == 1:
        yield from _of_one(text, node, names)
    elif isinstance(node, _DISPLAYS) and len(node.elts) == 2:
        if isinstance(text.parents.get(node), ast.Return | ast.Lambda):
            for place, share in enumerate(node.elts):
                if isinstance(share, ast.Constant) and share.value == 0:
                    yield *text.span(share), "", "", place
    elif isinstance(node, ast.Call):
        yield from _of_call(text, node, names)


def _of_one(
    text: Text, node: Display, names: Sequence[str]
) -> Iterator[tuple[int, int, str, str, int]]:
    """A display with one share: a pair of an operand and its slope, or what a rule returns."""
    (only,), (start, end) = node.elts, text.span(node)
    mark = "[" if isinstance(node, ast.List) else "(" * text.of(node).startswith("(")
    close = {"[": "]", "(": ")", "": ""}[mark]
    if isinstance(only, _DISPLAYS):
        for before, after, place in _pairs(text, only, names):
            yield start, end, f"{mark}{text.of(only)}, {before}", f"{after}{close}", place
    elif isinstance(text.parents.get(node), ast.Return | ast.Lambda):
        yield start, end, f"{mark}{text.of(only)}, ", close, 1


def _of_call(
    text: Text, node: ast.Call, names: Sequence[str]
) -> Iterator[tuple[int, int, str, str, int]]:
    """The arguments of a call: one pair among them, or operands and slopes side by side."""
    displays = [arg for arg in node.args if isinstance(arg, _DISPLAYS)]
    if len(displays) == 1:
        for before, after, place in _pairs(text, displays[0], names):
            end = text.span(displays[0])[1]
            yield end, end, f", {before}", after, place
    if len(displays) == 2 and [len(d.elts) for d in displays] == [1, 1]:
        first, second = displays
        for place, other in _others(text.of(first.elts[0]), names):
            start, end = text.span(first)[0], text.span(second)[1]
            between = text.text[text.span(first)[1] : text.span(second)[0]]
            (mark, close), (left, right) = _brackets(first), _brackets(second)
            kept = f"{mark}{text.of(first.elts[0])}, {other}{close}{between}"
            yield start, end, f"{kept}{left}{text.of(second.elts[0])}, ", right, place


def _brackets(node: Display) -> tuple[str, str]:
    return ("[", "]") if isinstance(node, ast.List) else ("(", ")")


def _pairs(
    text: Text, pair: Display, names: Sequence[str]
) -> Iterator[tuple[str, str, int]]:
    """What a pair of the other operand begins and ends with, and its place."""
    if len(pair.elts) != 2:
        return
    mark, close = _brackets(pair)
    first, second = (text.of(each) for each in pair.elts)
    if {first, second} <= set(names):
        return
    for place, other in _others(first, names):
        yield f"{mark}{other}, ", close, place
    for place, other in _others(second, names):
        yield mark, f", {other}{close}", place


def _others(known: str, names: Sequence[str]) -> list[tuple[int, str]]:
    """The other one of two operands."""
    pair = list(enumerate(names[:2]))
    return [each for each in pair if each[1] != known] if known in names[:2] else []
