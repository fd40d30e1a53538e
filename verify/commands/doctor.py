"""``verify doctor``: what is installed, what works, and what is guessed about an engine."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import click

from verify.commands import (
    console,
    engine_options,
    example,
    json_option,
    load_engine,
    write_json,
)
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from verify.engines import EngineInfo
    from verify.verdict.disputes import Dispute

SCHEMA: Final = "verify.doctor/1"
COMPLETION: Final = (
    "Tab completes verbs and options after eval "
    '"$(_VERIFY_COMPLETE=bash_source verify)" in bash; zsh_source and fish_source likewise'
)
_SAMPLE: Final = ("c = a * b + a.tanh(); c * c", {"a": 0.5, "b": -1.5})
"""A case on which every oracle is tried."""
_BEHIND: Final = {
    "interval": "python-flint",
    "symbolic": "sympy",
    "difference": "python-flint",
    "torch": "torch",
}
"""The package that each oracle computes with."""


@click.command("doctor", epilog=example("verify doctor", "verify doctor student.py"))
@click.argument("engine", required=False)
@click.option("--python", metavar="PATH", help="Interpreter that runs the engine.")
@engine_options
@json_option
def command(
    engine: str | None,
    *,
    python: str | None,
    json_file: str | None,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """Which oracles, which isolation, which versions?

    With ENGINE: what is guessed about it, each guess a key for --adapter.
    """
    from verify.expression.graph import Case
    from verify.oracles.registry import consult
    from verify.verdict.disputes import disputes

    text, point = _SAMPLE
    found = disputes(consult(Case.parse(text, **point)))
    info = None
    if engine is not None:
        with load_engine(engine, python=python, **options) as loaded:
            info = loaded.info
    if json_file:
        write_json(json_file, _data(info, found))
    if json_file != "-":
        from verify.report.layout import table

        shown = console()
        shown.lines(table(_rows(info, found), shown.width))
    return Exit.HARNESS if found else Exit.CORRECT


def _rows(info: EngineInfo | None, disputes: tuple[Dispute, ...]) -> Iterator[tuple[Text, ...]]:
    from rich.text import Text

    from verify.engines.sandbox import offers
    from verify.oracles.registry import present
    from verify.report import facts
    from verify.report.plain import plain
    from verify.versions import versions

    def row(name: str, value: str, style: str = "") -> tuple[Text, Text]:
        return Text(name, "bold" if not name.startswith(" ") else ""), Text(plain(value), style)

    installed = versions()
    here = f"Python {installed['python']}, {platform.system()} {platform.machine()}"
    yield row("verify", f"{installed['micrograd-verify']}, {here}")
    yield row("oracles", facts.oracles(present()))
    for oracle, package in _BEHIND.items():
        yield row(f"  {oracle}", f"{package} {installed[package]}")
    for dispute in disputes:
        yield row("  dispute", str(dispute), "bold red")
    yield row("isolation", [offer.tier for offer in offers() if offer.works][-1])
    for offer in reversed(offers()):
        yield row(f"  {offer.tier}", "works" if offer.works else f"not here: {offer.reason}")
    if rival := rival_micrograd():
        yield row("micrograd", rival, "bold red")
    yield row("completion", COMPLETION)
    if info is not None:
        yield row("engine", info.spec)
        yield row("  file", info.path or "none")
        yield row("  python", info.python or "not Python")
        yield row("  isolation", info.isolation)
        if info.digest:
            yield row("  text", facts.source(info))
        for key, guess in info.adapter.items():
            yield row(f"  {key}", guess)
        for note in info.notes:
            yield row("  note", note)


def rival_micrograd() -> str:
    """What to do where the package ``micrograd`` of PyPI is installed too; ``""`` where it is not.

    Both distributions own the folder ``micrograd``: the later one overwrites files of the other,
    and removing either takes files of both away.
    """
    try:
        other = metadata.version("micrograd")
    except metadata.PackageNotFoundError:
        return ""
    return (
        f"the package micrograd {other} is installed here as well, and both have a folder "
        "micrograd: the later one overwrote files of the other. Remedy: pip uninstall micrograd; "
        "pip install --force-reinstall --no-deps micrograd-verify. To check that package, install "
        "it into an environment of its own: verify check --python ENVIRONMENT micrograd"
    )


def _data(info: EngineInfo | None, disputes: tuple[Dispute, ...]) -> dict[str, Any]:
    from verify.engines.sandbox import offers
    from verify.oracles.registry import ORACLES, present
    from verify.report.json import engine
    from verify.versions import versions

    return {
        "schema": SCHEMA,
        "oracles": {name: name in present() for name in ORACLES},
        "disputes": [str(dispute) for dispute in disputes],
        "isolation": {offer.tier: offer.reason or "works" for offer in offers()},
        "versions": dict(versions()),
        "engine": None if info is None else engine(info),
    }
