"""Words for answers in which an operation gave no node, is misspelt, or raised out of its code.

These readings name the mistake themselves: nothing has to be matched or guessed.  All that is told
here stands in :class:`~verify.expression.reading.Reading` and ``Raised`` as data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Const
from verify.expression.ops import OPS
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading

_NO_NODE: Final = re.compile(r"'(int|float)' object has no attribute")
_NUMBERS: Final = frozenset({
    "int", "float", "bool", "complex", "ndarray", "Decimal", "Fraction",
    "float16", "float32", "float64", "longdouble", "int32", "int64", "bool_",
})  # fmt: skip


def culprit(case: Case, reading: Reading) -> int | None:
    """The operation that gave no node, that is misspelt, or of which an exception tells.

    Returns:
        its index in the graph; ``None`` where the reading names none.  Of operations that gave no
        node it is the first: the others worked on what it gave.
    """
    raised = reading.raised
    if raised is not None:
        told = raised.node
        if told is not None and isinstance(case.graph.nodes[told], Apply):
            return told
        return None
    return min(reading.cut, default=None)


def told(case: Case, reading: Reading) -> Diagnosis | None:
    """What is wrong, where the answer itself says so.

    Args:
        case: what the engine was asked, made small.
        reading: what it said.

    Returns:
        a title and an explanation; ``None`` where the reading holds nothing of that kind, so that
        the mistake has to be found in its numbers.
    """
    node = culprit(case, reading)
    raised = reading.raised
    if raised is None:
        return None if node is None else _not_a_node(_form(case, node), reading.cut[node])
    if raised.type == "protocol":
        return Diagnosis("", "its answer does not follow the protocol", f"{raised.message}.")
    if node is None:
        return None
    match raised.kind:
        case "misspelt":
            return _misspelt(case, node, raised)
        case "not a node":
            return _not_a_node(_form(case, node), raised.returned, raised)
        case "raised" if raised.during == "forward" and _unwrapped(case, node, raised):
            return _number_not_wrapped(_form(case, node), raised)
        case "raised" if raised.during == "backward":
            return _raises_in_backward(case, node, raised)
    return None


def _form(case: Case, node: int) -> str:
    """``2 + a``, ``relu()``."""
    applied = case.graph.nodes[node]
    assert isinstance(applied, Apply)  # noqa: S101 - culprit() gives operations only
    if applied.op == "sum":
        return "0 + a, with which sum() begins,"
    return f"{applied.op}()" if OPS[applied.op].syntax == "method" else applied.form


def _not_a_node(form: str, returned: str, raised: Raised | None = None) -> Diagnosis:
    then = "" if raised is None else f" What comes next fails on it: {raised}."
    if returned == "NoneType":
        return Diagnosis(
            "",
            f"{form} gives None",
            "Some way through its code ends without return: every one has to return a new node."
            + then,
        )
    what = "number" if returned in _NUMBERS else returned
    return Diagnosis(
        "",
        f"{form} returns a {what}: the graph is cut",
        f"What comes back is a plain {returned}, which knows nothing of the operands: no gradient "
        "gets through to them. It has to return a new node with the operands as its parents, and "
        f"a rule for backward.{then}",
    )


def _misspelt(case: Case, node: int, raised: Raised) -> Diagnosis:
    form, wanted = _form(case, node), raised.wanted
    name, _, place = raised.near_miss.partition(" (")
    if place:
        place = place.rstrip(")")
        return Diagnosis(
            "",
            f"{form} fails: {name} stands {place}",
            f"Python looks for {name} in the class, and there it is not: its definition stands "
            f"{place}. Look at its indentation. {raised}.",
        )
    return Diagnosis(
        "",
        f"{form} fails: {name} is not {wanted}",
        f"For {form} Python needs {wanted}, with two underscores on either side. The class has "
        f"{name} instead, which nobody calls: correct its name. {raised}.",
    )


def _unwrapped(case: Case, node: int, raised: Raised) -> bool:
    """Whether it fails because an operand is a plain number."""
    applied = case.graph.nodes[node]
    return (
        raised.type == "AttributeError"
        and _NO_NODE.match(raised.message) is not None
        and isinstance(applied, Apply)
        and (applied.op == "sum" or any(isinstance(arg, Const) for arg in applied.args))
    )


def _number_not_wrapped(form: str, raised: Raised) -> Diagnosis:
    return Diagnosis(
        "",
        f"{form} fails: a plain number is not made a node",
        "An operand may be a plain number, which has no attributes of a node: make a node of it "
        f"first, as in `other if isinstance(other, Value) else Value(other)`. {raised}.",
        raised.line,
    )


def _kink(case: Case) -> bool:
    """Whether the operation has no derivative there, and engines take one of the slopes around."""
    node, numbers = case.graph.nodes[-1], set(case.point)
    op = node.op if isinstance(node, Apply) else ""
    if isinstance(node, Apply):
        numbers |= {arg.value for arg in node.args if isinstance(arg, Const)}
    return (op in {"max", "min"} and len(numbers) == 1) or (
        op in {"abs", "relu"} and numbers == {0}
    )


def _raises_in_backward(case: Case, node: int, raised: Raised) -> Diagnosis | None:
    """An exception at a point where there is a derivative, in the rule of the only operation."""
    if len(case.graph.operations) != 1:
        return None
    form, applied = _form(case, node), case.graph.nodes[node]
    power = isinstance(applied, Apply) and applied.op == "pow"
    number = isinstance(applied, Apply) and isinstance(applied.args[-1], Const)
    form = case.graph.expression() if power and number else form  # with its own exponent
    slope = "at a kink, where a slope is chosen" if _kink(case) else "where there is a derivative"
    where = f"{form} raises {raised.type} in backward, {slope}"
    if power and number and raised.type == "ValueError" and any(x < 0 for x in case.point):
        return Diagnosis(
            "",
            where,
            "The rule takes the logarithm of the base for a gradient of the exponent, and a number "
            "below 0 has none. Here the exponent is a plain number and needs no gradient: only a "
            f"node does. {raised}.",
            raised.line,
        )
    return Diagnosis("", where, f"Its rule fails: {raised}.", raised.line)
