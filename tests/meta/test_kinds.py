"""Engines that were once judged or named wrongly: what is said of each now is true."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verify import cli

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[1] / "kinds"


@dataclass(frozen=True)
class Kind:
    """A row of ``kinds.toml``; the fields are explained at its top."""

    file: str
    exit: tuple[int, ...]
    truth: str
    first: str = ""
    never: str = ""
    wrong: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()
    findings: int | None = None


def kinds() -> list[Kind]:
    """All of them, in the order of the file."""
    rows = tomllib.loads((FOLDER / "kinds.toml").read_text(encoding="utf-8"))["kind"]
    lists = [{k: tuple(v) if isinstance(v, list) else v for k, v in r.items()} for r in rows]
    return [Kind(**row) for row in lists]


def text(finding: dict[str, Any]) -> str:
    """All that a finding says in words."""
    named = finding["diagnosis"]
    parts = (named["title"], named["explanation"], named["formula"], finding["where"])
    return " | ".join(map(str, parts))


def violations(kind: Kind, code: int, report: dict[str, Any]) -> list[str]:
    """What a report says that is not so, or leaves out, in words."""
    texts = [text(finding) for finding in report.get("findings", [])]
    first = texts[0] if texts else report.get("reason", "")
    blamed = {op for op, status in report.get("operations", {}).items() if status == "wrong"}
    found = []
    if code not in kind.exit:
        found.append(f"exit {code}, not one of {kind.exit}: {report.get('reason')}")
    if kind.first and not re.search(kind.first, first, re.IGNORECASE | re.DOTALL):
        found.append(f"the first finding does not say {kind.first!r}: {first}")
    never = re.compile(kind.never or "(?!)", re.IGNORECASE)
    found += [f"says {kind.never!r}: {t}" for t in texts if never.search(t)]
    found += [f"{op} is not listed wrong" for op in kind.wrong if op not in blamed]
    found += [f"{op} is listed wrong" for op in kind.innocent if op in blamed]
    if kind.findings is not None and len(texts) != kind.findings:
        found.append(f"{len(texts)} findings, not {kind.findings}: {texts}")
    return found


@pytest.mark.sample(25)
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.file)
def test_what_is_said_is_so(kind: Kind) -> None:
    """The exit code and the truth of its row, and no innocent operation is blamed."""
    options = ("--no-mend", "--json", "-")
    run = CliRunner().invoke(cli.main, ["check", *options, str(FOLDER / kind.file)])
    assert violations(kind, run.exit_code, json.loads(run.stdout)) == []


def test_every_engine_has_its_row() -> None:
    """No engine lies here unjudged."""
    rows = {kind.file.partition("/")[0] for kind in kinds()}
    files = {p.name for p in FOLDER.iterdir() if p.suffix != ".toml" and p.name != "__pycache__"}
    assert rows == files
