"""The judge must never accuse a right engine: at least 100,000 gradients of right engines, judged.

    python bench/no_false_alarm.py                  # exit code 1 at the first false alarm
    python bench/no_false_alarm.py --gradients 1000000 --seed 7

Engines: every file of ``tests/right``, which are as many styles, and ``micrograd``, on the same
cases.  Cases: tame, wide, and at the edges of domains and of the float range, each a third.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine
from verify.engines import load
from verify.generators.random import cases, sample
from verify.oracles import interval
from verify.oracles.registry import Testimony
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Truth
    from verify.verdict.judgement import Judgement

ROOT: Final = Path(__file__).parent.parent
ENGINES: Final = {
    path.stem: str(path) for path in sorted((ROOT / "tests" / "right").glob("*.py"))
} | {"micrograd": "micrograd.engine:Value"}
EDGES: Final = runpy.run_path(str(ROOT / "tests" / "extremes.py"))["edges"]
POPULATIONS: Final = {
    "tame": cases(max_operations=30),
    "wide": cases(population="wide", max_operations=30),
    "edges": EDGES(max_operations=4),
}
BATCH: Final = 200
"""Cases of a population that all engines are asked before the next one."""
MOST_NODES: Final = {"paths": 16}
"""Path by path takes exponential time."""


def main(arguments: list[str] | None = None) -> int:
    """Judge until enough gradients are decided; print a row for each engine and population."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gradients", type=int, default=100_000, help="decided gradients at least")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    alarms, seed = 0, options.seed
    while sum(c.total() - c[Verdict.UNDECIDED] for c in counts.values()) < options.gradients:
        batches = {population: _batch(s, seed) for population, s in POPULATIONS.items()}
        for name, what in ENGINES.items():
            with load(what) as engine:
                for population, batch in batches.items():
                    tally = counts.setdefault((population, name), Counter())
                    alarms += _judge_all(name, engine, batch, tally)
        seed += 1
    _print(counts, alarms)
    return 1 if alarms else 0


def _batch(strategy: SearchStrategy[Case], seed: int) -> list[tuple[Case, Truth]]:
    drawn = sample(strategy, BATCH, seed)
    return [(case, interval.truth(case.graph, case.point)) for case in drawn]


def _judge_all(
    name: str, engine: Engine, batch: list[tuple[Case, Truth]], tally: Counter[Verdict]
) -> int:
    alarms = 0
    for case, truth in batch:
        if len(case.graph.nodes) > MOST_NODES.get(name, len(case.graph.nodes)):
            continue
        judgement = judged(engine, case, truth)
        tally.update(n.verdict for n in judgement.numbers if n.quantity == "gradient")
        for number in judgement.wrong:
            alarms += 1
            print(f"false alarm: {name}: {case}: {number}", file=sys.stderr)
    return alarms


def judged(engine: Engine, case: Case, truth: Truth) -> Judgement:
    """What the judge says of an engine's answer, by what the engine promises."""
    return examine(engine, case, Testimony(case, truth)).judgement


def _print(counts: dict[tuple[str, str], Counter[Verdict]], alarms: int) -> None:
    print(
        f"{'population':10} {'engine':20} "
        f"{'correct':>9} {'imprecise':>9} {'undecided':>9} {'wrong':>6}"
    )
    for (population, name), tally in counts.items():
        columns = (Verdict.CORRECT, Verdict.IMPRECISE, Verdict.UNDECIDED, Verdict.WRONG)
        shown = " ".join(f"{tally[v]:>{w}}" for v, w in zip(columns, (9, 9, 9, 6), strict=True))
        print(f"{population:10} {name:20} {shown}")
    decided = sum(c.total() - c[Verdict.UNDECIDED] for c in counts.values())
    print(f"{decided} gradients decided, {alarms} false alarms")


if __name__ == "__main__":
    sys.exit(main())
