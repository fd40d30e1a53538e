"""The arrows of ARCHITECTURE.md hold, and the linter objects when one is bent."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"

LONGEST = 600
PLANTED = (  # contract, the module that must not, the line planted in it
    ("layers", "verify.expression.graph", "import verify.verdict.judge"),
    ("layers", "verify.expression.ops", "def late():\n    from verify import judge"),
    ("layers", "verify.of_no_layer", ""),
    ("circles", "verify.expression.ops", "import verify.expression.graph"),
    ("independence", "verify.oracles.interval", "from verify.engines import worker"),
    ("independence", "verify.oracles.interval", "import verify.third"),
    ("independence", "verify.engines.process", "import verify.oracles.interval"),
    ("independence", "verify.verdict.judge", "import verify.oracles.interval"),
    ("independence", "verify.verdict.judge", "import verify.engines.worker"),
    ("independence", "verify.verdict.disputes", "import verify.oracles.registry"),
    ("subject", "verify.oracles.interval", "import micrograd.engine"),
    ("subject", "verify.verdict.disputes", "import micrograd.engine"),
    ("subject", "verify.verdict.judge", "import micrograd"),
    ("micrograd", "micrograd.engine", "import verify.expression.graph"),
    ("worker", "verify.engines.worker", "import verify"),
    ("worker", "verify.engines.worker.errors", "import verify.expression.graph"),
    ("worker", "verify.engines.worker.session", "from verify import engines"),
    ("worker", "verify.engines.worker.symbols", "from ..engine import Engine"),
    ("worker", "verify.engines.worker.__main__", "import micrograd.engine"),
    ("optional", "verify.verdict.judge", "import torch"),
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of both packages and of the contracts, to be spoilt."""
    for package in ("micrograd", "verify"):
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the import linter on the packages in ``folder``."""
    command = [sys.executable, "-c", LINT, "--no-cache", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def add(folder: Path, module: str, line: str) -> None:
    """Add ``line`` to ``module``, which need not exist yet."""
    path = folder.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with path.open("a") as source:
        source.write(f"\n{line}\n")


def test_arrows_are_told() -> None:
    """The arrows of ARCHITECTURE.md are those of the contract, line by line."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (c["layers"] for c in contracts["contracts"] if c["id"] == "layers")
    told = (ROOT / "ARCHITECTURE.md").read_text().partition("## Arrows")[2].split("```")[1]
    expected = [re.sub(r"[()]", "", line).replace("|", "│").replace(":", "·") for line in layers]
    assert told.strip().splitlines() == [line for line in expected if line != "__main__"]


def test_every_room_is_told() -> None:
    """Every module and folder of ``verify`` stands in ARCHITECTURE.md, with what it is for."""
    rooms = (ROOT / "ARCHITECTURE.md").read_text().partition("\nverify/\n")[2].partition("```")[0]
    told = {name.strip("/") for line in rooms.splitlines() for name in line[:21].split()}
    found = {path.stem for path in (ROOT / "verify").glob("[a-z]*") if path.suffix in {".py", ""}}
    assert found <= told


def told_files() -> Iterator[Path]:
    """Every name before a colon on the page of rooms, as a path that may lack its ending."""
    rooms = (ROOT / "ARCHITECTURE.md").read_text().partition("\nverify/\n")[2].partition("```")[0]
    places = [ROOT / "verify"]
    room = r"^( {2,6})(\w+)/ (.+\n(?: {16}.*\n)*)"
    for indent, name, text in re.findall(room, rooms, re.MULTILINE):
        depth = len(indent) // 2
        places[depth:] = [places[depth - 1] / name]
        for names in re.findall(r"((?:[a-z_.]+/?, )*[a-z_.]+/?): ", f"{' '.join(text.split())} "):
            yield from (places[-1] / name.strip("/") for name in names.split(", "))


def test_files_that_are_told_are_there() -> None:
    """What the page of rooms says of a file, it says of one that is there."""
    told = list(told_files())
    assert len(told) > 60
    lost = [path for path in told if not (path.exists() or path.with_suffix(".py").exists())]
    assert lost == []


def test_every_module_has_one_purpose() -> None:
    """No module of ``verify`` is longer than 600 lines: what is longer has several purposes."""
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in (ROOT / "verify").rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}


def test_arrows_hold() -> None:
    """The packages as they are keep every contract."""
    result = lint(ROOT)
    assert (result.returncode, "0 broken" in result.stdout) == (0, True), result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "module", "line"), PLANTED)
def test_bent_arrow_is_seen(copy: Path, contract: str, module: str, line: str) -> None:
    """A forbidden import breaks its contract: direct, deferred, or by way of a third module."""
    add(copy, module, line)
    if "third" in line:
        add(copy, "verify.third", "import verify.engines.worker")
    result = lint(copy, "--contract", contract)
    assert (result.returncode, "1 broken" in result.stdout) == (1, True), result.stdout
