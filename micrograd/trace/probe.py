"""What a function that is being recorded gets for the number in a node.

Comparing it records a guard, arithmetic with it is recorded too, and whatever would turn it into a
plain number, and so into a silent constant, is refused.
"""

from __future__ import annotations

import operator
from numbers import Number
from typing import TYPE_CHECKING, Any

from micrograd.trace.program import Event
from micrograd.trace.tape import DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from micrograd.engine import Value
    from micrograd.trace.tape import Tape

__all__ = ["Probe"]


class Probe:
    """The number in a node, as a function that is being recorded sees it."""

    __slots__ = ("_node", "_tape")
    __class__ = property(lambda _: float)  # for `isinstance`

    def __init__(self, tape: Tape, node: Value) -> None:
        self._tape = tape
        self._node = node

    def _nodes(self, *numbers: object) -> list[Value] | None:
        nodes = []
        for x in numbers:
            if type(x) is Probe:  # `isinstance` takes it for a float
                nodes.append(x._node)
            elif isinstance(x, (int, float)):
                nodes.append(self._tape.constant(x))
            elif isinstance(x, Number):
                self._tape.refuse(f"mix a {type(x).__name__} with data", "make it a float")
            else:  # it may know what to do
                return None
        return nodes

    def _compare(self, op: str, other: object) -> Any:
        pair = self._nodes(self, other)
        if pair is None:
            return NotImplemented
        mine, its = (DATA.__get__(v) for v in pair)
        if isinstance(other, int) and its != other:
            self._tape.refuse(f"compare with {other}", "no float is equal to it")
        outcome = bool(COMPARE[op](mine, its))
        self._tape.events.append(Event(op, tuple(pair), outcome=outcome))
        return outcome

    def __lt__(self, other: object) -> Any:
        return self._compare("<", other)

    def __le__(self, other: object) -> Any:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Any:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Any:
        return self._compare(">=", other)

    def __eq__(self, other: object) -> Any:
        return self._compare("==", other)

    def __ne__(self, other: object) -> Any:
        return self._compare("!=", other)

    def __bool__(self) -> bool:
        return bool(self._compare("!=", 0.0))

    __hash__ = None  # type: ignore[assignment]  # a dict would compare without a guard

    def _calculate(self, op: Callable[..., Value], *numbers: object) -> Any:
        nodes = self._nodes(*numbers)
        return NotImplemented if nodes is None else Probe(self._tape, op(*nodes))

    def __add__(self, other: object) -> Any:
        return self._calculate(operator.add, self, other)

    def __radd__(self, other: object) -> Any:
        return self._calculate(operator.add, other, self)

    def __sub__(self, other: object) -> Any:
        return self._calculate(operator.sub, self, other)

    def __rsub__(self, other: object) -> Any:
        return self._calculate(operator.sub, other, self)

    def __mul__(self, other: object) -> Any:
        return self._calculate(operator.mul, self, other)

    def __rmul__(self, other: object) -> Any:
        return self._calculate(operator.mul, other, self)

    def __truediv__(self, other: object) -> Any:
        return self._calculate(operator.truediv, self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._calculate(operator.truediv, other, self)

    def __neg__(self) -> Any:
        return self._calculate(operator.neg, self)

    def __abs__(self) -> Any:
        return self._calculate(abs, self)

    def __pos__(self) -> Any:
        return self

    def __repr__(self) -> str:  # for debuggers; no float can be read from it
        return f"<the number of a node: {DATA.__get__(self._node)!r}>"

    def _refuse(self, *_: object) -> Any:
        self._tape.refuse(
            "take the number out of a node",
            "it would be frozen. Compare it, add, subtract, multiply, divide; beyond that use the "
            "operations of the node (x.exp(), not math.exp(x.data)), or return the node",
        )

    __float__ = __int__ = __complex__ = __index__ = __trunc__ = __round__ = _refuse
    __floor__ = __ceil__ = __str__ = __format__ = __reduce_ex__ = __getattr__ = _refuse
    __pow__ = __rpow__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse
    __divmod__ = __rdivmod__ = _refuse


COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
