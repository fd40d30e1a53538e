"""``verify prove``: proofs for all inputs, operation by operation."""

from __future__ import annotations

import json
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, Final

import click

from verify.bounded import TooMuch, within
from verify.commands import load_engine
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from verify.engines import Engine, EngineInfo
    from verify.prove.theorems import Theorem

SCHEMA: Final = "verify.proof/1"
SECONDS: Final = 300
"""Of processor time for all formulas of an engine: what it says may stand for anything."""


@click.command("prove")
@click.argument("engine")
@click.option("--python", metavar="PATH", help="Another interpreter or a virtual environment.")
@click.option("--class", "class_name", metavar="NAME", help="The class, where a file has several.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=click.File("w"),
    help="One JSON object; - for standard output.",
)
def command(
    engine: str,
    json_file: IO[str] | None,
    **options: Any,  # noqa: ANN401 - click's
) -> Exit:
    """Are the formulas of ENGINE right for all inputs?

    Runs ENGINE on floats that carry a formula, and proves value and gradient of every way of
    writing an operation against SymPy's derivative, path by path.  0: everything that the engine
    has is proven.  3: something is not; `verify check` judges it by numbers.  A proof never
    accuses.
    """
    from verify.prove.theorems import prove

    with load_engine(engine, symbols=True, **options) as loaded:
        info = loaded.info
        try:
            theorems = within(SECONDS, _all, prove, loaded)
        except TooMuch as much:
            click.echo(plain(f"{info.spec}: its formulas cannot all be read: {much}"), err=True)
            return Exit.INCONCLUSIVE
    if json_file is not None:
        json.dump(as_json(info, theorems), json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        click.echo(as_text(info, theorems))
    return Exit.CORRECT if _all_proven(theorems) else Exit.INCONCLUSIVE


def _all(prove: Callable[[Any], Iterable[Theorem]], engine: Engine) -> list[Theorem]:
    return list(prove(engine))


def as_text(info: EngineInfo, theorems: Sequence[Theorem]) -> str:
    """The theorems for a person, at most 80 columns where formulas are short."""
    lines = [f"{plain(info.class_name)} in {plain(info.spec)}, Python {plain(info.python)}", ""]
    for theorem in theorems:
        if theorem.standing == "missing":
            continue
        where = f"  for {' and '.join(theorem.conditions)}" if theorem.conditions else ""
        lines.append(f"  {theorem.standing:12} {theorem.form}{where}")
        if theorem.standing != "proven":
            if theorem.formula != theorem.truth:  # the note tells of the value, or of d/db
                lines += [
                    f"{'':17}computes d/da = {theorem.formula}",
                    f"{'':17}and should be   {theorem.truth}",
                ]
            lines.append(f"{'':17}{plain(theorem.note)}")
    missing = dict.fromkeys(t.form for t in theorems if t.standing == "missing")
    if missing:
        lines += ["", f"missing: {', '.join(missing)}"]
    counts = Counter(t.standing for t in theorems if t.standing != "missing")
    lines += [
        "",
        ", ".join(f"{count} {standing}" for standing, count in counts.items())
        or "nothing to prove",
        "g and h are any factors: each form is proven as g * form + h * a, and below a product.",
        "Proven: in real arithmetic, for all inputs under the conditions beside it, kinks apart.",
        "Not covered: rounding, the order of traversal, networks: `verify check` tests these.",
    ]
    return "\n".join(lines)


def as_json(info: EngineInfo, theorems: Sequence[Theorem]) -> dict[str, Any]:
    """The theorems as one object; ``operations`` has the weakest standing of each operation."""
    from verify.prove.theorems import STRENGTH

    standings: dict[str, list[str]] = {}
    for theorem in theorems:
        standings.setdefault(theorem.op, []).append(theorem.standing)
    return {
        "schema": SCHEMA,
        "engine": {
            "spec": info.spec,
            "path": info.path,
            "class": info.class_name,
            "python": info.python,
        },
        "isolation": info.isolation,
        "proven": _all_proven(theorems),
        "operations": {
            op: min((s for s in found if s != "missing"), key=STRENGTH.index, default="missing")
            for op, found in standings.items()
        },
        "theorems": [
            {
                "form": t.form,
                "operation": t.op,
                "standing": t.standing,
                "conditions": list(t.conditions),
                "computes": t.formula,
                "due": t.truth,
                "note": t.note,
            }
            for t in theorems
        ],
    }


def _all_proven(theorems: Sequence[Theorem]) -> bool:
    standings = {t.standing for t in theorems} - {"missing"}
    return standings == {"proven"}
