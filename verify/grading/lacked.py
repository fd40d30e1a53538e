"""What raises since it comes to an operator that the class does not have: one cause, told once."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.expression.ops import FORMS
from verify.grading.criteria import beside, own
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Collection

    from verify.expression.reading import Raised
    from verify.verdict.outcome import Finding

_TWO: Final = re.compile(
    r"unsupported operand type\(s\) for (\*\*|[-+*/])(?: or pow\(\))?: '([\w.]+)' and '([\w.]+)'"
)
_ONE: Final = re.compile(r"bad operand type for unary -: '([\w.]+)'")
"""How Python says that neither operand has a method for an operator."""
_NUMBERS: Final = frozenset({"int", "float"})
_METHODS: Final = {
    "-a": "__neg__(self)", "a ** 2": "__pow__(self, other)", "a ** b": "__pow__(self, other)",
    **{f"a {sign} {other}": f"__{name}__(self, other)"
       for sign, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv"))
       for other in ("b", "2")},
    **{f"2 {sign} a": f"__r{name}__(self, other)"
       for sign, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv"),
                          ("**", "pow"))},
}  # fmt: skip
"""By the form the method that Python looks for."""


def lacked(found: Finding, absent: Collection[str]) -> str:
    """The form that is not there and by whose lack an expression raises; ``""`` if there is none.

    Args:
        found: small and named.
        absent: the forms that were refused each time.
    """
    raised = found.reading.raised
    form = "" if raised is None or raised.near_miss else _form(raised)
    return form if form in absent and form in _METHODS else ""


def _form(raised: Raised) -> str:
    if raised.type != "TypeError":
        return ""
    if (one := _ONE.match(raised.message)) and _node(one[1]):
        return "-a"
    if not (two := _TWO.match(raised.message)):
        return ""
    sign, left, right = two.groups()
    if not all(kind in _NUMBERS or _node(kind) for kind in (left, right)):
        return ""
    if left in _NUMBERS:
        return "" if right in _NUMBERS else f"2 {sign} a"
    return f"a {sign} {2 if right in _NUMBERS else 'b'}"


def _node(kind: str) -> bool:
    return not hasattr(builtins, kind) and kind not in {"NoneType", "function", "method"}


def told(found: Finding, form: str) -> tuple[Finding, str]:
    """The finding, named for what is not there, and the criterion of that.

    Args:
        found: what raises.
        form: that is not there.
    """
    made, method = FORMS[form], _METHODS[form]
    name = method.partition("(")[0]
    diagnosis = Diagnosis(
        "",
        f"what comes to {form} raises TypeError: it is not there",
        f"In the place that the error names {form} is worked out, and the class has nothing that "
        f"does it: Python asks for {name}, which is not there or gives NotImplemented. Whatever "
        "comes to that place raises, and nothing else is known to be wrong with it.",
        formula=f"def {method}",
    )
    alone = all(made.nodes) or form == "a ** 2"
    renamed = replace(found, diagnosis=diagnosis, blames=frozenset({made.op}))
    return renamed, own(made.op) if alone else beside(made.op)
