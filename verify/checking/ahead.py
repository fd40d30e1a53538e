"""Oracles in other processes, which are asked about cases before it is their turn.

Two processes share the work: the helpers find out what is true, and the check holds the engine's
answers against it.  What they say is taken as what lies on a disk is: nobody is accused by it.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from verify.oracles import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.pool import Pool

    from verify.expression.graph import Case
    from verify.oracles.stored import Entries

    Ask = Callable[[Sequence[Case]], object]
    Task = tuple[Ask, Sequence[Case]]

TOGETHER: Final = 64
"""Cases that are asked about at a time."""
_CHUNK: Final = 16
"""Cases that a helper is given at a time."""
_FEW: Final = 64
"""So many cases are sooner asked about than handed over."""
_HELPERS: Final[list[Pool]] = []


@contextmanager
def helpers(jobs: int) -> Iterator[None]:
    """A stretch in which so many processes help; none for one job, or where none can be forked."""
    if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield
        return
    with multiprocessing.get_context("fork").Pool(jobs, _no_interrupt) as pool:
        _HELPERS.append(pool)
        try:
            yield
        finally:
            _HELPERS.remove(pool)


def _no_interrupt() -> None:
    """Ctrl-C is for the process that was started; it ends its helpers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def known_ahead(cases: Sequence[Case], ask: Ask) -> Iterator[Case]:
    """Each case, in order, when what ``ask`` would find out of it is known."""
    if not _HELPERS or len(cases) < _FEW:
        for begin in range(0, len(cases), TOGETHER):
            chunk = cases[begin : begin + TOGETHER]
            ask(chunk)
            yield from chunk
        return
    chunks = [cases[i : i + _CHUNK] for i in range(0, len(cases), _CHUNK)]
    tasks = [(ask, [case for case in chunk if not registry.is_kept(case)]) for chunk in chunks]
    for chunk, told in zip(chunks, _HELPERS[-1].imap(_answers, tasks), strict=True):
        registry.take(told)
        yield from chunk


def _answers(task: Task) -> Entries:
    """What a helper found out."""
    ask, cases = task
    with registry.collected() as store:
        ask(cases)
    return store.entries
