"""Local derivatives and values as text, in the spellings of the course: what an edit may put in.

None of this is believed: an edit is kept for what the edited copy answers.

``{a}`` and ``{b}`` are the values of the operands, ``{r}`` that of the result; ``{exp}`` and its
like are functions in the file's own spelling.
"""

from __future__ import annotations

from typing import Final

PARTIALS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "add": (("1.0",), ("1.0",)),
    "sub": (("1.0",), ("-1.0",)),
    "mul": (("{b}",), ("{a}",)),
    "div": (("1 / {b}",), ("-{a} / {b}**2",)),
    "neg": (("-1.0",),),
    "pow": (("{b} * {a}**({b} - 1)", "({b} * {a}**({b} - 1) if {b} else 0.0)"), (
        "{r} * {log}({a})", "({r} * {log}({a}) if {a} > 0 else 0.0)",
        "({a}**{b} * {log}({a}) if {a} > 0 else 0.0)",
    )),
    "relu": (("({r} > 0)", "(1.0 if {a} > 0 else 0.0)"),),
    "tanh": (("(1 - {r}**2)", "(1 - {tanh}({a})**2)"),),
    "exp": (("{r}", "{exp}({a})"),),
    "log": (("1 / {a}",),),
    "sigmoid": (("{r} * (1 - {r})",),),
    "sqrt": (("1 / (2 * {r})",),),
    "abs": (("(1.0 if {a} > 0 else -1.0)",),),
    "sin": (("{cos}({a})",),),
    "cos": (("-{sin}({a})",),),
    "max": (("({a} >= {b})",), ("({b} > {a})",)),
    "min": (("({a} <= {b})",), ("({b} < {a})",)),
}
"""By operation and operand, the course's spelling first."""

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "add": ("{a} + {b}",),
    "sub": ("{a} - {b}",),
    "mul": ("{a} * {b}",),
    "div": ("{a} / {b}",),
    "neg": ("-{a}",),
    "pow": ("{a}**{b}",),
    "relu": ("{a} if {a} > 0 else 0.0",),
    "tanh": ("{tanh}({a})",),
    "exp": ("{exp}({a})",),
    "log": ("{log}({a})",),
    "sigmoid": ("1 / (1 + {exp}(-{a}))",),
    "sqrt": ("{sqrt}({a})",),
    "abs": ("abs({a})",),
    "sin": ("{sin}({a})",),
    "cos": ("{cos}({a})",),
    "max": ("max({a}, {b})",),
    "min": ("min({a}, {b})",),
}

FUNCTIONS: Final = ("exp", "log", "tanh", "sqrt", "sin", "cos")

DERIVED: Final[dict[str, tuple[str, ...]]] = {
    "__radd__": ("self + other",),
    "__rmul__": ("self * other",),
    "__rsub__": ("{node}(other) - self", "(-self) + other"),
    "__rtruediv__": ("{node}(other) / self", "other * self**-1"),
    "__rpow__": ("{node}(other) ** self",),
    "__sub__": ("self + (-other)",),
    "__truediv__": ("self * other**-1",),
    "__neg__": ("self * -1",),
    "__iadd__": ("self + other",),
    "__isub__": ("self - other",),
    "__imul__": ("self * other",),
    "__itruediv__": ("self / other",),
    "__ipow__": ("self ** other",),
}
"""Operators written from others, as the course does."""

SPECIAL: Final = {
    "a + b": "__add__", "a + 2": "__add__", "2 + a": "__radd__",
    "a - b": "__sub__", "a - 2": "__sub__", "2 - a": "__rsub__",
    "a * b": "__mul__", "a * 2": "__mul__", "2 * a": "__rmul__",
    "a / b": "__truediv__", "a / 2": "__truediv__", "2 / a": "__rtruediv__",
    "a ** b": "__pow__", "a ** 2": "__pow__", "2 ** a": "__rpow__",
    "-a": "__neg__", "abs(a)": "__abs__",
    "a += b": "__iadd__", "a += 2": "__iadd__", "a -= b": "__isub__", "a -= 2": "__isub__",
    "a *= b": "__imul__", "a *= 2": "__imul__", "a /= b": "__itruediv__",
    "a /= 2": "__itruediv__", "a **= b": "__ipow__", "a **= 2": "__ipow__",
}  # fmt: skip
"""The method behind each form that has one."""
