"""All paths of one graph: every question is answered both ways, until none is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.prove.regions import is_empty, of_reals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from verify.engines.wire import WatchedGraph
    from verify.expression.reading import Question, Watched

    class Watching(Protocol):
        """An engine that can be watched on numbers that are not known."""

        def watched(self, requests: Sequence[WatchedGraph]) -> list[Watched]:
            """What each graph computes, asks and looks at."""

MOST_PATHS: Final = 240
_AT_ONCE: Final = 24


@dataclass(frozen=True, slots=True)
class Explored:
    """The paths of a graph.

    Attributes:
        taken: those that were run.
        empty: those that were not, since no numbers take them: questions with their answers.
        left: how many were not explored: then they do not cover the domain.
    """

    taken: tuple[Watched, ...]
    empty: tuple[tuple[Question, ...], ...]
    left: int


def explore(
    engine: Watching, request: WatchedGraph, given: Sequence[Question] = (), most: int = MOST_PATHS
) -> Explored:
    """Run a graph on every path that some numbers take.

    The paths cover all numbers by construction: where a question was answered one way, the other
    one was taken as well, or is certified to be empty, or is counted in ``left``.  What only
    rounding can answer is answered both ways.

    Args:
        engine: loaded to be watched.
        request: the graph.
        given: what is known of the numbers.
        most: so many paths are run.
    """
    todo: list[tuple[Question, ...]] = [()]
    taken: list[Watched] = []
    empty: list[tuple[Question, ...]] = []
    while todo and len(taken) < most:
        batch, todo = todo[:_AT_ONCE], todo[_AT_ONCE:]
        asked = [replace(request, forced=tuple([q.answer for q in each])) for each in batch]
        for prefix, watched in zip(batch, engine.watched(asked), strict=True):
            if watched.asked[: len(prefix)] != prefix:
                return Explored((), (), 1)  # it asks other questions the second time
            taken.append(watched)
            for other in _others(watched.asked, len(prefix)):
                if is_empty((*given, *of_reals(other, given))):
                    empty.append(other)
                else:
                    todo.append(other)
    return Explored(tuple(taken), tuple(empty), len(todo))


def _others(asked: Sequence[Question], since: int) -> Iterator[tuple[Question, ...]]:
    """The paths that leave this one at its later questions."""
    for index in range(since, len(asked)):
        turned = replace(asked[index], answer=not asked[index].answer)
        yield (*asked[:index], turned)
