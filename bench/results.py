"""The page of results, made from the files that the measurements left; it measures nothing.

    python bench/results.py            # writes docs/results.md

When and where each figure was taken stands in its file, or in bench/measured.toml.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "results.md"
MEASURED: Final = tomllib.loads((ROOT / "bench/measured.toml").read_text("utf-8"))
_ROW: Final = re.compile(
    r"^\| ([\w-]+) \| (.+?) \| \d+ \| \d+ \| (`.*`) \| ([\w-]*) ?\|$", re.MULTILINE
)
_MISSED: Final = "**missed**"
_PROBED: Final = ("zero", "double", "+1 %", "+1e-6")
_ENGINES: Final = (
    "micrograd 0.1.0", "torch, 0-d tensors", "ours, a node an operation", "ours, a node a neuron",
    "ours, traced, Python", "ours, traced, numba",
)  # fmt: skip
HEAD: Final = """\
# Results

Written by `python bench/results.py` from the files that the measurements left; do not edit. Each
figure says when and where it was taken, and the command that takes it again. Trust the ratios, not
the seconds: the machines are shared.
"""


def text(file: str) -> str:
    """A file of the repository."""
    return (ROOT / file).read_text("utf-8")


def taken(name: str) -> str:
    """When, where and how, as a line."""
    told = MEASURED[name]
    return f"Taken on {told['date']}, {told['machine']}, by `{told['command']}`."


def percent(share: float) -> str:
    """A share in percent, to two digits."""
    return "0" if share == 0 else f"{share:.2g} %" if share < 10 else f"{share:.0f} %"


def decisions() -> str:
    """False alarms and mistakes let through, beside other checkers."""
    report = json.loads(text("bench/decision_quality.json"))
    lines = ["## Decision quality", "", taken("decision_quality"), ""]
    lines += [
        "The same right and wrong gradients, shown to every checker in one run: *false alarms* are",
        "right ones rejected, the other columns wrong ones accepted. *wide*: inputs of all sizes",
        "from 1e-8 to 1e8. [The page](decision_quality.md) has all figures and says how.",
        "",
        f"| checker | inputs | false alarms | {' | '.join(f'{p} accepted' for p in _PROBED)} |",
        f"|---|---|--:|{'--:|' * len(_PROBED)}",
    ]
    for population, checkers in report["populations"].items():
        for checker, tally in checkers.items():
            accepted = " | ".join(percent(tally["accepted"][p]) for p in _PROBED)
            false = percent(tally["false_alarms"])
            lines.append(f"| {checker} | {population} | {false} | {accepted} |")
    return "\n".join(lines) + "\n"


def kill_matrix() -> str:
    """Planted mistakes: how many are caught, and how many named as what they are."""
    rows = _ROW.findall(text("docs/faults.md"))
    caught = [row for row in rows if row[1] != _MISSED]
    named = [row for row in caught if not row[3]]
    missed = ", ".join(f"`{row[0]}`" for row in rows if row[1] == _MISSED) or "none"
    return f"""\
## Kill matrix and diagnosis

{taken("faults")}

Of {len(rows)} known mistakes, planted one at a time in a right engine, {len(caught)} were caught \
in that run; of these {len(named)} were named as what they are. The others were named as a mistake \
that gives the same numbers on the counterexample, or not by name. [The page](faults.md) has a row \
a mistake.

Missed: {missed}.
"""


def repair() -> str:
    """Random wrong formulas: how many are mended."""
    (row,) = re.findall(r"^\| all \| (.*) \|$", text("docs/mending.md"), re.MULTILINE)
    engines, operation, formula, line, mended, false, seconds, tried = row.split(" | ")
    return f"""\
## Repair

{taken("mending")}

{engines} engines with one random wrong formula each. The operation was right in {operation}, the \
formula in {formula} that were shown, the line in {line}, mended were {mended}, false mends \
{false}. Seconds of processor time {seconds}, changes tried {tried} (median / worst). \
[The page](mending.md#figures) says what counts.
"""


def speed() -> str:
    """A training step of our engine, beside others."""
    report: dict[str, Any] = json.loads(text("docs/benchmark.json"))
    where, moons = report["where"], report["moons"]
    place = f"{where['system']}, {where['cores']} cores, Python {where['python']}"
    lines = [
        "## Speed",
        "",
        f"Taken on {where['date']}, {place}, by `python bench/engine.py`.",
        "",
        "One training step on the moons, a network of 2-16-16-1 and 100 samples: milliseconds in",
        "the median, with the interpreter's cyclic garbage collector off, and as it is by default.",
        "[The page](benchmark.md) has graphs, replays and memory as well.",
        "",
        "| engine | collector off | default |",
        "|---|--:|--:|",
    ]
    for engine in _ENGINES:
        times = [1000 * moons[kind][engine]["seconds"]["median"] for kind in ("off", "on")]
        lines.append(f"| {engine} | {times[0]:.3g} | {times[1]:.3g} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page."""
    return f"{HEAD}\n{decisions()}\n{kill_matrix()}\n{repair()}\n{speed()}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
