"""Installs each engine of ``peers.toml`` into a throw-away environment and checks it unchanged.

Needs a package index, so it is not part of the suite: ``tox -e peers``.  Exits 1 when a verdict is
another than the one written down.  With ``--write FILE`` the page of results is written too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.checking.run import Plan, outcome
from verify.engines import EngineError, load

if TYPE_CHECKING:
    from verify.verdict.outcome import Outcome

HERE = Path(__file__).parent
PEERS = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))["peer"]
PLAN = Plan(examples=200)
HEAD = """# Engines on PyPI, checked unchanged

Made by `tox -e peers`: each package is installed alone into an environment of its own and checked
with no configuration (`verify check MODULE --python ENVIRONMENT`). "Missing" is what the engine
does not have; it is no mistake.

| package | class | how it is used | verdict | what was found | missing |
|---|---|---|---|---|---|
"""


def install(package: str, folder: Path) -> None:
    """The package and what it needs, in a new environment."""
    venv.create(folder, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", package], check=True)


def check(peer: dict[str, Any], folder: Path) -> Outcome:
    """What a check finds in an installed engine."""
    with load(peer["module"], python=str(folder)) as engine:
        return outcome(engine, PLAN)


def row(peer: dict[str, Any], result: Outcome) -> str:
    """One line of the page."""
    adapter = result.engine.adapter
    missing = [name for name, status in result.operations.items() if status == "missing"]
    smallest = f"`{result.findings[0].case}`" if result.findings else ""
    found = ": ".join(filter(None, [smallest, peer.get("note", "")]))
    use = ", ".join(f"`{adapter[key]}`" for key in ("leaf", "value", "gradient", "backward"))
    cells = [
        f"{peer['package']} {peer['version']}",
        f"`{result.engine.class_name}`",
        use,
        result.verdict,
        found,
        " ".join(missing),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main() -> int:
    """Check them all; the number of surprises."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path, help="write the page of results here")
    arguments = options.parse_args()
    page, passed, failed = HEAD, 0, 0
    for peer in PEERS:
        with tempfile.TemporaryDirectory() as folder:
            install(f"{peer['package']}=={peer['version']}", Path(folder))
            try:
                result = check(peer, Path(folder))
            except EngineError as error:
                sys.stdout.write(f"{peer['package']}: unusable: {error}\n")
                failed += 1
                continue
        wrong = [name for name, status in result.operations.items() if status == "wrong"]
        fine = (result.verdict, wrong) == (peer["verdict"], peer.get("wrong", []))
        passed, failed = passed + fine, failed + (not fine)
        page += row(peer, result)
        said = "" if fine else f", expected {peer['verdict']} {peer.get('wrong', [])}"
        sys.stdout.write(f"{peer['package']}: {result.verdict} {wrong}{said}\n")
    if arguments.write:
        arguments.write.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
