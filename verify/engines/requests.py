"""Requests to a worker, and what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from verify.engines.pipes import settled
from verify.engines.wire import SOURCE, encode_run
from verify.expression.reading import Raised, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.engines.engine import Steps
    from verify.expression.graph import Case, Graph

T = TypeVar("T")

FRAME_BASE, FRAME_PER_NODE = 16384, 512
"""The longest answer: so many bytes, and so many for each node in each reading."""


@dataclass(slots=True, eq=False)
class Asked(Generic[T]):
    """A request, and its answer once that was read: ``seconds`` and bytes (``cap``) at most.

    The answer may be ``None``: of a program that does not say how
    long it took.  With ``files`` both sides speak of files, and each calls them as it knows them.
    ``put`` is a case that is put to other engines, too: its request is text, whatever ``request``
    says, and answers may be known.
    """

    request: dict[str, Any]
    seconds: float
    cap: int
    decode: Callable[[Any], T]
    answer: T | Raised | None = None
    answered: bool = False
    files: bool = False
    put: Put | None = None

    def told(self, folder: str) -> dict[str, Any] | bytes:
        """The request for a worker whose files are in this folder, with its time."""
        if self.put is not None:
            return self.put.within(self.seconds)
        request = settled(self.request, folder) if self.files else self.request
        return {**request, "seconds": self.seconds}

    def settle(self, answer: T | Raised) -> None:
        """Take an answer down."""
        self.answer, self.answered = answer, True


@dataclass(slots=True)
class Put:
    """A case as it is put to one engine after the other.

    Attributes:
        case: the case.
        steps: that are taken.
        text: the request, less its time and its end.
        cap: bytes of an answer.
        again: whether it was put more than once, so that answers are worth keeping.
        answers: what the commonest answers say, by the digest of all but number and time.
    """

    case: Case
    steps: Steps
    text: bytes
    cap: int
    again: bool = False
    answers: dict[bytes, Any] = field(default_factory=dict)
    timed: tuple[float, bytes] = (-1.0, b"")

    def within(self, seconds: float) -> bytes:
        """The request, to be answered within so many seconds."""
        if self.timed[0] != seconds:
            self.timed = seconds, b'%b,"seconds":%b}' % (self.text, json.dumps(seconds).encode())
        return self.timed[1]

    def keep(self, digest: bytes, answer: Any) -> None:
        """Keep what an answer says; of many that which was not met for longest gives way."""
        most = max(1, min(_MOST_ANSWERS, _MOST_NUMBERS // len(self.case.graph.nodes)))
        while len(self.answers) >= most:
            del self.answers[next(iter(self.answers))]
        self.answers[digest] = answer

    def recall(self, digest: bytes) -> Any:
        """What an answer says, where it is kept; else ``None``."""
        answer = self.answers.pop(digest, None)
        if answer is not None:
            self.answers[digest] = answer  # behind the others
        return answer


_WRITTEN: Final[dict[int, Put]] = {}
"""By the identity of a case: the very same ones are put to every engine of a class."""
_MOST_WRITTEN: Final = 1 << 15
_MOST_ANSWERS: Final = 8
_MOST_NUMBERS: Final = 1 << 9
"""Nodes of all kept answers to one request, but for the last one."""


def written(case: Case, steps: Steps) -> Put:
    """The request to run a case, as text; written once for the very same case."""
    kept = _WRITTEN.get(id(case))
    if kept is not None and kept.case is case and kept.steps == steps:
        kept.again = True
        return kept
    request = encode_run(case.graph, case.point, steps)
    text = json.dumps(request, separators=(",", ":")).encode()[:-1]
    if len(_WRITTEN) >= _MOST_WRITTEN:
        for key in [key for key, put in _WRITTEN.items() if not put.again]:
            del _WRITTEN[key]
        if 2 * len(_WRITTEN) > _MOST_WRITTEN:
            _WRITTEN.clear()
    _WRITTEN[id(case)] = put = Put(case, steps, text, cap_of(case.graph, steps))
    return put


def cap_of(graph: Graph, steps: Steps) -> int:
    """The longest answer to a run, in bytes."""
    reads = [step[0] for step in steps].count("read")
    return FRAME_BASE + FRAME_PER_NODE * len(graph.nodes) * reads


def readings(answer: tuple[Reading, ...] | Raised) -> tuple[Reading, ...]:
    """The readings of an answer; one that holds the exception where a worker was lost."""
    return (Reading(SOURCE, raised=answer),) if isinstance(answer, Raised) else answer
