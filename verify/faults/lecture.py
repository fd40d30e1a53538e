"""Faults in an engine that is written as the lecture's own is.

Operands are kept in a set, whose order depends on where objects lie in memory; tanh is composed of
exponentials; relu asks for less than 0.  What many people hand in looks like this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from verify.faults.fault import Fault

STYLE: Final = {
    "self._prev = tuple(children)": "self._prev = set(children)",
    "t = math.tanh(self.data)": (
        "x = self.data\n        t = (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)"
    ),
    "self.data if self.data > 0 else 0.0,": "0.0 if self.data < 0 else self.data,",
}
"""What stands in the base engine, and in the lecture's."""


def in_style(fault: Fault) -> str:
    """The engine with this one mistake, in the lecture's style wherever the mistake is not."""
    text = fault.source
    for plain, lecture in STYLE.items():
        text = text.replace(plain, lecture)
    return text
