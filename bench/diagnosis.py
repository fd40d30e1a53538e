"""What it costs to name the mistakes of an engine, their lines and programs, and to mend them.

    python bench/diagnosis.py [--rounds 5]

An engine with five mistakes of the catalogue, each in an operation of its own, is checked in a new
process a round, with oracles loaded (a right engine needs them, too, where nothing is kept on
disk).  Seconds of processor time, here and in workers, that are not judging: findings made small,
named and grouped; their lines; their programs, run; then the changes, for each finding.  The limits
are 2 s for the first three together, and 10 s for the changes of a finding.  Median and worst of
the rounds; exit code 1 if a median is above its limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from grade import planted_in

from verify.checking.findings import Findings
from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.engines.pipes import Worker
from verify.expression.graph import Case
from verify.faults import CATALOGUE, SOURCE
from verify.mending.localise import localised
from verify.mending.mend import mended
from verify.oracles.registry import consult
from verify.report.reproduce import reproduced
from verify.verdict.disputes import disputes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
MISTAKES: Final = (
    "tanh-of-input", "exp-gives-input", "sin-sign", "log-of-output", "sigmoid-half-rule",
)  # fmt: skip
LIMITS: Final = {"named": 2.0, "a change": 10.0}


class Stopwatch:
    """Processor time of this process and of workers, by what it was for."""

    def __init__(self) -> None:
        """Note which workers there are, from now on."""
        self.ended, self.open = 0.0, set[Worker]()
        self.spent: dict[str, float] = {}
        self.begun: float | None = None
        start, close = Worker.__init__, Worker.close

        def started(worker: Worker, *args: Any) -> None:  # noqa: ANN401 - whatever it takes
            start(worker, *args)
            self.open.add(worker)

        def closed(worker: Worker) -> None:
            if worker in self.open:
                self.ended += used(worker)  # asked while it lives
                self.open.discard(worker)
            close(worker)

        Worker.__init__, Worker.close = started, closed  # type: ignore[method-assign]  # watched

    def now(self) -> float:
        """Seconds up to now."""
        return time.process_time() + self.ended + sum(map(used, self.open))

    def measured(self, key: str, function: Callable[..., T]) -> Callable[..., T]:
        """The function with its seconds written down, less those of calls inside of it."""

        def watched(*args: Any) -> T:  # noqa: ANN401 - whatever it takes
            if self.begun is not None:
                return function(*args)
            self.begun = self.now()
            try:
                return function(*args)
            finally:
                self.spent[key] = self.spent.get(key, 0.0) + self.now() - self.begun
                self.begun = None

        return watched


def used(worker: Worker) -> float:
    """Seconds that a worker took; counted in steps of 10 ms."""
    return (worker.used() or (0.0, False))[0]


def once() -> dict[str, float]:
    """One round in this process: seconds by part."""
    source = SOURCE
    for name in MISTAKES:
        changed = planted_in(source, CATALOGUE[name])
        assert changed is not None, name
        source = changed
    disputes(consult(Case.parse("a * b", a=1.5, b=2.0)))  # each oracle is loaded when it is asked
    watch = Stopwatch()
    add = Findings.add

    def added(*args: Any, **more: Any) -> Iterator[Any]:  # noqa: ANN401 - likewise
        return iter(watch.measured("findings", lambda: list(add(*args, **more)))())

    # Both are watched for one engine, in a process that ends after it.
    Findings.add = added  # type: ignore[method-assign, assignment]
    Findings.grouped = watch.measured("findings", Findings.grouped)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "engine.py")
        path.write_text(source)
        with load(str(path)) as engine:
            found = outcome(engine, Plan())
            assert len(found.findings) == len(MISTAKES), found.findings
            watch.measured("lines", localised)(engine, found.findings, found.forms)
            watch.measured("programs", reproduced)(engine, found)
        with load(str(path)) as engine:
            mend = watch.measured("changes", lambda: mended(engine, found))()
    assert all(f.mend for f in mend.findings), mend.findings
    parts = watch.spent
    named = parts["findings"] + parts["lines"] + parts["programs"]
    return {**parts, "named": named, "a change": parts["changes"] / len(MISTAKES)}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.once:
        print(json.dumps(once()))
        return 0
    rounds: list[dict[str, float]] = []
    for _ in range(wanted.rounds):
        done = subprocess.run(
            [sys.executable, __file__, "--once"], capture_output=True, text=True, check=True
        )
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    held = True
    print(f"{len(MISTAKES)} mistakes, {wanted.rounds} rounds; seconds: median (worst)")
    for key in rounds[0]:
        column = [each[key] for each in rounds]
        middle, limit = statistics.median(column), LIMITS.get(key)
        held &= limit is None or middle <= limit
        said = f"  limit {limit:g}" if limit else ""
        print(f"{key:10} {middle:6.2f} ({max(column):.2f}){said}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
