"""What the regression suite is worth: false alarms, mistakes and slowdowns that it notices.

python bench/regression.py             everything; minutes
python bench/regression.py slowdown    one table: corpus, compare or slowdown
"""

import sys
import tempfile
import time
from pathlib import Path

from verify.compare.cost import costs, slowdowns
from verify.compare.search import Search, compare
from verify.corpus.format import read
from verify.corpus.replay import replay
from verify.engines import load
from verify.faults import CATALOGUE, SOURCE
from verify.verdict.outcome import Finished

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests/reference/corpus.jsonl"
STEPS = ROOT / "examples/refactor"
RUNS = 30
ALLOWED = 1.2
BUSY = """

import time

BEGUN = []
make, back = Value.__init__, Value.backward


def begin(self, *args):
    BEGUN or BEGUN.append(time.perf_counter())
    make(self, *args)


def backward(self):
    back(self)
    begun = BEGUN.pop()
    until = begun + FACTOR * (time.perf_counter() - begun)
    while time.perf_counter() < until:
        pass


Value.__init__, Value.backward = begin, backward
"""
"""What makes each graph of an engine take FACTOR times as long."""


def corpus(folder: Path) -> None:
    """Which faults a replay of the reference corpus catches, in what time; the rest by compare."""
    path, slowest, caught, missed = folder / "engine.py", 0.0, 0, []
    for fault in CATALOGUE.values():
        path.write_text(fault.source)
        begun = time.perf_counter()
        with load(path) as engine:
            *_, last = replay(engine, *read(CORPUS), first=True)
        spent = time.perf_counter() - begun
        assert isinstance(last, Finished)
        if last.outcome.verdict == "wrong":
            caught, slowest = caught + 1, max(slowest, spent)
        else:
            missed.append(fault)
    print(f"replay: {caught} of {len(CATALOGUE)} faults caught, each within {slowest:.2f} s")
    base = folder / "base.py"
    base.write_text(SOURCE)
    for fault in missed:
        path.write_text(fault.source)
        begun = time.perf_counter()
        with load(base) as old, load(path) as new:
            found = compare(old, new, Search(examples=100))
        spent = time.perf_counter() - begun
        kinds = ", ".join(dict.fromkeys(f"{d.kind}, {d.side}" for d in found.refused)) or "NOTHING"
        print(f"by compare alone: {fault.id} ({fault.family}): {kinds}; {spent:.1f} s")


def comparison(folder: Path) -> None:
    """Two right engines written differently; then a relative 1e-12 planted in one operation."""
    old, new = STEPS / "step_0_closures.py", STEPS / "step_2_tape.py"
    planted = folder / "planted.py"
    text = new.read_text()
    right = "return Value(y, (self,), (y,))"
    assert text.count(right) == 1
    planted.write_text(text.replace(right, "return Value(y, (self,), (y * (1 + 1e-12),))"))
    for name, path, count in (("right", new, 10_000), ("1e-12 in exp", planted, 1_000)):
        with load(old) as one, load(path) as two:
            found = compare(one, two, Search(examples=count))
        worst = found.refused[0] if found.refused else None
        said = f"{worst.kind}, {worst.side}, {worst.case}" if worst else "nothing beyond the bounds"
        print(f"compare, {name}: {found.cases} graphs, {found.numbers} numbers: {said}")
        print(f"    {dict(found.tally)}, {found.seconds:.1f} s")


def slowdown(folder: Path) -> None:
    """How often a slowdown of 1.0 and one of 1.5 is called clear, where 1.2 is allowed."""
    source = (STEPS / "step_2_tape.py").read_text()
    paths = [folder / name for name in ("plain.py", "slow.py")]
    for path, factor in zip(paths, (1.0, 1.5), strict=True):
        path.write_text(source + BUSY.replace("FACTOR", str(factor)))
    for name, path in (("against itself", paths[0]), ("1.5 times as slow", paths[1])):
        alarms, ratios, begun = 0, [], time.perf_counter()
        for _ in range(RUNS):
            with load(paths[0]) as one, load(path) as two:
                measured, reason = costs(one, two)
            assert not reason, reason
            alarms += any(slowdowns(measured, ALLOWED))
            ratios += [each.ratio for each in measured if each.quantity == "time"]
        spent = (time.perf_counter() - begun) / RUNS
        spread = f"ratios {min(ratios):.3f} to {max(ratios):.3f}"
        print(f"slowdown, {name}: {alarms} of {RUNS} called slower; {spread}; {spent:.1f} s each")


TABLES = {"corpus": corpus, "compare": comparison, "slowdown": slowdown}


def main() -> None:
    """Print the tables that were asked for."""
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or TABLES:
            TABLES[name](Path(folder))


if __name__ == "__main__":
    main()
