"""record, replay, compare and baseline from the command line: exit codes, messages, git bisect."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verify import cli
from verify.engines.revision import checked_out

pytestmark = pytest.mark.xdist_group("regression")

ROOT = Path(__file__).parents[2]
REFERENCE = str(ROOT / "tests/reference/corpus.jsonl")
OURS = str(ROOT / "micrograd/engine.py")
FLAWED = str(ROOT / "examples/lecture_flawed.ipynb")
FIXED = str(ROOT / "examples/lecture_fixed.ipynb")
STEPS = ROOT / "examples/refactor"
START, TAPE = (str(STEPS / f"step_{name}.py") for name in ("0_closures", "2_tape"))


def verify(*arguments: str) -> Result:
    """Run the command line in this process, on so wide a terminal that no message is wrapped."""
    return CliRunner(env={"COLUMNS": "400"}).invoke(cli.main, arguments)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small corpus, recorded from the oracles by the command line."""
    path = str(tmp_path_factory.mktemp("corpus") / "short.jsonl")
    result = verify("record", "-", "-o", path, "--cases", "1")
    assert result.exit_code == 0
    assert "answered by interval, symbolic, difference" in result.output
    return path


@pytest.mark.slow
@pytest.mark.parametrize("engine", [OURS, FIXED])
def test_replay(engine: str) -> None:
    """The reference corpus finds our engine right, and the corrected notebook."""
    result = verify("replay", REFERENCE, engine, "--quiet")
    assert (result.exit_code, result.output.partition(" ")[0]) == (0, "CORRECT")


@pytest.mark.slow
def test_replay_as_json(tmp_path: Path) -> None:
    """The flawed notebook is wrong; ``--json`` writes the report of a check, findings in order."""
    result = verify("replay", REFERENCE, FLAWED, "--quiet", "--json", str(tmp_path / "report.json"))
    assert (result.exit_code, result.output.partition(" ")[0]) == (1, "WRONG")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["schema"] == "verify.report/1"
    assert report["verdict"] == "wrong"
    assert report["findings"][0]["check"] == "accumulation"


@pytest.mark.slow
def test_golden_file(short: str, tmp_path: Path) -> None:
    """Bits are recorded, demanded by ``--exact``, and not there in a corpus of the oracles."""
    path = str(tmp_path / "golden.jsonl")
    assert verify("record", START, "--from", short, "-o", path).exit_code == 0
    assert verify("replay", path, START, "--exact", "-q").exit_code == 0
    other = verify("replay", path, TAPE, "--exact")
    assert (other.exit_code, "other bits than recorded" in other.output) == (1, True)
    assert verify("replay", path, TAPE, "-q").exit_code == 0
    refused = verify("replay", short, START, "--exact")
    words = " ".join(refused.output.split())
    assert (refused.exit_code, "holds no engine's bits" in words) == (2, True)


