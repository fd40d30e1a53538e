"""Every example of README.md runs, and says what it says there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from verify import cli
from verify.report.text import report
from verify.verdict.outcome import Outcome

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The examples in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("program", blocks("python"))
def test_python_examples(program: str) -> None:
    """Each program runs as it stands; its tests pass; what it prints is the comment beside it."""
    tests = "".join(f"\n{name}()" for name in re.findall(r"^def (test_\w+)", program, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", program + tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for said in re.findall(r"^print\(.*#\s*(.*)$", program, re.MULTILINE):
        assert said in done.stdout


@pytest.mark.slow
def test_shown_report(shown: Outcome) -> None:
    """The piece of a report that is shown is what the first command prints without torch."""
    (piece,) = blocks("text")
    told = "\n".join(line.plain for line in report(shown, 80))
    for line in piece.splitlines():
        if "torch" not in line:
            assert line.partition("rounding")[0] in told


def commands() -> list[list[str]]:
    """Every ``verify`` line of the examples, without its comment."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("verify ")]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_shell_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]) -> None:
    """Every option and verb that is shown exists: the command line can read each line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "golden.jsonl").touch()
    (tmp_path / "submissions").mkdir()
    verb: Any = cli.main.get_command(None, words[1])  # type: ignore[arg-type]
    if verb is None:
        assert words[1:] == ["--help"]
    else:
        verb.make_context(words[1], words[2:])


def test_exit_codes_are_told() -> None:
    """The table of exit codes is the one of the program."""
    from verify.verdict.outcome import Exit

    rows = dict(re.findall(r"^\| (\d) \| ([\w ]+)", TEXT, re.MULTILINE))
    assert sorted(map(int, rows)) == sorted(Exit)
