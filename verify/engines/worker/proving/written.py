"""Texts with numbers in them that are not known: they can be made and kept, and not be read."""

from __future__ import annotations

from .counts import counts, long_text
from .decisions import lost
from .observed import STATE, foreign, is_own
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def message(thing: Any) -> Any:
    """What an exception says."""
    return "a number" if type(thing) is Symbol or is_own(type(thing)) else thing


class Text(str):
    """A text with a number in it that is not known: it can be kept, and not be looked at."""

    __slots__ = ()


def looked_at(*_args: Any, **_options: Any) -> Any:
    """A text with a number in it is looked at."""
    return lost("a text with a number in it is looked at")


for _name in set(dir(str)) - {
    "__new__", "__class__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__",
    "__setattr__", "__delattr__", "__getattribute__",
}:  # fmt: skip
    setattr(Text, _name, looked_at)
Text.__radd__ = Text.__bool__ = looked_at  # type: ignore[attr-defined]


class Unread:
    """Stands in a text for a number that is not known."""

    def __format__(self, _how: str) -> str:
        STATE.unread = True
        return "?"

    __str__ = __repr__ = lambda self: format(self, "")


def in_texts(things: Any) -> None:
    """What is put in a text by ``%``: of an exception it would be what that says."""
    if any(isinstance(x, BaseException) for x in (things if type(things) is tuple else (things,))):
        looked_at()


def written(thing: Any) -> Any:
    """What a text says."""
    if STATE.phase is not None:
        counts(thing)
        foreign(thing, "writes")
        if isinstance(thing, BaseException):
            return Unread()
        if type(thing) in (Symbol, Text):
            return Unread()
    return thing


def text(joined: str) -> str:
    """A text that was put together."""
    unread, STATE.unread = STATE.unread, False
    return Text(joined) if unread else long_text(joined)