@pytest.mark.slow
def test_several_interpreters(short: str) -> None:
    """A line an interpreter: verdict, and whether the bits are those of the first."""
    result = verify("replay", short, OURS, "--python", sys.executable, "--python", "nowhere")
    lines = result.output.splitlines()
    assert result.exit_code == 2  # one of them cannot be used
    assert lines[0].split() == ["Python", "verdict", "bits"]
    assert lines[1].split()[1:] == ["CORRECT", "the", "first"]
    assert "there is no interpreter nowhere" in lines[2]
    twice = verify("replay", short, OURS, *["--python", sys.executable] * 2)
    assert (twice.exit_code, "the same" in twice.output.splitlines()[2]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("replay", "nowhere.jsonl", OURS), "there is no file nowhere.jsonl"),
        (("replay", OURS, OURS), "line 1: not JSON"),
        (("replay", REFERENCE, "nowhere.py"), "there is no file nowhere.py"),
        (
            ("record", OURS, "-o", "/nowhere/x.jsonl"),
            "--output /nowhere/x.jsonl: there is no folder",
        ),
        (("record", OURS, "-o", "x", "--from", REFERENCE, "--cases", "9"), "--cases and --from"),
        (("record", "-", "-o", "x", "--from", REFERENCE, "--seed", "9"), "--seed and --from"),
        (("compare", OURS, OURS, "--allow", "deepness"), "deepness: no such class"),
        (("compare", OURS, OURS, "--no-cost", "--max-slowdown", "2"), "--max-slowdown needs"),
        (("compare", "git:nowhere:a.py", OURS), "revision nowhere"),
        (("compare", "git:HEAD", OURS), "write git:REVISION:PATH"),
        (("baseline", "check", REFERENCE), "not a baseline"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], said: str) -> None:
    """One message that names what cannot be used, and exit code 2."""
    result = verify(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("source", ["-", START])
def test_record_to_standard_output(
    source: str, short: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-o -`` writes the corpus, and nothing else, to standard output; no file of that name."""
    monkeypatch.chdir(tmp_path)
    result = verify("record", source, "--from", short, "-o", "-")
    assert (result.exit_code, list(tmp_path.iterdir())) == (0, [])
    assert "standard output: " in result.stderr
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(result.stdout_bytes)
    assert verify("replay", str(path), START, "-q").exit_code == 0


def test_what_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an oracle nor an engine is asked for a file that cannot be made."""
    monkeypatch.setattr("verify.commands.record._answers", pytest.fail)
    assert verify("record", OURS, "-o", str(tmp_path / "gone/x")).exit_code == 2
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    result = verify("record", OURS, "-o", str(tmp_path / "x"))
    words = " ".join(result.output.split())
    assert (result.exit_code, "cannot be written to" in words) == (2, True)


def test_a_full_disk(short: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in writing is one message, with the name of the file."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("verify.files.replace_file", full)
    result = verify("record", START, "--from", short, "-o", str(tmp_path / "x"))
    assert result.exit_code == 2
    words = " ".join(result.output.split())
    assert f"--output {tmp_path / 'x'}: No space left on device" in words


@pytest.mark.slow
def test_compare_as_json(tmp_path: Path) -> None:
    """Exit code 0 where only rounding differs; what was compared is counted."""
    path = tmp_path / "comparison.json"
    result = verify(
        "compare", START, TAPE, "--examples", "60", "--no-cost", "-q", "--json", str(path)
    )
    data = json.loads(path.read_text())
    assert (result.exit_code, result.output.split()[0]) == (0, "SAME")
    assert data["schema"] == "verify.comparison/1"
    assert data["numbers"] > data["same"] > 1000
    assert {(row["side"], row["accepted"]) for row in data["tally"]} <= {
        ("bits", True),
        ("bounds", True),
    }


@pytest.mark.search
def test_compare_measures() -> None:
    """Time and memory with their ratio; an engine is not clearly slower than itself."""
    result = verify("compare", TAPE, TAPE, "--examples", "10", "--max-slowdown", "3")
    assert result.exit_code == 0
    for words in ("time", "memory", "chain", "sum of products", "shared", "µs a node"):
        assert words in result.output


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_baseline(tmp_path: Path) -> None:
    """Known deviations pass; corrected they are stale; a right engine gone wrong fails."""
    path = str(tmp_path / "baseline.json")
    options = ("--examples", "40", "--no-speed")
    saved = verify("baseline", "save", FLAWED, "-o", path, *options)
    assert (saved.exit_code, "1 known deviations" in saved.output) == (0, True)
    same = verify("baseline", "check", path)
    assert (same.exit_code, "0 worse, 0 stale" in same.output) == (0, True)
    better = verify("baseline", "check", path, FIXED)
    assert (better.exit_code, "STALE" in better.output) == (0, True)
    assert "assigned, not accumulated" in better.output
    verify("baseline", "save", FIXED, "-o", path, *options)
    worse = verify("baseline", "check", path, FLAWED)
    assert (worse.exit_code, "WORSE" in worse.output) == (1, True)


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Git in a repository of its own."""
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{
            f"GIT_{who}_{what}": "x@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }

    def call(*words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    call("init", "-q")
    return call


@pytest.mark.slow
def test_git_bisect(tmp_path: Path, git: Callable[..., str], short: str) -> None:
    """``git bisect run verify replay --bisect`` finds the bad commit, over one that is broken."""
    source = Path(TAPE).read_text()
    versions = [
        source,
        "this is no Python\n",
        source + "\n# tidied\n",
        source.replace("(1 - y * y,)", "(1 - y,)"),
        source.replace("(1 - y * y,)", "(1 - y,)") + "\n# tidied\n",
    ]
    for number, text in enumerate(versions):
        (tmp_path / "engine.py").write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", f"step {number}")
    git("bisect", "start", "HEAD", "HEAD~4")
    command = [sys.executable, "-m", "verify", "replay", short, "engine.py", "--bisect", "-q"]
    words = ["env", f"PYTHONPATH={ROOT}", *command]
    said = git("bisect", "run", *words)
    assert "is the first bad commit" in said
    assert "step 3" in said


def test_a_revision_is_read_without_filters(
    tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a repository's settings name is not run: no filter, no hook, no watcher of files."""
    for name in ("smudge", "hook"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/{name}-ran\ncat\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "post-checkout").symlink_to(tmp_path / "hook")
    (tmp_path / "engine.py").write_text(Path(START).read_text())
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    (tmp_path / ".gitattributes").write_text("*.py filter=evil export-subst\n")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    for key, value in (
        ("filter.evil.smudge", str(tmp_path / "smudge")),
        ("core.hooksPath", str(tmp_path / "hooks")),
        ("core.fsmonitor", str(tmp_path / "hook")),
        ("tar.tar.command", str(tmp_path / "hook")),
    ):
        git("config", key, value)
    monkeypatch.chdir(tmp_path)
    with checked_out("git:HEAD:engine.py") as path:
        assert Path(path).read_text() == (tmp_path / "engine.py").read_text()
        assert not Path(path).with_name("link.py").exists()
    assert not Path(path).exists()
    assert not list(tmp_path.glob("*-ran"))


@pytest.mark.slow
def test_other_revision(
    tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``git:REV:PATH`` is the engine as it was then, with the files beside it."""
    source = Path(TAPE).read_text()
    (tmp_path / "constants.py").write_text("ONE = 1\n")
    (tmp_path / "engine.py").write_text(
        source.replace("import math", "import math\nfrom constants import ONE")
    )
    git("add", ".")
    git("commit", "-q", "-m", "then")
    (tmp_path / "engine.py").write_text(source.replace("(1 - y * y,)", "(1 - y,)"))
    monkeypatch.chdir(tmp_path)
    options = ("--examples", "5", "--no-cost")
    changed = verify("compare", "git:HEAD:engine.py", "engine.py", *options)
    assert changed.exit_code == 1
    assert "a.tanh()" in changed.output
    assert "old  git:HEAD:engine.py" in changed.output
