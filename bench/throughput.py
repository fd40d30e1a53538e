"""What a full verdict costs beside the gradient checkers that people use, and what it is made of.

    python bench/throughput.py                       # 5, 20, 100 and 500 operations
    python bench/throughput.py --rounds 15 --sizes 20 100
    python bench/throughput.py --whole                # whole checks, each in a process of its own
    python bench/throughput.py --growth               # c = c * c + c, so many times
    python bench/throughput.py --profile 100          # where the time of one verdict goes

Each round takes every row in turn, on the same new graphs, so that a busy machine is busy for all
of them, and as often as the clock of the processor needs to see it.  As many graphs make a round as
a check asks its oracles about at a time, or fewer where they are large.  Milliseconds of processor
time a graph: the median of the rounds, and in brackets the quarters.  Peers check the same
functions at the same points, each by all of its leaves; those that are not installed are left out.
``ours`` is everything: the engine's own run, all oracles that are there, held against each other,
and the judge, inner nodes included; ``ours, without torch`` is the same where torch is not there.
Ratios are of the first, and then of the second.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import os
import pstats
import random
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import micrograd
from verify.checking.ahead import TOGETHER
from verify.checking.assess import assess, read, read_many
from verify.cli import COLLECT
from verify.engines import load
from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.oracles import difference, interval, symbolic, torch_autograd
from verify.oracles.registry import consult, consult_together, forget
from verify.verdict.disputes import disputes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.engines import Engine

T = TypeVar("T")
SIZES: Final = (5, 20, 100, 500)
LEAVES: Final = 4
RECENT: Final = 4
"""Every other operand is one of so many nodes made last."""
NODES: Final = 2000
"""Operations in a round; as many make some work, and no round takes too long."""
LEAST: Final = 0.05
"""Seconds: some systems count the processor's time in steps of 4 ms."""
OPS: Final = ("add", "sub", "mul", "tanh", "sin")


def drawn(size: int, chance: random.Random) -> Case:
    """A graph of so many operations, at a point where nothing grows beyond bounds."""
    nodes: list[Any] = [Leaf(name) for name in "abcd"]
    for _ in range(size):
        op = chance.choice(OPS)
        recent, any_node = range(max(0, len(nodes) - RECENT), len(nodes)), range(len(nodes))
        args = (chance.choice(recent), chance.choice(any_node))
        nodes.append(Apply(op, args if op in {"add", "sub", "mul"} else args[:1]))
        nodes[-1] = nodes[-1] if chance.random() < 0.7 else Apply("tanh", (len(nodes) - 2,))
    point = tuple([round(chance.uniform(0.2, 1.2), 3) for _ in range(LEAVES)])
    return Case(Graph(tuple(nodes)), point)


def function(case: Case, tanh: Callable[..., Any], sin: Callable[..., Any]) -> Callable[..., Any]:
    """The graph as a function of four numbers of any kind."""
    made: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
        "tanh": tanh, "sin": sin,
    }  # fmt: skip

    def value(*leaves: Any) -> Any:  # noqa: ANN401 - floats, tensors, boxes
        values = list(leaves)
        for node in case.graph.nodes[LEAVES:]:
            args = [a.value if isinstance(a, Const) else values[a] for a in node.args]
            values.append(made[node.op](*args))
        return values[-1]

    return value


def peers() -> dict[str, Callable[[Case], Any]]:
    """Checkers that are installed, each asked about one case."""
    found: dict[str, Callable[[Case], Any]] = {}
    try:
        import torch

        def gradcheck(case: Case, *, fast: bool = False) -> bool:
            leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in case.point]
            f = function(case, torch.tanh, torch.sin)
            return bool(torch.autograd.gradcheck(f, leaves, fast_mode=fast))

        found["torch gradcheck"] = gradcheck
        found["torch gradcheck, fast"] = lambda case: gradcheck(case, fast=True)
    except ImportError:
        pass
    try:
        import autograd.numpy as anp
        from autograd.test_util import check_grads

        def hips(case: Case) -> None:
            leaves = tuple(range(LEAVES))  # by the first alone, unless told
            f = function(case, anp.tanh, anp.sin)
            check_grads(f, leaves, modes=["rev"], order=1)(*case.point)

        found["HIPS check_grads"] = hips
    except ImportError:
        pass
    return found


def each(row: Callable[[Case], Any]) -> Callable[[Sequence[Case]], None]:
    """A row that takes one case after the other."""

    def taken(cases: Sequence[Case]) -> None:
        for case in cases:
            row(case)

    return taken


