"""A class driven through the exam: each submission by itself, its evidence kept as it comes.

Any :class:`concurrent.futures.Executor` may do the work.  Only so many submissions are under way
at a time, so that a large class needs no more memory than a small one.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import signal
import sys
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from verify.bounded import end_with_parent
from verify.engines import EngineError, Limits, load
from verify.faults import CATALOGUE
from verify.faults.match import planted
from verify.grading.evidence import dumps
from verify.grading.examine import checked, examine, not_graded
from verify.grading.paper import draw, kept, write
from verify.grading.signs import signs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from verify.grading.evidence import Evidence
    from verify.grading.paper import Paper
    from verify.grading.results import Results
    from verify.grading.submission import Submission

LIMITS: Final = Limits(seconds=2.0, load_seconds=5.0, cpu_seconds=60, restarts=4)
"""Of one submission: less than for an engine that somebody waits for."""
EXAM: Final = "exam.jsonl"
"""The exam, in the folder of the results."""
_AHEAD: Final = 3
"""Submissions under way for each process."""
_GARBAGE: Final = 20_000
"""Objects that are made before it is looked which of them are garbage: ordinarily some hundreds."""
_TRIES: Final = 4
"""How often a submission is tried that was under way when a process of ours came to an end."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process needs to grade one submission.

    Attributes:
        submission: whose work.
        exam: path of the exam.
        digest: of the exam.
        python: the interpreter that runs the submission; ``None`` for ours.
        isolation: the least isolation that will do.
        limits: what the submission may use up.
        thorough: whether what passes the exam is given a whole check as well: some seconds each.
    """

    submission: Submission
    exam: str
    digest: str
    python: str | None = None
    isolation: str | None = None
    limits: Limits = LIMITS
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A submission that is done: which, what came of it, and how many of how many are."""

    submission: Submission
    evidence: str
    done: int
    total: int


def graded(task: Task) -> str:
    """Grade one submission; the evidence as text.  Never raises for anything that it does."""
    return dumps(_graded(task))


def _graded(task: Task) -> Evidence:
    who = task.submission
    if who.problem:
        return not_graded(who.problem)
    found = signs(who.path)
    try:
        with load(
            who.path, python=task.python, isolation=task.isolation, limits=task.limits,
            alone=True, inner=True,
        ) as engine:  # fmt: skip
            seen = examine(engine, kept(task.exam, task.digest))
            if task.thorough and not seen.found:
                seen = checked(engine, seen)
    except EngineError as error:
        return replace(not_graded(error), warnings=tuple(found))
    except (RecursionError, MemoryError, OSError) as error:
        return not_graded(f"it could not be graded: {type(error).__name__}")
    return replace(seen, warnings=(*found, *seen.warnings))


def exam(folder: Path, seed: int) -> Paper:
    """The exam of a class: read where it is kept, else drawn and kept.

    Raises:
        CorpusError: if the file is damaged. ``OSError`` passes.
    """
    path = folder / EXAM
    if not path.exists():
        new = path.with_suffix(".new")
        write(draw(seed), new)
        new.replace(path)  # whole or not at all
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return kept(str(path), digest)


def warm() -> None:
    """Make the known mistakes ready to be compared with: once, and not once a process."""
    for fault in CATALOGUE.values():
        with suppress(EngineError):
            planted(fault)


def pool(jobs: int) -> ProcessPoolExecutor:
    """Processes of this machine; what was loaded before is there for each of them."""
    if sys.platform == "linux":
        gc.freeze()  # what is shared now is not copied when memory is tidied up
    method = "fork" if sys.platform == "linux" else "spawn"
    made = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context(method), initializer=_quiet,
        initargs=(os.getpid(),),
    )  # fmt: skip
    made.submit(int).result()  # started now: before there is any thread
    return made


def _quiet(parent: int) -> None:
    """An interruption is the parent's affair; its end is the end of this process, too.

    What was found out is kept for the next submission, and looked through for garbage seldom.
    """
    gc.set_threshold(_GARBAGE)
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def grade(
    tasks: Iterable[Task],
    results: Results,
    executor: Executor,
    jobs: int,
    *,
    renew: Callable[[], Executor] | None = None,
) -> Iterator[Progress]:
    """Grade what has not been graded yet; each result is kept before it is told.

    Args:
        tasks: all of the class.
        results: where evidence is kept, and what is there already.
        executor: does the work.
        jobs: how many it does at a time.
        renew: another executor, where the first one breaks; it is shut down here.

    Yields:
        A :class:`Progress` for each submission that was graded now.
    """
    listed = list(tasks)
    todo = [t for t in listed if not results.has(t.submission, t.digest)]
    done = len(listed) - len(todo)
    for task, text in _worked(todo, executor, jobs, renew):
        results.keep(task.submission, task.digest, text)
        done += 1
        yield Progress(task.submission, text, done, len(listed))


def _worked(
    todo: list[Task], executor: Executor, jobs: int, renew: Callable[[], Executor] | None
) -> Iterator[tuple[Task, str]]:
    waiting, tries = todo[::-1], Counter[str]()
    under_way: dict[Future[str], Task] = {}
    own: Executor | None = None
    try:
        while waiting or under_way:
            while waiting and len(under_way) < jobs * _AHEAD:
                task = waiting.pop()
                under_way[executor.submit(graded, task)] = task
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            told = [(under_way.pop(future), _answer(future)) for future in finished]
            yield from [(task, text) for task, text in told if text is not None]
            broken = [task for task, text in told if text is None]
            if not broken:
                continue
            if renew is None:
                raise BrokenProcessPool("the processes that grade came to an end")
            broken += under_way.values()
            under_way.clear()
            _let_go(own)
            executor = own = renew()
            tries.update([task.submission.key for task in broken])
            given_up = [task for task in broken if tries[task.submission.key] >= _TRIES]
            waiting += [task for task in broken if task not in given_up]
            yield from [(task, _ENDED) for task in given_up]
    finally:
        for future in under_way:
            future.cancel()
        _let_go(own)


_ENDED: Final = dumps(not_graded("the process that graded it came to an end"))


def _answer(future: Future[str]) -> str | None:
    """The evidence; ``None`` where the process that worked on it came to an end."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None
    except Exception as error:  # noqa: BLE001 - a broken submission never stops a class
        return dumps(not_graded(f"the harness failed on it: {_words(error)}"))


def _let_go(executor: Executor | None) -> None:
    if executor is not None:
        with suppress(Exception):
            executor.shutdown(wait=False, cancel_futures=True)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
