"""How well do gradient checkers decide?  Ours beside those in use, on the same cases in one run.

    python bench/decision_quality.py            # prints the table, writes JSON and docs
    python bench/decision_quality.py --scale 0.1 --only ours

The subject is a right engine in plain float64 (``tests/right/slots.py``).  Each of its gradients by
a leaf is shown to every checker as it is, which must be accepted, and then wrong in six ways, which
must not.  A number that a mutation leaves as it was (0 doubled) is no mistake and is left out.

Needs ``pip install --group bench`` for the peers; one that is missing is named, and left out.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import importlib.util
import json
import math
import platform
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peers import PEERS, decide
from populations import POPULATIONS, population

from verify.engines.in_process import ObjectEngine
from verify.oracles.registry import by_interval
from verify.verdict.judge import judge
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peers import Peer

    from verify.expression.graph import Case
    from verify.expression.reading import Reading

ROOT: Final = Path(__file__).parent.parent
SIZES: Final = {1: 700, 3: 300, 10: 250, 30: 200, 100: 150}
"""Cases by the number of operations; each has one to four leaves."""
MISTAKES: Final[dict[str, Callable[[float], float]]] = {
    "zero": lambda g: 0.0,
    "flip": lambda g: -g,
    "double": lambda g: 2 * g,
    "+1 %": lambda g: g * 1.01,
    "+1e-6": lambda g: g * (1 + 1e-6),
    "+1e-9": lambda g: g * (1 + 1e-9),
}
OURS: Final = "verify"
ANSWERS: Final = {
    Verdict.CORRECT: "accepted",
    Verdict.IMPRECISE: "accepted",
    Verdict.WRONG: "rejected",
    Verdict.UNDECIDED: "undecided",
}


class Tally:
    """Answers of one checker on one population: by mistake (``right`` is none), and its times."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self.answers: dict[str, Counter[str]] = {name: Counter() for name in ("right", *MISTAKES)}
        self.reasons: Counter[str] = Counter()
        self.seconds: list[float] = []

    def summary(self) -> dict[str, Any]:
        """Shares in percent: of the decided cases, and undecided ones of all."""
        right = self.answers["right"]
        return {
            "gradients": right.total(),
            "false_alarms": _share(right["rejected"], right["rejected"] + right["accepted"]),
            "undecided": _share(right["undecided"], right.total()),
            "accepted": {
                name: _share(
                    self.answers[name]["accepted"],
                    self.answers[name]["accepted"] + self.answers[name]["rejected"],
                )
                for name in MISTAKES
            },
            "undecided_mistakes": {
                name: _share(self.answers[name]["undecided"], self.answers[name].total())
                for name in MISTAKES
            },
            "reasons": dict(self.reasons),
            "microseconds": statistics.median(self.seconds) * 1e6 if self.seconds else None,
            "counts": {name: dict(counts) for name, counts in self.answers.items()},
        }


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; the exit code tells whether our own claims hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of the cases to run (default 1)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["ours"], help="leave the peers out")
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "decision_quality.json")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs" / "decision_quality.md")
    options = parser.parse_args(arguments)
    peers, missing = {}, []
    for name, make in PEERS.items() if options.only is None else ():
        try:
            peers[name] = make()
        except ImportError as error:
            missing.append(name)
            print(f"missing: {name} ({error}); pip install --group bench", file=sys.stderr)
    results = {
        name: {
            who: tally.summary()
            for who, tally in measure(name, peers, options.scale, options.seed).items()
        }
        for name in POPULATIONS
    }
    report = {
        "schema": "verify.decision_quality/1",
        "seed": options.seed,
        "scale": options.scale,
        "sizes": SIZES,
        "missing": missing,
        "versions": _versions(),
        "populations": results,
    }
    table = render(report)
    print(table)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    options.docs.write_text(page(table, report))
    return 0 if all(holds(results[name][OURS]) for name in POPULATIONS) else 1


def measure(name: str, peers: dict[str, Any], scale: float, seed: int) -> dict[str, Tally]:
    """Every checker on every gradient of one population."""
    subject = ObjectEngine(_subject())
    tallies = {who: Tally() for who in (OURS, *peers)}
    for size, count in SIZES.items():
        for case in population(name, size, max(1, round(count * scale)), seed):
            reading = subject.run(case.graph, case.point)[-1]
            if reading.raised is not None:
                raise AssertionError(f"the subject raised {reading.raised} on {case}")
            _ours(case, reading, tallies[OURS])
            for who, peer in peers.items():
                _theirs(case, reading, peer, tallies[who])
        print(f"{name}: {size} operations done", file=sys.stderr)
    return tallies


def _mutants(right: float) -> Iterator[tuple[str, float]]:
    yield "right", right
    for name, mistake in MISTAKES.items():
        wrong = mistake(right)
        if wrong != right:  # or else it is no mistake
            yield name, wrong


