"""What outlives a graph: an engine whose answers depend on what it was asked before.

It is right when it is new, and wrong ever after, in whatever place of memory its nodes lie: a list
of nodes that is never emptied, for one.  What it says late in an exam tells nothing of the question
that was put, so each is put again where nothing was asked before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.checking.assess import perform
from verify.checking.known import testified
from verify.engines.engine import anew
from verify.generators.scenarios import PLAIN, ask, cluttered
from verify.grading.paper import ADDRESSES
from verify.verdict.outcome import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import ExitStack

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Reading
    from verify.generators.scenarios import Scenario
    from verify.grading.answered import Answered
    from verify.grading.paper import Question

_PATTERNS: Final = 4
"""Places of memory in which a case is asked; what changes with them is no matter of history."""

_OF_A_FORM: Final = 3
_OF_OTHERS: Final = 7
"""Wrong answers of a kind that are asked for once more, where nothing was asked before."""

OUTLIVES: Final = Diagnosis(
    "",
    "state outlives a graph: what was asked before changes the answer",
    "The same program is right where nothing was computed before, and wrong after other graphs. "
    "Something is kept from one graph to the next: look for a list or a set on the class, in the "
    "module or as a default argument, which is made once and never emptied.",
)
"""What is said where no use that was tried shows what is kept."""


def remembered(
    used: Engine, new: Engine, asked: Iterable[tuple[Case, Scenario]]
) -> Examined | None:
    """The first that is wrong each time where much was asked, and right where nothing was.

    Args:
        used: the engine as an exam leaves it.
        new: the same in a process of its own.
        asked: cases with what was done to them, on which it was wrong in the exam.
    """
    for case, scenario in asked:
        seen = list(_asked(used, case, scenario))
        if not all(one.judgement.wrong for one in seen):
            continue
        if not any(one.judgement.wrong for one in _asked(new, case, scenario)):
            return next(iter(seen), None)
    return None


def _asked(engine: Engine, case: Case, scenario: Scenario) -> Iterator[Examined]:
    for pattern in range(_PATTERNS):
        seen = perform(engine, case, cluttered(pattern, scenario), testified)
        if seen is not None:
            yield seen


@dataclass(slots=True)
class Anew:
    """Puts questions where nothing was asked before that spoils the answer.

    Attributes:
        engine: the engine under test.
        stack: closes the processes.
        clean: one in which all was right so far.
        begun: how many there were.
    """

    engine: Engine
    stack: ExitStack
    clean: Engine | None = None
    begun: int = 0
    _last: Engine | None = None

    def wrong(self, built: Case, scenario: Scenario = PLAIN) -> tuple[Examined, Engine] | None:
        """What is wrong in a new process, too, and that process; ``None`` if it is right there."""
        if self.clean is not None and not _wrong(perform(self.clean, built, scenario)):
            return None
        engine = self.clean = self._new()
        seen = perform(engine, built, scenario)
        if seen is None or not seen.judgement.wrong:
            return None
        self.clean = None
        return seen, engine

    def reading(
        self, built: Case, scenario: Scenario, errs: Callable[[Reading], bool]
    ) -> Reading | None:
        """What is said where nothing spoils it; ``None`` where nothing can be asked.

        Args:
            built: the case that the scenario starts from.
            scenario: what is done besides one backward pass.
            errs: whether an answer may have been spoilt: then the case is put once more, to a new
                process.
        """
        used, said = self.clean, None if self.clean is None else ask(self.clean, built, scenario)
        if used is None or (said is not None and errs(said[1])):
            self.clean = self._new()
            said = ask(self.clean, built, scenario)
            if said is not None and errs(said[1]):
                self.clean = None
        return None if said is None else said[1]

    def _new(self) -> Engine:
        """Another process; the one before ends, and would be a new one if it were asked again.

        Who errs in most of an exam has more of them than a process may have pipes.
        """
        if self._last is not None and self._last is not self.engine:
            self._last.close()
        self.begun += 1
        self._last = anew(self.engine, self.stack)
        return self._last


def _wrong(seen: Examined | None) -> bool:
    return seen is not None and bool(seen.judgement.wrong)


def some(wrong: Iterable[Answered]) -> Iterator[Question]:
    """Of questions about one graph alone that were answered wrongly, a few of each kind.

    A kind is a criterion, a form by itself, and whether basic operations are chained: from the
    first to the last, as far apart as can be.
    """
    kinds: dict[tuple[str, str, bool], list[Question]] = {}
    for question in [answered.question for answered in wrong]:
        if question.scenario is PLAIN or question.scenario in ADDRESSES:
            kind = question.criterion, question.form, question.chained
            kinds.setdefault(kind, []).append(question)
    for (_, form, _), group in kinds.items():
        many = _OF_A_FORM if form else _OF_OTHERS
        yield from [group[i] for i in sorted({k * (len(group) - 1) // (many - 1)
                                              for k in range(many)})]  # fmt: skip
