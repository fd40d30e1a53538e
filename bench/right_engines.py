"""Whole checks of right engines, with one seed after another: none may ever be accused.

    python bench/right_engines.py --runs 20          # exit code 1 at a false accusation

Engines: every file of ``tests/right``, which are as many styles, ``micrograd`` and the corrected
lecture notebook.  ``paths`` goes path by path: its numbers are right and its time is exponential,
which is all that may be said of it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.checking.run import Plan, outcome
from verify.engines import EngineError, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.verdict.outcome import Outcome

ROOT: Final = Path(__file__).parent.parent
ENGINES: Final = (
    *map(str, sorted((ROOT / "tests" / "right").glob("*.py"))),
    "micrograd",
    "micrograd.engine:Value",
    str(ROOT / "examples" / "lecture_fixed.ipynb"),
)
SLOW: Final = {"paths": ["growth"]}
"""The stages whose findings are true of an engine here."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one check says of an engine.

    Attributes:
        line: seed, engine, verdict and time.
        accusations: what is not true of the engine, a line each.
    """

    line: str
    accusations: tuple[str, ...]


def main() -> int:
    """Run the checks; print a line for each, and every accusation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20, help="seeds for each engine")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="checks at the same time")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.runs)
    plans = [(name, seed) for seed in seeds for name in ENGINES]
    accused = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for said in pool.map(checked, *zip(*plans, strict=True)):
            accused += bool(said.accusations)
            print(said.line, *said.accusations, sep="\n    ", flush=True)
    print(f"{len(plans)} checks of {len(ENGINES)} engines, {accused} false accusations")
    return int(accused > 0)


def checked(name: str, seed: int) -> Said:
    """One check of one engine."""
    begun, title = time.perf_counter(), f"{seed:3} {Path(name).stem:20}"
    try:
        with load(name) as engine:
            found = outcome(engine, Plan(seed=seed))
    except EngineError as failed:
        return Said(f"{title} not loaded", (str(failed),))
    line = f"{title} {found.verdict} {time.perf_counter() - begun:.1f} s"
    return Said(line, () if right(name, found) else tuple(accusations(found)))


def accusations(found: Outcome) -> Iterator[str]:
    """The findings, or the verdict where there is none."""
    for finding in found.findings:
        yield f"{finding.check}: {finding.case}: {finding.where}, {finding.wrong}"
    if not found.findings:
        yield f"{found.verdict}: {found.reason}"


def right(name: str, found: Outcome) -> bool:
    """Whether nothing was said of the engine that is not true of it."""
    slow = SLOW.get(Path(name).stem, [])
    said = [finding.check for finding in found.findings]
    expected = "wrong" if slow else "correct"
    return (said, found.verdict) == (slow, expected) and not found.disputes


if __name__ == "__main__":
    sys.exit(main())