def ours(engine: Engine) -> dict[str, Callable[[Sequence[Case]], Any]]:
    """The whole, and its parts."""

    def whole(cases: Sequence[Case]) -> None:
        forget()
        asked = zip(cases, consult_together(cases), read_many(engine, cases), strict=True)
        for case, testimony, reading in asked:
            seen = assess(engine, case, reading, testimony)
            assert not disputes(testimony)
            assert not seen.judgement.wrong, seen.judgement.wrong

    def without_torch(cases: Sequence[Case]) -> None:
        there, torch_autograd.available = torch_autograd.available, lambda: False
        try:
            whole(cases)
        finally:
            torch_autograd.available = there

    def asked(case: Case) -> None:
        kept[case] = read(engine, case), consult(case)

    kept: dict[Case, tuple[Any, Any]] = {}
    parts: dict[str, Callable[[Sequence[Case]], Any]] = {
        "ours": whole,
        "ours, without torch": without_torch,
        "  the engine": lambda cases: list(read_many(engine, cases)),
        "  interval": each(lambda case: interval.truth(case.graph, case.point)),
        "  symbolic": each(lambda case: symbolic.truth(case.graph, case.point)),
        "  difference": each(lambda case: difference.truth(case.graph, case.point)),
        "  (asked, kept)": each(asked),
        "  judge": each(lambda case: assess(engine, case, *kept[case])),
        "  oracles held together": each(lambda case: disputes(kept[case][1])),
    }
    if torch_autograd.available():
        parts["  torch"] = each(lambda case: torch_autograd.reading(case.graph, case.point))
    else:
        del parts["ours, without torch"]
    return parts


def measured(
    rows: dict[str, Callable[[Sequence[Case]], Any]], size: int, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of processor time a case of each row, a number a round but for the first."""
    chance = random.Random(size)  # noqa: S311 - the same graphs each time
    found: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds + 1):
        cases = [drawn(size, chance) for _ in range(min(TOGETHER, NODES // size))]
        gc.freeze()  # nor through what another row keeps
        for name, row in rows.items():
            found[name].append(1e3 * once(row, cases) / len(cases))
    return {name: times[1:] for name, times in found.items()}


def once(row: Callable[[T], Any], about: T) -> float:
    """Seconds of processor time of one call: of so many that the clock sees them."""
    count, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < LEAST:
        row(about)
        count += 1
    return spent / count


def shown(seconds: Sequence[float]) -> str:
    """The median and the quarters."""
    low, middle, high = statistics.quantiles(seconds, n=4)
    return f"{middle:8.2f} ({low:.2f}-{high:.2f})"


def growth() -> None:
    """Print what each oracle takes where every node is shared: paths grow threefold a time."""
    print("c = c * c + c, ms")
    for times in (50, 100, 200):
        text = "c = a * 0.1; " + "c = c * c + c; " * times + "c * 0.0001"
        case = Case(Graph.parse(text), (1e-3,))
        parts = {
            oracle.SOURCE: 1e3 * once(lambda case, o=oracle: o.truth(case.graph, case.point), case)
            for oracle in (interval, symbolic, difference)
        }
        print(f"  {times:4} times  ", *[f"{name} {spent:.2f}" for name, spent in parts.items()])


WHOLE: Final = """
import resource, sys, time
from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.oracles import torch_autograd
if sys.argv[1] == "without":
    torch_autograd.available = lambda: False
begun, before = time.perf_counter(), 0.0
for name in ("first", "second"):
    with load("micrograd/engine.py") as engine:
        judged = outcome(engine, Plan()).accounts.gradients
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, worker = (usage.ru_utime + usage.ru_stime for usage in spent)
    clock = time.perf_counter() - begun
    print(f"    {name:8}{own:6.2f} s here {worker:6.2f} s in the worker {clock:6.2f} s by the clock"
          f" since the start; {judged:,} gradients")
"""


def whole() -> None:
    """Print what a check of our engine takes: two in a process, with an empty and a full cache."""
    for torch in ("with", "without"):
        with tempfile.TemporaryDirectory() as folder:
            for kept in ("nothing", "the fixed part"):
                print(f"{torch} torch, {kept} kept on disk", flush=True)
                environment = {**os.environ, "VERIFY_CACHE": folder}
                command = (sys.executable, "-c", WHOLE, torch)
                subprocess.run(command, check=True, env=environment)


def profile(size: int) -> None:
    """Print the functions in which one verdict spends most."""
    with load(micrograd.Value) as engine:
        row, chance = ours(engine)["ours"], random.Random(size)  # noqa: S311 - the same graphs
        cases = [drawn(size, chance) for _ in range(20)]
        profiler = cProfile.Profile(time.process_time)
        profiler.enable()
        for _ in range(5):
            row(cases)
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--profile", type=int, metavar="SIZE")
    options = parser.parse_args()
    if options.whole or options.growth or options.profile:
        for wanted, show in ((options.whole, whole), (options.growth, growth)):
            if wanted:
                show()
        if options.profile:
            profile(options.profile)
        return
    gc.set_threshold(*COLLECT)
    gc.freeze()  # no row has to look through what was imported
    with load(micrograd.Value) as engine:
        rows = {**ours(engine), **{name: each(peer) for name, peer in peers().items()}}
        for size in options.sizes:
            times = measured(rows, size, options.rounds)
            mine = statistics.median(times["ours"])
            print(f"\n{size} operations, ms")
            alone = statistics.median(times.get("ours, without torch", times["ours"]))
            for name, found in times.items():
                other = statistics.median(found)
                peer = not name.startswith((" ", "ours"))
                ratio = f"   ours / it {mine / other:5.2f}, {alone / other:5.2f}" if peer else ""
                print(f"  {name:26}{shown(found)}{ratio}")


if __name__ == "__main__":
    main()
