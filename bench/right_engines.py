"""Whole checks of right engines, with one seed after another: none may ever be accused.

    python bench/right_engines.py --runs 20          # exit code 1 at a false accusation

Engines: every file of ``tests/right``, ``micrograd`` and the corrected lecture notebook.
``paths`` goes path by path: its numbers are right and its time is exponential, which is all that
may be said of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.checking.run import Plan, outcome
from verify.engines import load

if TYPE_CHECKING:
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


def main() -> int:
    """Run the checks; print a line for each, and every accusation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="seeds for each engine")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    accused = 0
    for seed in range(options.seed, options.seed + options.runs):
        for name in ENGINES:
            begun = time.perf_counter()
            with load(name) as engine:
                found = outcome(engine, Plan(seed=seed))
            fair = right(name, found)
            accused += not fair
            seconds = time.perf_counter() - begun
            print(f"{seed:3} {Path(name).stem:16} {found.verdict} {seconds:.1f} s", flush=True)
            for finding in () if fair else found.findings:
                print(f"    {finding.check}: {finding.case}: {finding.where}, {finding.wrong}")
    print(f"{options.runs * len(ENGINES)} checks, {accused} false accusations")
    return int(accused > 0)


def right(name: str, found: Outcome) -> bool:
    """Whether nothing was said of the engine that is not true of it."""
    said = [finding.check for finding in found.findings]
    return said == SLOW.get(Path(name).stem, []) and not found.disputes


if __name__ == "__main__":
    sys.exit(main())