def _ours(case: Case, reading: Reading, tally: Tally) -> None:
    leaves = case.graph.leaves
    start = time.perf_counter()
    known = by_interval(case)
    judge(reading, known)
    tally.seconds += [(time.perf_counter() - start) / len(leaves)] * len(leaves)
    for leaf in leaves:
        for name, claimed in _mutants(reading.gradients[leaf]):
            gradients = tuple(
                [claimed if i == leaf else g for i, g in enumerate(reading.gradients)]
            )
            judgement = judge(dataclasses.replace(reading, gradients=gradients), known)
            mine = next(n for n in judgement.numbers if n.quantity == "gradient" and n.node == leaf)
            tally.answers[name][ANSWERS[mine.verdict]] += 1
            if name == "right" and mine.verdict is Verdict.UNDECIDED:
                tally.reasons[mine.reason] += 1


def _theirs(case: Case, reading: Reading, peer: Peer, tally: Tally) -> None:
    forward = _forward(case)
    for place, leaf in enumerate(case.graph.leaves):

        def f(x: float, place: int = place) -> float:
            return forward([x if i == place else y for i, y in enumerate(case.point)])

        for name, claimed in _mutants(reading.gradients[leaf]):
            start = time.perf_counter()
            accepted = decide(peer, f, claimed, float(case.point[place]))
            if name == "right":
                tally.seconds.append(time.perf_counter() - start)
            answer = "undecided" if accepted is None else "accepted" if accepted else "rejected"
            tally.answers[name][answer] += 1
            if name == "right" and accepted is None:
                tally.reasons["raises"] += 1


def _forward(case: Case) -> Callable[[list[float]], float]:
    """The engine's forward pass, as the text of the graph says it."""
    value, space = _subject(), {}
    exec(str(case.graph), {}, space)  # noqa: S102 - our own text
    return lambda point: float(space["f"](*map(value, point)).data)


def _subject() -> type:
    if "right_slots" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "right_slots", ROOT / "tests" / "right" / "slots.py"
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["right_slots"] = module
        spec.loader.exec_module(module)
    return sys.modules["right_slots"].Value


def holds(ours: dict[str, Any]) -> bool:
    """No false alarm; large mistakes always caught, small ones nearly; little left undecided."""
    most = {"zero": 0.0, "flip": 0.0, "double": 0.0, "+1 %": 0.0, "+1e-6": 0.1, "+1e-9": 1.0}
    return (
        ours["false_alarms"] == 0.0
        and ours["undecided"] < 2.0
        and all(ours["accepted"][name] <= most[name] for name in most)
    )


def render(report: dict[str, Any]) -> str:
    """The table as Markdown."""
    lines = []
    for name, checkers in report["populations"].items():
        gradients = checkers[OURS]["gradients"]
        lines += [
            f"**{name}**: {gradients} gradients",
            "",
            "| checker | false alarms | "
            + " | ".join(f"{m} accepted" for m in MISTAKES)
            + " | undecided | µs a gradient |",
            "|---|" + "--:|" * (len(MISTAKES) + 3),
        ]
        for who, said in checkers.items():
            cells = [said["false_alarms"], *said["accepted"].values(), said["undecided"]]
            shown = " | ".join(_percent(cell) for cell in cells)
            lines.append(f"| {who} | {shown} | {said['microseconds']:,.0f} |")
        lines.append("")
    return "\n".join(lines)


def page(table: str, report: dict[str, Any]) -> str:
    """The documentation page around the table."""
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    ours = report["populations"]["wide"][OURS]
    reasons = (
        ", ".join(f"{reason} {count}" for reason, count in sorted(ours["reasons"].items()))
        or "none"
    )
    undecided = ", ".join(
        f"{name} {_percent(share)}" for name, share in ours["undecided_mistakes"].items()
    )
    missing = "".join(f"\nMissing in this run: {name}.\n" for name in report["missing"])
    return f"""# Decision quality

Written by `python bench/decision_quality.py`; do not edit.

Each gradient by a leaf of a right float64 engine (`tests/right/slots.py`, the textbook's formulas)
is shown to every checker as it is, and then wrong in six ways: zeroed, its sign flipped, doubled,
off by 1 %, by 1e-6, by 1e-9. *False alarms*: right gradients rejected. *Accepted*: wrong ones let
through. Both are shares of the gradients that the checker decides; *undecided* is the share of
right gradients that it does not: ours says so with a reason, a peer raises an exception because its
steps leave the function's domain. A number that a mutation leaves bit for bit as it was (0 doubled)
is no mistake and is left out.

Single operations and random graphs of 3, 10, 30 and 100 operations with shared nodes, with one to
four leaves. *tame*: leaves uniform in [-3, 3]; *wide*: magnitudes log-uniform in 1e-8…1e8. Peers
run with their default settings on the engine's own forward pass, one leaf at a time; times are
medians, and ours includes the inner nodes.
{missing}
{table}
On the wide population ours left undecided, of the right gradients, by reason: {reasons}; and of the
wrong ones: {undecided}.

{versions}; seed {report["seed"]}.
"""


def _percent(share: float) -> str:
    return "0" if share == 0 else f"{share:.2g} %" if share < 1 else f"{share:.1f} %"


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.nan


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for name in ("torch", "jax", "autograd", "python-flint"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
