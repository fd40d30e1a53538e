"""Classes of numbers that no theorem is about: both answers are tried where one is asked for.

So the engine's own branch for them, say for numbers of numpy, is held to be right as well.
"""

from __future__ import annotations

import numbers
import sys

from .decisions import RECORD, lost, question
from .observed import STATE, is_own
from .opaque import NUMPY, Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterable, Iterator

COVERED: Final = (float, int, bool)
"""Classes of the numbers that theorems are about."""
OF_NUMPY: Final = ("generic", "number", "bool_")
"""Classes of numpy that Python does not know as numbers."""


def is_other(cls: Any) -> bool:
    """Whether a class is one of real numbers that are neither floats, ints nor truth values."""
    if not isinstance(cls, type) or cls in COVERED or issubclass(cls, (complex, STATE.base)):
        return False
    numpy = sys.modules.get("numpy")
    if numpy is not None and any(cls is getattr(numpy, name) for name in OF_NUMPY):
        return True
    return issubclass(cls, numbers.Number) and not issubclass(numbers.Complex, cls)


def is_of_class(number: Symbol, asked: Iterable[Any]) -> bool:
    """Whether a number that is not known is of one of these classes, or may be.

    A symbol has more methods than the number that it stands for: the number's class is asked.
    """
    classes = list(flat(asked))
    try:
        found = [isinstance(number, c) if is_own(type(c)) else issubclass(number.kind, c)
                 for c in classes]  # fmt: skip
    except TypeError:
        return bool(lost("whether a number is of this class"))
    return any(found) or (STATE.phase is not None and any_of(filter(is_other, classes)))


def flat(asked: Iterable[Any]) -> Iterator[Any]:
    """Classes, one by one: they may stand in tuples, or as ``int | float``."""
    for each in asked:
        inner = each if isinstance(each, tuple) else getattr(each, "__args__", None)
        if isinstance(inner, tuple) and not isinstance(each, type):
            yield from flat(inner)
        else:
            yield each


def compares_classes(left: Any, right: Any) -> bool:
    """Whether the class that a number has, as it seems, is one of these after all."""
    if STATE.phase is None or not isinstance(left, type):
        return False
    rights = right if isinstance(right, (list, tuple, set, frozenset)) else (right,)
    return left in (*COVERED, *NUMPY) and left not in rights and any_of(filter(is_other, rights))


def any_of(others: Iterable[type]) -> bool:
    """The answer to the question, which is one for all numbers of a path."""
    names = sorted({cls.__name__ for cls in others})
    if not names:
        return False
    key = ("kind", *names)
    if key not in RECORD.known:
        RECORD.known[key] = question("kind", 0.0, 0.0, lambda: False)
    return bool(RECORD.known[key])
