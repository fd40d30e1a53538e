"""Every page, followed from above: each command runs, each program prints what stands beside it."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location("blocks", Path(__file__).with_name("blocks.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
told: Any = importlib.util.module_from_spec(_SPEC)
sys.modules["blocks"] = told
_SPEC.loader.exec_module(told)

ROOT: Path = told.ROOT
TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("pages.toml").read_text("utf-8"))
QUICK: dict[str, str] = TABLE.pop("quick")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".tox", "__pycache__", ".*_cache", ".hypothesis", "dist", "build"
)
DRAWN = """\
import os
from verify.grading import kits, notebook, run
from verify.grading.paper import kept

for module in (kits, notebook, run):
    module.draw = lambda seed: kept(os.environ["EXAM"], "tests")
"""
"""Put before a program, this takes an exam that was drawn before."""
SCRIPT = "#!{python}\nfrom verify.cli import main\n\nmain()\n"
"""``verify`` as an installation puts it: it knows itself by that name."""
PROGRAMS = {
    "pytest": 'exec "{python}" -m pytest -p no:cacheprovider "$@"',
    "python": 'exec "{python}" "$@"',
    "python3": 'exec "{python}" "$@"',
    "python3.11": 'exec "{python}" "$@"',
    "pip": 'PIP_NO_INDEX=1 PIP_FIND_LINKS={built} PIP_NO_DEPS=1 PIP_DRY_RUN=1 exec "{python}" '
    '-m pip "$@"',
}
"""What a reader has; ``pip`` finds the distribution that is built here, and installs nothing."""


@dataclass(frozen=True)
class Page:
    """A page, and what ``pages.toml`` says of it."""

    path: str
    marks: str = "slow"
    copy: bool = False
    files: dict[str, str] = field(default_factory=dict)
    setup: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    quick: dict[str, str] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    left_to: dict[str, str] = field(default_factory=dict)
    exam: bool = False
    needs: list[str] = field(default_factory=list)
    linked: bool = False

    def said(self, command: str) -> str:
        """A command as it is run: words that stand for something, and what makes it end soon."""
        command, _, comment = command.partition("  #")
        for word, meant in self.words.items():
            command = re.sub(rf"(?<![\w/.-]){re.escape(word)}(?![\w.-])", meant, command)
        for start, more in {**QUICK, **self.quick}.items():
            if command.startswith(start) and more.split()[0] not in command:
                command = f"{command} {more}"
        return f"{command}  #{comment}" if comment else command

    def code(self, command: str) -> int:
        """The exit code with which it has to end."""
        for start, code in self.exits.items():
            if command.startswith(start):
                return code
        return int(told.exit_code(command))


def pages() -> list[Any]:
    """Every page with something to run."""
    found = []
    for path in told.PAGES:
        page = Page(path, **TABLE.get(path, {}))
        if any(block.commands or block.language == "python" for block in told.blocks(path)):
            found.append(pytest.param(page, id=path, marks=getattr(pytest.mark, page.marks)))
    return found


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel."""
    pytest.importorskip("hatchling", reason="hatchling: not installed")
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


class Reader:
    """Somebody who does what a page says, in a folder of their own."""

    def __init__(self, page: Page, folder: Path, request: pytest.FixtureRequest) -> None:
        """Prepare the folder."""
        self.page, self.folder, self.output = page, folder / "here", ""
        programs, home = folder / "programs", folder / "home"
        home.mkdir()
        programs.mkdir()
        if page.copy:
            shutil.copytree(ROOT, self.folder, ignore=LEFT_OUT)
        else:
            self.folder.mkdir()
        paths = "".join((ROOT / page.path).read_text("utf-8"))
        needed = "pip install" in paths or ".venv/bin/pip" in paths
        built = request.getfixturevalue("built") if needed else ""
        for name, text in PROGRAMS.items():
            (programs / name).write_text(
                "#!/bin/sh\n" + text.format(python=sys.executable, built=built) + "\n"
            )
            (programs / name).chmod(0o755)
        if page.linked:
            (programs / "python3").unlink()
            (programs / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
        (programs / "verify").write_text(SCRIPT.format(python=sys.executable))
        (programs / "verify").chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "HOME": str(home),
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c",
        }  # fmt: skip
        if page.exam:
            (programs / "sitecustomize.py").write_text(DRAWN)
            self.environment["PYTHONPATH"] = str(programs)
            self.environment["EXAM"] = str(request.getfixturevalue("exam"))
        for name, file in page.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, self.folder / name)
        for command in page.setup:
            self.run(["sh", "-c", command], 0)

    def run(self, words: list[str], code: int) -> None:
        """Run it, and keep what it prints."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.output += done.stdout
        assert (words, done.returncode) == (words, code), done.stdout

    def follow(self, block: Any) -> None:
        """Do what a block says."""
        if block.language == "text":
            assert told.unprinted(block.text, self.output) == [], self.output
            return
        if block.file:
            (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.file).write_text(block.text, "utf-8")
        if block.commands or (block.language == "python" and not block.file):
            self.output = ""
        for command in block.commands:
            if not any(left in command for left in self.page.left_to):
                self.run(["sh", "-c", self.page.said(command)], self.page.code(command))
        if block.language == "python" and not block.file:
            tests = re.findall(r"^def (test_\w+)", block.text, re.MULTILINE)
            calls = "".join(f"\n{name}()" for name in tests)
            self.run([sys.executable, "-c", block.text + calls], 0)
            for line in told.said(block.text):
                assert line in self.output, (line, self.output)


@pytest.mark.parametrize("page", pages())
def test_a_page_can_be_followed(
    page: Page, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What it says works, in the order in which it says it."""
    missing = [
        name for name in page.needs
        if shutil.which(name) is None and importlib.util.find_spec(name.replace(".", "_")) is None
    ]  # fmt: skip
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed")
    reader = Reader(page, tmp_path, request)
    for block in told.blocks(page.path):
        reader.follow(block)


def test_the_table_names_pages() -> None:
    """Every row of ``pages.toml`` is of a page with something to run."""
    assert set(TABLE) - {page.values[0].path for page in pages()} == set()


def test_what_is_left_to_others_is_little() -> None:
    """One command alone is not run here: the one that runs these tests."""
    left = {word for row in TABLE.values() for word in row.get("left_to", {})}
    assert left == {".venv/bin/tox"}
