"""Whatever an engine or the machine does: one message, no traceback, no verdict's exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from verify.checking import run
from verify.checking.assess import examine, finding
from verify.checking.run import Plan, outcome
from verify.cli import main
from verify.engines import load
from verify.engines.engine import Spent
from verify.expression.graph import Case
from verify.faults import SOURCE, module
from verify.mending import after
from verify.mending.after import looked_into
from verify.report import reproduce
from verify.report.json import unusable
from verify.report.reproduce import reproduced
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

VERIFY = "import sys; from verify.cli import main; main(sys.argv[1:], prog_name='verify')"
TEXTBOOK = Path(__file__).parents[1] / "zoo" / "textbook.py"


def verify(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell in which ``verify`` is the command."""
    script = f'verify() {{ "{sys.executable}" -c "{VERIFY}" "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "verify check nosuch.py >&-",
        "verify check nosuch.py 2>&-",
        "verify check nosuch.py >&- 2>&- <&-",
        "verify check nosuch.py 2>/dev/full",
        "verify --help >/dev/full",
        "mkdir gone; cd gone; rmdir ../gone; verify check nosuch.engine",
        "ulimit -n 10; verify check engine.py",
        "PYTHONIOENCODING=ascii verify check größe.py",
        "verify check ''",
        "verify check " + 5000 * "x" + ".py",
        "ln -s nowhere link.py; verify check link.py",
        "mkdir folder.py; verify check folder.py",
        "mkfifo pipe.py; verify check pipe.py",
        "verify check --adapter /dev/zero engine.py",
        "echo 'adapter = \"engine.py\"' > a.toml; verify check --adapter a.toml engine.py",
        "printf 'a\\0b' > nul.ipynb; verify check nul.ipynb",
        "printf '%9000s' | tr ' ' '[' > deep.ipynb; verify check deep.ipynb",
    ],
)
def test_an_accident_is_unusable_and_nothing_else(line: str, tmp_path: Path) -> None:
    """Exit code 2: never 1, which means wrong, and never a traceback."""
    (tmp_path / "engine.py").write_bytes(TEXTBOOK.read_bytes())
    done = verify(line, tmp_path)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("name", ["a\nCORRECT  neighbour.py", "x\x1b[2J.py", "x\u202ey\u200b.py"])
def test_a_name_takes_one_line_and_steers_nothing(name: str, tmp_path: Path) -> None:
    """Of a file that is not there; escapes are shown, not sent."""
    done = subprocess.run(
        [sys.executable, "-c", VERIFY, "check", "-q", name],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not [line for line in done.stderr.splitlines() if line.startswith("CORRECT")]
    assert done.stderr.isascii()
    assert "\x1b" not in done.stderr


def test_nothing_of_the_current_folder_runs_in_the_harness(tmp_path: Path) -> None:
    """``python -m verify`` in a folder of submissions imports none of them."""
    for name in ("click", "typing", "rich", "hypothesis"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('it ran')\n")
    done = subprocess.run(
        [sys.executable, "-m", "verify", "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def breaking(_course: Any) -> Iterator[Any]:
    """A stage that does not come to its end."""
    yield from ()
    raise KeyError("what nobody expected")


def spending(_course: Any) -> Iterator[Any]:
    """A stage in which the time is over."""
    yield from ()
    raise Spent(300.0)


@pytest.mark.slow
@pytest.mark.parametrize("stage", [breaking, spending])
def test_a_stage_that_breaks_off_costs_the_verdict_and_no_more(
    stage: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A right engine is inconclusive, with the reason; what was judged before still counts."""
    monkeypatch.setattr(run, "GRAPHS", (stage,))
    monkeypatch.setattr(run, "AFTER", ())
    with load(str(TEXTBOOK)) as engine:
        found = outcome(engine, Plan(0))
    assert found.verdict == "inconclusive"
    assert found.exit_code == Exit.INCONCLUSIVE
    assert found.accounts.judged > 0
    assert "KeyError" in found.reason or "300 s that it has in all" in found.reason


def test_findings_outlast_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time is left for lines, changes and programs: what was found is told without them."""

    def spent(*_: object, **__: object) -> None:
        raise Spent(60.0)

    monkeypatch.setattr(after, "localised", spent)
    monkeypatch.setattr(reproduce, "_shown", spent)
    monkeypatch.setattr(reproduce, "can_watch", lambda _: True)
    case = Case.parse("a + b", a=2.0, b=3.0)
    with load(module(SOURCE.replace("self.grad += out.grad", "pass", 1)).Value) as engine:
        made = finding(engine, examine(engine, case), "forms", case)
        said = unusable(engine.info, Spent(60.0), seed=0, examples=0, seconds=0.0)
        found = replace(said, findings=(made,))
        for mend in (True, False):
            told, mended = looked_into(engine, found, mend=mend)
            assert told.findings == mended.findings == (made,)
        assert reproduced(engine, found).findings == (replace(made, program=""),)


def test_a_batch_goes_on_after_any_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody expected is that engine's own; the next one is run."""
    from verify.commands import check

    tried: list[str] = []

    def load_or_fall(spec: str, **_: object) -> None:
        tried.append(spec)
        raise RuntimeError(f"no {spec}\nCORRECT  x.py")

    monkeypatch.setattr(check, "load_engine", load_or_fall)
    done = CliRunner().invoke(main, ["check", "-q", "a.py", "b.py"])
    assert tried == ["a.py", "b.py"]
    assert done.exit_code == 2
    assert not [line for line in done.output.splitlines() if line.startswith("CORRECT")]
    assert str(tmp_path) not in done.output
