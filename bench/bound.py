"""What the bound costs: the rounded sweeps in balls, and the whole truth, in microseconds.

    python bench/bound.py

Prints the median over random graphs of each size, the best of five runs of each graph; exit code 1
if the bound of 30 operations costs 100 microseconds or more.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from populations import POPULATIONS, population

from verify.oracles import interval

if TYPE_CHECKING:
    from collections.abc import Callable


def best(function: Callable[[], object]) -> float:
    """Microseconds of the quickest of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


def main() -> int:
    """Print a row for each population and size."""
    print(f"{'population':10} {'operations':>10} {'bound, µs':>10} {'truth, µs':>10}")
    held = True
    for name in POPULATIONS:
        for size in (3, 10, 30, 100):
            cases = [(case.graph, case.point) for case in population(name, size, 100)]
            bound = statistics.median(best(lambda c=c: interval.bounds(*c)) for c in cases)
            truth = statistics.median(best(lambda c=c: interval.truth(*c)) for c in cases)
            print(f"{name:10} {size:10} {bound:10.0f} {truth:10.0f}")
            held = held and (size != 30 or bound < 100)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
