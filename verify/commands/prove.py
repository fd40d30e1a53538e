"""``verify prove``: proofs for all inputs, operation by operation, graph by graph."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from verify.bounded import TooMuch, within
from verify.commands import example, json_option, load_engine, misuse, reaches, write_json
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.engines import Engine, EngineInfo
    from verify.expression.graph import Case
    from verify.prove.proof import Plain, Proof
    from verify.prove.theorem import Theorem

_MOST_SHOWN: Final = 3
SECONDS: Final = 300
"""Of processor time for all formulas of an engine: what it says may stand for anything."""


@click.command("prove", epilog=example("verify prove student.py"))
@click.argument("engine")
@click.option("--python", metavar="PATH", help="Another interpreter or a virtual environment.")
@click.option("--class", "class_name", metavar="NAME", help="The class, where a file has several.")
@click.option(
    "--check",
    "certificate",
    metavar="CERTIFICATE",
    type=click.Path(exists=True, dir_okay=False),
    help="Check again what --json wrote, against ENGINE as it is now.",
)
@json_option
def command(
    engine: str,
    certificate: str | None,
    json_file: str | None,
    **options: Any,  # noqa: ANN401 - click's
) -> Exit:
    """Are the formulas of ENGINE right for all inputs?

    Runs ENGINE, rewritten so that it is watched, on numbers that are not known, on every path, and
    proves value and gradient of every way of writing an operation.  0: everything that the engine
    has is proven without condition.  1: something is refuted, by numbers that the judge confirms.
    3: something is conditional, bounded or open, and it is said what.  docs/proofs.md says what is
    proven, on which premises.
    """
    with load_engine(engine, watched=True, **options) as loaded:
        if certificate is not None:
            return checked(loaded, certificate)
        info = loaded.info
        try:
            with load_engine(engine, **options) as plainly:
                as_asked = plainly.info
                proof = within(SECONDS, proved, loaded, as_it_is(plainly))
        except TooMuch as much:
            click.echo(plain(f"{info.spec}: its formulas cannot all be read: {much}"), err=True)
            return Exit.INCONCLUSIVE
    if json_file is not None:
        from verify.prove.certificate import as_json

        write_json(json_file, as_json(info, proof))
    if json_file != "-":
        click.echo("\n".join(_folded(line) for line in as_text(info, proof)))
    if reaches(as_asked, "what was watched proves nothing"):
        return Exit.WRONG
    return exit_code(proof)


def _folded(line: str) -> str:
    """The line in 80 columns, what runs over further in."""
    further = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line, 80, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def proved(engine: Engine, plain: Plain) -> Proof:
    """Everything that can be proven."""
    from verify.prove.proof import prove

    return prove(engine, plain)  # type: ignore[arg-type]  # it is watched, and so a process


def exit_code(proof: Proof) -> Exit:
    """0, 1 or 3."""
    codes = {"proven": Exit.CORRECT, "refuted": Exit.WRONG}
    return codes.get(proof.standing, Exit.INCONCLUSIVE)


def as_it_is(engine: Engine) -> Plain:
    """What the judge finds wrong with an engine's answer to a case, and whether it has one."""
    from verify.checking.assess import examine
    from verify.prove.proof import Plain

    def wrong(case: Case) -> str | None:
        examined = examine(engine, case)
        if examined.disputes or examined.judgement.verdict != "wrong":
            return None
        inputs = ", ".join(f"{name} = {x!r}" for name, x in case.inputs.items())
        return f"wrong at {inputs}: {case.graph.expression()}"

    def computes(case: Case) -> bool:
        return engine.run(case.graph, case.point)[-1].raised is None

    return Plain(wrong, computes)


def checked(engine: Engine, certificate: str) -> Exit:
    """Check a certificate, and say what does not hold."""
    from verify.prove.certificate import check, check_text, read

    with misuse(ValueError, what=f"--check {certificate}: "):
        data = json.loads(Path(certificate).read_text("utf-8"))
        proof = read(data)
        complaints = list(check_text(data))
    complaints += check(engine, proof)  # type: ignore[arg-type]  # it is watched
    for complaint in complaints:
        click.echo(f"does not hold: {complaint}")
    if complaints:
        return Exit.INCONCLUSIVE
    proven = sum(t.standing == "proven" for t in proof.theorems)
    click.echo(f"holds: {proven} theorems were checked again; the certificate is {proof.standing}")
    return exit_code(proof)


def as_text(info: EngineInfo, proof: Proof) -> Iterator[str]:
    """The theorems for a person."""
    from verify.prove.operations import excluded
    from verify.prove.proof import ASSUMED, NOT_COVERED

    what = f"{plain(info.class_name)} in {plain(info.spec)}, Python {plain(info.python)}"
    yield f"{proof.standing.upper()}  {what}"
    yield ""
    for theorem in proof.theorems:
        if theorem.standing != "missing":
            yield from told(theorem)
    missing = [t.name for t in proof.theorems if t.standing == "missing"]
    if missing:
        yield ""
        yield f"missing: {', '.join(missing)}"
    counts = Counter(t.standing for t in proof.theorems if t.standing != "missing")
    yield ""
    yield ", ".join(f"{count} {standing}" for standing, count in counts.items()) or "nothing"
    for theorem in proof.theorems:
        if where := excluded(theorem):
            yield plain(f"Python itself raises, and nothing is due: {theorem.name}, where "
                        f"{', or '.join(where)}")  # fmt: skip
    yield ""
    assumed = dict.fromkeys([*ASSUMED, *[a for t in proof.theorems for a in t.assumed]])
    yield from (f"assumed: {words}" for words in assumed)
    yield from (f"not covered: {words}" for words in NOT_COVERED)
    yield ""
    yield f"{proof.standing.upper()}  {what}"


def told(theorem: Theorem) -> Iterator[str]:
    """One theorem: its standing, and why it is no better."""
    statement = f": {theorem.statement}" if theorem.kind != "operation" else ""
    yield f"  {theorem.standing:12} {plain(theorem.name)}{statement}"
    if theorem.standing == "proven":
        return
    if theorem.note:
        yield plain(f"{'':15}{theorem.note}")
    label = "wrong" if theorem.standing == "refuted" else "not covered"
    for words in theorem.complement[:_MOST_SHOWN]:
        yield plain(f"{'':15}{label}: {words}")
    if len(theorem.complement) > _MOST_SHOWN:
        yield f"{'':15}and {len(theorem.complement) - _MOST_SHOWN} more"
