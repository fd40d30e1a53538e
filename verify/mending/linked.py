"""Operands that the result does not keep, so that backward never comes to them.

How the others are handed on is read from the calls of the same file: ``Value(x, (self, other))``.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from verify.mending.scope import operands
from verify.mending.syntax import Edit, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Text

_COST: Final = 2.0
_MORE: Final = 0.25
_Slot: TypeAlias = "tuple[int, str, type[ast.expr]]"
"""Which argument: its place, or its name; and whether it is a tuple, a list or a set."""


def linked(text: Text, function: Function) -> Iterator[Edit]:
    """The operands given to a node that is made without them, as other nodes get theirs."""
    slots = _slots(text)
    names = operands(function)
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    made = [call for call in calls if makes(text, call) and not wraps(call, names)]
    for call in made if slots and names else ():
        (place, word, kind), _ = slots.most_common(1)[0]
        given, had, before = _given(call, place, word), set[str](), ""
        if isinstance(given, ast.Tuple | ast.List | ast.Set):
            start, end = text.span(given)
            had = {text.of(each) for each in given.elts}
        elif given is None and (word or place == len(call.args)):
            start = end = text.span(call)[1] - 1
            before = f", {word}=" if word else ", "
        else:
            continue
        for count in dict.fromkeys((len(names), 1)):
            wanted = names[:count]
            if had < set(wanted):
                cost = _COST + _MORE * (count < len(names))
                new = f"{before}{_display(kind, wanted)}"
                yield Edit(text.file, start, end, new, cost, "operands kept", call.lineno)


def _slots(text: Text) -> Counter[_Slot]:
    """Where calls of the file hand operands to a node."""
    found: Counter[_Slot] = Counter()
    for function in ast.walk(text.tree):
        if not isinstance(function, Function):
            continue
        known = set(operands(function))
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or not makes(text, call):
                continue
            args = [(i, "", a) for i, a in enumerate(call.args)]
            words = [(-1, k.arg or "", k.value) for k in call.keywords]
            for place, word, arg in (*args, *words):
                if isinstance(arg, ast.Tuple | ast.List | ast.Set) and _operands(arg, known):
                    found[place, word, type(arg)] += 1
    return found


def _operands(given: ast.Tuple | ast.List | ast.Set, known: set[str]) -> bool:
    """Whether a display holds parameters of the function, and nothing else."""
    named = [e.id for e in given.elts if isinstance(e, ast.Name)]
    return bool(named) and len(named) == len(given.elts) and known.issuperset(named)


def makes(text: Text, call: ast.Call) -> bool:
    """Whether a call makes a node."""
    return text.of(call.func).rpartition(".")[2] in {text.words.node, "__class__", "cls"}


def wraps(call: ast.Call, names: list[str]) -> bool:
    """Whether a call makes a node of an operand alone: of a number beside a node."""
    first = call.args[0] if len(call.args) == 1 else None
    return isinstance(first, ast.Name) and first.id in names


def _given(call: ast.Call, place: int, word: str) -> ast.expr | None:
    """What stands in a slot of a call."""
    if word:
        return next((k.value for k in call.keywords if k.arg == word), None)
    return call.args[place] if 0 <= place < len(call.args) else None


def _display(kind: type[ast.expr], names: list[str]) -> str:
    inner = ", ".join(names)
    if kind is ast.Tuple:
        return f"({inner}{',' * (len(names) == 1)})"
    return f"[{inner}]" if kind is ast.List else f"{{{inner}}}"
