"""What a check costs, stage by stage: processor time of a default check, in this process.

    python bench/effort.py                           # micrograd, without torch
    python bench/effort.py --torch --engine package.module:Class
    python bench/effort.py --docs docs/probes.md     # writes the table of what is tried, and ends

Seconds and shares; the limit for a right engine without torch is 5 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from verify.checking.run import Plan, check
from verify.engines import load
from verify.generators.probes import PROBES
from verify.oracles import torch_autograd
from verify.verdict.outcome import CaseDone, Finished, StageStarted

LIMIT: Final = 5.0
"""Seconds of processor time."""


def main() -> int:
    """Run one check and print what each stage took; 1 if it was not correct or took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="micrograd.engine:Value", help="imported, not confined")
    parser.add_argument("--torch", action="store_true", help="ask torch, too, where it is there")
    parser.add_argument("--docs", type=Path, help="write the table of probes there, and end")
    options = parser.parse_args()
    if options.docs:
        options.docs.write_text(page(), encoding="utf-8")
        return 0
    if not options.torch:
        torch_autograd.available = lambda: False  # type: ignore[assignment]
    seconds, cases, verdict = measured(options.engine)
    total = seconds.total()
    for stage, spent in seconds.most_common():
        print(f"{stage:34} {cases[stage]:6} cases {spent:6.2f} s {spent / total:6.1%}")
    print(f"{'in all':34} {cases.total():6} cases {total:6.2f} s, {verdict}")
    return int(verdict != "correct" or (total > LIMIT and not options.torch))


def measured(name: str) -> tuple[Counter[str], Counter[str], str]:
    """Seconds and cases by stage, and the verdict."""
    seconds: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    stage, verdict = "start", ""
    module, _, attribute = name.partition(":")
    thing = getattr(__import__(module, fromlist=[attribute]), attribute)
    with load(thing) as engine:
        last = time.process_time()
        for event in check(engine, Plan()):
            now = time.process_time()
            seconds[stage] += now - last
            last = now
            if isinstance(event, StageStarted):
                stage = event.stage
            elif isinstance(event, CaseDone):
                cases[event.stage] += 1
            elif isinstance(event, Finished):
                verdict = event.outcome.verdict
    return seconds, cases, verdict


def page() -> str:
    """The table as a page."""
    lines = [
        "# What is tried",
        "",
        "Written by `python bench/effort.py --docs docs/probes.md`; do not edit. Besides single",
        "operations at ordinary points, known shapes, every graph of three operations, random",
        "graphs and the edges of domains, a check tries these. Each row is there for a kind of",
        "mistake: a test plants one that is missed, or taken for another, without this row.",
        "",
        "| probe | of | what is tried | a mistake that it finds |",
        "|---|---|---|---|",
    ]
    lines += [f"| {p.name} | {p.of} | {p.tried} | {p.missed} |" for p in PROBES]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
