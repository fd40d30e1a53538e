"""What ends a request early, and how an exception of anybody's is put into words."""

from __future__ import annotations


class Unusable(Exception):
    """There is no engine to be had: what is wrong, and on which line of the engine's file."""

    def __init__(self, kind: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.line = kind, message, line


class OutOfTime(BaseException):
    """The alarm rang; derived from BaseException so that ``except Exception`` lets it through."""


class Missing(Exception):
    """The engine does not have what a request needs: an operation, or a way to change a leaf.

    Args:
        message: what is not there.
        kind: ``missing``, or ``refused`` where it is there and will not take these operands.
        near_miss: what was probably meant to be it; ``""`` if nothing was.
        wanted: the method that Python looks for, where it is an operator.
    """

    def __init__(
        self, message: str, kind: str = "missing", near_miss: str = "", wanted: str = ""
    ) -> None:
        super().__init__(message)
        self.kind = "misspelt" if near_miss else kind
        self.near_miss, self.wanted = near_miss, wanted


class NotANode(Exception):
    """An operation gave something that is no node, and what came next failed on it.

    Args:
        node: index of the operation.
        returned: name of the type that came back.
        error: on which the next step failed.
    """

    def __init__(self, node: int, returned: str, error: BaseException) -> None:
        super().__init__(text_of(error))
        self.node, self.returned, self.error = node, returned, error


def text_of(error: BaseException) -> str:
    """The message of an exception, whatever its ``__str__`` does; short and printable as JSON."""
    try:
        return str(error)[:500]
    except BaseException:  # noqa: BLE001 - the engine's own code
        return "(its message cannot be read)"


def summary(error: BaseException) -> str:
    """The type of an exception and its message."""
    return f"{type(error).__name__}: {text_of(error)}"
