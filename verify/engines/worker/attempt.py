"""A stretch of the engine's code, and what it raised, as data."""

from __future__ import annotations

from .errors import Missing, NotANode, OutOfTime, text_of
from .tracebacks import is_refusal, line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import AbstractSet, Any

    from .namespace import Namespace


class Attempt:
    """A context in which the engine's code may raise what it likes; only Ctrl-C goes through.

    Attributes:
        during: what is being done: construct, forward, backward, read.
        node: the node that it is being done to; None where it is to none.
        raised: None, or what ended it; see ``docs/protocol.md``.
    """

    def __init__(self, space: Namespace) -> None:
        self.space = space
        self.during = "construct"
        self.node: int | None = None
        self.raised: dict[str, Any] | None = None

    def __enter__(self) -> Attempt:  # noqa: PYI034 - typing has Self from 3.11 on
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        if error is None or isinstance(error, KeyboardInterrupt):
            return False
        self.raised = self.described(error)  # SystemExit from an engine is its answer too
        return True

    def described(self, error: BaseException) -> dict[str, Any]:
        """An exception as data."""
        line, file = line_of(error, self.space.files)
        message = text_of(error)
        if file is not None and file.startswith("<cell"):
            message = f"{message} [{file.strip('<>')}]".strip()
        limit = limit_of(error)
        kind = "raised" if limit is not None else kind_of(error, self.space.files)
        raised = {
            "type": limit or type_of(error),
            "message": message,
            "during": self.during,
            "node": self.node,
            "line": line or None,
            "refused": kind in ("missing", "refused"),
            "kind": kind,
        }
        if other := self.space.elsewhere(file):
            raised["file"] = other[:80]
        if isinstance(error, NotANode):
            raised["node"], raised["returned"] = error.node, error.returned[:80]
        if isinstance(error, Missing) and error.near_miss:
            raised["near_miss"], raised["wanted"] = error.near_miss[:80], error.wanted
        return raised


def kind_of(error: BaseException, files: AbstractSet[str]) -> str:
    """Whether an exception tells of something missing, refused, misspelt, or of a mistake."""
    if isinstance(error, NotANode):
        return "not a node"
    if isinstance(error, Missing):
        return error.kind
    return "refused" if is_refusal(error, files) else "raised"


def type_of(error: BaseException) -> str:
    """The name of an exception's type, in the words of Python."""
    if isinstance(error, NotANode):
        return type_of(error.error)
    if isinstance(error, Missing) and error.__cause__ is not None:
        return type_of(error.__cause__)
    return "AttributeError" if isinstance(error, Missing) else type(error).__name__[:80]


def limit_of(error: BaseException) -> str | None:
    """The limit that an exception tells of, if it does."""
    if isinstance(error, OutOfTime):
        return "timeout"
    return "memory" if isinstance(error, MemoryError) else None
