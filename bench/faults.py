"""The whole catalogue with one seed after another: is every mistake found, soon, and shown small?

    python bench/faults.py --runs 5                  # exit code 1 if a promise does not hold

Each seed has a process of its own, as ``verify faults --seed`` has: nothing is remembered from the
one before.  Promised for each: all are caught; the median below 0.5 s and the worst below 10 s (of
processor time, which on an idle machine is that of the clock: all happens in one process); at most
three operations for 95 % of the counterexamples, and never more than five, but for what shows on a
large scale only or by chance; none is called by another one's name.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from verify.checking.findings import SCALES
from verify.checking.kill_matrix import SMALL
from verify.faults import SIZE_BY_NATURE
from verify.faults.fault import UNSTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

ALIKE: Final = (
    "backward-once", "default-list-shared", "every-path-visited", "recursive-hash",
    "labels-double", "zeroing-walks-every-path", "stack-pre-order",
)  # fmt: skip
"""Faults that say the same as another one on the counterexample (a report then names both: "either
..., or ..."), or nothing wrong but late."""
MEDIAN: Final = 0.5
WORST: Final = 10.0
SHARE: Final = 0.95
MOST: Final = 5
"""Operations of a counterexample that needs no more by nature."""


def main() -> int:
    """Run the catalogue; print a line for each seed, and every promise that does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="seeds, one after another")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    failed = 0
    for seed in range(options.seed, options.seed + options.runs):
        report = run(seed)
        figures = report["summary"]
        larger = ", ".join(f"{name} {size}" for name, size in figures["larger"].items())
        print(
            f"seed {seed}: {figures['caught']} of {figures['faults']} caught, "
            f"median {figures['median_cpu_seconds']:.3f} s, "
            f"worst {figures['worst_cpu_seconds']:.1f} s of processor time "
            f"({figures['median_seconds']:.3f} s, {figures['worst_seconds']:.1f} s by the clock); "
            f"{figures['small'] / figures['faults']:.1%} with at most {SMALL} operations; "
            f"larger: {larger or 'none'}",
            flush=True,
        )
        for broken in unkept(figures, report["faults"]):
            failed += 1
            print(f"    not kept: {broken}", flush=True)
    return int(failed > 0)


def run(seed: int) -> dict[str, Any]:
    """The report of one run of ``verify faults``."""
    command = [sys.executable, "-m", "verify", "faults", "--seed", str(seed), "--json", "-"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def unkept(figures: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[str]:
    """The promises that do not hold."""
    if figures["missed"]:
        yield f"missed {', '.join(figures['missed'])}"
    if figures["median_cpu_seconds"] >= MEDIAN:
        yield f"median of {MEDIAN} s"
    if figures["worst_cpu_seconds"] >= WORST:
        yield f"worst of {WORST:g} s"
    large = {*SCALES, "passes"}
    sizes = {
        row["fault"]: row["operations"]
        for row in rows
        if row["check"] not in large and row["fault"] not in {*SIZE_BY_NATURE, *UNSTABLE}
    }
    if (share := sum(size <= SMALL for size in sizes.values()) / len(sizes)) < SHARE:
        yield f"{SHARE:.0%} of {len(sizes)} with at most {SMALL} operations: {share:.1%}"
    for name, size in sizes.items():
        if size > MOST:
            yield f"{name} with {size} operations, where {MOST} are the most"
    for row in rows:
        own = row["named"] in {row["fault"], "", "exponential"}
        if not own and row["fault"] not in {*ALIKE, *UNSTABLE}:
            yield f"{row['fault']} is called {row['named']}"


if __name__ == "__main__":
    sys.exit(main())
