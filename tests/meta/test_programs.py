"""Every program that a report shows has been run, and shows the same outside of the harness."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.meta.test_kinds import FOLDER as KINDS
from tests.meta.test_kinds import kinds
from tests.zoo.zoo import animals
from verify import cli
from verify.engines.worker.notebook import notebook_cells
from verify.faults import CATALOGUE
from verify.mending.source import as_python

ENDLESS = 5.0
"""Seconds after which a program that does not come back is believed not to."""
CELLS = "# in a cell at the end of the notebook"


def engines() -> Iterator[tuple[str, str]]:
    """All wrong engines: the kind of place where one is, and its name there."""
    yield from (("kinds", k.file) for k in kinds() if 1 in k.exit)
    yield from (("zoo", a.name) for a in animals() if a.verdict == "wrong")
    yield from (("catalogue", name) for name in CATALOGUE)


def written(where: str, name: str, folder: Path) -> Path:
    """The engine as a file, a notebook or a folder."""
    if where == "kinds":
        return KINDS / name
    if where == "zoo":
        return next(a for a in animals() if a.name == name).build(folder)
    path = folder / "engine.py"
    path.write_text(CATALOGUE[name].source, encoding="utf-8")
    return path


def reported(path: Path) -> dict[str, Any]:
    """The JSON of a short check by the command line."""
    words = ["check", "--examples", "20", "--no-mend", "--json", "-", str(path)]
    data: dict[str, Any] = json.loads(CliRunner().invoke(cli.main, words).stdout)
    return data


def cells(path: Path) -> str:
    """The cells of a notebook as a program; one that fails is left, as it is by a person."""
    rows = ["def _cell(text):", "    try: exec(text, globals())", "    except Exception: pass"]
    texts = [as_python(source) for _, source in notebook_cells(str(path))]
    return "\n".join([*rows, *[f"_cell({text!r})" for text in texts]])


def says(program: str, folder: Path) -> str:
    """What the last print of a program prints, or the type of what it raises."""
    try:
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True,
            check=False, timeout=ENDLESS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "does not come back"
    if run.returncode:
        return run.stderr.splitlines()[-1].partition(":")[0].rpartition(".")[2]
    return [*run.stdout.splitlines(), ""][-1 if not run.stdout else -2]


def shows(program: str, path: Path) -> bool:
    """Whether a program shows what its last line says, beside the engine or above its package."""
    claim = program.rpartition("  # ")[2]
    expected = claim.removeprefix("is ").partition(", should be ")[0]
    if CELLS in program:
        program = f"{cells(path)}\n{program}"
    ends = {"does not come back": {claim, "RecursionError", "MemoryError"}}
    folders = [path] if path.is_dir() else [path.parent, path.parent.parent]
    return any(says(program, folder) in ends.get(claim, {expected}) for folder in folders)


@pytest.mark.slow
@pytest.mark.sample(400)
@pytest.mark.parametrize(("where", "name"), list(engines()))
def test_every_program_shows_it_outside(where: str, name: str, tmp_path: Path) -> None:
    """Catalogue, zoo and kinds: what is shown was run, and is reproduced by pasting it."""
    path = written(where, name, tmp_path)
    report = reported(path)
    shown = [finding["python"] for finding in report["findings"] if finding["python"]]
    assert report["programs"] == {"shown": len(shown), "run": len(shown)}
    assert [program for program in shown if not shows(program, path)] == []


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_a_pass_that_raises_is_the_last_line_of_its_program(tmp_path: Path) -> None:
    """No number is printed behind it, and what is called keeps its name."""
    path = tmp_path / "engine.py"
    path.write_text(CATALOGUE["assign-everywhere"].source.replace("(out.data > 0)", "(out > 0)"))
    findings = reported(path)["findings"]
    (told,) = [f for f in findings if "relu() raises TypeError" in f["diagnosis"]["title"]]
    assert told["python"].splitlines()[-1] == "b.backward()  # TypeError"

    path.write_text((KINDS / "equal_by_dataclass.py").read_text(encoding="utf-8"))
    first = reported(path)["findings"][0]["python"].splitlines()
    assert "found = gradients(c)" in first
    assert first[-1].startswith("print(found[")
