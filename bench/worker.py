"""What a fresh isolated worker costs: start, 300 graphs, end, in every tier of isolation.

    python bench/worker.py [ENGINE]

"Beyond" is the wall clock of load + 300 graphs + close, less what the engine itself takes for them
in this process: what the harness adds, for a corpus whose true answers are already known.  "cpu" is
the processor time of all processes for the same, which other work on the machine stretches less.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from verify.engines import load, sandbox
from verify.generators.random import cases, sample

if TYPE_CHECKING:
    from verify.expression.graph import Case

REPEATS = 7
GRAPHS = 300
SIZE = 20


def engine_alone(path: Path, corpus: list[Case]) -> float:
    """Seconds that the engine takes for the corpus when it is called directly."""
    spec = importlib.util.spec_from_file_location("subject", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    programs = []
    for case in corpus:
        scope: dict[str, object] = {}
        exec(str(case.graph), scope)  # noqa: S102 - a graph prints as Python
        programs.append((scope["f"], case.point))
    start = time.perf_counter()
    for program, point in programs:
        try:
            program(*[module.Value(x) for x in point]).backward()  # type: ignore[operator]
        except (ArithmeticError, ValueError):  # an edge
            continue
    return time.perf_counter() - start


def main() -> None:
    """Print one line a tier."""
    path = Path(
        sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "tests/zoo/textbook.py"
    )
    forms = ["a + b", "a - b", "a * b", "a / b", "a.tanh()", "a.exp()", "a.relu()"]
    corpus = sample(cases(forms=forms, max_operations=SIZE), GRAPHS, 0)
    alone = min(engine_alone(path, corpus) for _ in range(REPEATS))
    nodes = statistics.mean(len(case.graph.nodes) for case in corpus)
    print(
        f"{GRAPHS} graphs of {nodes:.1f} nodes; the engine alone {alone * 1e3:.1f} ms; "
        f"milliseconds, median of {REPEATS}"
    )
    names = ("start", "graphs", "end", "beyond", "cpu")
    print(f"{'tier':12}" + "".join(f"{name:>8}" for name in names) + f"   {'us a graph':>10}")
    for offer in sandbox.offers():
        if not offer.works:
            print(f"{offer.tier:12}{offer.reason}")
            continue
        rows = []
        for _ in range(REPEATS):
            times, before = [time.perf_counter()], os.times()
            with load(str(path), isolation=f"{offer.tier}!") as engine:
                times.append(time.perf_counter())
                for _ in engine.run_many(corpus):
                    pass
                times.append(time.perf_counter())
            times.append(time.perf_counter())
            start, graphs, end = (b - a for a, b in itertools.pairwise(times))
            rows.append(
                (
                    start,
                    graphs,
                    end,
                    start + graphs + end - alone,
                    sum(os.times()[:4]) - sum(before[:4]),
                )
            )
        columns = [statistics.median(column) * 1e3 for column in zip(*rows, strict=True)]
        print(
            f"{offer.tier:12}"
            + "".join(f"{c:8.1f}" for c in columns)
            + f"   {columns[1] / GRAPHS * 1e3:10.1f}"
        )


if __name__ == "__main__":
    main()
