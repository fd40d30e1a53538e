"""Comparisons and truth tests."""

from __future__ import annotations

import itertools
import operator
import types

from .arithmetic import followed
from .classes import compares_classes
from .containers import asks_tape
from .counts import SIZED, counts, sizes, within
from .decisions import lost
from .labels import asks, plain
from .observed import STATE, asks_kind, foreign, goes_on, is_foreign, is_own
from .opaque import Symbol
from .written import Text, looked_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final


def compare(name: str, left: Any, right: Any) -> Any:
    """``left < right`` and its like."""
    if STATE.phase is not None:
        asks_tape(left)
        asks_tape(right)
        if name not in {"Is", "IsNot"}:
            compares(name, left, right)
        else:
            for number, truth_value in ((left, right), (right, left)):
                if type(truth_value) is bool:
                    asks_kind(number)
                if kind_of_number(number) is bool and type(truth_value) is bool:
                    return (number == truth_value) == (name == "Is")
            same_object(left, right)
            left, right = plain(left), plain(right)
        asks_label(left)
        asks_label(right)
        if name in CLASSES and (compares_classes(left, right) or compares_classes(right, left)):
            return name in SAME
    if name not in {"In", "NotIn"}:
        left, right = followed(left, right)
    return COMPARISONS[name](left, right)


SAME: Final = frozenset({"Is", "Eq", "In"})
CLASSES: Final = SAME | {"IsNot", "NotEq", "NotIn"}


def asks_label(thing: Any) -> None:
    """Note that a function, or an object of the module's, is compared: it may be a node's label."""
    labels = isinstance(thing, types.FunctionType) or (
        id(thing) in STATE.old and is_own(type(thing))
    )
    if labels and STATE.phase == "backward" and STATE.looked:
        asks(STATE.looked[-1][1])


def same_object(left: Any, right: Any) -> None:
    """``left is right`` of a number is no question about numbers."""
    if Symbol in {type(left), type(right)} and not {type(left), type(right)} & NO_NUMBERS:
        lost("whether a number is the same object as another one")


NO_NUMBERS: Final = frozenset({type(None), bool, type})


def compares(name: str, left: Any, right: Any) -> None:
    """Note what is compared, where it is no question about numbers that are not known."""
    symbols = Symbol in {type(left), type(right)}
    if type(left) is Text and isinstance(right, str):
        looked_at()
    elif name in {"In", "NotIn"}:
        foreign(right, "what is in")
        goes_on(right)
        within(left)
        counts(left, right)
        if isinstance(right, (list, tuple, set, frozenset)):
            counts(*itertools.islice(right, 3))
    elif is_unknown(left, right):
        lost("what is compared is neither the engine's nor one of Python's plain things")
    elif not symbols and not (type(left) is type(right) is float and left == right == 0):
        counts(left, right)  # a gradient that nobody passed on is still 0.0
        within(left, right)
        if isinstance(left, SIZED) and isinstance(right, SIZED):
            sizes(left, right)


def is_unknown(left: Any, right: Any) -> bool:
    """Whether something is compared that may be a clock, or the environment."""
    return is_foreign(left) or is_foreign(right)


COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge,
    "Eq": operator.eq, "NotEq": operator.ne, "Is": operator.is_, "IsNot": operator.is_not,
    "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}  # fmt: skip


def kind_of_number(thing: Any) -> type | None:
    """Which number of Python's a symbol stands for; None for anything else."""
    return thing.kind if type(thing) is Symbol else None


def chain(names: tuple[str, ...], first: Any, *rest: Any) -> Any:
    """``a < b < c``."""
    answer: Any = True
    for name, second in zip(names, rest):
        answer = compare(name, first, second)
        if not answer:
            return answer
        first = second
    return answer


def matched(thing: Any) -> Any:
    """What ``match`` compares with its patterns."""
    if STATE.phase is not None:
        foreign(thing, "matches")
        asks_tape(thing)
        counts(thing)
        if type(thing) is Text:
            looked_at()
    return thing


def truth(thing: Any) -> Any:
    """What is asked whether it is true; a tuple is, if it is not empty."""
    if STATE.phase is not None and type(thing) is not tuple:
        foreign(thing, "asks whether it is true of")
        asks_tape(thing)
        counts(thing)
    return thing
