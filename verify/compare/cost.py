"""Speed and memory of two engines on the same workloads.

The clock is in the worker, so that pipes do not count.  Other programs on the machine do: a batch
is short, and of a few in a row the fastest one counts, which nobody interrupted.  What is left
(caches, frequencies) comes and goes, and falls on both engines alike: they are measured in pairs,
one right after the other, each pair in the other order than the one before, in several pairs of
fresh processes.

The ratio is the median over the pairs; its interval needs no assumption about the noise: by the
sign test, the true median lies between two of the ordered ratios (W. J. Conover, *Practical
Nonparametric Statistics*, 3rd ed., section 3.2).  A slowdown counts only if that whole interval
lies above what is allowed.
"""

from __future__ import annotations

import math
import statistics
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from verify.compare.difference import Difference, Ratio
from verify.compare.search import usable
from verify.corpus.population import draw
from verify.engines.engine import anew
from verify.expression.graph import Apply, Case, Graph, Leaf
from verify.expression.ops import FORMS
from verify.generators.chains import chain
from verify.oracles import interval as interval_oracle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from verify.engines import Engine, Measured

CONFIDENCE: Final = 0.999
PAIRS: Final = 12
"""Pairs of measurements in one pair of processes."""
PROCESSES: Final = 3
BATCHES: Final = 5
"""Batches of one measurement, of which the fastest counts."""
BATCH_SECONDS: Final = 0.001
"""How long a batch takes: long against the clock, short against what interrupts it."""
_LENGTH: Final = 200
_LARGEST: Final = 300.0
"""``(e**2x - 1) / (e**2x + 1)`` overflows from 355 on, and ``e**x`` from 710 on."""
_CORE: Final = ("a + b", "a * b", "a - b", "a * 2", "a + 2", "a.tanh()", "a.relu()", "a.exp()")


def costs(
    old: Engine, new: Engine, *, pairs: int = PAIRS, processes: int = PROCESSES
) -> tuple[tuple[Ratio, ...], str]:
    """Time and memory of the new engine over the old one's, a workload each.

    Args:
        old: loaded; it only lends its name, what is measured runs in fresh processes.
        new: likewise.
        pairs: measurements of each engine in one pair of processes.
        processes: pairs of processes.

    Returns:
        The ratios, and why there are none, where that is so.
    """
    found: list[Ratio] = []
    with ExitStack() as stack:
        teams = [tuple(anew(engine, stack) for engine in (old, new)) for _ in range(processes)]
        for name, case in workloads(usable(old) & usable(new)):
            measured = _workload(teams, case, pairs)
            if isinstance(measured, str):
                return tuple(found), f"{name}: {measured}"
            times, sizes = measured
            found.append(_ratio(name, "time", times, case))
            if all(all(pair) for pair in sizes):
                found.append(_ratio(name, "memory", sizes, case))
    return tuple(found), "" if found else "there is no workload that both can run"


def slowdowns(ratios: Sequence[Ratio], most: float) -> Iterator[Difference]:
    """The workloads on which the new engine is clearly slower than ``most`` times the old one."""
    for each in ratios:
        if each.quantity == "time" and each.low > most:
            where = f"{each.workload}, {each.nodes} nodes"
            words = [
                f"{seconds * 1e6 / each.nodes:.3g} µs a node" for seconds in (each.old, each.new)
            ]
            note = (
                f"{each.ratio:.2f} times ({each.low:.2f} to {each.high:.2f}); {most:g} is allowed"
            )
            yield Difference("slowdown", "only-new", where, words[0], words[1], note=note)


def workloads(forms: Collection[str]) -> Iterator[tuple[str, Case]]:
    """What is measured: a chain, a sum of products, and a graph that shares its nodes."""
    if {"a + b", "a * b"} <= set(forms):
        yield "chain", chain(_LENGTH)
        yield "sum of products", _products(_LENGTH // 4)
    core = tuple([FORMS[text] for text in _CORE if text in forms])
    if core:
        drawn = draw(_LENGTH, 1, "tame", forms=core, max_operations=_LENGTH)
        sizes = sorted(drawn, key=lambda case: -len(case.graph.nodes))
        yield "shared", next(filter(_small, sizes))


def _small(case: Case) -> bool:
    """Whether no number on the way is too large for ``tanh`` as the lecture writes it."""
    values = interval_oracle.truth(case.graph, case.point).values
    return all(e is not None and abs(e.middle) <= _LARGEST for e in values)


def _products(size: int) -> Case:
    leaves = [Leaf(f"{kind}{i}") for i in range(size) for kind in "wx"]
    nodes: list[Leaf | Apply] = list(leaves)
    total = -1
    for i in range(size):
        nodes.append(Apply("mul", (2 * i, 2 * i + 1)))
        if total >= 0:
            nodes.append(Apply("add", (total, len(nodes) - 1)))
        total = len(nodes) - 1
    return Case(Graph(tuple(nodes)), tuple([0.01 * (i + 1) for i in range(2 * size)]))


def _workload(
    teams: Sequence[tuple[Engine, ...]], case: Case, pairs: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]] | str:
    """Pairs of seconds a run, and of bytes; or what went wrong."""
    times: list[tuple[float, float]] = []
    sizes: list[tuple[float, float]] = []
    runs = 0
    for team in teams:
        first = [_measured(engine, case, 1) for engine in team]
        if reason := next((m.reason for m in first if m.reason), ""):
            return reason
        sizes.append((float(first[0].bytes), float(first[1].bytes)))
        runs = runs or math.ceil(BATCH_SECONDS / max(min(first[0].seconds), 1e-6))
        for turn in range(pairs):
            order = (0, 1) if turn % 2 == 0 else (1, 0)
            measured = {place: _measured(team[place], case, runs) for place in order}
            if reason := next((m.reason for m in measured.values() if m.reason), ""):
                return reason
            times.append((min(measured[0].seconds) / runs, min(measured[1].seconds) / runs))
    return times, sizes


def _measured(engine: Engine, case: Case, runs: int) -> Measured:
    return engine.measure(case.graph, case.point, BATCHES, runs)


def _ratio(name: str, quantity: str, pairs: Sequence[tuple[float, float]], case: Case) -> Ratio:
    ratios = sorted(new / old for old, new in pairs if old)
    low, high = interval(ratios)
    return Ratio(
        workload=name,
        quantity="time" if quantity == "time" else "memory",
        old=statistics.median(old for old, _ in pairs),
        new=statistics.median(new for _, new in pairs),
        ratio=statistics.median(ratios),
        low=low,
        high=high,
        pairs=len(ratios),
        nodes=len(case.graph.nodes),
    )


def interval(ordered: Sequence[float]) -> tuple[float, float]:
    """The ordered numbers between which the median lies with :data:`CONFIDENCE`.

    With too few numbers for that confidence it is the whole range.
    """
    n = len(ordered)
    outside = (1 - CONFIDENCE) / 2
    cut, mass = 0, 0.5**n
    while cut < n // 2 and mass <= outside:
        cut += 1
        mass += math.comb(n, cut) * 0.5**n
    cut = max(cut - 1, 0)
    return ordered[cut], ordered[n - 1 - cut]
